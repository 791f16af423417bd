#include "figure/encoder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"

#define WORDS_MAX     56
#define METADATA_MAX  60000 /* the system limits one argument to 128 KiB */
#define POLL_MS       50
#define COMPLAINT_MAX 600

extern char **environ;

struct tau_encoder {
    pid_t process; /* 0 = ended */
    int pipe;      /* -1 = closed */
    FILE *complaints;
    const tau_cancel *cancel;
};

/* ---- the command ---- */

typedef struct command {
    const char *words[WORDS_MAX];
    size_t count;
    char size[32], rate[32];
    char *title, *comment, *output; /* owned */
} command;

static void add(command *c, const char *word) {
    c->words[c->count++] = word;
}

static void add_all(command *c, const char *const *words) {
    for (; *words; words++) add(c, *words);
}

/* Chroma is stored at half the size; a row or column of paper makes sides even. Charts are drawn in sRGB,
 * whose primaries are BT.709's. */
#define EVEN                                                                                                 \
    "pad=ceil(iw/2)*2:ceil(ih/2)*2:0:0:white,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
#define BT709 "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"

static const char *const mp4_words[] = {"-vf",        EVEN, "-c:v",     "libx264", "-preset", "veryfast",
                                        "-crf",       "18", "-threads", "0",       BT709,     "-movflags",
                                        "+faststart", "-f", "mp4",      NULL};
static const char *const webm_words[] = {"-vf",     EVEN, "-c:v",      "libvpx-vp9", "-crf",      "30",
                                         "-b:v",    "0",  "-deadline", "realtime",   "-cpu-used", "6",
                                         "-row-mt", "1",  BT709,       "-f",         "webm",      NULL};
/* A palette for the whole film would keep all frames in memory. */
static const char *const gif_words[] = {
    "-vf", "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none", "-f", "gif",
    NULL};

/* @param[out] word  owned by the command, as `what` of ffmpeg's metadata */
static tau_status add_text(command *c, char **word, const char *what, const char *text) {
    if (!text || !*text) return TAU_STATUS_OK;
    char *clean;
    TAU_TRY(tau_text_make_utf8(&clean, text));
    const size_t length = strlen(clean);
    tau_status status = length < METADATA_MAX ? tau_string_format(word, "%s=%s", what, clean) : TAU_STATUS_OK;
    tau_mem_free(clean);
    TAU_TRY(status);
    if (length >= METADATA_MAX) {
        tau_log(TAU_LOG_LEVEL_WARNING, "the %s of the film is left out: it has %zu bytes, and films take %d",
                what, length, METADATA_MAX - 1);
        return TAU_STATUS_OK;
    }
    add(c, "-metadata");
    add(c, *word);
    return TAU_STATUS_OK;
}

/* GIFs take none from ffmpeg. */
static tau_status add_metadata(command *c, tau_animation_format format,
                               const tau_animation_options *options) {
    if (format == TAU_ANIMATION_FORMAT_GIF) return TAU_STATUS_OK;
    TAU_TRY(add_text(c, &c->title, "title", options->title));
    return add_text(c, &c->comment, "comment", options->recipe);
}

static void add_output(command *c, tau_animation_format format) {
    add_all(c, format == TAU_ANIMATION_FORMAT_MP4    ? mp4_words
               : format == TAU_ANIMATION_FORMAT_WEBM ? webm_words
                                                     : gif_words);
}

/* The prefix keeps ffmpeg from reading "-x.mp4" as an option and "a:b.mp4" as a protocol. */
static tau_status name_output(command *c, const char *output) {
    TAU_TRY(tau_string_format(&c->output, "file:%s", output));
    add(c, c->output);
    return TAU_STATUS_OK;
}

