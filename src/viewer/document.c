/* Documents: opening, closing, refreshing, and what all kinds share. */
#include "viewer/document.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "core/progress.h"
#include "store/run.h"
#include "viewer/document_content.h"

/* A trainer that lives gives a sign of it more often. */
static const double QUIET_SECONDS = 3;

/* ---- content ---- */

void tau_document_append_text(char *out, const char *format, ...) {
    const size_t length = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + length, TAU_DOCUMENT_TEXT - length, format, arguments);
    va_end(arguments);
}

static void clear_metrics(tau_document_content *content) {
    for (size_t i = 0; i < content->metric_count; i++) {
        tau_mem_free(content->metrics[i].group);
        tau_mem_free(content->metrics[i].name);
        tau_mem_free(content->metrics[i].records);
    }
    for (size_t i = 0; i < content->metric_name_count; i++) tau_mem_free(content->metric_names[i]);
    tau_mem_free(content->metrics);
    tau_mem_free(content->metric_names);
}

void tau_document_content_destroy(tau_document_content *content) {
    if (!content) return;
    for (size_t i = 0; i < content->array_count; i++) tau_mem_free(content->arrays[i]);
    for (size_t i = 0; i < content->label_count; i++) tau_mem_free(content->labels[i]);
    clear_metrics(content);
    tau_landscape_destroy(content->landscape);
    tau_explore_picture_clear(&content->picture);
    tau_mem_free(content->arrays);
    tau_mem_free(content->labels);
    tau_mem_free(content->curves);
    tau_mem_free(content->paths);
    tau_mem_free(content->steps);
    tau_mem_free(content);
}

tau_status tau_document_add_array(tau_document_content *content, double **out, size_t count) {
    TAU_TRY(TAU_GROW(content->arrays, content->array_capacity, content->array_count + 1));
    TAU_TRY(TAU_ALLOC(*out, count));
    content->arrays[content->array_count++] = *out;
    return TAU_STATUS_OK;
}

tau_status tau_document_add_label(tau_document_content *content, char **out, const char *a, const char *b) {
    TAU_TRY(TAU_GROW(content->labels, content->label_capacity, content->label_count + 1));
    TAU_TRY(tau_string_format(out, "%s%s%s", a, *a && *b ? ": " : "", b));
    content->labels[content->label_count++] = *out;
    return TAU_STATUS_OK;
}

tau_status tau_document_add_series(tau_document *document, tau_series **out, size_t count, const char *group,
                                   const char *name) {
    size_t capacity = document->series_count;
    TAU_TRY(TAU_GROW(document->series, capacity, document->series_count + 1));
    tau_series *series = &document->series[document->series_count];
    *series = (tau_series){.count = count};
    document->series_count++;
    TAU_TRY(tau_string_format(&series->label, "%s: %s", group, name));
    TAU_TRY(TAU_ALLOC(series->place, count));
    TAU_TRY(TAU_ALLOC(series->value, count));
    *out = series;
    return TAU_STATUS_OK;
}

void tau_document_clear_series(tau_document *document) {
    for (size_t i = 0; i < document->series_count; i++) {
        tau_mem_free(document->series[i].label);
        tau_mem_free(document->series[i].place);
        tau_mem_free(document->series[i].value);
    }
    tau_mem_free(document->series);
    document->series = NULL;
    document->series_count = 0;
}

/* ---- opening ---- */

static tau_status create(tau_document **out, tau_document_kind kind, const char *path, const char *group) {
    *out = NULL;
    tau_document *document;
    TAU_TRY(TAU_ALLOC(document, 1));
    document->kind = kind;
    tau_status status = TAU_ALLOC(document->content, 1);
    if (status == TAU_STATUS_OK && path) status = tau_string_copy(&document->path, path);
    if (status == TAU_STATUS_OK && group) status = tau_string_copy(&document->group, group);
    if (status != TAU_STATUS_OK) {
        tau_document_close(document);
        return status;
    }
    *out = document;
    return TAU_STATUS_OK;
}

