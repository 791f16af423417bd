#include "viewer/recorder.h"

#include <math.h>

#include "core/memory.h"
#include "figure/animation.h"

static const double FPS = 30;

struct tau_recorder {
    tau_animation *animation;
    int width, height;
    double start; /* of the first frame; NaN = there was none */
    size_t count;
};

tau_status tau_recorder_create(tau_recorder **out, const char *path, int width, int height) {
    *out = NULL;
    tau_recorder *recorder;
    const tau_animation_options options = {
        .width = width, .height = height, .fps = FPS, .order = TAU_PIXEL_ORDER_RGBA, .title = "tauscape"};
    TAU_TRY(TAU_ALLOC(recorder, 1));
    *recorder = (tau_recorder){.width = width, .height = height, .start = NAN};
    tau_status status = tau_animation_create(&recorder->animation, path, &options);
    if (status != TAU_STATUS_OK)
        tau_mem_free(recorder);
    else
        *out = recorder;
    return status;
}

tau_status tau_recorder_add(tau_recorder *recorder, double now, int width, int height, const uint8_t *rgba) {
    if (width != recorder->width || height != recorder->height)
        return tau_fail(TAU_STATUS_USAGE, "the film ends here" TAU_WHY
                                          "the window has another size now" TAU_FIX "start a new one");
    if (isnan(recorder->start)) recorder->start = now;
    size_t wanted = (size_t)floor((now - recorder->start) * FPS) + 1;
    ptrdiff_t stride = -(ptrdiff_t)width * 4;
    const uint8_t *top = rgba + (size_t)(height - 1) * (size_t)width * 4;
    /* After a long pause a second of the same is enough. */
    if (wanted > recorder->count + (size_t)FPS) {
        recorder->start += (double)(wanted - recorder->count - (size_t)FPS) / FPS;
        wanted = recorder->count + (size_t)FPS;
    }
    for (; recorder->count < wanted; recorder->count++)
        TAU_TRY(tau_animation_add(recorder->animation, top, stride));
    return TAU_STATUS_OK;
}

tau_status tau_recorder_finish(tau_recorder *recorder, bool keep) {
    if (!recorder) return TAU_STATUS_OK;
    tau_status status = keep ? tau_animation_finish(recorder->animation) : TAU_STATUS_OK;
    tau_animation_destroy(recorder->animation);
    tau_mem_free(recorder);
    return status;
}

double tau_recorder_get_patience(const tau_recorder *recorder, double now) {
    if (isnan(recorder->start)) return 0;
    return fmax(0, recorder->start + (double)recorder->count / FPS - now);
}
