/* Looks for a virtual machine: the VMware port, the place of the IDT, helper libraries, a registry
 * key. */
#include "simulated.h"

#include <stdio.h>

static volatile BOOL trapped;

/* The privileged instruction faults on a real machine: note it and go on behind it (one byte, EDh).
 */
static LONG CALLBACK on_fault(EXCEPTION_POINTERS *info)
{
	if (info->ExceptionRecord->ExceptionCode != EXCEPTION_PRIV_INSTRUCTION)
		return EXCEPTION_CONTINUE_SEARCH;
	trapped = TRUE;
	info->ContextRecord->Eip += 1;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static BOOL vmware_port_answers(void)
{
	unsigned answer = 0;
	SetUnhandledExceptionFilter(on_fault);
	__asm__ volatile(".byte 0xed" /* in eax, dx */
			 : "=b"(answer)
			 : "a"(0x564d5868), "b"(0), "c"(10), "d"(0x5658)
			 : "memory");
	return !trapped && answer == 0x564d5868;
}

static BOOL idt_is_moved(void)
{
	unsigned char idt[6] = { 0 };
	__asm__ volatile("sidt %0" : "=m"(idt));
	return idt[5] > 0xd0;
}

int main(void)
{
	HKEY key;
	unsigned found = 0;
	leave_unless_simulated();
	found += idt_is_moved();
	found += GetModuleHandleA("SbieDll.dll") != NULL;
	if (RegOpenKeyA(HKEY_LOCAL_MACHINE, "Software\\VMware, Inc.\\VMware Tools", &key) ==
	    ERROR_SUCCESS) {
		found++;
		RegCloseKey(key);
	}
	found += vmware_port_answers();
	printf("%u\n", found);
	return 0;
}
