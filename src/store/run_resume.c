/* Where an unfinished training stands, and how it goes on. Two slots are written in turn; a kill in the
 * middle of one leaves the other. */
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "store/run_internal.h"

/* Rows of resume/optimizer that belong to a slot. */
enum { ROW_THETA, ROW_MOMENT1, ROW_MOMENT2, ROWS };

static bool is_zero(const float *values, size_t count) {
    static const float zero;
    for (size_t i = 0; i < count; i++)
        if (memcmp(&values[i], &zero, sizeof zero) != 0) return false;
    return true;
}

static int64_t checksum(const tau_run_slot *slot, const tau_train_state *state) {
    const int64_t head[] = {slot->sequence, slot->step, slot->moments, slot->epoch_samples};
    const double sums[] = {slot->epoch_loss, slot->epoch_accuracy};
    uint32_t crc = tau_hash_crc32c(0, head, sizeof head);
    crc = tau_hash_crc32c(crc, sums, sizeof sums);
    crc = tau_hash_crc32c(crc, state->theta, state->theta_size * sizeof(float));
    crc = tau_hash_crc32c(crc, state->buffers, state->buffer_size * sizeof(float));
    if (slot->moments & 1) crc = tau_hash_crc32c(crc, state->moment1, state->theta_size * sizeof(float));
    if (slot->moments & 2) crc = tau_hash_crc32c(crc, state->moment2, state->theta_size * sizeof(float));
    return crc;
}

/* Writes one row; rows before it that were never used are made, as zeros. */
static tau_status put_row(tau_run_writer *writer, const char *member, size_t row, size_t width,
                          const float *values) {
    char path[TAU_STORE_PATH];
    size_t rows;
    float *zeros = NULL;
    tau_run_writer_path(path, writer, member);
    TAU_TRY(tau_h5_count_rows(&rows, writer->file, path));
    if (row < rows) return tau_h5_write_rows(writer->file, path, TAU_H5_TYPE_F32, row, 1, values);
    if (row > rows) TAU_TRY(TAU_ALLOC(zeros, width));
    tau_status status = TAU_STATUS_OK;
    for (; rows < row && status == TAU_STATUS_OK; rows++)
        status = tau_h5_append_rows(writer->file, path, TAU_H5_TYPE_F32, 1, zeros);
    if (status == TAU_STATUS_OK) status = tau_h5_append_rows(writer->file, path, TAU_H5_TYPE_F32, 1, values);
    tau_mem_free(zeros);
    return status;
}

static tau_status put_vectors(tau_run_writer *writer, size_t place, const tau_run_slot *slot,
                              const tau_train_state *state) {
    char path[TAU_STORE_PATH];
    const size_t theta = writer->theta_size;
    const char *optimizer = "resume/optimizer";
    TAU_TRY(put_row(writer, optimizer, ROWS * place + ROW_THETA, theta, state->theta));
    if (slot->moments & 1)
        TAU_TRY(put_row(writer, optimizer, ROWS * place + ROW_MOMENT1, theta, state->moment1));
    if (slot->moments & 2)
        TAU_TRY(put_row(writer, optimizer, ROWS * place + ROW_MOMENT2, theta, state->moment2));
    TAU_TRY(tau_h5_flush(writer->file, tau_run_writer_path(path, writer, optimizer)));
    if (writer->buffer_size == 0) return TAU_STATUS_OK;
    TAU_TRY(put_row(writer, "resume/buffers", place, writer->buffer_size, state->buffers));
    return tau_h5_flush(writer->file, tau_run_writer_path(path, writer, "resume/buffers"));
}

tau_status tau_run_write_slot(tau_run_writer *writer, const tau_train_state *state) {
    char path[TAU_STORE_PATH];
    tau_run_slot slot = {.sequence = writer->sequence + 1,
                         .step = (int64_t)state->step,
                         .epoch_samples = (int64_t)state->epoch_samples,
                         .epoch_loss = state->epoch_loss,
                         .epoch_accuracy = state->epoch_accuracy};
    if (!is_zero(state->moment1, state->theta_size)) slot.moments |= 1;
    if (!is_zero(state->moment2, state->theta_size)) slot.moments |= 2;
    slot.checksum = checksum(&slot, state);
    const size_t place = (size_t)(slot.sequence % 2);
    TAU_TRY(put_vectors(writer, place, &slot, state));
    tau_run_writer_path(path, writer, "resume/rng");
    TAU_TRY(tau_h5_write_records(writer->file, path, &TAU_RUN_SLOT, place, 1, &slot));
    TAU_TRY(tau_h5_flush(writer->file, path));
    writer->sequence = slot.sequence;
    return TAU_STATUS_OK;
}

