#include "data/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/suggest.h"

enum { TEXT_LIMIT = 1 << 30 };

/* The whole file, closed with a zero. */
static tau_status read_text(char **out, tau_stream *stream, const uint8_t *start, size_t start_size) {
    size_t used = start_size, capacity = 0, got;
    TAU_TRY(TAU_GROW(*out, capacity, 1 << 16));
    memcpy(*out, start, start_size);
    do {
        TAU_TRY(TAU_GROW(*out, capacity, used + (1 << 16)));
        TAU_TRY(tau_stream_read_some(stream, *out + used, capacity - used - 1, &got));
        used += got;
        if (used > TEXT_LIMIT)
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot read %s" TAU_WHY "it is a text of more than 1 GiB" TAU_FIX
                            "save it as NPY or HDF5",
                            tau_stream_path(stream));
    } while (got > 0);
    (*out)[used] = '\0';
    if (memchr(*out, '\0', used))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read %s" TAU_WHY "it is neither IDX, NPY, HDF5 nor text" TAU_FIX
                        "convert it to one of these",
                        tau_stream_path(stream));
    return TAU_STATUS_OK;
}

/* The first of ; tab , on the first line outside quotes; a comma where there is none. */
static char find_separator(const char *text) {
    bool has[3] = {false};
    const char candidates[] = ";\t,";
    bool quoted = false;
    for (; *text && (quoted || *text != '\n'); text++) {
        if (*text == '"') quoted = !quoted;
        const char *found = quoted ? NULL : strchr(candidates, *text);
        if (found) has[found - candidates] = true;
    }
    return has[0] ? ';' : has[1] ? '\t' : ',';
}

/* Where the parser stands. Fields are closed with zeros in place: what follows a field is read before that.
 */
typedef struct cursor {
    char *at;
    size_t line;
    char separator, next; /**< what ended the last field */
} cursor;

/* A field in quotes, "" standing for one quote. @return false: the quotes do not close */
static bool quoted_field(cursor *text, char **out) {
    char *to = ++text->at;
    *out = to;
    for (;; text->at++) {
        if (!*text->at) return false;
        if (*text->at == '\n') text->line++;
        if (*text->at == '"' && *++text->at != '"') break;
        *to++ = *text->at;
    }
    text->next = *text->at;
    *to = '\0';
    return true;
}

static void plain_field(cursor *text, char **out) {
    *out = text->at;
    while (*text->at && *text->at != text->separator && *text->at != '\n') text->at++;
    text->next = *text->at;
    char *end = text->at;
    if (end > *out && text->next != text->separator && end[-1] == '\r') end--;
    while (end > *out && (end[-1] == ' ' || (text->separator != '\t' && end[-1] == '\t'))) end--;
    *end = '\0';
}

static tau_status next_field(cursor *text, char **out, const char *path, size_t column) {
    while (*text->at == ' ') text->at++;
    if (*text->at != '"') {
        plain_field(text, out);
        return TAU_STATUS_OK;
    }
    size_t line = text->line;
    bool closed = quoted_field(text, out);
    if (closed && text->next == '\r' && text->at[1] == '\n') text->next = *++text->at;
    if (closed && (!text->next || text->next == '\n' || text->next == text->separator)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s, line %zu, column %zu" TAU_WHY
                    "the quotes are not closed, or something follows them",
                    path, line, column);
}

static bool blank_line(cursor *text) {
    const char *end = text->at;
    while (*end == ' ' || *end == '\r') end++;
    if (*end != '\n') return false;
    text->at += end - text->at + 1;
    text->line++;
    return true;
}

typedef struct capacities {
    size_t field, line;
} capacities;

/* One line into the fields; the first sets the number of columns. */
static tau_status read_row(tau_csv *csv, cursor *text, capacities *room) {
    size_t columns = 0;
    TAU_TRY(TAU_GROW(csv->line, room->line, csv->rows + 1));
    csv->line[csv->rows] = text->line;
    do {
        size_t at = csv->rows * csv->columns + columns;
        TAU_TRY(TAU_GROW(csv->field, room->field, at + 1));
        TAU_TRY(next_field(text, &csv->field[at], csv->path, columns + 1));
        columns++;
        if (text->next) text->at++;
    } while (text->next == text->separator && (csv->rows == 0 || columns < csv->columns));
    if (csv->rows == 0) csv->columns = columns;
    if (columns != csv->columns || text->next == text->separator)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read %s, line %zu" TAU_WHY "it has %s than the %zu fields of the first line",
                        csv->path, csv->line[csv->rows], columns < csv->columns ? "fewer" : "more",
                        csv->columns);
    if (text->next == '\n') text->line++;
    csv->rows++;
    return TAU_STATUS_OK;
}

