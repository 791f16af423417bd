#include "figure/ticks.h"

#include <math.h>

/* A tick this share of a step outside the range still counts as on its end. */
#define END_TOLERANCE 1e-9

static int clamp_int(int value, int lo, int hi) {
    return value < lo ? lo : value > hi ? hi : value;
}

/* A common power of ten leaves the labels where they would be long. */
static int common_exponent(double largest) {
    int exponent = tau_number_exponent(largest);
    return exponent >= 4 || exponent <= -4 ? exponent : 0;
}

static void label_linear(tau_ticks *ticks, double step) {
    double largest = 0;
    for (int i = 0; i < ticks->count; i++) largest = fmax(largest, fabs(ticks->position[i]));
    ticks->exponent = common_exponent(largest);
    int decimals = clamp_int(ticks->exponent - tau_number_exponent(step), 0, 15);
    for (int i = 0; i < ticks->count; i++) {
        /* Two divisions, because the power itself may overflow. */
        int half = ticks->exponent / 2;
        double value = ticks->position[i] / pow(10, half) / pow(10, ticks->exponent - half);
        tau_number_format_fixed(ticks->label[i], value, decimals);
    }
}

static void single_tick(tau_ticks *out, double value) {
    *out = (tau_ticks){.count = 1, .position = {value}};
    tau_number_format(out->label[0], value, 6);
}

void tau_ticks_linear(tau_ticks *out, double lo, double hi, int wanted) {
    wanted = clamp_int(wanted, 1, TAU_TICKS_MAX - 2);
    double raw = hi / wanted - lo / wanted;
    double noise = fmax(fabs(lo), fabs(hi)) * 1e-14;
    if (!(raw > noise) || !isfinite(raw)) {
        single_tick(out, lo);
        return;
    }
    *out = (tau_ticks){0};
    /* A little more than asked for rather than half as many. */
    double finer = tau_number_floor_nice(raw), step = raw <= finer * 1.25 ? finer : tau_number_ceil_nice(raw);
    double first = ceil(lo / step - END_TOLERANCE);
    for (int k = 0; k < TAU_TICKS_MAX; k++) {
        double position = (first + k) * step;
        if (position / 2 > hi / 2 + END_TOLERANCE * step) break;
        if (!isfinite(position)) continue;
        out->position[out->count++] = position == 0 ? 0 : position;
    }
    if (out->count > 0)
        label_linear(out, step);
    else
        single_tick(out, lo);
}

/* Powers of ten, every `stride`-th. */
static void ticks_of_decades(tau_ticks *out, double lo, double hi, int stride) {
    *out = (tau_ticks){0};
    int first = (int)ceil((ceil(lo - END_TOLERANCE)) / stride) * stride;
    bool plain = first >= -3 && hi < 4; /* one way of writing on one axis */
    for (int e = first; e <= hi + END_TOLERANCE && out->count < TAU_TICKS_MAX; e += stride) {
        out->position[out->count] = e;
        if (plain)
            tau_number_format(out->label[out->count], pow(10, e), 1);
        else
            tau_number_format_power(out->label[out->count], e);
        out->count++;
    }
}

/* The multiples named, within every decade. */
static void ticks_within_decades(tau_ticks *out, double lo, double hi, const int *multiples, int count) {
    *out = (tau_ticks){0};
    for (int e = (int)floor(lo); e <= floor(hi) && out->count < TAU_TICKS_MAX; e++)
        for (int m = 0; m < count && out->count < TAU_TICKS_MAX; m++) {
            double position = e + log10(multiples[m]);
            if (position < lo - END_TOLERANCE || position > hi + END_TOLERANCE) continue;
            out->position[out->count] = position;
            tau_number_format(out->label[out->count++], multiples[m] * pow(10, e), 2);
        }
}

static void ticks_of_values(tau_ticks *out, double lo, double hi, int wanted) {
    tau_ticks_linear(out, pow(10, lo), pow(10, hi), wanted);
    for (int i = 0; i < out->count; i++) out->position[i] = log10(out->position[i]);
}

void tau_ticks_log(tau_ticks *out, double lo, double hi, int wanted) {
    static const int one_two_five[] = {1, 2, 5}, one_three[] = {1, 3};
    wanted = clamp_int(wanted, 1, TAU_TICKS_MAX - 2);
    double decades = hi - lo;
    if (decades >= wanted - 1 && decades >= 1) {
        ticks_of_decades(out, lo, hi, (int)ceil(decades / wanted - END_TOLERANCE));
        return;
    }
    if (decades * 3 <= wanted + 1)
        ticks_within_decades(out, lo, hi, one_two_five, 3);
    else
        ticks_within_decades(out, lo, hi, one_three, 2);
    if (decades * 2 > wanted + 1) ticks_of_decades(out, lo, hi, 1);
    if (out->count < 2) ticks_of_values(out, lo, hi, wanted);
}