/* ---- going on ---- */

static tau_status read_vectors(const tau_run_writer *writer, size_t place, const tau_run_slot *slot,
                               tau_train_state *state) {
    char path[TAU_STORE_PATH];
    float *const rows[ROWS] = {state->theta, state->moment1, state->moment2};
    tau_run_writer_path(path, writer, "resume/optimizer");
    for (size_t i = 0; i < ROWS; i++) {
        const bool stored = i == ROW_THETA || (slot->moments >> (i - 1) & 1);
        if (stored)
            TAU_TRY(tau_h5_read_rows(writer->file, path, TAU_H5_TYPE_F32, ROWS * place + i, 1, rows[i]));
        else
            memset(rows[i], 0, state->theta_size * sizeof(float));
    }
    if (state->buffer_size == 0) return TAU_STATUS_OK;
    tau_run_writer_path(path, writer, "resume/buffers");
    return tau_h5_read_rows(writer->file, path, TAU_H5_TYPE_F32, place, 1, state->buffers);
}

/* Reads the latest intact slot into `state`. Without one (killed before the first) the training begins with
 * the model's own weights. */
static tau_status read_slots(tau_run_writer *writer, tau_train_state *state, const tau_model *model) {
    char path[TAU_STORE_PATH];
    tau_run_slot slots[2];
    TAU_TRY(tau_h5_read_records(writer->file, tau_run_writer_path(path, writer, "resume/rng"), &TAU_RUN_SLOT,
                                0, 2, slots));
    const size_t later = slots[1].sequence > slots[0].sequence;
    for (size_t attempt = 0; attempt < 2; attempt++) {
        const size_t place = attempt ? 1 - later : later;
        const tau_run_slot *slot = &slots[place];
        if (slot->sequence <= 0 || slot->step < 0 || slot->epoch_samples < 0 ||
            (size_t)(slot->sequence % 2) != place)
            continue;
        if (read_vectors(writer, place, slot, state) != TAU_STATUS_OK) continue;
        if (checksum(slot, state) != slot->checksum) continue;
        state->step = (uint64_t)slot->step;
        state->epoch_samples = (uint64_t)slot->epoch_samples;
        state->epoch_loss = slot->epoch_loss;
        state->epoch_accuracy = slot->epoch_accuracy;
        writer->sequence = slot->sequence;
        return TAU_STATUS_OK;
    }
    state->step = state->epoch_samples = 0;
    state->epoch_loss = state->epoch_accuracy = 0;
    memset(state->moment1, 0, state->theta_size * sizeof(float));
    memset(state->moment2, 0, state->theta_size * sizeof(float));
    memcpy(state->theta, model->theta, state->theta_size * sizeof(float));
    memcpy(state->buffers, model->buffers, state->buffer_size * sizeof(float));
    return TAU_STATUS_OK;
}

/* States up to and including `step`; at step 0 none, for a training that begins records its first state. */
static tau_status count_states_until(size_t *out, const tau_run_writer *writer, int64_t step) {
    char path[TAU_STORE_PATH];
    size_t rows;
    int64_t *steps;
    TAU_TRY(tau_run_count_states(&rows, writer->file, writer->group, writer->buffer_size > 0));
    *out = 0;
    if (step == 0) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(steps, rows));
    tau_status status = tau_h5_read_rows(writer->file, tau_run_writer_path(path, writer, "states/step"),
                                         TAU_H5_TYPE_I64, 0, rows, steps);
    while (status == TAU_STATUS_OK && *out < rows && steps[*out] <= step) (*out)++;
    tau_mem_free(steps);
    return status;
}

