/** What the files of this module share. */
#ifndef TAU_REPLAY_REPLAY_INTERNAL_H
#define TAU_REPLAY_REPLAY_INTERNAL_H

#include "core/hash.h"
#include "replay/source.h"

/** How outputs become probabilities of classes. */
typedef enum tau_class_rule {
    TAU_CLASS_RULE_NONE,          /**< regression, or several labels at once */
    TAU_CLASS_RULE_PROBABILITY,   /**< one output, that of class 1 */
    TAU_CLASS_RULE_LOGIT,         /**< one output, its logit */
    TAU_CLASS_RULE_SOFTMAX,       /**< a logit a class */
    TAU_CLASS_RULE_EXP,           /**< a log-probability a class */
    TAU_CLASS_RULE_PROBABILITIES, /**< a probability a class, one-hot targets */
    TAU_CLASS_RULE_LOGITS,        /**< a logit a class, each for itself, one-hot targets */
} tau_class_rule;

struct tau_replay {
    const tau_source *source;
    void *file; /* NULL while it rests */
    char *path, *group, *created, *loss_name;
    tau_replay_options options;
    tau_graph *graph;           /* its end as the loss takes it */
    char digest[TAU_HASH_TEXT]; /* of the recorded graph */
    tau_samples *samples;
    tau_loss loss;
    tau_evaluator *evaluator;
    size_t outputs; /* of the network, for one sample */

    tau_replay_layer *layers;
    size_t layer_count;

    tau_moment *moments;
    size_t state_count;
    bool growing;
    double silence;
    char **series; /* names, NULL-terminated */

    tau_class_rule rule;
    int class_count;
    int32_t *labels;

    double *l1, *l2; /* of each tensor */
    double *decay;   /* of each state, over all tensors */
    bool has_penalty;

    float *theta, *buffers; /* of the state `loaded` */
    size_t loaded;          /* SIZE_MAX = none */
    float *output_values;   /* [N, outputs] of the state `captured` */
    size_t captured;
};

/** Reads a state into replay->theta and buffers. @errors TAU_STATUS_MISSING with the states there are */
TAU_CHECK tau_status tau_replay_load(tau_replay *replay, size_t state);

/** Values of an activation for all samples. @param[out] out  [N, shape of the value] */
TAU_CHECK tau_status tau_replay_capture(tau_replay *replay, size_t state, int value, float *out);

/** The network's outputs for all samples. @param[out] out  [N, outputs], borrowed until another state is
 * asked for */
TAU_CHECK tau_status tau_replay_get_outputs(tau_replay *replay, size_t state, const float **out);

/** Finds the layers of the graph: layers.c. */
TAU_CHECK tau_status tau_replay_find_layers(tau_replay *replay);

/** Chooses the rule and labels the samples: classes.c. */
TAU_CHECK tau_status tau_replay_find_classes(tau_replay *replay);

/** Loss of one sample. @param[in] output  [outputs]   @param[out] right  as tau_loss_sample; may be NULL */
double tau_replay_sample_loss(const tau_replay *replay, tau_loss loss, const float *output, size_t sample,
                              double *right);

/** @errors TAU_STATUS_UNSUPPORTED where the targets are no classes. @param[in] what  that needs them */
TAU_CHECK tau_status tau_replay_need_classes(const tau_replay *replay, const char *what);

/** Points that are no samples, put through a network. */
typedef struct tau_probe {
    tau_samples *samples;
    tau_evaluator *evaluator;
    const tau_graph *graph;
} tau_probe;

/** @param[in] graph  borrowed   @param[in] inputs  [count, input]; copied */
TAU_CHECK tau_status tau_probe_create(tau_probe *out, const tau_replay *replay, const tau_graph *graph,
                                      const float *inputs, size_t count);
TAU_CHECK tau_status tau_probe_capture(const tau_probe *probe, const tau_replay *replay, const float *theta,
                                       const float *buffers, int value, float *out);
void tau_probe_clear(tau_probe *probe);

#endif
