/* The file driver of writers. The library does not survive a failed write: it leaves its caches in pieces and
 * crashes when the file is closed. With this driver no write ever fails: the first failure is noted, and from
 * then on nothing more reaches the disk, so that the file is just as if the writer had been killed at that
 * moment, which tau_h5_open_draft and followers know how to take. Every flush and close asks for the note. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "h5/internal.h"

/* What the access properties carry. */
typedef struct driver_info {
    int *failure; /* borrowed from the tau_h5, which outlives the library's file */
} driver_info;

typedef struct driver_file {
    H5FD_t base; /* the library's own part comes first */
    int descriptor;
    haddr_t eoa, eof;
    dev_t device;
    ino_t inode;
    int *failure; /* errno of the first failed write; 0 = none */
} driver_file;

static hid_t driver = -1;

static H5FD_t *open_file(const char *name, unsigned flags, hid_t access, haddr_t most) {
    const driver_info *info = H5Pget_driver_info(access);
    struct stat stat_of_file;
    driver_file *file;
    (void)most;
    if (!info || tau_mem_alloc((void **)&file, 1, sizeof *file) != TAU_STATUS_OK) return NULL;
    int mode = O_CLOEXEC | (flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY);
    if (flags & H5F_ACC_TRUNC) mode |= O_TRUNC;
    if (flags & H5F_ACC_CREAT) mode |= O_CREAT;
    if (flags & H5F_ACC_EXCL) mode |= O_EXCL;
    file->descriptor = open(name, mode, 0666);
    if (file->descriptor < 0 || fstat(file->descriptor, &stat_of_file) != 0) {
        *info->failure = errno;
        if (file->descriptor >= 0) close(file->descriptor);
        tau_mem_free(file);
        return NULL;
    }
    file->eof = (haddr_t)stat_of_file.st_size;
    file->device = stat_of_file.st_dev;
    file->inode = stat_of_file.st_ino;
    file->failure = info->failure;
    *file->failure = 0; /* the library first tries whether the file is there */
    return &file->base;
}

static herr_t close_file(H5FD_t *base) {
    driver_file *file = (driver_file *)base;
    if (close(file->descriptor) != 0 && !*file->failure) *file->failure = errno;
    tau_mem_free(file);
    return 0;
}

static int compare_files(const H5FD_t *a, const H5FD_t *b) {
    const driver_file *x = (const driver_file *)a, *y = (const driver_file *)b;
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    return (x->inode > y->inode) - (x->inode < y->inode);
}

static herr_t query(const H5FD_t *base, unsigned long *flags) {
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_POSIX_COMPAT_HANDLE | H5FD_FEAT_SUPPORTS_SWMR_IO |
             H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t get_eoa(const H5FD_t *base, H5FD_mem_t type) {
    (void)type;
    return ((const driver_file *)base)->eoa;
}

static herr_t set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address) {
    (void)type;
    ((driver_file *)base)->eoa = address;
    return 0;
}

static haddr_t get_eof(const H5FD_t *base, H5FD_mem_t type) {
    (void)type;
    return ((const driver_file *)base)->eof;
}

static herr_t get_handle(H5FD_t *base, hid_t access, void **handle) {
    (void)access;
    *handle = &((driver_file *)base)->descriptor;
    return 0;
}

/* What lies behind the end of the file reads as zeros. */
static herr_t read_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                         void *out) {
    const driver_file *file = (const driver_file *)base;
    char *rest = out;
    (void)type, (void)transfer;
    while (size > 0) {
        ssize_t got = pread(file->descriptor, rest, size, (off_t)address);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) {
            memset(rest, 0, size);
            return 0;
        }
        rest += got;
        address += (haddr_t)got;
        size -= (size_t)got;
    }
    return 0;
}

static herr_t write_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                          const void *bytes) {
    driver_file *file = (driver_file *)base;
    const char *rest = bytes;
    (void)type, (void)transfer;
    if (address + size > file->eof) file->eof = address + size;
    while (size > 0 && !*file->failure) {
        ssize_t put = pwrite(file->descriptor, rest, size, (off_t)address);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            *file->failure = put < 0 ? errno : ENOSPC;
            break;
        }
        rest += put;
        address += (haddr_t)put;
        size -= (size_t)put;
    }
    return 0;
}

/* The file ends where the library says that its addresses end. */
static herr_t truncate_file(H5FD_t *base, hid_t transfer, hbool_t closing) {
    driver_file *file = (driver_file *)base;
    (void)transfer, (void)closing;
    if (file->eoa == file->eof) return 0;
    if (!*file->failure && ftruncate(file->descriptor, (off_t)file->eoa) != 0) *file->failure = errno;
    file->eof = file->eoa;
    return 0;
}

/* The library's own lock, which keeps other programs out; ours (see file.c) is another. */
static herr_t lock_file(H5FD_t *base, hbool_t exclusive) {
    const driver_file *file = (const driver_file *)base;
    if (flock(file->descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) return 0;
    return errno == EWOULDBLOCK ? -1 : 0;
}

static herr_t unlock_file(H5FD_t *base) {
    (void)flock(((const driver_file *)base)->descriptor, LOCK_UN);
    return 0;
}

static const H5FD_class_t driver_class = {
    .name = "tauscape_writer",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(driver_info),
    .open = open_file,
    .close = close_file,
    .cmp = compare_files,
    .query = query,
    .get_eoa = get_eoa,
    .set_eoa = set_eoa,
    .get_eof = get_eof,
    .get_handle = get_handle,
    .read = read_bytes,
    .write = write_bytes,
    .truncate = truncate_file,
    .lock = lock_file,
    .unlock = unlock_file,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

void tau_h5_use_writer_driver(hid_t access, int *failure) {
    if (driver < 0) driver = H5FDregister(&driver_class);
    H5Pset_driver(access, driver, &(driver_info){failure});
}

tau_status tau_h5_check_writes(const tau_h5 *file) {
    const int code = file->failure;
    if (!code) return TAU_STATUS_OK;
    const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    return tau_fail(TAU_STATUS_IO, "cannot write %s" TAU_WHY "%s" TAU_FIX "%s", file->path, strerror(code),
                    full ? "free some space, or write to another disk"
                         : "check the disk and its file system");
}
