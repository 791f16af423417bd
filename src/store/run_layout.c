/* The records of a run file. */
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "store/run_internal.h"

#define FIELD(structure, member, kind)                                                                       \
    { .name = #member, .type = kind, .offset = offsetof(structure, member) }
#define RECORD(structure, list)                                                                              \
    { .fields = list, .field_count = sizeof list / sizeof *list, .size = sizeof(structure) }

static const tau_h5_field record_fields[] = {
    FIELD(tau_run_record, name, TAU_H5_TYPE_I64),
    FIELD(tau_run_record, step, TAU_H5_TYPE_I64),
    FIELD(tau_run_record, epoch, TAU_H5_TYPE_F64),
    FIELD(tau_run_record, value, TAU_H5_TYPE_F64),
};
const tau_h5_record TAU_RUN_RECORD = RECORD(tau_run_record, record_fields);

static const tau_h5_field sign_fields[] = {
    FIELD(tau_run_sign, status, TAU_H5_TYPE_I64),
    FIELD(tau_run_sign, pid, TAU_H5_TYPE_I64),
    FIELD(tau_run_sign, heartbeat, TAU_H5_TYPE_F64),
    {.name = "host",
     .type = TAU_H5_TYPE_TEXT,
     .offset = offsetof(tau_run_sign, host),
     .size = sizeof((tau_run_sign *)0)->host},
};
const tau_h5_record TAU_RUN_SIGN = RECORD(tau_run_sign, sign_fields);

static const tau_h5_field slot_fields[] = {
    FIELD(tau_run_slot, sequence, TAU_H5_TYPE_I64),   FIELD(tau_run_slot, step, TAU_H5_TYPE_I64),
    FIELD(tau_run_slot, moments, TAU_H5_TYPE_I64),    FIELD(tau_run_slot, epoch_samples, TAU_H5_TYPE_I64),
    FIELD(tau_run_slot, epoch_loss, TAU_H5_TYPE_F64), FIELD(tau_run_slot, epoch_accuracy, TAU_H5_TYPE_F64),
    FIELD(tau_run_slot, checksum, TAU_H5_TYPE_I64),
};
const tau_h5_record TAU_RUN_SLOT = RECORD(tau_run_slot, slot_fields);

double tau_run_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool tau_run_file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > 0;
}
