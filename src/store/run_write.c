/* Writing a run. A group is made in a draft of the file (see h5/file.h), so that a kill or a full disk in the
 * middle costs nothing; from then on rows only are added, in an order in which a state counts once it is
 * whole. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/progress.h"
#include "h5/attribute.h"
#include "store/run_internal.h"

/* Numbers that wait for a state at most this long, in count and in seconds. */
enum { PENDING_MOST = 1 << 14 };
static const double PENDING_SECONDS = 1;

const char *tau_run_writer_path(char out[TAU_STORE_PATH], const tau_run_writer *writer, const char *member) {
    return tau_store_path(out, writer->group, member);
}

/* ---- making a group ---- */

static tau_status create_states(tau_h5 *file, const char *group, const tau_graph *graph) {
    char path[TAU_STORE_PATH];
    const int64_t theta = (int64_t)graph->theta_size, buffers = (int64_t)graph->buffer_size;
    TAU_TRY(
        tau_h5_create_rows(file, tau_store_path(path, group, "states/theta"), TAU_H5_TYPE_F32, 1, &theta));
    TAU_TRY(tau_h5_create_rows(file, tau_store_path(path, group, "states/step"), TAU_H5_TYPE_I64, 0, NULL));
    TAU_TRY(tau_h5_create_rows(file, tau_store_path(path, group, "states/epoch"), TAU_H5_TYPE_F64, 0, NULL));
    TAU_TRY(
        tau_h5_create_rows(file, tau_store_path(path, group, "states/wall_time"), TAU_H5_TYPE_F64, 0, NULL));
    TAU_TRY(tau_h5_create_rows(file, tau_store_path(path, group, "resume/optimizer"), TAU_H5_TYPE_F32, 1,
                               &theta));
    if (buffers == 0) return TAU_STATUS_OK;
    TAU_TRY(tau_h5_create_rows(file, tau_store_path(path, group, "states/buffers"), TAU_H5_TYPE_F32, 1,
                               &buffers));
    return tau_h5_create_rows(file, tau_store_path(path, group, "resume/buffers"), TAU_H5_TYPE_F32, 1,
                              &buffers);
}

static tau_status create_tables(tau_h5 *file, const char *group) {
    const tau_run_sign sign = {0};
    const tau_run_slot slots[2] = {{0}};
    char path[TAU_STORE_PATH];
    TAU_TRY(tau_h5_create_texts(file, tau_store_path(path, group, "metrics/names"), TAU_RUN_METRIC_NAME));
    TAU_TRY(tau_h5_create_table(file, tau_store_path(path, group, "metrics/records"), &TAU_RUN_RECORD));
    TAU_TRY(tau_h5_create_table(file, tau_store_path(path, group, "resume/rng"), &TAU_RUN_SLOT));
    TAU_TRY(tau_h5_append_records(file, path, &TAU_RUN_SLOT, 2, slots));
    TAU_TRY(tau_h5_create_table(file, tau_store_path(path, group, "status"), &TAU_RUN_SIGN));
    return tau_h5_append_records(file, path, &TAU_RUN_SIGN, 1, &sign);
}

static tau_status create_group(tau_h5 *file, const char *group, const tau_run_header *header,
                               const tau_model *model, const tau_samples *samples) {
    char path[TAU_STORE_PATH];
    TAU_TRY(tau_store_set_format(file));
    TAU_TRY(tau_h5_make_group(file, tau_store_path(path, group, NULL)));
    TAU_TRY(tau_run_write_header(file, group, header));
    TAU_TRY(tau_run_write_model(file, group, model));
    TAU_TRY(tau_run_write_samples(file, group, samples));
    TAU_TRY(create_states(file, group, model->graph));
    return create_tables(file, group);
}

/* Says that a group cannot be made because there is one. */
static tau_status group_exists(tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH], other[TAU_STORE_PATH];
    tau_run_sign sign = {.status = TAU_RUN_STATUS_FINISHED};
    int number = 2;
    do snprintf(path, sizeof path, "/%s-%d", group, number++);
    while (tau_h5_exists(file, path));
    snprintf(other, sizeof other, "%s", path + 1);
    if (tau_run_read_sign(&sign, file, group) == TAU_STATUS_OK && sign.status != TAU_RUN_STATUS_FINISHED)
        return tau_fail(TAU_STATUS_EXISTS,
                        "cannot make the group '%s' in %s" TAU_WHY "an unfinished run has this name" TAU_FIX
                        "repeat the command that began it to go on, or record another one: --group %s",
                        group, tau_h5_path(file), other);
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot make the group '%s' in %s" TAU_WHY "a finished run has this name" TAU_FIX
                    "choose another one: --group %s",
                    group, tau_h5_path(file), other);
}

