#include "h5/rehearse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/progress.h"
#include "h5/internal.h"

static const char signature[8] = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};

/* The superblock lies at 0, or behind a block of the user's at 512, 1024, 2048 … */
bool tau_h5_has_checksums(const char *path) {
    char head[9];
    bool checksums = true;
    FILE *file = fopen(path, "rb");
    if (!file) return true;
    for (long at = 0; at >= 0 && at < INT32_MAX / 2; at = at ? 2 * at : 512) {
        if (fseek(file, at, SEEK_SET) != 0 || fread(head, sizeof head, 1, file) != 1) break;
        if (memcmp(head, signature, sizeof signature) != 0) continue;
        checksums = head[8] >= 2;
        break;
    }
    fclose(file);
    return checksums;
}

/* The child says nothing, leaves no core, and ends without the program's own goodbyes, by Ctrl-C too. Of the
 * locks that another thread may have held, HDF5's is free in it (library.c), and malloc's by the C library;
 * the log's is not asked for. */
static void be_child(int done, void (*act)(void *payload), void *payload, int milliseconds) {
    const struct rlimit none = {0, 0};
    const int nowhere = open("/dev/null", O_RDWR);
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL, SIGALRM, SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
    alarm((unsigned)milliseconds / 1000 + 2); /* should the parent be gone by then */
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    tau_log_set_sink(NULL, NULL);
    act(payload);
    while (write(done, "", 1) < 0 && errno == EINTR) {
    }
    kill(getpid(), SIGKILL);
}

static int time_limit(const char *path, double seconds) {
    struct stat status;
    const double bytes = stat(path, &status) == 0 ? (double)status.st_size : 0;
    if (seconds <= 0) seconds = 20 + bytes / 20e6;
    return seconds < 3600 ? (int)(1000 * seconds) : 3600 * 1000;
}

/* @return 1: the child came to its end; 0: it died before; -1: it did not end in time */
static int wait_for(int done, int milliseconds) {
    struct pollfd wait = {.fd = done, .events = POLLIN};
    const double until = tau_progress_now() + 1e-3 * milliseconds;
    char byte;
    int ready;
    do {
        const double left = 1e3 * (until - tau_progress_now());
        ready = poll(&wait, 1, left > 0 ? (int)left : 0);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return -1;
    return read(done, &byte, 1) == 1;
}

tau_status tau_h5_rehearse(const char *path, void (*act)(void *payload), void *payload, double seconds) {
    const int limit = time_limit(path, seconds);
    int pipes[2], how = 0;
    int held = tau_h5_lock(); /* sets the library up, and what it does at a fork */
    tau_h5_unlock(&held);
    if (pipe(pipes) != 0) return TAU_STATUS_OK;
    for (int i = 0; i < 2; i++) fcntl(pipes[i], F_SETFD, FD_CLOEXEC);
    const pid_t child = fork();
    if (child == 0) be_child(pipes[1], act, payload, limit);
    close(pipes[1]);
    const int end = child > 0 ? wait_for(pipes[0], limit) : 1;
    close(pipes[0]);
    if (child > 0) {
        kill(child, SIGKILL);
        while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
        }
    }
    if (end == 1) return TAU_STATUS_OK;
    if (end == 0 && WIFSIGNALED(how) && (WTERMSIG(how) == SIGINT || WTERMSIG(how) == SIGTERM))
        return tau_fail(TAU_STATUS_CANCELLED, "stopped while reading %s" TAU_WHY "a signal asked for it",
                        path);
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s" TAU_WHY "its structure is damaged so that reading it %s" TAU_FIX
                    "take a copy that is not damaged",
                    path, end < 0 ? "never ends" : "crashes the HDF5 library");
}
