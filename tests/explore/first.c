/* How soon an exploration shows something: the first picture (3×3 points) and the first level of whole tiles'
 * cells, after a look at the root area on a screen of 800×800. To measure by: explore_first [THREADS]. */
#include "explore/scene.h"

typedef struct subject {
    const char *label, *model, *data;
    size_t samples;
} subject;

static const subject subjects[] = {
    {"MLP 2-16-16-2, tanh, 256 of moons", "mlp:2-16-16-2:tanh", "moons:n=1000", 256},
    {"S5 CNN, 256 digits", "mnist-cnn", "digits:n=1000", 256},
};

/* Seconds from the look until the picture has no unknown point, and until it has that of a level of 16 cells.
 */
static void measure(const subject *what, int threads) {
    const size_t counts[SCENE_STAGES_MAX] = {what->samples};
    scene s = scene_create(what->model, what->data, counts, "cpu", TAU_PRECISION_FINE, threads, 2);
    tau_explore_picture picture = {0};
    double first = NAN, level = NAN;
    scene_explore(&s, -1, 1, 0);
    const tau_explore_region region = region_of(-1, 1, -1, 1, 800);
    const double start = tau_progress_now();
    tau_explore_look(s.explore, &region);
    while (isnan(level)) {
        nap(0.0005);
        succeed(tau_explore_read(s.explore, &picture));
        size_t unknown = 0, done = 0;
        for (size_t i = 0; i < picture.columns * picture.rows; i++) {
            unknown += picture.state[i] == TAU_EXPLORE_POINT_UNKNOWN;
            done += picture.state[i] == TAU_EXPLORE_POINT_DONE;
        }
        const double now = tau_progress_now() - start;
        if (isnan(first) && unknown == 0 && done > 0) first = now;
        if (done >= (TAU_EXPLORE_TILE_CELLS + 1) * (TAU_EXPLORE_TILE_CELLS + 1)) level = now;
    }
    printf("%s, %d threads: first picture %.1f ms, first 17×17 points %.0f ms\n", what->label, threads,
           1e3 * first, 1e3 * level);
    tau_explore_picture_clear(&picture);
    scene_destroy(&s);
}

int main(int argc, char **argv) {
    const int threads = argc > 1 ? atoi(argv[1]) : 2;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) measure(&subjects[i], threads);
    return 0;
}
