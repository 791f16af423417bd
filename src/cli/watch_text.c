/* The dashboard in text: lines of blocks for curves, columns of blocks for a histogram. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/watch.h"
#include "core/memory.h"
#include "replay/curves.h"
#include "replay/histogram.h"

enum { LABEL_WIDTH = 14, VALUE_WIDTH = 11, SPARK_MOST = 60, BINS = 50, BIN_ROWS = 3, NOTABLE = 4 };

static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const measures[] = {"accuracy", "precision", "recall", "f1", "mcc"};
/* Numbers that the trainer recorded, where they are there. */
static const char *const recorded[NOTABLE] = {"loss", "test_loss", "test_accuracy", "lr"};
static const char *const recorded_labels[NOTABLE] = {"batch loss", "test loss", "test accuracy",
                                                     "learning rate"};

struct tau_watch_text {
    tau_replay *replay;
    tau_watch_text_options options;
    tau_curves *curves;
    tau_probabilities *probabilities; /* NULL where the outputs are no probabilities */
    double *values;                   /* [capacity] of one measure */
    bool *undefined;
    size_t capacity, undefined_capacity;
    bool in_place;
    int columns, rows, drawn; /* of the terminal; lines that stand on it */
};

tau_status tau_watch_text_create(tau_watch_text **out, tau_replay *replay,
                                 const tau_watch_text_options *options) {
    const char *kind = getenv("TERM");
    TAU_TRY(TAU_ALLOC(*out, 1));
    tau_watch_text *t = *out;
    t->replay = replay;
    t->options = *options;
    t->in_place = !options->json && isatty(STDOUT_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
    tau_status status = tau_curves_create(&t->curves, replay);
    if (status == TAU_STATUS_OK && tau_replay_get_class_count(replay) > 0) {
        status = tau_probabilities_create(&t->probabilities, replay, BINS);
        if (status == TAU_STATUS_UNSUPPORTED) status = TAU_STATUS_OK;
    }
    if (status == TAU_STATUS_OK) return status;
    tau_watch_text_destroy(t);
    *out = NULL;
    return status;
}

void tau_watch_text_destroy(tau_watch_text *t) {
    if (!t) return;
    tau_curves_destroy(t->curves);
    tau_probabilities_destroy(t->probabilities);
    tau_mem_free(t->values);
    tau_mem_free(t->undefined);
    tau_mem_free(t);
}

bool tau_watch_text_is_in_place(const tau_watch_text *t) {
    return t->in_place;
}

tau_status tau_watch_text_update(tau_watch_text *t) {
    return tau_curves_update(t->curves);
}

/* ---- blocks ---- */

static double mean_of(const double *values, size_t first, size_t end) {
    double sum = 0;
    size_t finite = 0;
    for (size_t i = first; i < end; i++)
        if (isfinite(values[i])) sum += values[i], finite++;
    return finite ? sum / (double)finite : NAN;
}

static void find_range(const double *values, size_t count, double *lo, double *hi) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    if (isnan(*lo)) *lo = low;
    if (isnan(*hi)) *hi = high;
}

void tau_watch_spark(char *out, size_t width, const double *values, size_t count, double lo, double hi) {
    const size_t columns = count < width ? count : width;
    *out = '\0';
    find_range(values, count, &lo, &hi);
    for (size_t c = 0; c < columns; c++) {
        const double value = mean_of(values, c * count / columns, (c + 1) * count / columns);
        const double share = hi > lo ? fmin(fmax((value - lo) / (hi - lo), 0), 1) : 0.5;
        strcat(out, isnan(value) ? "×" : blocks[1 + (int)(share * 7 + 0.5)]);
    }
}

/* ---- the dashboard ---- */

/* Writes a line cut to the terminal's width, which is counted in characters. */
static void put_line(tau_watch_text *t, FILE *out, const char *line) {
    int room = t->columns - 1;
    if (t->drawn + 1 >= t->rows) return;
    for (; *line; line++) {
        const bool begins = ((unsigned char)*line & 0xc0) != 0x80;
        if (begins && room-- <= 0) break;
        fputc((unsigned char)*line < ' ' ? ' ' : *line, out);
    }
    fputs("\033[K\n", out);
    t->drawn++;
}

static size_t spark_width(const tau_watch_text *t) {
    const int room = t->columns - 1 - LABEL_WIDTH - VALUE_WIDTH - 24;
    return room < 8 ? 8 : room > SPARK_MOST ? SPARK_MOST : (size_t)room;
}

