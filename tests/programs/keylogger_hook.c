/* Hooks the keyboard of the whole desktop. The hook passes every key on and keeps none. */
#include "simulated.h"

static unsigned keys;

static LRESULT CALLBACK on_key(int code, WPARAM word, LPARAM data)
{
	if (code >= 0)
		keys++;
	return CallNextHookEx(NULL, code, word, data);
}

int main(void)
{
	MSG message;
	leave_unless_simulated();
	HHOOK hook = SetWindowsHookExA(WH_KEYBOARD_LL, on_key, GetModuleHandleA(NULL), 0);
	if (hook == NULL)
		return 1;
	while (GetMessageA(&message, NULL, 0, 0) > 0)
		DispatchMessageA(&message);
	UnhookWindowsHookEx(hook);
	return 0;
}
