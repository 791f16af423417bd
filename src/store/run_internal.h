/** What the files of runs share: records as they lie in the file, and the parts of a group. */
#ifndef TAU_STORE_RUN_INTERNAL_H
#define TAU_STORE_RUN_INTERNAL_H

#include "h5/table.h"
#include "store/groups.h"
#include "store/recipe.h"
#include "store/run.h"

/** Most bytes of a series' name. */
#define TAU_RUN_METRIC_NAME 64

/** A row of metrics/records. */
typedef struct tau_run_record {
    int64_t name; /**< index into metrics/names */
    int64_t step;
    double epoch, value;
} tau_run_record;
extern const tau_h5_record TAU_RUN_RECORD;

/** The one row of `status`. */
typedef struct tau_run_sign {
    int64_t status; /**< tau_run_status */
    int64_t pid;
    double heartbeat; /**< seconds since 1970 */
    char host[64];
} tau_run_sign;
extern const tau_h5_record TAU_RUN_SIGN;

/** A row of resume/rng: where one of the two slots stands. The generators count steps, so the step and the
 * seed are all of their state. */
typedef struct tau_run_slot {
    int64_t sequence; /**< the greater of two intact ones counts; 0 = never written */
    int64_t step;
    int64_t moments;       /**< 1 = moment1 is not zero, 2 = moment2 is not zero */
    int64_t epoch_samples; /**< with the sums of the epoch that is not told yet */
    double epoch_loss, epoch_accuracy;
    int64_t checksum; /**< CRC32C of the vectors and of the numbers above */
} tau_run_slot;
extern const tau_h5_record TAU_RUN_SLOT;

/** Whether there is a file with something in it: a writer killed while it made a new file leaves an empty
 * one. */
bool tau_run_file_exists(const char *path);

/** Seconds since 1970. */
double tau_run_now(void);

/* ---- parts of a group: run_model.c, run_samples.c, run_header.c ---- */

/** model/onnx and model/parameters. @errors TAU_STATUS_UNSUPPORTED: a name over 255 bytes */
TAU_CHECK tau_status tau_run_write_model(tau_h5 *file, const char *group, const tau_model *model);

/** The graph, theta in the order of model/parameters. @errors TAU_STATUS_INPUT, those of the ONNX import */
TAU_CHECK tau_status tau_run_read_graph(tau_graph **out, tau_h5 *file, const char *group);

/** Whether two graphs are one network with one layout of theta. @errors TAU_STATUS_MISMATCH */
TAU_CHECK tau_status tau_run_compare_graphs(const tau_graph *ours, const tau_graph *theirs,
                                            const tau_recipe_words *words);

TAU_CHECK tau_status tau_run_write_samples(tau_h5 *file, const char *group, const tau_samples *samples);
TAU_CHECK tau_status tau_run_load_samples(tau_samples **out, tau_h5 *file, const char *group);

TAU_CHECK tau_status tau_run_write_header(tau_h5 *file, const char *group, const tau_run_header *header);
TAU_CHECK tau_status tau_run_read_header(tau_run_header *out, tau_h5 *file, const char *group);

/** @errors TAU_STATUS_MISMATCH naming the first hyper-parameter that differs */
TAU_CHECK tau_status tau_run_compare_headers(const tau_run_header *ours, const tau_run_header *theirs,
                                             const tau_recipe_words *words);

/** Reads `status`; a group without one, of another program, counts as finished. */
TAU_CHECK tau_status tau_run_read_sign(tau_run_sign *out, tau_h5 *file, const char *group);

/** States that are there whole: the least of the lengths of states/… */
TAU_CHECK tau_status tau_run_count_states(size_t *out, tau_h5 *file, const char *group, bool has_buffers);

/* ---- the writer: run_write.c, run_resume.c ---- */

struct tau_run_writer {
    tau_h5 *file;
    char *group;
    size_t theta_size, buffer_size;
    char **names; /**< of the series, in the file's order */
    size_t name_count, name_capacity;
    tau_run_record *pending; /**< numbers not in the file yet */
    size_t pending_count, pending_capacity;
    tau_run_sign sign;
    int64_t sequence; /**< of the latest resume slot */
    double last_flush;
};

/** A writer around an open file, which it takes over. @param[in] file  discarded on failure */
TAU_CHECK tau_status tau_run_writer_create(tau_run_writer **out, tau_h5 *file, const char *group,
                                           const tau_graph *graph);

/** Opens the file to followers and puts it in its place. */
TAU_CHECK tau_status tau_run_writer_start(tau_run_writer *writer);
void tau_run_writer_destroy(tau_run_writer *writer);

/** Writes the older of the two slots; the other stays valid until this one is. */
TAU_CHECK tau_status tau_run_write_slot(tau_run_writer *writer, const tau_train_state *state);

/** "/GROUP/MEMBER" of the writer's group. @return `out` */
const char *tau_run_writer_path(char out[TAU_STORE_PATH], const tau_run_writer *writer, const char *member);

#endif
