/* Cuts the power of a file system: whatever is not on its disk now is gone. Needs root.
 *
 * ext4 stops at once and writes nothing more, not even its own log, so that mounting it again
 * finds what a machine finds after a power cut.
 */
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/ioctl.h>

#define SHUTDOWN _IOR('X', 125, __u32)
#define WITHOUT_FLUSHING_THE_LOG 2

int main(int count, char **arguments) {
    __u32 how = WITHOUT_FLUSHING_THE_LOG;
    int fd = count == 2 ? open(arguments[1], O_RDONLY) : -1;
    if (fd < 0 || ioctl(fd, SHUTDOWN, &how) != 0) {
        perror("shutdown");
        return 1;
    }
    return 0;
}