bool tau_csv_number(double *out, const char *field) {
    char *end;
    *out = strtod(field, &end);
    return end != field && !*end;
}

/* Makes the first row the names of the columns, where it is a header. */
static void take_header(tau_csv *csv, bool header) {
    double number;
    bool words = true;
    for (size_t i = 0; i < csv->columns; i++)
        if (!*csv->field[i] || tau_csv_number(&number, csv->field[i])) words = false;
    if (csv->rows == 0 || !(header || words)) return;
    csv->name = csv->field; /* the block's start; the rows move behind it */
    csv->rows--;
    memmove(csv->line, csv->line + 1, csv->rows * sizeof *csv->line);
}

tau_status tau_csv_read(tau_csv *out, tau_stream *stream, const uint8_t *start, size_t start_size,
                        bool header) {
    capacities room = {0};
    *out = (tau_csv){0};
    TAU_TRY(tau_string_copy(&out->path, tau_stream_path(stream)));
    TAU_TRY(read_text(&out->text, stream, start, start_size));
    bool marked = !strncmp(out->text, "\xEF\xBB\xBF", 3); /* the byte order mark that spreadsheets write */
    cursor text = {.at = out->text + (marked ? 3 : 0), .line = 1};
    text.separator = find_separator(text.at);
    while (*text.at)
        if (!blank_line(&text)) TAU_TRY(read_row(out, &text, &room));
    take_header(out, header);
    if (out->rows == 0)
        return tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "it has no rows of data", out->path);
    return TAU_STATUS_OK;
}

void tau_csv_clear(tau_csv *csv) {
    tau_mem_free(csv->field);
    tau_mem_free(csv->line);
    tau_mem_free(csv->text);
    tau_mem_free(csv->path);
    *csv = (tau_csv){0};
}

static char *const *row_of(const tau_csv *csv, size_t row) {
    return csv->field + (row + (csv->name ? 1 : 0)) * csv->columns;
}

const char *tau_csv_field(const tau_csv *csv, size_t row, size_t column) {
    return row_of(csv, row)[column];
}

tau_status tau_csv_find_column(size_t *out, const tau_csv *csv, const char *name) {
    for (size_t i = 0; csv->name && i < csv->columns; i++)
        if (!strcmp(csv->name[i], name)) {
            *out = i;
            return TAU_STATUS_OK;
        }
    const char **names;
    char hint[TAU_SUGGEST_TEXT];
    TAU_TRY(TAU_ALLOC(names, csv->columns + 1));
    for (size_t i = 0; csv->name && i < csv->columns; i++) names[i] = csv->name[i];
    tau_suggest(hint, name, strlen(name), names);
    tau_mem_free(names);
    return tau_fail(TAU_STATUS_MISSING, "%s has no column '%.60s'" TAU_WHY "%s" TAU_FIX "%s", csv->path, name,
                    csv->name ? "its header has no such name" : "it has no header",
                    csv->name ? hint : "add a header");
}

static tau_status not_a_number(const tau_csv *csv, size_t row, size_t column) {
    const char *field = row_of(csv, row)[column];
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s, line %zu, column %zu" TAU_WHY "%s%.60s%s" TAU_FIX
                    "inputs are numbers: remove the column or code it as numbers",
                    csv->path, csv->line[row], column + 1, *field ? "'" : "the field is empty", field,
                    *field ? "' is no number" : "");
}

tau_status tau_csv_numbers(tau_array *out, const tau_csv *csv, size_t left_out) {
    size_t columns = csv->columns - (left_out < csv->columns);
    *out = (tau_array){.kind = TAU_ARRAY_KIND_INTEGERS};
    TAU_TRY(tau_array_set_shape(out, 2, (const int64_t[]){(int64_t)csv->rows, (int64_t)columns}, csv->path));
    TAU_TRY(TAU_ALLOC(out->value, out->count));
    float *value = out->value;
    for (size_t row = 0; row < csv->rows; row++)
        for (size_t column = 0; column < csv->columns; column++) {
            double number;
            if (column == left_out) continue;
            if (!tau_csv_number(&number, row_of(csv, row)[column])) return not_a_number(csv, row, column);
            if (!(number == floor(number))) out->kind = TAU_ARRAY_KIND_REALS;
            *value++ = (float)number;
        }
    return TAU_STATUS_OK;
}
