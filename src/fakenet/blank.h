/* A program that ends at once, for downloads when no better content is given. */
#ifndef KENBI_FAKENET_BLANK_H
#define KENBI_FAKENET_BLANK_H

#include "base/base.h"

/* A valid PE executable for IA-32 of 1,024 bytes, static. */
struct bytes blank_program(void);

#endif
