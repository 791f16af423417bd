#include "cli/terminal.h"

#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"

typedef enum progress_style { STYLE_NONE, STYLE_BAR, STYLE_PLAIN, STYLE_JSON } progress_style;

static struct {
    bool color, verbose, quiet, bar_open;
    progress_style style;
    double last_report;
    tau_cancel cancel, next;
    struct termios usual; /* of the standard input */
    volatile sig_atomic_t keys_open;
} terminal;

/* ---- messages ---- */

static const char *paint(const char *code) {
    return terminal.color ? code : "";
}

void tau_terminal_print(FILE *out, const char *text) {
    char *clean;
    if (tau_text_make_printable(&clean, text) != TAU_STATUS_OK) return;
    fputs(clean, out);
    tau_mem_free(clean);
}

/* One line, whatever names of files or messages of libraries bring along. */
static void print_line(const char *color, const char *head, const char *text) {
    char *clean;
    if (tau_text_make_printable(&clean, text) != TAU_STATUS_OK) return;
    for (char *c = clean; *c; c++)
        if (*c == '\n' || *c == '\t') *c = ' ';
    fprintf(stderr, "%s%s%s %s\n", paint(color), head, paint("\033[0m"), clean);
    tau_mem_free(clean);
}

static void print_note(void *payload, tau_log_level level, const char *message) {
    (void)payload;
    if (level == TAU_LOG_LEVEL_DEBUG && !terminal.verbose) return;
    if (level != TAU_LOG_LEVEL_WARNING && terminal.quiet) return;
    tau_terminal_end_progress();
    if (level == TAU_LOG_LEVEL_WARNING)
        print_line("\033[33m", "warning:", message);
    else
        print_line("\033[36m", "note:", message);
}

/* What to do about an error that does not say it itself. */
static const char *usual_fix(tau_status code) {
    switch (code) {
    case TAU_STATUS_USAGE:
        return "tauscape help, and tauscape help COMMAND, say what is possible";
    case TAU_STATUS_INPUT:
        return "check the file, or make or copy it again";
    case TAU_STATUS_MISSING:
        return "check the name";
    case TAU_STATUS_MEMORY:
        return "ask for less at a time, or use a machine with more memory";
    case TAU_STATUS_IO:
        return "check that the disk has room and that you may write there";
    case TAU_STATUS_DEVICE:
        return "tauscape doctor says what works here; --device cpu works everywhere";
    case TAU_STATUS_SHAPE:
        return "compare the shapes: tauscape info shows those of a network; choose data and labels that fit";
    case TAU_STATUS_UNSUPPORTED:
        return "leave out what is not supported, or do it in the program that made the file";
    case TAU_STATUS_MISMATCH:
        return "name files that were made for each other; tauscape info FILE says of what a file is";
    case TAU_STATUS_EXISTS:
        return "choose another name";
    default:
        return "the same command may be given again";
    }
}

void tau_terminal_print_error(void) {
    const tau_error *error = tau_error_last();
    tau_terminal_end_progress();
    print_line("\033[1;31m", "error:", error->what);
    if (*error->why) print_line("\033[1m", "  why:", error->why);
    print_line("\033[1m", "  fix:", *error->fix ? error->fix : usual_fix(error->code));
}

/* ---- progress ---- */

static void format_clock(char out[32], double seconds) {
    if (seconds < 0) {
        snprintf(out, 32, "-:--");
        return;
    }
    unsigned long whole = seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 999999999ul;
    if (whole >= 3600)
        snprintf(out, 32, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(out, 32, "%lu:%02lu", whole / 60, whole % 60);
}

static void draw_bar(const tau_progress_state *state) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    enum { WIDTH = 20 };
    double share = state->total ? (double)state->done / (double)state->total : 1;
    int filled = (int)(share * WIDTH * 8);
    char bar[WIDTH * 4 + 8] = "", eta[32];
    for (int i = 0; i < filled / 8; i++) strcat(bar, "█");
    strcat(bar, eighths[filled % 8]);
    for (int i = (filled + 7) / 8; i < WIDTH; i++) strcat(bar, " ");
    format_clock(eta, state->remaining);
    struct winsize size;
    int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    char tail[256];
    snprintf(tail, sizeof tail, "%llu/%llu %s  %.3g/s  eta %s  %s", (unsigned long long)state->done,
             (unsigned long long)state->total, state->unit, state->rate, eta, state->detail);
    int room = columns - WIDTH - (int)strlen(state->task) - 12;
    fprintf(stderr, "\r\033[K%s %3.0f%% ▕%s▏ %.*s", state->task, 100 * share, bar, room > 0 ? room : 0, tail);
    fflush(stderr);
    terminal.bar_open = true;
}

