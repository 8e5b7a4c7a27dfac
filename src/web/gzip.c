/* gzip by zlib. */
#include "web/gzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

bool gzip_is_accepted(const char *header)
{
    return header != NULL && strstr(header, "gzip") != NULL;
}

void gzip_pack(struct buf *packed, const void *bytes, size_t size)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (uInt)size};
    unsigned char chunk[16 * 1024];
    int result;

    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    do {
        stream.next_out = chunk;
        stream.avail_out = sizeof chunk;
        result = deflate(&stream, Z_FINISH);
        buf_add(packed, chunk, sizeof chunk - stream.avail_out);
    } while (result == Z_OK);
    deflateEnd(&stream);
    if (result != Z_STREAM_END)
        abort(); /* it had all it could want */
}
