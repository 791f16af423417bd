/** What a renderer holds. Private to the viewer. */
#ifndef TAU_VIEWER_RENDERER_INTERNAL_H
#define TAU_VIEWER_RENDERER_INTERNAL_H

#include "viewer/draw.h"

enum { TAU_SLOT_COUNT = TAU_RENDERER_IMAGE_SLOT + 1 };

struct tau_renderer {
    char *shaders; /**< folder, or NULL */
    unsigned programs[TAU_PROGRAM_COUNT];
    bool software; /**< OpenGL draws without a GPU */
    tau_paint *paint;
    tau_atlas *atlas;
    tau_slot slots[TAU_SLOT_COUNT];
};

/** @param[in] transparent  the ground is nothing, not the colour of the theme
 *  @param[in] layers  texts and axes into the slot's lists */
TAU_CHECK tau_status tau_renderer_draw_frame(tau_renderer *renderer, int slot, const tau_scene *scene,
                                             const tau_view *view, const tau_viewport *viewport,
                                             bool transparent, bool layers);

#endif
