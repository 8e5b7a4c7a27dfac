/* The formats of archives that files of a snapshot are fetched in. */
#ifndef MODEL_PACK_FORMAT_H
#define MODEL_PACK_FORMAT_H

/* The format, its name, and the type of its content. */
#define PACK_FORMAT_LIST(X)                                                                                  \
    X(PACK_TAR, "tar", "application/x-tar")                                                                  \
    X(PACK_TAR_ZSTD, "tar.zst", "application/zstd")                                                          \
    X(PACK_ZIP, "zip", "application/zip")

enum pack_format {
#define PACK_FORMAT_ENUM(format, name, type) format,
    PACK_FORMAT_LIST(PACK_FORMAT_ENUM)
#undef PACK_FORMAT_ENUM
        PACK__MAX
};

const char *pack_format_name(enum pack_format format);
const char *pack_format_type(enum pack_format format);
enum pack_format pack_format_parse(const char *name); /* PACK__MAX when unknown */

#endif