/* An existing file takes a new group if it is a run file without one of this name. */
static tau_status check_file(tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH], **landscapes;
    TAU_TRY(tau_store_check_format(file));
    if (tau_h5_exists(file, tau_store_path(path, group, NULL))) return group_exists(file, group);
    TAU_TRY(tau_store_list_groups(&landscapes, file, &TAU_STORE_LANDSCAPES));
    const bool is_landscape = landscapes[0] != NULL;
    tau_store_free_names(landscapes);
    if (!is_landscape) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot record into %s" TAU_WHY "it is a landscape" TAU_FIX "name another file with -o",
                    tau_h5_path(file));
}

tau_status tau_run_create(tau_run_writer **out, const char *path, const char *group,
                          const tau_run_header *header, const tau_model *model, const tau_samples *samples) {
    *out = NULL;
    TAU_TRY(tau_store_check_new_name(group));
    tau_h5 *file;
    if (tau_run_file_exists(path)) { /* what is wrong shows before anything is locked or copied */
        TAU_TRY(tau_h5_open_follow(&file, path));
        tau_status checked = check_file(file, group);
        tau_h5_discard(file);
        TAU_TRY(checked);
    }
    TAU_TRY(tau_h5_open_draft(&file, path));
    const bool fresh = !tau_h5_has_attribute(file, "/", "tauscape_format");
    tau_status status = fresh ? TAU_STATUS_OK : check_file(file, group);
    if (status == TAU_STATUS_OK) status = create_group(file, group, header, model, samples);
    if (status != TAU_STATUS_OK) {
        tau_h5_discard(file);
        return status;
    }
    TAU_TRY(tau_run_writer_create(out, file, group, model->graph));
    status = tau_run_writer_start(*out);
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_run_writer_destroy(*out);
    *out = NULL;
    return status;
}

/* ---- the writer ---- */

/* The series that an unfinished group has already. */
static tau_status read_names(tau_run_writer *writer) {
    char path[TAU_STORE_PATH], **names;
    size_t count;
    TAU_TRY(
        tau_h5_read_texts(&names, &count, writer->file, tau_run_writer_path(path, writer, "metrics/names")));
    tau_status status = TAU_GROW(writer->names, writer->name_capacity, count);
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) {
        status = tau_string_copy(&writer->names[i], names[i]);
        if (status == TAU_STATUS_OK) writer->name_count++;
    }
    tau_mem_free(names);
    return status;
}

tau_status tau_run_writer_create(tau_run_writer **out, tau_h5 *file, const char *group,
                                 const tau_graph *graph) {
    tau_run_writer *writer;
    *out = NULL;
    tau_status status = TAU_ALLOC(writer, 1);
    if (status != TAU_STATUS_OK) {
        tau_h5_discard(file);
        return status;
    }
    writer->file = file;
    writer->theta_size = graph->theta_size;
    writer->buffer_size = graph->buffer_size;
    writer->sign = (tau_run_sign){.status = TAU_RUN_STATUS_RUNNING, .pid = getpid()};
    gethostname(writer->sign.host, sizeof writer->sign.host - 1);
    status = tau_string_copy(&writer->group, group);
    if (status == TAU_STATUS_OK) status = read_names(writer);
    if (status == TAU_STATUS_OK) {
        *out = writer;
        return TAU_STATUS_OK;
    }
    tau_run_writer_destroy(writer);
    return status;
}

void tau_run_writer_destroy(tau_run_writer *writer) {
    tau_h5_discard(writer->file);
    for (size_t i = 0; i < writer->name_count; i++) tau_mem_free(writer->names[i]);
    tau_mem_free(writer->names);
    tau_mem_free(writer->pending);
    tau_mem_free(writer->group);
    tau_mem_free(writer);
}

/* A sign of life. */
static tau_status write_sign(tau_run_writer *writer) {
    char path[TAU_STORE_PATH];
    writer->sign.heartbeat = tau_run_now();
    TAU_TRY(tau_h5_write_records(writer->file, tau_run_writer_path(path, writer, "status"), &TAU_RUN_SIGN, 0,
                                 1, &writer->sign));
    return tau_h5_flush(writer->file, path);
}

tau_status tau_run_writer_start(tau_run_writer *writer) {
    TAU_TRY(write_sign(writer));
    TAU_TRY(tau_h5_start_swmr(writer->file));
    writer->last_flush = tau_progress_now();
    return tau_h5_publish(writer->file);
}

