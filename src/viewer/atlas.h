/** Texts as pictures in one texture, and rectangles that show them. Private to the viewer. */
#ifndef TAU_VIEWER_ATLAS_H
#define TAU_VIEWER_ATLAS_H

#include <stdbool.h>

#include "figure/colormap.h"
#include "figure/glyphs.h"

typedef struct tau_atlas tau_atlas;

TAU_CHECK tau_status tau_atlas_create(tau_atlas **out);
void tau_atlas_destroy(tau_atlas *atlas);

/** Before the texts of a picture of this size. Numbers that pass by fill the texture in the end: it starts
 * anew between two pictures, never within one. */
void tau_atlas_begin(tau_atlas *atlas, int width, int height);

tau_glyphs_extent tau_atlas_measure(tau_atlas *atlas, const char *text, double size, bool bold);

/** Shows a text at the next flush. @param[in] x, y  centre of its box, pixels from the left and upper edge
 *  @param[in] vertical  it reads upwards
 *  @errors TAU_STATUS_MEMORY, TAU_STATUS_USAGE (larger than the atlas) */
TAU_CHECK tau_status tau_atlas_put(tau_atlas *atlas, const char *text, double x, double y, double size,
                                   bool bold, bool vertical, tau_color color);

/** Draws what was put. */
void tau_atlas_flush(tau_atlas *atlas, unsigned program, int width, int height);

#endif
