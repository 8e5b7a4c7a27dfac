/* Random names, from the kernel's generator. */
#ifndef SYS_RANDOM_H
#define SYS_RANDOM_H

#include <stdint.h>

/* Eight hex digits, the second part of a snapshot's name. */
uint32_t random_u32(void);

/* A version 4 UUID (RFC 9562) as text. */
void random_uuid(char to[37]);

#endif
