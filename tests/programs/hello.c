/* Benign: prints a line through the C library and ends. */
#include <stdio.h>

int main(void)
{
	puts("Hello from a program that does nothing else.");
	return 0;
}
