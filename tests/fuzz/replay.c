/*
 * Feeds a fuzz target the files of its corpus, once each: replay_<target> FOLDER. Without a fuzzer, so that every
 * test run does it with any compiler.
 */
#include "fuzz.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void replay_file(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        err(1, "%s", name);
    /* Exactly as large as the file, so that reading one byte too far is an error that the sanitizer sees. */
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc(size);
    if (size > 0 && (data == NULL || read(fd, data, size) != (ssize_t)size))
        err(1, "%s", name);
    close(fd);
    fprintf(stderr, "%s\n", name); /* the last line before a crash is the input that did it */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: %s FOLDER", argv[0]);
    DIR *folder = opendir(argv[1]);
    if (folder == NULL)
        err(1, "%s", argv[1]);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            replay_file(dirfd(folder), entry->d_name);
            files++;
        }
    }
    closedir(folder);
    if (files == 0)
        errx(1, "'%s' holds no file: an empty corpus tests nothing", argv[1]);
    printf("%d inputs\n", files);
    return 0;
}
