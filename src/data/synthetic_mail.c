/* Mails described by numbers, in the shape of the UCI set Spambase (Hopkins et al. 1999): 48 frequencies of
 * words, 6 of characters, 3 lengths of runs of capitals; class 1 is unwanted. Nothing of that set is in it.
 */
#include <math.h>

#include "core/reproducible.h"
#include "data/synthetic.h"

enum { WORDS = 48, CHARACTERS = 6, RUNS = 3, FEATURES = WORDS + CHARACTERS + RUNS };

/* How often a word stands in mails of each class, and how much of them it is where it does. */
typedef struct vocabulary {
    double present[2][WORDS + CHARACTERS], amount[2][WORDS + CHARACTERS];
} vocabulary;

/* A third of the words speak for one class, a third for the other, a third for none. */
static void draw_vocabulary(vocabulary *out, uint64_t seed) {
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "mail vocabulary");
    for (int k = 0; k < WORDS + CHARACTERS; k++) {
        double present = tau_synthetic_uniform(&draw, 0.05, 0.35),
               amount = tau_synthetic_uniform(&draw, 0.1, 1);
        double lean = tau_synthetic_uniform(&draw, 1.2, 3.0);
        for (int class = 0; class < 2; class ++) {
            bool leans = k % 3 == class;
            out->present[class][k] = fmin(leans ? present * lean : present, 0.9);
            out->amount[class][k] = leans ? amount * sqrt(lean) : amount;
        }
    }
}

static double draw_exponential(tau_synthetic_draw *draw, double mean) {
    return -mean * tau_repro_log(1 - tau_synthetic_uniform(draw, 0, 1));
}

static void draw_mail(float *mail, const vocabulary *words, int class, tau_synthetic_draw *draw) {
    for (int k = 0; k < WORDS + CHARACTERS; k++) {
        bool present = tau_synthetic_uniform(draw, 0, 1) < words->present[class][k];
        double amount = draw_exponential(draw, words->amount[class][k]);
        mail[k] = present ? (float)amount : 0;
    }
    /* The average, the longest and the sum of the runs: logarithms, for the lengths span four decades. */
    double average = tau_synthetic_normal(draw, 0.5) + (class ? 1.2 : 0.9);
    double longest = average + 1 + fabs(tau_synthetic_normal(draw, 1));
    mail[WORDS + CHARACTERS] = (float)average;
    mail[WORDS + CHARACTERS + 1] = (float)longest;
    mail[WORDS + CHARACTERS + 2] = (float)(longest + fabs(tau_synthetic_normal(draw, 1.2)));
}

/* Every feature to mean 0 and standard deviation 1, as it is trained on. */
static void standardise(tau_samples *samples) {
    double n = (double)samples->count;
    for (size_t k = 0; k < FEATURES; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < samples->count; i++) sum += samples->inputs[i * FEATURES + k];
        for (size_t i = 0; i < samples->count; i++) {
            double from_mean = samples->inputs[i * FEATURES + k] - sum / n;
            squares += from_mean * from_mean;
        }
        double deviation = sqrt(squares / n);
        for (size_t i = 0; i < samples->count; i++) {
            float *value = &samples->inputs[i * FEATURES + k];
            *value = deviation > 0 ? (float)((*value - sum / n) / deviation) : 0;
        }
    }
}

tau_status tau_synthetic_mail(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], FEATURES, 2));
    vocabulary words;
    draw_vocabulary(&words, seed);
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "mail");
    size_t unwanted = (size_t)((double)(*out)->count * option[1] + 0.5);
    for (size_t i = 0; i < (*out)->count; i++) {
        int class = i < unwanted;
        draw_mail((*out)->inputs + i * FEATURES, &words, class, &draw);
        (*out)->classes[i] = class;
    }
    standardise(*out);
    return TAU_STATUS_OK;
}