static tau_status build_pipe(command *c, tau_animation_format format, const tau_animation_options *options,
                             const char *output) {
    static const char *const start[] = {"ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-loglevel",
                                        "error",  "-y",           "-f",       "rawvideo", NULL};
    snprintf(c->size, sizeof c->size, "%dx%d", options->width, options->height);
    snprintf(c->rate, sizeof c->rate, "%.9g", options->fps);
    add_all(c, start);
    const char *const input[] = {"-pixel_format",
                                 options->order == TAU_PIXEL_ORDER_RGBA ? "rgb0" : "bgr0",
                                 "-video_size",
                                 c->size,
                                 "-framerate",
                                 c->rate,
                                 "-i",
                                 "pipe:0",
                                 NULL};
    add_all(c, input);
    TAU_TRY(add_metadata(c, format, options));
    add_output(c, format);
    TAU_TRY(name_output(c, output));
    add(c, NULL);
    return TAU_STATUS_OK;
}

static void release_command(command *c) {
    tau_mem_free(c->title);
    tau_mem_free(c->comment);
    tau_mem_free(c->output);
}

/* ---- the process ---- */

static tau_status fail_start(int reason) {
    return tau_fail(TAU_STATUS_IO,
                    "cannot start ffmpeg" TAU_WHY "%s" TAU_FIX "write numbered PNGs, -o frames/%%05d.png",
                    strerror(reason));
}

/* A socket and not a pipe: a send to an ffmpeg that died must not raise SIGPIPE. A group of its own: what a
 * terminal sends to us, we decide for both. */