/* "dir/plane.land.h5" -> "plane", with the group where a file has several. */
static tau_status name_file(tau_document *document, bool several) {
    const char *slash = strrchr(document->path, '/'), *name = slash ? slash + 1 : document->path;
    int length = (int)(*name == '.' ? strlen(name) : strcspn(name, "."));
    return tau_string_format(&document->title, "%.*s%s%s", length, name, several ? " · " : "",
                             several ? document->group : "");
}

static tau_status read_content(tau_document *document) {
    document->content->stamp = tau_document_get_stamp(document->path);
    if (document->kind == TAU_DOCUMENT_KIND_RUN) return tau_document_read_run(document);
    TAU_TRY(tau_landscape_read(&document->content->landscape, document->path, document->group));
    return tau_document_take_landscape(document);
}

static tau_status open_one(tau_document **out, tau_document_kind kind, const char *path, const char *group,
                           bool several) {
    TAU_TRY(create(out, kind, path, group));
    tau_status status = name_file(*out, several);
    if (status == TAU_STATUS_OK) status = read_content(*out);
    if (status == TAU_STATUS_OK) return status;
    tau_document_close(*out);
    *out = NULL;
    return status;
}

static tau_status open_landscapes(tau_document **out, int capacity, int *count, const char *path,
                                  const char *group, char **names) {
    bool several = names[1] != NULL, found = false;
    for (char **name = names; *name; name++) {
        if (group && strcmp(group, *name) != 0) continue;
        found = true;
        if (*count == capacity)
            return tau_fail(TAU_STATUS_USAGE,
                            "%s holds more landscapes than can be open at once" TAU_FIX
                            "close some, or name one: FILE#NAME",
                            path);
        TAU_TRY(open_one(&out[*count], TAU_DOCUMENT_KIND_LANDSCAPE, path, *name, several));
        (*count)++;
    }
    if (found) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISSING, "%s has no landscape \"%s\"" TAU_FIX "leave #%s out", path, group,
                    group);
}

/* What cannot be opened like a file, in the words of someone who dropped it here. */
static tau_status check_kind(const char *path) {
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char head[sizeof signature] = {0};
    struct stat info;
    if (stat(path, &info) != 0)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot open %s" TAU_WHY "there is no such file" TAU_FIX "check the path", path);
    if (!S_ISREG(info.st_mode))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot open %s" TAU_WHY "it is no regular file" TAU_FIX
                        "choose a landscape or a run file",
                        path);
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);
    if (!file) return tau_fail(TAU_STATUS_IO, "cannot open %s" TAU_WHY "it may not be read", path);
    if (got == sizeof head && memcmp(head, signature, sizeof head) == 0) return TAU_STATUS_OK;
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".onnx") == 0)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "cannot open %s here" TAU_WHY "a network needs data to be explored" TAU_FIX
                        "start tauscape view %s --data FILE --labels FILE",
                        path, path);
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot open %s" TAU_WHY
                    "it is neither a landscape nor a run file, or it is cut off" TAU_FIX
                    "choose a file that tauscape compute, train or a recorder has written",
                    path);
}

static tau_status open_file(tau_document **out, int capacity, int *count, const char *path,
                            const char *group) {
    char **names;
    TAU_TRY(check_kind(path));
    if (tau_landscape_list(&names, path) == TAU_STATUS_OK) {
        bool any = *names != NULL;
        tau_status status = any ? open_landscapes(out, capacity, count, path, group, names) : TAU_STATUS_OK;
        tau_landscape_free_names(names);
        if (any) return status;
    }
    if (capacity < 1) return tau_fail(TAU_STATUS_USAGE, "too many files are open" TAU_FIX "close some");
    TAU_TRY(open_one(out, TAU_DOCUMENT_KIND_RUN, path, group, false));
    *count = 1;
    return TAU_STATUS_OK;
}