static tau_status cut_states(const tau_run_writer *writer, int64_t step) {
    static const char *const members[] = {"states/theta", "states/step", "states/epoch", "states/wall_time",
                                          "states/buffers"};
    size_t count;
    TAU_TRY(count_states_until(&count, writer, step));
    for (int i = 0; i < (writer->buffer_size ? 5 : 4); i++) {
        char path[TAU_STORE_PATH];
        TAU_TRY(tau_h5_cut_rows(writer->file, tau_run_writer_path(path, writer, members[i]), count));
    }
    return TAU_STATUS_OK;
}

/* Numbers stand in the order of time. */
static tau_status cut_metrics(const tau_run_writer *writer, int64_t step) {
    char path[TAU_STORE_PATH];
    size_t count;
    tau_run_writer_path(path, writer, "metrics/records");
    TAU_TRY(tau_h5_count_rows(&count, writer->file, path));
    for (; count > 0; count--) {
        tau_run_record record;
        TAU_TRY(tau_h5_read_records(writer->file, path, &TAU_RUN_RECORD, count - 1, 1, &record));
        if (step > 0 && record.step <= step) break;
    }
    return tau_h5_cut_rows(writer->file, path, count);
}

static tau_status go_on(tau_run_writer *writer, tau_train_state *state, const tau_model *model) {
    TAU_TRY(read_slots(writer, state, model));
    TAU_TRY(cut_states(writer, (int64_t)state->step));
    TAU_TRY(cut_metrics(writer, (int64_t)state->step));
    return tau_run_writer_start(writer);
}

/* Whether the group is unfinished and was begun with the same settings. */
static tau_status check_unfinished(const char *path, const char *group, const tau_run_header *header,
                                   const tau_model *model) {
    const tau_recipe_words words = {
        .verb = "go on with",
        .path = path,
        .theirs = "the run was begun",
        .ours = "this command says",
        .fix = "repeat the command that began it, or record another run with --group",
    };
    tau_run *run;
    TAU_TRY(tau_run_open(&run, path, group));
    tau_status status = TAU_STATUS_OK;
    if (tau_run_get_status(run) == TAU_RUN_STATUS_FINISHED)
        status = tau_fail(TAU_STATUS_EXISTS,
                          "cannot go on with '%s' in %s" TAU_WHY "it is finished" TAU_FIX
                          "record another run with --group",
                          group, path);
    if (status == TAU_STATUS_OK) status = tau_run_compare_headers(header, tau_run_get_header(run), &words);
    if (status == TAU_STATUS_OK)
        status = tau_run_compare_graphs(model->graph, tau_run_get_graph(run), &words);
    tau_run_close(run);
    return status;
}

/* Opens the draft; under its lock the group may have become finished meanwhile. */
static tau_status open_writer(tau_run_writer **out, const char *path, const char *group,
                              const tau_model *model) {
    tau_h5 *file;
    tau_run_sign sign;
    TAU_TRY(tau_h5_open_draft(&file, path));
    tau_status status = tau_run_read_sign(&sign, file, group);
    if (status == TAU_STATUS_OK && sign.status == TAU_RUN_STATUS_FINISHED)
        status = tau_fail(TAU_STATUS_EXISTS,
                          "cannot go on with '%s' in %s" TAU_WHY "another process has just finished it",
                          group, path);
    if (status == TAU_STATUS_OK) return tau_run_writer_create(out, file, group, model->graph);
    tau_h5_discard(file);
    return status;
}

tau_status tau_run_continue(tau_run_writer **out, tau_train_state **state, const char *path,
                            const char *group, const tau_run_header *header, const tau_model *model) {
    *out = NULL;
    *state = NULL;
    if (!tau_run_file_exists(path))
        return tau_fail(TAU_STATUS_MISSING, "cannot go on with '%s' in %s" TAU_WHY "there is no such file",
                        group, path);
    TAU_TRY(check_unfinished(path, group, header, model));
    TAU_TRY(open_writer(out, path, group, model));
    tau_status status = tau_train_state_create(state, model->graph->theta_size, model->graph->buffer_size);
    if (status == TAU_STATUS_OK) status = go_on(*out, *state, model);
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_train_state_destroy(*state);
    tau_run_writer_destroy(*out);
    *state = NULL;
    *out = NULL;
    return status;
}
