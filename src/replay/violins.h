/** Distributions of weights, activations, z-values and gradients, layer by layer. */
#ifndef TAU_REPLAY_VIOLINS_H
#define TAU_REPLAY_VIOLINS_H

#include "replay/replay.h"

typedef enum tau_violin_kind {
    TAU_VIOLIN_KIND_WEIGHTS,     /**< of the layer's weights, without its biases */
    TAU_VIOLIN_KIND_ACTIVATIONS, /**< what the layer gives, over all samples */
    TAU_VIOLIN_KIND_Z_VALUES,    /**< what its activation function is given */
    TAU_VIOLIN_KIND_GRADIENTS,   /**< of the mean loss over all samples, for the weights */
} tau_violin_kind;

/** @param[in] name  "weights", "activations", "z-values" or "gradients"   @errors TAU_STATUS_MISSING */
TAU_CHECK tau_status tau_violin_kind_parse(tau_violin_kind *out, const char *name);

/** One layer. A density by Gaussian kernels with Scott's bandwidth, cut at the data's range. */
typedef struct tau_violin {
    const char *layer;
    size_t count; /**< numbers, those that are not finite left out */
    size_t not_finite;
    double low, high;                    /**< range of the numbers; NaN where there are none */
    double quartile[3], mean, deviation; /**< quartiles by linear interpolation; deviation with ddof 1 */
    bool flat;                           /**< all numbers equal: a line instead of a body */
    size_t points;                       /**< 0 where flat or empty */
    const double *at;                    /**< [points] from low to high */
    const double *density;               /**< [points] */
} tau_violin;

typedef struct tau_violin_frame {
    tau_moment moment;
    tau_violin_kind kind;
    size_t samples; /**< that activations and z-values are of: the first so many, all where they fit */
    size_t count;   /**< layers */
    const tau_violin *violins;
    double low, high; /**< of all layers in this state; -1, 1 where nothing is finite */
} tau_violin_frame;

typedef struct tau_violins tau_violins;

/** Activations of many samples and units are those of the first samples, so many that a layer has at most 32
 * million numbers.
 *  @param[in] layers  names, NULL-terminated; NULL = all   @errors TAU_STATUS_MISSING (no such layer) */
TAU_CHECK tau_status tau_violins_create(tau_violins **out, tau_replay *replay, tau_violin_kind kind,
                                        const char *const *layers);
void tau_violins_destroy(tau_violins *view);
TAU_CHECK tau_status tau_violins_compute(tau_violins *view, size_t state, tau_violin_frame *out);
/** The range over all states, for common limits. Visits every state once. */
TAU_CHECK tau_status tau_violins_get_limits(tau_violins *view, double *low, double *high);

/** Range, mean, quartiles and density of numbers; quartiles and density of more than 262,144 from as many of
 * them.
 *  @param[in,out] values  [count], in another order on return   @param[out] at,density  [points] */
TAU_CHECK tau_status tau_violin_fit(tau_violin *out, float *values, size_t count, double *at, double *density,
                                    size_t points);

#endif
