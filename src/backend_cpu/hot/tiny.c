/* Narrow networks: lanes are samples, the activations of a block of them stay in the first-level cache from
 * the inputs to the losses, and weights are broadcast. */
#include <math.h>

#include "backend_cpu/hot/math.h"

enum { BLOCK = TAU_CPU_TINY_BLOCK };

/* Units and registers of samples that are summed at once. */
#if LANES == 16
enum { UNITS = 4, WIDTH = 4 };
#elif LANES == 8
enum { UNITS = 4, WIDTH = 2 };
#else
enum { UNITS = 4, WIDTH = 2 };
#endif

INLINE void sum_units(float *out, const float *in, const tau_cpu_tiny_layer *layer, const float *packed,
                      size_t unit, size_t sample, const size_t units) {
    const float *weights = packed + layer->weights + unit * layer->in;
    const float *bias = packed + layer->weights + layer->out * layer->in + unit;
    vec sum[UNITS][WIDTH];
#pragma GCC unroll 4
    for (size_t u = 0; u < units; u++)
#pragma GCC unroll 4
        for (size_t w = 0; w < WIDTH; w++) sum[u][w] = splat(bias[u]);
    for (size_t k = 0; k < layer->in; k++) {
        vec x[WIDTH];
#pragma GCC unroll 4
        for (size_t w = 0; w < WIDTH; w++) x[w] = load(in + k * BLOCK + sample + w * LANES);
#pragma GCC unroll 4
        for (size_t u = 0; u < units; u++) {
            const vec weight = splat(weights[u * layer->in + k]);
#pragma GCC unroll 4
            for (size_t w = 0; w < WIDTH; w++) sum[u][w] += weight * x[w];
        }
    }
#pragma GCC unroll 4
    for (size_t u = 0; u < units; u++)
#pragma GCC unroll 4
        for (size_t w = 0; w < WIDTH; w++) store(out + (unit + u) * BLOCK + sample + w * LANES, sum[u][w]);
}

static void run_layer(float *out, const float *in, const tau_cpu_tiny_layer *layer, const float *packed) {
    for (size_t sample = 0; sample < BLOCK; sample += WIDTH * LANES) {
        size_t unit = 0;
        for (; unit + UNITS <= layer->out; unit += UNITS)
            sum_units(out, in, layer, packed, unit, sample, UNITS);
        for (; unit < layer->out; unit++) sum_units(out, in, layer, packed, unit, sample, 1);
    }
    if (!layer->has_activation) return;
    const tau_cpu_function function = {layer->activation, (float)layer->alpha, (float)layer->beta,
                                       (float)layer->gamma, layer->approximate};
    HOT(apply)(out, out, layer->out * BLOCK, &function);
}

const float *HOT(tiny)(const tau_cpu_tiny_layer *layers, int count, const float *packed, const float *inputs,
                       float *scratch, size_t widest) {
    const float *in = inputs;
    for (int i = 0; i < count; i++) {
        float *out = scratch + (size_t)(i % 2) * widest * BLOCK;
        run_layer(out, in, &layers[i], packed);
        in = out;
    }
    return in;
}

/* -log(probability of the target) for a logit x and a target t; right where the logit's sign is the target's.
 */
static void losses_of_logits(const float *outputs, const float *values, size_t count, double *losses,
                             double *right) {
    for (size_t s = 0; s < BLOCK; s += LANES) {
        float loss[LANES];
        const vec x = load(outputs + s);
        const size_t n = count <= s ? 0 : count - s < LANES ? count - s : LANES;
        const vec t = load_part(values + s, n);
        store(loss, rectify(x) - x * t + log_one_plus(exponential(-magnitude(x))));
        for (size_t i = 0; i < n; i++) {
            const float y = outputs[s + i];
            losses[s + i] = (double)loss[i];
            right[s + i] = y == y && (y > 0) == (values[s + i] > 0.5f);
        }
    }
}

/* log sum_j e^(x_j) - x_class with the largest logit apart: it adds exactly 1 to the sum. */
static void losses_of_classes(const float *outputs, size_t classes, const int32_t *wanted, size_t count,
                              double *losses, double *right) {
    for (size_t s = 0; s < BLOCK && s < count; s += LANES) {
        vec largest = load(outputs + s);
        ivec best = (ivec)splat(0);
        for (size_t c = 1; c < classes; c++) {
            const vec x = load(outputs + c * BLOCK + s);
            const ivec better = x > largest;
            best = (better & (int32_t)c) | (~better & best);
            largest = larger(x, largest);
        }
        vec others = splat(0);
        for (size_t c = 0; c < classes; c++) {
            const ivec is_best = best == (int32_t)c;
            others += choose(is_best, splat(0), exponential(load(outputs + c * BLOCK + s) - largest));
        }
        float sums[LANES], tops[LANES];
        int32_t winners[LANES];
        store(sums, others);
        store(tops, largest);
        memcpy(winners, &best, sizeof winners);
        for (size_t i = 0; i < LANES && s + i < count; i++) {
            const int32_t target = wanted[s + i];
            const double gap = (double)tops[i] - (double)outputs[(size_t)target * BLOCK + s + i];
            losses[s + i] = isinf(tops[i]) ? gap : gap + log1p((double)sums[i]);
            right[s + i] = tops[i] == tops[i] && winners[i] == target;
        }
    }
}

static void losses_of_squares(const float *outputs, size_t outputs_each, const float *values, size_t count,
                              double *losses, double *right) {
    for (size_t s = 0; s < count; s++) {
        double sum = 0;
        for (size_t o = 0; o < outputs_each; o++) {
            const double d = (double)outputs[o * BLOCK + s] - (double)values[s * outputs_each + o];
            sum += d * d;
        }
        losses[s] = sum / (double)outputs_each;
        right[s] = NAN;
    }
}

bool HOT(tiny_loss)(tau_loss loss, const float *outputs, size_t output_count, const int32_t *classes,
                    const float *values, size_t count, double *losses, double *right) {
    if (loss == TAU_LOSS_BCE_LOGITS && output_count == 1)
        losses_of_logits(outputs, values, count, losses, right);
    else if (loss == TAU_LOSS_CROSS_ENTROPY)
        losses_of_classes(outputs, output_count, classes, count, losses, right);
    else if (loss == TAU_LOSS_MSE)
        losses_of_squares(outputs, output_count, values, count, losses, right);
    else
        return false;
    return true;
}
