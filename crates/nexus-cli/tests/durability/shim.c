/* A disk that fails on command, for the crash tests: preloaded into the server with LD_PRELOAD.
 *
 * Only files below NEXUS_SHIM_DIR are touched. While the file NEXUS_SHIM_FULL exists, nothing can
 * be written there (ENOSPC); while the file NEXUS_SHIM_SYNC exists, no file whose path ends with
 * NEXUS_SHIM_ENDING can be synced (EIO).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The path of an open file, when it is one of ours. */
static int is_ours(int fd, char *path, size_t size) {
    char link[64];
    const char *dir = getenv("NEXUS_SHIM_DIR");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = dir == NULL ? -1 : readlink(link, path, size - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = '\0';
    return strncmp(path, dir, strlen(dir)) == 0;
}

static int flagged(const char *name) {
    const char *flag = getenv(name);
    return flag != NULL && access(flag, F_OK) == 0;
}

static int is_full(int fd) {
    char path[PATH_MAX];
    int before = errno;
    int full = flagged("NEXUS_SHIM_FULL") && is_ours(fd, path, sizeof path);
    errno = full ? ENOSPC : before;
    return full;
}

static int is_unsynced(int fd) {
    char path[PATH_MAX];
    int before = errno;
    const char *ending = getenv("NEXUS_SHIM_ENDING");
    int failed = flagged("NEXUS_SHIM_SYNC") && is_ours(fd, path, sizeof path);
    if (failed && ending != NULL) {
        size_t length = strlen(path), tail = strlen(ending);
        failed = length >= tail && strcmp(path + length - tail, ending) == 0;
    }
    errno = failed ? EIO : before;
    return failed;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return is_full(fd) ? -1 : NEXT(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return is_full(fd) ? -1 : NEXT(writev)(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return is_full(fd) ? -1 : NEXT(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return is_full(fd) ? -1 : NEXT(pwrite64)(fd, bytes, count, at);
}

int ftruncate(int fd, off_t length) {
    return is_full(fd) ? -1 : NEXT(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    return is_full(fd) ? -1 : NEXT(ftruncate64)(fd, length);
}

int fallocate(int fd, int mode, off_t at, off_t length) {
    return is_full(fd) ? -1 : NEXT(fallocate)(fd, mode, at, length);
}

int posix_fallocate(int fd, off_t at, off_t length) {
    return is_full(fd) ? ENOSPC : NEXT(posix_fallocate)(fd, at, length);
}

int fsync(int fd) {
    return is_unsynced(fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd) {
    return is_unsynced(fd) ? -1 : NEXT(fdatasync)(fd);
}
