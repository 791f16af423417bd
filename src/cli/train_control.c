#include "cli/train_control.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/train_lines.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/progress.h"

enum { LINE = TAU_LINES_LONGEST, ORDERS_MOST = 1000, WARNINGS_MOST = 20 };
#define BATCH_MOST  (1u << 20)
#define NUMBER_MOST 1e6
#define DECAY_LEAST 1e-9 /* what a key divides below this is 0 */

static const double LISTEN_SECONDS = 0.02;

/* A line: "at STEP TEXT", or TEXT. */
typedef struct order {
    bool dated;
    uint64_t step;
    size_t place; /* in the file */
    char text[LINE];
} order;

struct tau_control {
    char *path;
    tau_lines *lines; /* NULL = none */
    bool keys, paused, stop;
    bool listened, goes_on;
    double last;   /* when it was listened to */
    order *orders; /* [count] that wait for their step, in the order of coming */
    size_t count, capacity;
    size_t passed, warnings;
    /* While lines are taken: */
    uint64_t step;
    tau_train_knobs *knobs;
};

/* ---- opening ---- */

tau_status tau_control_open(tau_control **out, const char *path, bool keys) {
    tau_control *c;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(c, 1));
    tau_status status = path ? tau_lines_open(&c->lines, path) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK && path) status = tau_string_copy(&c->path, path);
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
    if (c->lines && tau_lines_is_waiting(c->lines))
        tau_log(
            TAU_LOG_LEVEL_WARNING,
            "control: the training ended before the last lines of %s were taken: what has no end of a line "
            "waits for more",
            c->path);
    tau_lines_close(c->lines);
    tau_mem_free(c->path);
    tau_mem_free(c->orders);
    tau_mem_free(c);
}

void tau_control_go_on(tau_control *c) {
    c->goes_on = c->lines && tau_lines_is_file(c->lines);
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
    if (text[strspn(text, "0123456789.+-eE ")] != '\0') return false; /* hexadecimal, as in expressions */
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

static void warn(tau_control *c, const char *text) {
    if (++c->warnings > WARNINGS_MOST) return;
    tau_log(
        TAU_LOG_LEVEL_WARNING,
        "control: \"%s\" is not understood; lines are lr X, decay X, batch N, pause, resume or stop, with "
        "\"at STEP\" before them to wait%s",
        text, c->warnings == WARNINGS_MOST ? "; further lines are not warned of" : "");
}

/* A word too many is found now, not when its step has come. */
static bool is_order(const char *text) {
    tau_control nobody = {0};
    tau_train_knobs knobs = {1, 0, 1};
    return carry_out(&nobody, text, &knobs);
}

/* @param[in,out] o  its text is the whole line, then what follows "at STEP " */
static bool parse(order *o) {
    char *rest = o->text;
    o->dated = strncmp(o->text, "at ", 3) == 0;
    if (o->dated) {
        if (o->text[3] < '0' || o->text[3] > '9') return false;
        errno = 0;
        o->step = strtoull(o->text + 3, &rest, 10);
        if (errno == ERANGE || *rest != ' ') return false;
        memmove(o->text, rest + 1, strlen(rest));
    }
    return is_order(o->text);
}

/* Lines that stood in the file before the training went on were carried out, and are recorded, up to the step
 * where it stopped. A signal may have come before those of that very step: numbers can be set twice. */
static bool has_passed(const tau_control *c, const order *o) {
    if (!c->goes_on || c->listened) return false;
    const bool sets_number = strchr(o->text, ' ') != NULL;
    return !o->dated || o->step < c->step || (o->step == c->step && !sets_number);
}

static void take_line(void *payload, const char *text, size_t length, size_t place) {
    tau_control *c = payload;
    order o = {.place = place};
    const bool whole = length < LINE && !memchr(text, '\0', length);
    while (length && (text[length - 1] == '\r' || text[length - 1] == ' ')) length--;
    if (length == 0 || *text == '#') return;
    char line[LINE];
    snprintf(line, sizeof line, "%.*s", (int)(length < LINE ? length : LINE - 1), text);
    memcpy(o.text, line, sizeof line);
    if (!whole || !parse(&o)) {
        warn(c, line);
    } else if (has_passed(c, &o)) {
        c->passed++;
    } else if (!o.dated || o.step <= c->step) {
        (void)!carry_out(c, o.text, c->knobs);
    } else if (c->count < ORDERS_MOST && TAU_GROW(c->orders, c->capacity, c->count + 1) == TAU_STATUS_OK) {
        c->orders[c->count++] = o;
    } else if (++c->warnings <= WARNINGS_MOST) {
        tau_log(TAU_LOG_LEVEL_WARNING, "control: \"%s\" is left out, for %zu lines wait for their steps",
                line, c->count);
    }
}

static void drop_lines(void *payload, size_t place) {
    tau_control *c = payload;
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->orders[i].place < place) c->orders[kept++] = c->orders[i];
    c->count = kept;
}

static void listen(tau_control *c, double now, uint64_t step, tau_train_knobs *knobs) {
    const tau_lines_sink sink = {take_line, drop_lines, c};
    c->step = step;
    c->knobs = knobs;
    if (c->lines) tau_lines_poll(c->lines, now, &sink);
    if (!c->listened && c->passed)
        tau_log(
            TAU_LOG_LEVEL_NOTE,
            "control: %zu lines of %s from before step %llu are not carried out again; write new ones below "
            "them",
            c->passed, c->path, (unsigned long long)step);
    c->listened = true;
    c->last = now;
    for (char key; c->keys && (key = tau_terminal_read_key()) != 0;) press(c, key, knobs);
}

static void carry_out_due(tau_control *c, uint64_t step, tau_train_knobs *knobs) {
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->orders[i].step <= step)
            (void)!carry_out(c, c->orders[i].text, knobs);
        else
            c->orders[kept++] = c->orders[i];
    }
    c->count = kept;
}

bool tau_control_poll(tau_control *c, uint64_t step, tau_train_knobs *knobs) {
    const double now = tau_progress_now();
    carry_out_due(c, step, knobs);
    if (!c->listened || now - c->last >= LISTEN_SECONDS) listen(c, now, step, knobs);
    return c->stop;
}
