/* Random names. */
#include "sys/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* getentropy() is getrandom(2), whose header <sys/random.h> ours hides. Where it fails there is no Linux
 * below us. */
static void fill(void *to, size_t size)
{
    if (getentropy(to, size) < 0)
        abort();
}

uint32_t random_u32(void)
{
    uint32_t number;

    fill(&number, sizeof number);
    return number;
}

void random_uuid(char to[37])
{
    unsigned char b[16];

    fill(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40); /* version 4 */
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80); /* the variant of RFC 9562 */
    snprintf(to, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
             b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
