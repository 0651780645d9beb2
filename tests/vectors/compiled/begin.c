/* What stands first, and only calls what follows far behind. */
void code(void);

__attribute__((section(".text.first"))) void begin(void)
{
	code();
}
