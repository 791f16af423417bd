/** Draws scenes with OpenGL 3.3 into the framebuffer that is bound, or into a picture of its own. */
#ifndef TAU_VIEWER_RENDERER_H
#define TAU_VIEWER_RENDERER_H

#include <stdint.h>

#include "core/status.h"
#include "figure/image.h"
#include "scene/axes.h"
#include "scene/scene.h"

typedef struct tau_renderer tau_renderer;

/** Needs a current context, and loads its functions.
 *  @param[in] shaders  folder to read shaders from instead of those built in, or NULL
 *  @errors TAU_STATUS_DEVICE (OpenGL too old), TAU_STATUS_INPUT: a shader that does not compile, with the
 * compiler's words */
TAU_CHECK tau_status tau_renderer_create(tau_renderer **out, const char *shaders);
void tau_renderer_destroy(tau_renderer *renderer);

/** Reads the shaders again from their folder. @errors as create; the old ones stay in use */
TAU_CHECK tau_status tau_renderer_reload(tau_renderer *renderer);

/** A part of the framebuffer. */
typedef struct tau_viewport {
    int x, y, width, height; /**< pixels from the lower left */
    double scale;            /**< of text and lines: 1 = 96 dpi */
} tau_viewport;

/** Whether views are drawn by software, without a GPU, and therefore without samples (but pictures have
 * them). */
bool tau_renderer_is_software(const tau_renderer *renderer);

/** Draws one view. Sets all of OpenGL's state that it needs and leaves it changed; the framebuffer stays
 * bound, the rest of it untouched. What did not change since the last call (by scene->version and the view)
 * is not uploaded again.
 *  @errors TAU_STATUS_INPUT (a field whose axes do not increase), TAU_STATUS_MISSING (colour map),
 * TAU_STATUS_MEMORY, TAU_STATUS_DEVICE; what was drawn is then undefined
 *  @param[in] slot  0..3: which of several views drawn side by side; each keeps its own buffers */
TAU_CHECK tau_status tau_renderer_draw(tau_renderer *renderer, int slot, const tau_scene *scene,
                                       const tau_view *view, const tau_viewport *viewport);

/** Draws into an own framebuffer with 8-fold multisampling where there is one, and reads it.
 *  @param[in] transparent  no background   @param[out] rgba  [height, width, 4] upper row first, alpha not
 * premultiplied */
TAU_CHECK tau_status tau_renderer_draw_image(tau_renderer *renderer, const tau_scene *scene,
                                             const tau_view *view, int width, int height, double scale,
                                             bool transparent, uint8_t *rgba);

/** Moves the camera of a surface to where all of its box is seen in such a picture, with room for the names
 * and numbers around it, also while the camera turns by `turn` degrees. Cameras of other views stay.
 *  @param[in,out] camera  its direction is kept */
TAU_CHECK tau_status tau_renderer_fit_camera(tau_renderer *renderer, const tau_scene *scene,
                                             const tau_view *view, int width, int height, double scale,
                                             double turn, tau_camera *camera);

/** The same without background, texts and the lines of axes, which are given apart for files that keep them
 * as vectors. @param[out] overlay  borrowed until the next draw */
TAU_CHECK tau_status tau_renderer_draw_layers(tau_renderer *renderer, const tau_scene *scene,
                                              const tau_view *view, int width, int height, double scale,
                                              uint8_t *rgba, tau_image_overlay *overlay);

/** The slot in which draw_image and draw_layers draw: not one of a window's. */
#define TAU_RENDERER_IMAGE_SLOT 4

/** Boxes of all texts of the last draw of a slot, for tests: nothing overlaps, nothing is clipped.
 *  @lifetime borrowed until the next draw */
const tau_axes_label *tau_renderer_get_labels(const tau_renderer *renderer, int slot, size_t *count);

/** Where the plot of the last draw lies, pixels from the upper left of its viewport: x, y, width, height. Of
 * a surface: the part whose aspect the camera has, in which its rays are counted from -1 to 1. Of a map or
 * line: the inside of the axes, over which `region` lies. */
void tau_renderer_get_plot(const tau_renderer *renderer, int slot, double plot[4]);

/** Where the colour bar of the last draw is, pixels from the upper left of its viewport: x, y, width, height,
 * and the losses at its lower and upper end. @return false = there is none */
bool tau_renderer_get_colorbar(const tau_renderer *renderer, int slot, double bar[4], double *lo, double *hi);

/** What the plot of a map shows, data coordinates: alpha, beta at its lower left and upper right. Of a line:
 * alpha, and the loss on its scale. NaN for a surface. */
void tau_renderer_get_region(const tau_renderer *renderer, int slot, double lo[2], double hi[2]);

/** The space of the last draw of a surface or map, for picking. */
const tau_space *tau_renderer_get_space(const tau_renderer *renderer, int slot);

#endif
