/* What fs.h tells about a file system as a whole: room, identity, type. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "sys/fs.h"

int fs_room(int fd, struct fs_room *room, struct err *err)
{
    struct statvfs fs;

    if (fstatvfs(fd, &fs) < 0)
        return err_errno(err, ERR_IO, errno, "cannot find out the room on the file system");
    *room = (struct fs_room){
        .bytes_free = (int64_t)(fs.f_bavail * fs.f_frsize),
        .bytes_total = (int64_t)(fs.f_blocks * fs.f_frsize),
        .inodes_free = fs.f_files == 0 ? -1 : (int64_t)fs.f_favail,
        .inodes_total = fs.f_files == 0 ? -1 : (int64_t)fs.f_files,
        .read_only = (fs.f_flag & ST_RDONLY) != 0,
    };
    return 0;
}

int fs_mount_id(int fd, uint64_t *mount_id, bool *is_mount_root, struct err *err)
{
    struct statx stat;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stat) < 0)
        return err_errno(err, ERR_IO, errno, "cannot find out the mount");
    if ((stat.stx_mask & STATX_MNT_ID) == 0 || (stat.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) {
        errno = ENOTSUP;
        return err_errno(err, ERR_IO, ENOTSUP, "cannot find out the mount: Linux 5.8 or newer is needed");
    }
    *mount_id = stat.stx_mnt_id;
    *is_mount_root = (stat.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return 0;
}

bool fs_is_own_dir(int dirfd, const char *path, uint64_t mount_id, uid_t uid)
{
    static const unsigned wanted = STATX_TYPE | STATX_MODE | STATX_UID | STATX_MNT_ID;
    struct statx stat;

    return statx(dirfd, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, wanted, &stat) == 0 &&
           (stat.stx_mask & wanted) == wanted && S_ISDIR(stat.stx_mode) && stat.stx_mnt_id == mount_id &&
           stat.stx_uid == uid && (stat.stx_mode & (S_IRUSR | S_IXUSR)) == (S_IRUSR | S_IXUSR);
}

const char *fs_type_name(struct arena *arena, int fd)
{
    /* statfs(2) and linux/magic.h; the last ones are in no header of the user's side. ext2 and ext3 share
     * ext4's. */
    static const struct {
        unsigned long magic;
        const char *name;
    } types[] = {
        {EXT4_SUPER_MAGIC, "ext4"},         {XFS_SUPER_MAGIC, "xfs"},
        {BTRFS_SUPER_MAGIC, "btrfs"},       {TMPFS_MAGIC, "tmpfs"},
        {NFS_SUPER_MAGIC, "nfs"},           {F2FS_SUPER_MAGIC, "f2fs"},
        {OVERLAYFS_SUPER_MAGIC, "overlay"}, {FUSE_SUPER_MAGIC, "fuse"},
        {MSDOS_SUPER_MAGIC, "vfat"},        {SMB2_SUPER_MAGIC, "smb2"},
        {CIFS_SUPER_MAGIC, "cifs"},         {EXFAT_SUPER_MAGIC, "exfat"},
        {CEPH_SUPER_MAGIC, "ceph"},         {0x2FC12FC1, "zfs"},
        {0xCA451A4E, "bcachefs"},           {0x7366746E, "ntfs3"},
    };
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return "unknown";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].magic == (unsigned long)fs.f_type)
            return types[i].name;
    return arena_printf(arena, "0x%lx", (unsigned long)fs.f_type);
}