static void print_plain(const tau_progress_state *state) {
    char eta[32];
    format_clock(eta, state->remaining);
    fprintf(stderr, "%s %3.0f%% %llu/%llu %s, %.3g/s, eta %s %s\n", state->task,
            state->total ? 100.0 * (double)state->done / (double)state->total : 100.0,
            (unsigned long long)state->done, (unsigned long long)state->total, state->unit, state->rate, eta,
            state->detail);
}

static void print_json(const tau_progress_state *state) {
    json_t *line =
        json_pack("{ss ss sI sI sf sf sf ss}", "task", state->task, "unit", state->unit, "done",
                  (json_int_t)state->done, "total", (json_int_t)state->total, "elapsed", state->elapsed,
                  "rate", state->rate, "remaining", state->remaining, "detail", state->detail);
    json_dumpf(line, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(line);
}

static void report(void *payload, const tau_progress_state *state) {
    (void)payload;
    static const double interval[] = {[STYLE_BAR] = 0.1, [STYLE_PLAIN] = 10, [STYLE_JSON] = 1};
    double now = tau_progress_now();
    bool last = state->done >= state->total;
    if (terminal.style == STYLE_NONE || (!last && now - terminal.last_report < interval[terminal.style]))
        return;
    terminal.last_report = now;
    if (terminal.style == STYLE_BAR) draw_bar(state);
    if (terminal.style == STYLE_PLAIN) print_plain(state);
    if (terminal.style == STYLE_JSON) print_json(state);
}

const tau_progress *tau_terminal_get_progress(void) {
    static const tau_progress progress = {report, NULL};
    return &progress;
}

void tau_terminal_end_progress(void) {
    if (terminal.bar_open) fputs("\n", stderr);
    terminal.bar_open = false;
}

/* ---- start ---- */

tau_status tau_terminal_start(const tau_cli_arguments *arguments) {
    const char *color = tau_cli_get(arguments, "color"), *progress = tau_cli_get(arguments, "progress");
    const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool on_terminal = isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
    terminal.color = color && strcmp(color, "auto") != 0 ? strcmp(color, "always") == 0
                                                         : on_terminal && !(no_color && *no_color);
    terminal.verbose = tau_cli_has(arguments, "verbose");
    terminal.quiet = tau_cli_has(arguments, "quiet");
    terminal.style = on_terminal ? STYLE_BAR : STYLE_PLAIN;
    if (terminal.quiet) terminal.style = STYLE_NONE;
    if (progress && strcmp(progress, "bar") == 0) terminal.style = STYLE_BAR;
    if (progress && strcmp(progress, "plain") == 0) terminal.style = STYLE_PLAIN;
    if (progress && strcmp(progress, "json") == 0) terminal.style = STYLE_JSON;
    if (progress && strcmp(progress, "none") == 0) terminal.style = STYLE_NONE;
    terminal.last_report = tau_progress_now();
    tau_log_set_sink(print_note, NULL);
    return TAU_STATUS_OK;
}

/* ---- keys ---- */

/* From the background, where Ctrl-Z and bg leave a program, the terminal is its shell's: to touch it would be
 * stopped by a signal. */
static bool has_terminal(void) {
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* The shell may take the terminal back at any moment: then it stays as it is. */
static bool set_terminal(const struct termios *settings) {
    sigset_t output, before;
    sigemptyset(&output);
    sigaddset(&output, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &output, &before);
    const bool set = has_terminal() && tcsetattr(STDIN_FILENO, TCSANOW, settings) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return set;
}

bool tau_terminal_open_keys(void) {
    if (!isatty(STDIN_FILENO) || !has_terminal()) return false;
    if (tcgetattr(STDIN_FILENO, &terminal.usual) != 0) return false;
    struct termios single = terminal.usual;
    single.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    single.c_cc[VMIN] = 1;
    single.c_cc[VTIME] = 0;
    terminal.keys_open = set_terminal(&single);
    return terminal.keys_open;
}

char tau_terminal_read_key(void) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;
    if (!terminal.keys_open || !has_terminal() || poll(&input, 1, 0) != 1 || !(input.revents & POLLIN))
        return 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? key : 0;
}

/* Is called by a signal's handler too. */
void tau_terminal_close_keys(void) {
    if (terminal.keys_open) (void)!set_terminal(&terminal.usual);
    terminal.keys_open = 0;
}

static void on_signal(int number) {
    if (number == SIGINT && tau_cancel_reason(&terminal.cancel) == SIGINT) {
        tau_terminal_close_keys();
        tau_file_remove_temporaries();
        _exit(130);
    }
    tau_cancel_request(&terminal.cancel, number);
    tau_cancel_request(&terminal.next, number);
}

const tau_cancel *tau_terminal_catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (signal(SIGHUP, SIG_IGN) != SIG_IGN) sigaction(SIGHUP, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    return &terminal.cancel;
}

const tau_cancel *tau_terminal_catch_next_signal(void) {
    tau_cancel_request(&terminal.next, 0);
    return &terminal.next;
}