tau_status tau_document_open(tau_document **out, int capacity, int *count, const char *path) {
    *count = 0;
    char *file;
    TAU_TRY(tau_string_copy(&file, path));
    char *group = tau_run_cut_group(file);
    tau_status status = open_file(out, capacity, count, file, group);
    tau_mem_free(file);
    if (status == TAU_STATUS_OK) return status;
    tau_error_copy error;
    tau_error_save(&error);
    while (*count > 0) tau_document_close(out[--*count]);
    return tau_error_restore(&error);
}

tau_status tau_document_open_exploration(tau_document **out, const tau_viewer_exploration *exploration) {
    TAU_TRY(create(out, TAU_DOCUMENT_KIND_EXPLORATION, NULL, NULL));
    tau_document *document = *out;
    document->exploration = exploration;
    document->line = exploration->line;
    tau_status status = tau_string_copy(&document->title, exploration->name);
    if (status == TAU_STATUS_OK)
        status = tau_document_take_paths(document, exploration->projections, exploration->projection_count);
    if (status == TAU_STATUS_OK) {
        tau_document_describe_honesty(document, exploration->explained, exploration->angle,
                                      exploration->projections, exploration->projection_count);
        document->scene.title = document->title;
        document->scene.xlabel = exploration->xlabel;
        document->scene.ylabel = exploration->ylabel;
        return status;
    }
    tau_document_close(document);
    *out = NULL;
    return status;
}

static bool same_axis(const double *a, const double *b, size_t n) {
    double scale = fmax(fabs(a[0]), fabs(a[n - 1]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= 1e-12 * scale)) return false;
    return true;
}

/* The difference of two landscapes, with the error that both have together. */
static tau_status subtract(tau_landscape **out, const tau_landscape *a, const tau_landscape *b) {
    const tau_grid grid = {a->columns, a->rows, a->alpha, a->beta};
    TAU_TRY(tau_landscape_create(out, "difference", a->transform, a->line, &grid, "{}"));
    tau_landscape *d = *out;
    for (size_t i = 0; i < a->columns * a->rows; i++) {
        d->loss[i] = a->loss[i] - b->loss[i];
        d->loss_se[i] = hypot(a->loss_se[i], b->loss_se[i]);
        d->accuracy[i] = a->accuracy[i] - b->accuracy[i];
        bool done = a->done[i] && b->done[i];
        d->done[i] = !done ? TAU_DONE_NOT : isfinite(d->loss[i]) ? TAU_DONE_FINITE : TAU_DONE_NOT_FINITE;
    }
    return TAU_STATUS_OK;
}

tau_status tau_document_open_difference(tau_document **out, const tau_document *a, const tau_document *b) {
    *out = NULL;
    const tau_landscape *left = a->content->landscape, *right = b->content->landscape;
    if (!left || !right)
        return tau_fail(TAU_STATUS_USAGE, "a difference needs two landscapes" TAU_FIX
                                          "open two landscape files and make one of them the reference");
    if (left->columns != right->columns || left->rows != right->rows ||
        !same_axis(left->alpha, right->alpha, left->columns) ||
        !same_axis(left->beta, right->beta, left->rows))
        return tau_fail(TAU_STATUS_MISMATCH,
                        "cannot subtract %s from %s" TAU_WHY
                        "their grids differ: %zux%zu and %zux%zu points, or other ranges" TAU_FIX
                        "compute both with the same --grid, --x and --y",
                        b->title, a->title, right->columns, right->rows, left->columns, left->rows);
    TAU_TRY(create(out, TAU_DOCUMENT_KIND_DIFFERENCE, NULL, NULL));
    tau_status status = tau_string_format(&(*out)->title, "%s − %s", a->title, b->title);
    if (status == TAU_STATUS_OK) status = subtract(&(*out)->content->landscape, left, right);
    if (status == TAU_STATUS_OK) status = tau_document_take_landscape(*out);
    if (status == TAU_STATUS_OK) return status;
    tau_document_close(*out);
    *out = NULL;
    return status;
}

