#include "cli/train_control.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/terminal.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/progress.h"

enum { LINE = 128 };
#define BATCH_MOST  (1u << 20)
#define NUMBER_MOST 1e6
#define DECAY_LEAST 1e-9 /* what a key divides below this is 0 */

static const double LISTEN_SECONDS = 0.02;

/* A line that waits for its step. */
typedef struct order {
    uint64_t step;
    char text[LINE];
} order;

struct tau_control {
    char *path;
    int file; /* -1 = none */
    bool made, keys, paused, stop;
    bool listened;
    double last; /* when it was listened to */
    char line[LINE];
    size_t length;
    bool too_long;
    order *orders; /* [count] in the order of coming */
    size_t count, capacity;
};

/* ---- opening ---- */

static tau_status refuse(const char *path, const char *why) {
    return tau_fail(TAU_STATUS_IO, "cannot listen to %s" TAU_WHY "%s" TAU_FIX "name a file or a FIFO", path,
                    why);
}

static tau_status open_file(tau_control *c, const char *path) {
    struct stat info;
    TAU_TRY(tau_string_copy(&c->path, path));
    if (stat(path, &info) != 0) {
        if (errno != ENOENT || mkfifo(path, 0600) != 0) return refuse(path, strerror(errno));
        c->made = true;
    } else if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) {
        return refuse(path, "it is neither");
    }
    c->file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return c->file >= 0 ? TAU_STATUS_OK : refuse(path, strerror(errno));
}

tau_status tau_control_open(tau_control **out, const char *path, bool keys) {
    tau_control *c;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(c, 1));
    c->file = -1;
    tau_status status = path ? open_file(c, path) : TAU_STATUS_OK;
    if (status != TAU_STATUS_OK) {
        tau_control_close(c);
        return status;
    }
    c->keys = keys && tau_terminal_open_keys();
    *out = c;
    return TAU_STATUS_OK;
}

void tau_control_close(tau_control *c) {
    if (!c) return;
    if (c->keys) tau_terminal_close_keys();
    if (c->file >= 0) close(c->file);
    if (c->made) unlink(c->path);
    tau_mem_free(c->path);
    tau_mem_free(c->orders);
    tau_mem_free(c);
}

bool tau_control_has_keys(const tau_control *c) {
    return c->keys;
}

bool tau_control_is_paused(const tau_control *c) {
    return c->paused;
}

const char *tau_control_get_keys(void) {
    return "keys: + - learning rate, D d decay, B b batch (up, down), space pauses, q stops";
}

/* ---- carrying out ---- */

static bool take_number(double *out, const char *text) {
    double value;
    if (tau_cli_parse_real(&value, text, "control") != TAU_STATUS_OK) return false;
    if (value < 0 || value > NUMBER_MOST) return false;
    *out = value;
    return true;
}

static bool take_batch(size_t *out, const char *text) {
    uint64_t value;
    if (tau_cli_parse_count(&value, text, "control") != TAU_STATUS_OK || value < 1 || value > BATCH_MOST)
        return false;
    *out = value;
    return true;
}

static bool carry_out(tau_control *c, const char *text, tau_train_knobs *knobs) {
    double rate;
    if (strncmp(text, "lr ", 3) == 0) {
        if (!take_number(&rate, text + 3) || !(rate > 0)) return false;
        knobs->rate = rate;
        return true;
    }
    if (strncmp(text, "decay ", 6) == 0) return take_number(&knobs->weight_decay, text + 6);
    if (strncmp(text, "batch ", 6) == 0) return take_batch(&knobs->batch, text + 6);
    if (strcmp(text, "pause") == 0 || strcmp(text, "resume") == 0) {
        c->paused = *text == 'p';
        return true;
    }
    if (strcmp(text, "stop") != 0) return false;
    c->stop = true;
    return true;
}

static void press(tau_control *c, char key, tau_train_knobs *k) {
    const double decay = k->weight_decay;
    if (key == '+' || key == '=') k->rate = fmin(k->rate * 2, NUMBER_MOST);
    if (key == '-') k->rate = fmax(k->rate / 2, 1e-12);
    if (key == 'D') k->weight_decay = decay > 0 ? fmin(decay * 10, NUMBER_MOST) : 1e-6;
    if (key == 'd') k->weight_decay = decay / 10 < DECAY_LEAST ? 0 : decay / 10;
    if (key == 'B' && k->batch <= BATCH_MOST / 2) k->batch *= 2;
    if (key == 'b' && k->batch > 1) k->batch /= 2;
    if (key == ' ') c->paused = !c->paused;
    if (key == 'q') c->stop = true;
}

/* ---- listening ---- */

static void warn(const char *text) {
    tau_log(TAU_LOG_LEVEL_WARNING,
            "control: \"%s\" is not understood; lines are lr X, decay X, batch N, pause, resume or stop, "
            "with \"at "
            "STEP\" before them to wait",
            text);
}

/* "at STEP …": the rest is carried out from that step on. */
static bool split_step(char **text, uint64_t *step) {
    char *end;
    *step = 0;
    if (strncmp(*text, "at ", 3) != 0) return true;
    if ((*text)[3] < '0' || (*text)[3] > '9') return false;
    *step = strtoull(*text + 3, &end, 10);
    if (*end != ' ') return false;
    *text = end + 1;
    return true;
}

/* A word too many is found now, not when its step has come. */
static bool is_order(const char *text) {
    tau_control nobody = {.file = -1};
    tau_train_knobs knobs = {1, 0, 1};
    return carry_out(&nobody, text, &knobs);
}

static void take_line(tau_control *c) {
    char *text = c->line;
    uint64_t step;
    while (c->length && (c->line[c->length - 1] == '\r' || c->line[c->length - 1] == ' ')) c->length--;
    c->line[c->length] = '\0';
    const bool whole = !c->too_long;
    c->length = 0;
    c->too_long = false;
    if (*text == '\0' || *text == '#') return;
    if (!whole || !split_step(&text, &step) || !is_order(text) ||
        TAU_GROW(c->orders, c->capacity, c->count + 1) != TAU_STATUS_OK) {
        warn(c->line);
        return;
    }
    c->orders[c->count].step = step;
    snprintf(c->orders[c->count++].text, LINE, "%s", text);
}

static void read_lines(tau_control *c) {
    char block[512];
    struct stat info;
    if (fstat(c->file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size < lseek(c->file, 0, SEEK_CUR))
        lseek(c->file, 0, SEEK_SET); /* it was written anew */
    for (ssize_t size; (size = read(c->file, block, sizeof block)) > 0;)
        for (ssize_t i = 0; i < size; i++) {
            if (block[i] == '\n')
                take_line(c);
            else if (c->length + 1 < LINE)
                c->line[c->length++] = block[i];
            else
                c->too_long = true;
        }
}

bool tau_control_poll(tau_control *c, uint64_t step, tau_train_knobs *knobs) {
    const double now = tau_progress_now();
    if (!c->listened || now - c->last >= LISTEN_SECONDS) {
        c->listened = true;
        c->last = now;
        if (c->file >= 0) read_lines(c);
        for (char key; c->keys && (key = tau_terminal_read_key()) != 0;) press(c, key, knobs);
    }
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->orders[i].step <= step)
            (void)!carry_out(c, c->orders[i].text, knobs);
        else
            c->orders[kept++] = c->orders[i];
    }
    c->count = kept;
    return c->stop;
}