static int spawn(pid_t *process, const command *c, int input, int complaints) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    error = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!error) error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, complaints, 2);
    if (!error) error = posix_spawnattr_setflags(&attributes, flags);
    if (!error) error = posix_spawnattr_setpgroup(&attributes, 0);
    if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(&attributes, &defaults);
    if (!error)
        error = posix_spawnp(process, c->words[0], &actions, &attributes, (char *const *)c->words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static tau_status start(tau_encoder *encoder, const command *c, bool *found) {
    int ends[2];
    *found = true;
    encoder->complaints = tmpfile();
    if (!encoder->complaints) return fail_start(errno);
    fcntl(fileno(encoder->complaints), F_SETFD, FD_CLOEXEC);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_start(errno);
    encoder->pipe = ends[0];
    int error = spawn(&encoder->process, c, ends[1], fileno(encoder->complaints));
    close(ends[1]);
    if (error) encoder->process = 0;
    *found = error != ENOENT && error != EACCES && error != ENOTDIR;
    return error && *found ? fail_start(error) : TAU_STATUS_OK;
}

tau_status tau_encoder_create(tau_encoder **out, tau_animation_format format,
                              const tau_animation_options *options, const char *output) {
    *out = NULL;
    command c = {0};
    tau_encoder *encoder = NULL;
    bool found = false;
    tau_status status = build_pipe(&c, format, options, output);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(encoder, 1);
    if (status == TAU_STATUS_OK) {
        encoder->pipe = -1;
        encoder->cancel = options->cancel;
        status = start(encoder, &c, &found);
    }
    release_command(&c);
    if (status != TAU_STATUS_OK || !found) {
        tau_encoder_destroy(encoder);
        return status;
    }
    *out = encoder;
    return TAU_STATUS_OK;
}

pid_t tau_encoder_get_process(const tau_encoder *encoder) {
    return encoder->process;
}

/* ---- its end ---- */

/* What ffmpeg said last, on one line. */
static void read_complaint(tau_encoder *encoder, char out[COMPLAINT_MAX]) {
    long size = fseek(encoder->complaints, 0, SEEK_END) == 0 ? ftell(encoder->complaints) : 0;
    long first = size > COMPLAINT_MAX - 1 ? size - (COMPLAINT_MAX - 1) : 0;
    fseek(encoder->complaints, first, SEEK_SET);
    size_t count = fread(out, 1, COMPLAINT_MAX - 1, encoder->complaints);
    while (count > 0 && (unsigned char)out[count - 1] <= ' ') count--;
    out[count] = '\0';
    for (size_t i = 0; i < count; i++)
        if ((unsigned char)out[i] < ' ') out[i] = ' ';
}

static tau_status judge(tau_encoder *encoder, int ended) {
    char complaint[COMPLAINT_MAX];
    encoder->process = 0;
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return TAU_STATUS_OK;
    read_complaint(encoder, complaint);
    if (WIFSIGNALED(ended))
        return tau_fail(TAU_STATUS_IO,
                        "cannot make the film" TAU_WHY "ffmpeg was killed by signal %d%s%s" TAU_FIX
                        "check the memory that is left, or make the film smaller",
                        WTERMSIG(ended), *complaint ? ": " : "", complaint);
    return tau_fail(TAU_STATUS_IO,
                    "cannot make the film" TAU_WHY "ffmpeg ended with status %d: %s" TAU_FIX
                    "write numbered PNGs, -o frames/%%05d.png, and join them",
                    WEXITSTATUS(ended), *complaint ? complaint : "it gave no reason");
}

static tau_status fail_cancelled(void) {
    return tau_fail(TAU_STATUS_CANCELLED, "the film was stopped before its end" TAU_WHY
                                          "nothing was written" TAU_FIX "the same command begins anew");
}

static tau_status wait_for_end(tau_encoder *encoder) {
    const struct timespec pause = {0, POLL_MS * 1000000L / 5};
    for (;;) {
        int ended;
        pid_t which = waitpid(encoder->process, &ended, WNOHANG);
        if (which == encoder->process) return judge(encoder, ended);
        if (which < 0 && errno != EINTR) {
            int reason = errno;
            encoder->process = 0;
            return tau_fail(TAU_STATUS_IO, "cannot wait for ffmpeg" TAU_WHY "%s" TAU_FIX "try again",
                            strerror(reason));
        }
        if (tau_cancel_requested(encoder->cancel)) return fail_cancelled();
        nanosleep(&pause, NULL);
    }
}

static tau_status fail_ended(tau_encoder *encoder) {
    close(encoder->pipe);
    encoder->pipe = -1;
    TAU_TRY(wait_for_end(encoder));
    return tau_fail(TAU_STATUS_IO,
                    "cannot make the film" TAU_WHY "ffmpeg ended before it had all frames" TAU_FIX
                    "write numbered PNGs, -o frames/%%05d.png, and join them");
}

tau_status tau_encoder_send(tau_encoder *encoder, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        if (tau_cancel_requested(encoder->cancel)) return fail_cancelled();
        if (encoder->pipe < 0)
            return tau_fail(TAU_STATUS_IO,
                            "cannot make the film" TAU_WHY "ffmpeg has ended" TAU_FIX "try again");
        struct pollfd wanted = {.fd = encoder->pipe, .events = POLLOUT};
        int ready = poll(&wanted, 1, POLL_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        ssize_t sent = send(encoder->pipe, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) bytes += sent, size -= (size_t)sent;
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return fail_ended(encoder);
    }
    return TAU_STATUS_OK;
}

tau_status tau_encoder_finish(tau_encoder *encoder) {
    if (encoder->pipe >= 0) close(encoder->pipe);
    encoder->pipe = -1;
    if (!encoder->process)
        return tau_fail(TAU_STATUS_IO, "cannot make the film" TAU_WHY "ffmpeg has ended" TAU_FIX "try again");
    return wait_for_end(encoder);
}

void tau_encoder_destroy(tau_encoder *encoder) {
    if (!encoder) return;
    if (encoder->process) {
        kill(encoder->process, SIGKILL);
        while (waitpid(encoder->process, NULL, 0) < 0 && errno == EINTR) continue;
    }
    if (encoder->pipe >= 0) close(encoder->pipe);
    if (encoder->complaints) fclose(encoder->complaints);
    tau_mem_free(encoder);
}

/* ---- for people ---- */

tau_status tau_encoder_write_command(char **out, tau_animation_format format,
                                     const tau_animation_options *options, const char *pattern,
                                     const char *output) {
    *out = NULL;
    command c = {0};
    snprintf(c.rate, sizeof c.rate, "%.9g", options->fps);
    const char *const start[] = {"ffmpeg", "-framerate", c.rate, "-i", pattern, NULL};
    add_all(&c, start);
    add_output(&c, format);
    tau_status status = name_output(&c, output);
    for (size_t i = 0; i < c.count && status == TAU_STATUS_OK; i++)
        status = tau_text_append_quoted(out, c.words[i]);
    release_command(&c);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(*out);
        *out = NULL;
    }
    return status;
}