void tau_document_close(tau_document *document) {
    if (!document) return;
    tau_document_clear_series(document);
    tau_document_content_destroy(document->content);
    tau_mem_free(document->path);
    tau_mem_free(document->group);
    tau_mem_free(document->title);
    tau_mem_free(document);
}

/* ---- refreshing ---- */

tau_document_stamp tau_document_get_stamp(const char *path) {
    tau_document_stamp stamp = {0};
    struct stat info;
    char journal[4096];
    if (stat(path, &info) == 0) {
        stamp.size = info.st_size;
        stamp.time = info.st_mtim;
        stamp.inode = info.st_ino;
    }
    if (snprintf(journal, sizeof journal, "%s.journal", path) < (int)sizeof journal &&
        stat(journal, &info) == 0) {
        stamp.journal_size = info.st_size;
        stamp.journal_time = info.st_mtim;
    }
    return stamp;
}

static bool same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool tau_document_is_stale(const tau_document *document) {
    const tau_document_content *content = document->content;
    if (document->exploration)
        return tau_explore_get_version(document->exploration->explore) != content->explore_version;
    if (!document->path) return false;
    if (document->kind == TAU_DOCUMENT_KIND_RUN && document->growing && !document->stopped &&
        !content->unreadable && tau_progress_now() - content->looked > QUIET_SECONDS)
        return true;
    tau_document_stamp now = tau_document_get_stamp(document->path), then = content->stamp;
    return now.size != then.size || now.inode != then.inode || now.journal_size != then.journal_size ||
           !same_time(now.time, then.time) || !same_time(now.journal_time, then.journal_time);
}

void tau_document_replace(tau_document *to, tau_document *from) {
    tau_document old = *to;
    *to = *from;
    to->title = old.title;
    to->path = old.path;
    to->group = old.group;
    to->scene.title = old.title;
    to->scene.version = old.scene.version + 1;
    from->content = old.content;
    from->series = old.series;
    from->series_count = old.series_count;
    from->path = from->group = from->title = NULL;
    tau_document_close(from);
}

static tau_status refresh_exploration(tau_document *document) {
    tau_document_content *content = document->content;
    content->explore_version = tau_explore_get_version(document->exploration->explore);
    TAU_TRY(tau_explore_read(document->exploration->explore, &content->picture));
    content->explore_version = content->picture.version;
    return tau_document_set_quantity(document, document->quantity);
}

tau_status tau_document_refresh(tau_document *document) {
    if (document->exploration) return refresh_exploration(document);
    if (!document->path) return TAU_STATUS_OK;
    tau_document_mark_read(document);
    tau_document *fresh;
    tau_status status = tau_document_read_file(&fresh, document->kind, document->path, document->group);
    if (status == TAU_STATUS_OK) return tau_document_renew(document, fresh);
    tau_document_mark_unreadable(document);
    return status;
}

void tau_document_mark_read(tau_document *document) {
    document->content->stamp = tau_document_get_stamp(document->path);
    document->content->looked = tau_progress_now();
    document->content->unreadable = false;
}

void tau_document_mark_unreadable(tau_document *document) {
    document->content->unreadable = true;
}

tau_status tau_document_read_file(tau_document **out, tau_document_kind kind, const char *path,
                                  const char *group) {
    return open_one(out, kind, path, group, false);
}

tau_status tau_document_renew(tau_document *document, tau_document *fresh) {
    int quantity = document->quantity;
    tau_mem_free(fresh->path);
    tau_mem_free(fresh->group);
    tau_mem_free(fresh->title);
    if (fresh->kind == TAU_DOCUMENT_KIND_RUN) tau_document_follow_writer(fresh, document);
    tau_document_replace(document, fresh);
    return tau_document_set_quantity(document, quantity);
}