/* Numbers wait in memory until here. The names go first: a record never points at a name that is not there.
 */
static tau_status flush_metrics(tau_run_writer *writer) {
    char path[TAU_STORE_PATH];
    if (writer->pending_count > 0) {
        TAU_TRY(tau_h5_flush(writer->file, tau_run_writer_path(path, writer, "metrics/names")));
        tau_run_writer_path(path, writer, "metrics/records");
        TAU_TRY(tau_h5_append_records(writer->file, path, &TAU_RUN_RECORD, writer->pending_count,
                                      writer->pending));
        writer->pending_count = 0;
        TAU_TRY(tau_h5_flush(writer->file, path));
    }
    writer->last_flush = tau_progress_now();
    return write_sign(writer);
}

tau_status tau_run_write_sign(tau_run_writer *writer) {
    return flush_metrics(writer);
}

static tau_status append_number(tau_run_writer *writer, const char *member, tau_h5_type type,
                                const void *value) {
    char path[TAU_STORE_PATH];
    TAU_TRY(tau_h5_append_rows(writer->file, tau_run_writer_path(path, writer, member), type, 1, value));
    return tau_h5_flush(writer->file, path);
}

tau_status tau_run_write_state(tau_run_writer *writer, const tau_train_state *state, double epoch) {
    const int64_t step = (int64_t)state->step;
    const double now = tau_run_now();
    if (state->theta_size != writer->theta_size || state->buffer_size != writer->buffer_size)
        return tau_fail(
            TAU_STATUS_SHAPE,
            "cannot record a state in '%s'" TAU_WHY "it has %zu + %zu values, the model %zu + %zu",
            writer->group, state->theta_size, state->buffer_size, writer->theta_size, writer->buffer_size);
    TAU_TRY(flush_metrics(writer)); /* who sees the state sees what was changed before it */
    TAU_TRY(append_number(writer, "states/theta", TAU_H5_TYPE_F32, state->theta));
    if (writer->buffer_size > 0)
        TAU_TRY(append_number(writer, "states/buffers", TAU_H5_TYPE_F32, state->buffers));
    TAU_TRY(append_number(writer, "states/wall_time", TAU_H5_TYPE_F64, &now));
    TAU_TRY(append_number(writer, "states/epoch", TAU_H5_TYPE_F64, &epoch));
    TAU_TRY(append_number(writer, "states/step", TAU_H5_TYPE_I64, &step));
    return tau_run_write_resume(writer, state);
}

tau_status tau_run_write_resume(tau_run_writer *writer, const tau_train_state *state) {
    TAU_TRY(flush_metrics(writer));
    return tau_run_write_slot(writer, state);
}

static tau_status find_name(tau_run_writer *writer, const char *name, size_t *index) {
    for (*index = 0; *index < writer->name_count; (*index)++)
        if (strcmp(writer->names[*index], name) == 0) return TAU_STATUS_OK;
    char path[TAU_STORE_PATH];
    TAU_TRY(TAU_GROW(writer->names, writer->name_capacity, writer->name_count + 1));
    TAU_TRY(tau_h5_append_text(writer->file, tau_run_writer_path(path, writer, "metrics/names"), name));
    TAU_TRY(tau_string_copy(&writer->names[writer->name_count], name));
    writer->name_count++;
    return TAU_STATUS_OK;
}

tau_status tau_run_write_metric(tau_run_writer *writer, const char *name, uint64_t step, double epoch,
                                double value) {
    size_t index;
    TAU_TRY(find_name(writer, name, &index));
    TAU_TRY(TAU_GROW(writer->pending, writer->pending_capacity, writer->pending_count + 1));
    writer->pending[writer->pending_count++] =
        (tau_run_record){.name = (int64_t)index, .step = (int64_t)step, .epoch = epoch, .value = value};
    if (writer->pending_count < PENDING_MOST && tau_progress_now() - writer->last_flush < PENDING_SECONDS)
        return TAU_STATUS_OK;
    return flush_metrics(writer);
}

tau_status tau_run_finish(tau_run_writer *writer, tau_run_status status) {
    if (!writer) return TAU_STATUS_OK;
    writer->sign.status = status;
    tau_status result = flush_metrics(writer);
    if (result == TAU_STATUS_OK) {
        result = tau_h5_close(writer->file);
        writer->file = NULL;
    }
    tau_run_writer_destroy(writer);
    return result;
}

void tau_run_abandon(tau_run_writer *writer) {
    if (!writer) return;
    (void)!flush_metrics(writer); /* it is given up: what could be kept is kept */
    tau_run_writer_destroy(writer);
}
