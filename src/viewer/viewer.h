/** What libtauscape_gl.so offers the program: a window, and pictures without one. */
#ifndef TAU_VIEWER_VIEWER_H
#define TAU_VIEWER_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cancel.h"
#include "core/status.h"
#include "explore/explore.h"
#include "figure/image.h"
#include "scene/scene.h"
#include "store/landscape.h"

/** A slice made to be explored, owned by the program. */
typedef struct tau_viewer_exploration {
    tau_explore *explore;
    const char *name;            /**< "run.run.h5, PCA plane" */
    const char *xlabel, *ylabel; /**< or NULL */
    bool line;
    double lo[2], hi[2];                         /**< what to look at first */
    const char *device;                          /**< "cpu avx512, fine" */
    double explained[2];                         /**< variance explained by the axes (PCA), NaN otherwise */
    double angle;                                /**< between the axes, degrees; NaN = not known */
    const tau_landscape_projection *projections; /**< of the run's groups; losses may be NaN */
    int projection_count;
} tau_viewer_exploration;

/** What the window asks of the program, which knows models, slices and recipes. Each is called from a thread
 * of the window, one at a time and while no file is read; any entry may be NULL: the window then
 * does without. */
typedef struct tau_viewer_program {
    /** The exploration in another plane: "random:SEED", "pca", "states:A,B,C". On failure the old one stays
     * as it was. The window neither looks nor reads meanwhile.
     *  @param[out] out  of the program until the next call or the end, the former one too */
    tau_status (*replane)(void *payload, const char *words, tau_viewer_exploration *out);
    /** Saves a region of the exploration as a landscape file with its recipe. */
    tau_status (*save)(void *payload, const char *path, const double lo[2], const double hi[2],
                       size_t columns, size_t rows);
    /** How far save is, 0..1. @threads any */
    double (*get_progress)(void *payload);
    tau_cancel *cancel; /**< the window asks for an end of replane or save with it, and resets it */
    void *payload;
} tau_viewer_program;

typedef struct tau_viewer_request {
    const char *const *files; /**< landscapes and runs, [file_count] */
    int file_count;
    bool watch;                                /**< follow files that grow */
    const tau_viewer_exploration *exploration; /**< or NULL */
    tau_viewer_program program;
    const char *state;        /**< a view's JSON text to begin with, or NULL */
    const char *script;       /**< lines of actions to run when the window is there (script.h), or NULL */
    const char *screenshot;   /**< draw into this file without a window and return, or NULL */
    bool fresh;               /**< neither restore the last session nor save this one */
    const char *shaders;      /**< folder of shaders, or NULL */
    const tau_cancel *cancel; /**< a request to close the window; the session is kept. Or NULL */
    double scale;             /**< of the interface; 0 = that of the screen, or TAUSCAPE_SCALE */
    int width, height;        /**< of the window or screenshot; 0 = as last time */
} tau_viewer_request;

typedef struct tau_viewer {
    /** Opens the window; returns when it is closed. @errors TAU_STATUS_DEVICE: no display, no OpenGL */
    tau_status (*run)(const tau_viewer_request *request);

    /** The running window, if there is one, looks whether an explorer has something new. @threads any */
    void (*wake)(void);

    /** Pictures without a window. @param[out] session  ended with end */
    tau_status (*begin)(void **session);
    /** The camera that shows all of a surface: tau_renderer_fit_camera. */
    tau_status (*fit)(void *session, const tau_scene *scene, const tau_view *view, int width, int height,
                      double scale, double turn, tau_camera *camera);
    /** @param[out] rgba  [height, width, 4] as tau_renderer_draw_image */
    tau_status (*render)(void *session, const tau_scene *scene, const tau_view *view, int width, int height,
                         double scale, bool transparent, uint8_t *rgba);
    /** The same with texts and the lines of axes apart, for files that keep them as vectors.
     *  @param[out] overlay  borrowed until the next picture of the session */
    tau_status (*render_layers)(void *session, const tau_scene *scene, const tau_view *view, int width,
                                int height, double scale, uint8_t *rgba, tau_image_overlay *overlay);
    void (*end)(void *session);

    /** What draws here, for doctor. @param[out] text  [size] */
    tau_status (*describe)(char *text, size_t size);
} tau_viewer;

#endif
