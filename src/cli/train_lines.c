#include "cli/train_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"

enum { FIFO_MOST = 4096, FILE_MOST = 1 << 20 };
static const double REST_SECONDS = 0.5;

/* What a file looked like when it was last looked at. */
typedef struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec time;
} stamp;

struct tau_lines {
    char *path;
    int fifo; /* -1: a file */
    bool made;
    char line[TAU_LINES_LONGEST]; /* [length] of a FIFO: the line that has begun */
    size_t length;
    char *taken, *fresh; /* of a file: whole lines that were handed over, and what stands in it now */
    size_t taken_length, fresh_length, taken_capacity, fresh_capacity;
    stamp stamp;
    double changed; /* when the stamp was new */
    bool looked, settled, waiting, warned;
};

/* ---- opening ---- */

static tau_status refuse(const char *path, const char *why) {
    return tau_fail(TAU_STATUS_IO, "cannot listen to %s" TAU_WHY "%s" TAU_FIX "name a file or a FIFO", path,
                    why);
}

static tau_status open_path(tau_lines *l, const char *path) {
    struct stat info;
    TAU_TRY(tau_string_copy(&l->path, path));
    if (stat(path, &info) != 0) {
        if (errno != ENOENT || mkfifo(path, 0600) != 0) return refuse(path, strerror(errno));
        l->made = true;
    } else if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) {
        return refuse(path, "it is neither");
    }
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return refuse(path, strerror(errno));
    if (l->made || S_ISFIFO(info.st_mode))
        l->fifo = file;
    else
        close(file); /* another file may take its name: it is opened at each look */
    return TAU_STATUS_OK;
}

tau_status tau_lines_open(tau_lines **out, const char *path) {
    tau_lines *l;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(l, 1));
    l->fifo = -1;
    const tau_status status = open_path(l, path);
    if (status == TAU_STATUS_OK)
        *out = l;
    else
        tau_lines_close(l);
    return status;
}

void tau_lines_close(tau_lines *l) {
    if (!l) return;
    if (l->fifo >= 0) close(l->fifo);
    if (l->made) unlink(l->path);
    tau_mem_free(l->path);
    tau_mem_free(l->taken);
    tau_mem_free(l->fresh);
    tau_mem_free(l);
}

bool tau_lines_is_file(const tau_lines *l) {
    return l->fifo < 0;
}

bool tau_lines_is_waiting(const tau_lines *l) {
    return l->fifo < 0 ? l->waiting : l->length > 0;
}

/* ---- a FIFO ---- */

static void end_line(tau_lines *l, const tau_lines_sink *sink) {
    sink->take(sink->payload, l->line, l->length, SIZE_MAX);
    l->length = 0;
}

/* Who writes without a pause must not keep the training from its steps. */
static void poll_fifo(tau_lines *l, const tau_lines_sink *sink) {
    char block[FIFO_MOST];
    const ssize_t size = read(l->fifo, block, sizeof block);
    for (ssize_t i = 0; i < size; i++) {
        if (block[i] == '\n')
            end_line(l, sink);
        else if (l->length < sizeof l->line)
            l->line[l->length++] = block[i];
    }
    if (size == 0 && l->length > 0) end_line(l, sink); /* its writer is gone */
}

/* ---- a file ---- */

static bool take_stamp(tau_lines *l, const struct stat *info) {
    const stamp now = {info->st_dev, info->st_ino, info->st_size, info->st_ctim}, then = l->stamp;
    l->stamp = now;
    return now.device != then.device || now.inode != then.inode || now.size != then.size ||
           now.time.tv_sec != then.time.tv_sec || now.time.tv_nsec != then.time.tv_nsec;
}

static bool read_file(tau_lines *l) {
    ssize_t size = 1;
    const int file = open(l->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return false;
    l->fresh_length = 0;
    while (size > 0 && l->fresh_length < FILE_MOST) {
        /* One byte more than is read: for an end of the last line. */
        if (TAU_GROW(l->fresh, l->fresh_capacity, l->fresh_length + FIFO_MOST + 1) != TAU_STATUS_OK) break;
        size = read(file, l->fresh + l->fresh_length, FIFO_MOST);
        if (size > 0) l->fresh_length += (size_t)size;
    }
    close(file);
    return size == 0 || l->fresh_length >= FILE_MOST;
}

static void warn_of_size(tau_lines *l) {
    if (l->fresh_length < FILE_MOST || l->warned) return;
    l->warned = true;
    tau_log(TAU_LOG_LEVEL_WARNING, "control: what follows the first MiB of %s is not read", l->path);
}

/* Behind the last end of a line up to there. */
static size_t find_start(const char *text, size_t at) {
    while (at > 0 && text[at - 1] != '\n') at--;
    return at;
}

static size_t count_same(const tau_lines *l) {
    const size_t most = l->taken_length < l->fresh_length ? l->taken_length : l->fresh_length;
    size_t same = 0;
    while (same < most && l->taken[same] == l->fresh[same]) same++;
    return same;
}

static void hand_over(const tau_lines *l, size_t from, size_t end, const tau_lines_sink *sink) {
    if (from < l->taken_length) sink->drop(sink->payload, from);
    while (from < end) {
        const char *line = l->fresh + from, *stop = memchr(line, '\n', end - from);
        const size_t length = stop ? (size_t)(stop - line) : end - from;
        sink->take(sink->payload, line, length < TAU_LINES_LONGEST ? length : TAU_LINES_LONGEST, from);
        from += length + 1;
    }
}

static void keep_fresh(tau_lines *l, size_t length) {
    char *text = l->taken;
    const size_t capacity = l->taken_capacity;
    l->taken = l->fresh, l->taken_capacity = l->fresh_capacity, l->taken_length = length;
    l->fresh = text, l->fresh_capacity = capacity;
}

static void poll_file(tau_lines *l, double now, const tau_lines_sink *sink) {
    struct stat info;
    if (stat(l->path, &info) != 0 || !S_ISREG(info.st_mode)) return;
    const bool first = !l->looked, changed = take_stamp(l, &info) || first;
    if (changed) l->changed = now, l->settled = false;
    const bool rested = first || now - l->changed >= REST_SECONDS;
    if (!changed && (l->settled || !rested)) return;
    if (!read_file(l)) return;
    warn_of_size(l);
    l->looked = true;
    l->settled = rested;
    if (rested && l->fresh_length > 0 && l->fresh_length < FILE_MOST && l->fresh[l->fresh_length - 1] != '\n')
        l->fresh[l->fresh_length++] = '\n';
    const size_t same = count_same(l), end = find_start(l->fresh, l->fresh_length);
    const bool anew = same < l->taken_length;
    l->waiting = !rested && (anew || end < l->fresh_length);
    if (anew && !rested) return;
    hand_over(l, find_start(l->fresh, same), end, sink);
    keep_fresh(l, end);
}

void tau_lines_poll(tau_lines *l, double now, const tau_lines_sink *sink) {
    if (l->fifo >= 0)
        poll_fifo(l, sink);
    else
        poll_file(l, now, sink);
}