static void put_curve(tau_watch_text *t, FILE *out, const char *label, const char *value,
                      const double *values, size_t count, double lo, double hi) {
    char spark[3 * SPARK_MOST + 1], line[512], range[48] = "";
    const int width = (int)spark_width(t);
    tau_watch_spark(spark, (size_t)width, values, count, lo, hi);
    find_range(values, count, &lo, &hi);
    if (lo <= hi) snprintf(range, sizeof range, "%.4g … %.4g", lo, hi);
    const int shown = count < (size_t)width ? (int)count : width;
    snprintf(line, sizeof line, "%-*s%-*s%s%*s  %s", LABEL_WIDTH, label, VALUE_WIDTH, value, spark,
             width - shown, "", range);
    put_line(t, out, line);
}

static void format_value(char out[24], double value, bool undefined) {
    if (undefined)
        snprintf(out, 24, "undefined");
    else
        snprintf(out, 24, "%.4g", value);
}

static tau_status measure(tau_watch_text *t, const char *name) {
    const size_t count = tau_curves_get(t->curves)->count;
    TAU_TRY(TAU_GROW(t->values, t->capacity, count));
    TAU_TRY(TAU_GROW(t->undefined, t->undefined_capacity, count));
    return tau_curves_measure(t->curves, name, t->values, t->undefined);
}

static tau_status put_measures(tau_watch_text *t, FILE *out, size_t state) {
    const tau_curve_table *table = tau_curves_get(t->curves);
    char value[24];
    format_value(value, table->loss[state], false);
    put_curve(t, out, "loss", value, table->loss, state + 1, NAN, NAN);
    for (size_t m = 0; table->class_count && m < sizeof measures / sizeof *measures; m++) {
        TAU_TRY(measure(t, measures[m]));
        format_value(value, t->values[state], t->undefined[state]);
        put_curve(t, out, measures[m], value, t->values, state + 1, m == 4 ? -1 : 0, 1);
    }
    return TAU_STATUS_OK;
}

