#include "backend/loss.h"

#include <math.h>
#include <string.h>

tau_target tau_target_of(const tau_samples *samples, size_t index) {
    if (samples->classes) return (tau_target){.class_index = samples->classes[index]};
    return (tau_target){.values = samples->values + index * samples->target_size};
}

static double log_sum_exp(const double *x, size_t count) {
    double largest = x[0];
    for (size_t i = 1; i < count; i++)
        if (!(x[i] <= largest)) largest = x[i]; /* NaN wins, and travels */
    if (isinf(largest)) return largest;
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += exp(x[i] - largest);
    return largest + log(sum);
}

size_t tau_loss_class_count(tau_loss loss, size_t outputs) {
    if (tau_loss_takes_classes(loss)) return outputs;
    return outputs == 1 && tau_loss_is_binary(loss) ? 2 : 0;
}

static int32_t first_largest(const double *output, size_t count) {
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(output[i])) return -1;
        if (output[i] > output[best]) best = i;
    }
    return (int32_t)best;
}

static double threshold_of(tau_loss loss) {
    return loss == TAU_LOSS_BCE ? 0.5 : 0.0;
}

int32_t tau_loss_decide(tau_loss loss, const double *output, size_t count) {
    if (tau_loss_takes_classes(loss)) return first_largest(output, count);
    return isnan(output[0]) ? -1 : output[0] > threshold_of(loss);
}

void tau_loss_count(uint64_t *confusion, size_t classes, const tau_samples *samples, const int32_t *decided) {
    memset(confusion, 0, tau_confusion_size(classes) * sizeof *confusion);
    uint64_t *undecided = confusion + classes * classes;
    for (size_t i = 0; i < samples->count; i++) {
        const size_t label = samples->classes ? (size_t)samples->classes[i] : samples->values[i] > 0.5f;
        if (decided[i] < 0)
            undecided[label]++;
        else
            confusion[label * classes + (size_t)decided[i]]++;
    }
}

static double huber(double d) {
    return fabs(d) <= 1 ? 0.5 * d * d : fabs(d) - 0.5;
}

/* fmax would hide a NaN probability: compare instead. */
static double clamped_log(double p) {
    double l = log(p);
    return l < -100 ? -100 : l;
}

static double bce(double p, double t) {
    return -(t * clamped_log(p) + (1 - t) * clamped_log(1 - p));
}

static double softplus(double x) {
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

/* A weight of 0 leaves its term out, so that an infinite logit has the loss it tends to. */
static double bce_logits(double x, double t) {
    return (t != 0 ? t * softplus(-x) : 0) + (t != 1 ? (1 - t) * softplus(x) : 0);
}

static double one_value(tau_loss loss, double y, double t) {
    switch (loss) {
    case TAU_LOSS_MSE:
        return (y - t) * (y - t);
    case TAU_LOSS_MAE:
        return fabs(y - t);
    case TAU_LOSS_HUBER:
        return isnan(y) ? y : huber(y - t);
    case TAU_LOSS_BCE:
        return bce(y, t);
    default:
        return isnan(y) ? y : bce_logits(y, t);
    }
}

double tau_loss_sample(tau_loss loss, const double *output, size_t count, tau_target target, double *right) {
    if (tau_loss_takes_classes(loss)) {
        if (right) *right = first_largest(output, count) == target.class_index;
        double chosen = output[target.class_index];
        return loss == TAU_LOSS_NLL ? -chosen : log_sum_exp(output, count) - chosen;
    }
    double sum = 0, hits = 0;
    const double threshold = threshold_of(loss);
    for (size_t i = 0; i < count; i++) {
        sum += one_value(loss, output[i], target.values[i]);
        if (!isnan(output[i])) hits += (output[i] > threshold) == (target.values[i] > 0.5f);
    }
    if (right) *right = tau_loss_is_binary(loss) ? hits / (double)count : NAN;
    return sum / (double)count;
}

static double one_derivative(tau_loss loss, double y, double t) {
    switch (loss) {
    case TAU_LOSS_MSE:
        return 2 * (y - t);
    case TAU_LOSS_MAE:
        return isnan(y) ? y : (y > t) - (y < t);
    case TAU_LOSS_HUBER:
        return fabs(y - t) <= 1 || isnan(y) ? y - t : (y > t ? 1 : -1);
    case TAU_LOSS_BCE: { /* the clamped logarithm is flat where it is clamped */
        double of_p = log(y) < -100 ? 0 : t / y, of_q = log(1 - y) < -100 ? 0 : (1 - t) / (1 - y);
        return of_q - of_p;
    }
    default:
        return 1 / (1 + exp(-y)) - t;
    }
}

void tau_loss_gradient(double *gradient, tau_loss loss, const double *output, size_t count,
                       tau_target target) {
    if (loss == TAU_LOSS_NLL) {
        for (size_t i = 0; i < count; i++) gradient[i] = 0;
        gradient[target.class_index] = -1;
    } else if (loss == TAU_LOSS_CROSS_ENTROPY) {
        double total = log_sum_exp(output, count);
        for (size_t i = 0; i < count; i++) gradient[i] = exp(output[i] - total);
        gradient[target.class_index] -= 1;
    } else {
        for (size_t i = 0; i < count; i++)
            gradient[i] = one_derivative(loss, output[i], target.values[i]) / (double)count;
    }
}

/* The tree halves at the largest power of two below the count, so its shape depends on the count alone. */
enum { LEAF = 8 };

static size_t left_half(size_t count) {
    size_t half = LEAF;
    while (half * 2 < count) half *= 2;
    return half;
}

double tau_loss_sum(const double *values, size_t count) {
    if (count <= LEAF) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) sum += values[i];
        return sum;
    }
    size_t left = left_half(count);
    return tau_loss_sum(values, left) + tau_loss_sum(values + left, count - left);
}

static double squared_deviations(const double *values, size_t count, double mean) {
    if (count <= LEAF) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) sum += (values[i] - mean) * (values[i] - mean);
        return sum;
    }
    size_t left = left_half(count);
    return squared_deviations(values, left, mean) + squared_deviations(values + left, count - left, mean);
}

void tau_loss_reduce(double *mean, double *se, const double *losses, size_t count) { /* eq:loss_se */
    double n = (double)count;
    *mean = tau_loss_sum(losses, count) / n;
    *se = count < 2 ? NAN : sqrt(squared_deviations(losses, count, *mean) / (n - 1) / n);
}
