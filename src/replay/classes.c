/* What the targets are, and what outputs decide. */
#include <math.h>

#include "backend/loss.h"
#include "core/memory.h"
#include "replay/replay_internal.h"

static bool all_binary(const tau_samples *samples) {
    const size_t count = samples->count * samples->target_size;
    for (size_t i = 0; i < count; i++)
        if (samples->values[i] != 0.0f && samples->values[i] != 1.0f) return false;
    return true;
}

static bool all_one_hot(const tau_samples *samples) {
    if (!all_binary(samples)) return false;
    for (size_t n = 0; n < samples->count; n++) {
        float sum = 0;
        for (size_t i = 0; i < samples->target_size; i++)
            sum += samples->values[n * samples->target_size + i];
        if (sum != 1.0f) return false;
    }
    return true;
}

/* Losses of regression decide too where probabilities are fitted to zeros and ones. */
static tau_class_rule rule_of_values(const tau_replay *replay) {
    const tau_samples *samples = replay->samples;
    const bool logits = replay->loss == TAU_LOSS_BCE_LOGITS, one = samples->target_size == 1;
    const bool decides = logits || replay->loss == TAU_LOSS_BCE ||
                         (all_binary(samples) && tau_graph_gives_probabilities(replay->graph));
    if (!decides) return TAU_CLASS_RULE_NONE;
    if (one) return logits ? TAU_CLASS_RULE_LOGIT : TAU_CLASS_RULE_PROBABILITY;
    if (!all_one_hot(samples)) return TAU_CLASS_RULE_NONE;
    return logits ? TAU_CLASS_RULE_LOGITS : TAU_CLASS_RULE_PROBABILITIES;
}

static int32_t label_of(const tau_samples *samples, size_t n) {
    if (samples->classes) return samples->classes[n];
    const float *row = samples->values + n * samples->target_size;
    if (samples->target_size == 1) return row[0] > 0.5f;
    int32_t hot = 0;
    while (row[hot] != 1.0f) hot++;
    return hot;
}

tau_status tau_replay_find_classes(tau_replay *replay) {
    const tau_samples *samples = replay->samples;
    if (samples->classes)
        replay->rule = replay->loss == TAU_LOSS_NLL ? TAU_CLASS_RULE_EXP : TAU_CLASS_RULE_SOFTMAX;
    else
        replay->rule = rule_of_values(replay);
    if (replay->outputs == 1 && samples->classes) replay->rule = TAU_CLASS_RULE_NONE;
    if (replay->rule == TAU_CLASS_RULE_NONE) return TAU_STATUS_OK;
    replay->class_count = replay->outputs == 1 ? 2 : (int)replay->outputs;
    TAU_TRY(TAU_ALLOC(replay->labels, samples->count));
    for (size_t n = 0; n < samples->count; n++) replay->labels[n] = label_of(samples, n);
    return TAU_STATUS_OK;
}

int tau_replay_get_class_count(const tau_replay *replay) {
    return replay->class_count;
}

tau_status tau_replay_need_classes(const tau_replay *replay, const char *what) {
    if (replay->class_count > 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "'%s' in %s has no %s" TAU_WHY "its targets are values, not classes" TAU_FIX
                    "choose a picture of the loss instead",
                    replay->group, replay->path, what);
}

/* ---- deciding ---- */

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* @return the place of the first largest, or -1 where one is not a number */
static int32_t largest(const double *values, int count) {
    int32_t best = 0;
    for (int i = 0; i < count; i++) {
        if (isnan(values[i])) return -1;
        if (values[i] > values[best]) best = i;
    }
    return best;
}

static void softmax(double *probability, const float *output, int count) {
    double most = -INFINITY, sum = 0;
    for (int i = 0; i < count; i++)
        if (!(output[i] <= most)) most = output[i]; /* NaN wins, and travels */
    for (int i = 0; i < count; i++) {
        /* Infinities share what there is, as their limit does. */
        probability[i] = isinf(most) ? (output[i] == most) : exp((double)output[i] - most);
        sum += probability[i];
    }
    for (int i = 0; i < count; i++) probability[i] = isnan(most) ? NAN : probability[i] / sum;
}

int32_t tau_replay_decide(const tau_replay *replay, const float *output, double *probability) {
    const int count = replay->class_count;
    if (replay->rule == TAU_CLASS_RULE_PROBABILITY || replay->rule == TAU_CLASS_RULE_LOGIT) {
        const double p = replay->rule == TAU_CLASS_RULE_LOGIT ? sigmoid(output[0]) : output[0];
        probability[0] = 1 - p;
        probability[1] = p;
        return isnan(p) ? -1 : p > 0.5;
    }
    if (replay->rule == TAU_CLASS_RULE_SOFTMAX) softmax(probability, output, count);
    for (int i = 0; i < count && replay->rule != TAU_CLASS_RULE_SOFTMAX; i++) {
        probability[i] = output[i];
        if (replay->rule == TAU_CLASS_RULE_EXP) probability[i] = exp(output[i]);
        if (replay->rule == TAU_CLASS_RULE_LOGITS) probability[i] = sigmoid(output[i]);
    }
    return count > 0 ? largest(probability, count) : -1;
}

double tau_replay_sample_loss(const tau_replay *replay, tau_loss loss, const float *output, size_t sample,
                              double *right) {
    enum { MANY = 64 };
    double room[MANY], *values = room;
    if (right) *right = NAN;
    if (replay->outputs > MANY && TAU_ALLOC(values, replay->outputs) != TAU_STATUS_OK) return NAN;
    for (size_t i = 0; i < replay->outputs; i++) values[i] = output[i];
    const double result =
        tau_loss_sample(loss, values, replay->outputs, tau_target_of(replay->samples, sample), right);
    if (values != room) tau_mem_free(values);
    return result;
}