static bool has_series(const tau_watch_text *t, const char *name) {
    const char *const *names = tau_replay_get_series_names(t->replay);
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

static tau_status put_recorded(tau_watch_text *t, FILE *out) {
    for (size_t i = 0; i < NOTABLE; i++) {
        tau_series series;
        char value[24];
        if (!has_series(t, recorded[i])) continue;
        TAU_TRY(tau_replay_read_series(t->replay, recorded[i], &series));
        if (series.count) {
            format_value(value, series.value[series.count - 1], false);
            put_curve(t, out, recorded_labels[i], value, series.value, series.count, NAN, NAN);
        }
        tau_series_clear(&series);
    }
    return TAU_STATUS_OK;
}

static void put_bins(tau_watch_text *t, FILE *out, const tau_probability_frame *frame) {
    char line[512];
    uint64_t most = 1;
    for (size_t b = 0; b < frame->bins; b++) most = frame->all[b] > most ? frame->all[b] : most;
    for (int row = BIN_ROWS - 1; row >= 0; row--) {
        int length = row == BIN_ROWS - 1
                         ? snprintf(line, sizeof line, "%*llu ", LABEL_WIDTH - 2, (unsigned long long)most)
                         : snprintf(line, sizeof line, "%*s ", LABEL_WIDTH - 2, row ? "" : "0");
        for (size_t b = 0; b < frame->bins; b++) {
            double level = (double)frame->all[b] / (double)most * BIN_ROWS * 8 - 8 * row;
            if (row == 0 && frame->all[b] > 0) level = fmax(level, 1); /* one sample is seen, too */
            const char *block = blocks[(int)fmin(fmax(level + 0.5, 0), 8)];
            length += snprintf(line + length, sizeof line - (size_t)length, "%s", block);
        }
        put_line(t, out, line);
    }
    snprintf(line, sizeof line, "%*s0%*s%*s", LABEL_WIDTH - 1, "", BINS / 2, "0.5", BINS - BINS / 2 - 1, "1");
    put_line(t, out, line);
}

static tau_status put_histogram(tau_watch_text *t, FILE *out, size_t state) {
    tau_probability_frame frame;
    char line[128];
    if (!t->probabilities) return TAU_STATUS_OK;
    TAU_TRY(tau_probabilities_compute(t->probabilities, state, &frame));
    put_line(t, out, "");
    snprintf(line, sizeof line, "samples by %s",
             frame.binary ? "the probability of class 1" : "the probability of the class decided on");
    if (frame.not_finite)
        snprintf(line + strlen(line), sizeof line - strlen(line), "; %zu have none", frame.not_finite);
    put_line(t, out, line);
    put_bins(t, out, &frame);
    return TAU_STATUS_OK;
}

static void put_head(tau_watch_text *t, FILE *out, size_t state, const char *condition) {
    const tau_moment moment = tau_replay_get_moment(t->replay, state);
    const char *path = tau_replay_get_path(t->replay), *slash = strrchr(path, '/');
    char line[512];
    snprintf(line, sizeof line, "%.100s#%.60s  epoch %.4g  step %lld  state %zu  %s",
             slash ? slash + 1 : path, tau_replay_get_group(t->replay), moment.epoch, (long long)moment.step,
             state, condition);
    put_line(t, out, line);
    put_line(t, out, "");
}

static tau_status put_all(tau_watch_text *t, FILE *out, size_t state, const char *condition) {
    put_head(t, out, state, condition);
    TAU_TRY(put_measures(t, out, state));
    TAU_TRY(put_recorded(t, out));
    TAU_TRY(put_histogram(t, out, state));
    if (t->options.note) {
        put_line(t, out, "");
        put_line(t, out, t->options.note);
    }
    return TAU_STATUS_OK;
}

/* The picture is made whole before it goes out, so that it does not flicker. */
static tau_status draw(tau_watch_text *t, size_t state, const char *condition) {
    struct winsize window;
    char *text = NULL;
    size_t size;
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0;
    t->columns = known && window.ws_col ? window.ws_col : 80;
    t->rows = known && window.ws_row ? window.ws_row : 40;
    FILE *out = open_memstream(&text, &size);
    if (!out) return tau_fail(TAU_STATUS_MEMORY, "cannot draw the dashboard");
    if (t->drawn) fprintf(out, "\033[%dA", t->drawn);
    t->drawn = 0;
    tau_status status = put_all(t, out, state, condition);
    fputs("\033[J", out);
    fclose(out);
    if (status == TAU_STATUS_OK) {
        fputs(text, stdout);
        fflush(stdout);
    }
    free(text);
    return status;
}

/* ---- lines ---- */

static tau_status print_plain(tau_watch_text *t, size_t state) {
    const tau_curve_table *table = tau_curves_get(t->curves);
    const tau_moment moment = tau_replay_get_moment(t->replay, state);
    printf("state %zu epoch %.4g step %lld loss %.4g", state, moment.epoch, (long long)moment.step,
           table->loss[state]);
    for (size_t m = 0; table->class_count && m < sizeof measures / sizeof *measures; m++) {
        char value[24];
        TAU_TRY(measure(t, measures[m]));
        format_value(value, t->values[state], t->undefined[state]);
        printf(" %s %s", measures[m], value);
    }
    putchar('\n');
    fflush(stdout);
    return TAU_STATUS_OK;
}

static tau_status add_measures(tau_watch_text *t, json_t *object, size_t state) {
    const bool classes = tau_curves_get(t->curves)->class_count > 0;
    for (size_t m = 0; classes && m < sizeof measures / sizeof *measures; m++) {
        TAU_TRY(measure(t, measures[m]));
        json_object_set_new(object, measures[m],
                            t->undefined[state] ? json_null() : tau_cli_json_real(t->values[state]));
    }
    if (!t->probabilities) return TAU_STATUS_OK;
    tau_probability_frame frame;
    TAU_TRY(tau_probabilities_compute(t->probabilities, state, &frame));
    json_t *counts = json_array();
    for (size_t b = 0; b < frame.bins; b++)
        json_array_append_new(counts, json_integer((json_int_t)frame.all[b]));
    json_object_set_new(object, "probabilities", counts);
    return TAU_STATUS_OK;
}

static tau_status print_json(tau_watch_text *t, size_t state) {
    const tau_moment moment = tau_replay_get_moment(t->replay, state);
    json_t *object = json_pack("{sI sI so so}", "state", (json_int_t)state, "step", (json_int_t)moment.step,
                               "epoch", tau_cli_json_real(moment.epoch), "loss",
                               tau_cli_json_real(tau_curves_get(t->curves)->loss[state]));
    tau_status status = add_measures(t, object, state);
    if (status == TAU_STATUS_OK) {
        json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
        putchar('\n');
        fflush(stdout);
    }
    json_decref(object);
    return status;
}

tau_status tau_watch_text_show(tau_watch_text *t, size_t state, const char *condition) {
    if (t->options.json) return print_json(t, state);
    tau_status status = t->in_place ? draw(t, state, condition) : print_plain(t, state);
    tau_replay_rest(t->replay); /* series were read */
    return status;
}
