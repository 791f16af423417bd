/** What a landscape is of: a network, its states, the samples and the loss, from a run file or an ONNX file.
 */
#ifndef TAU_CLI_SUBJECT_H
#define TAU_CLI_SUBJECT_H

#include "cli/cli.h"
#include "model/model.h"
#include "slice/slice.h"
#include "store/run.h"

/** Parameters with their batch-norm statistics, owned. */
typedef struct tau_state {
    float *theta;   /**< [P] */
    float *buffers; /**< [Q] */
} tau_state;

void tau_state_clear(tau_state *state);
tau_state_view tau_state_get_view(const tau_state *state);

typedef struct tau_subject {
    const char *path;
    tau_run *run;     /**< NULL for an ONNX file */
    tau_model *model; /**< NULL for a run */
    tau_graph *graph; /**< of either; borrowed */
    tau_samples *samples;
    size_t samples_available;
    tau_loss loss;
    double weight_decay; /**< of the training; 0 where it is not known */
} tau_subject;

/** Opens what the path holds; the content decides, not the name.
 *  @param[in] group  of a run; NULL = the only one
 *  @errors those of tau_run_open and tau_model_read_onnx */
TAU_CHECK tau_status tau_subject_open(tau_subject *out, const char *path, const char *group);

/** The same for the first of --group A,B. @param[in] groups  NULL = the only one */
TAU_CHECK tau_status tau_subject_open_first(tau_subject *out, const char *path, const char *groups);

/** Chooses loss and samples by --data …, --loss and --samples, by default those of the run. The graph's end
 * becomes what the loss takes: tau_loss_fit_graph. */
TAU_CHECK tau_status tau_subject_load_samples(tau_subject *subject, tau_cli *cli);

void tau_subject_close(tau_subject *subject);

/** Reads the state that a text names: "[FILE[#GROUP]@](first|last|best|INDEX|epoch:E|step:S)". A state of
 * another file must be of the same network. @param[out] out  freed with tau_state_clear */
TAU_CHECK tau_status tau_subject_read_state(const tau_subject *subject, const char *text, tau_state *out);

/** Whether a state of one network fits another: the same tensors by name and shape.
 *  @errors TAU_STATUS_MISMATCH naming `path` and the first difference */
TAU_CHECK tau_status tau_subject_check_same_parameters(const tau_graph *graph, const tau_graph *other,
                                                       const char *path);

/** The loss that goes with a network's last operator and its targets. */
tau_loss tau_subject_infer_loss(const tau_graph *graph, const tau_samples *samples);

/** Evaluator over the subject's samples by --device and --precision, and where these are left out by the
 * identity of a landscape that it is to go on with. @param[in] identity  of its recipe; NULL = none
 *  @param[in] confusion  it is asked for confusion counts too */
TAU_CHECK tau_status tau_subject_create_evaluator(const tau_subject *subject, tau_cli *cli,
                                                  const json_t *identity, bool confusion,
                                                  tau_evaluator **out);

#endif
