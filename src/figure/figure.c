#include "figure/figure.h"

#include <fontconfig/fontconfig.h>
#include <math.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/draw.h"
#include "figure/output.h"

tau_figure_options tau_figure_default_options(void) {
    return (tau_figure_options){.range_lo = NAN, .range_hi = NAN, .colorbar = true, .contour_labels = true};
}

static void draw_plan(cairo_t *cr, const void *payload, bool paper) {
    tau_draw_page(cr, payload, paper);
}

tau_status tau_figure_encode(const tau_figure *figure, tau_figure_format format, uint8_t **bytes,
                             size_t *size) {
    *bytes = NULL;
    *size = 0;
    tau_plan *plan;
    TAU_TRY(tau_plan_create(&plan, figure));
    const tau_drawing drawing = {.draw = draw_plan,
                                 .payload = plan,
                                 .width = plan->layout.width,
                                 .height = plan->layout.height,
                                 .pixel_width = plan->pixel_width,
                                 .pixel_height = plan->pixel_height,
                                 .dpi = plan->dpi,
                                 .transparent = figure->options.transparent,
                                 .title = figure->title,
                                 .recipe = figure->recipe};
    tau_status status = tau_output_encode(&drawing, format, bytes, size);
    tau_plan_destroy(plan);
    return status;
}

tau_status tau_figure_write(const tau_figure *figure, const char *path, tau_figure_format format) {
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_figure_encode(figure, format, &bytes, &size));
    tau_status status = tau_file_write(path, bytes, size);
    tau_mem_free(bytes);
    return status;
}

void tau_figure_finish(void) {
    cairo_debug_reset_static_data();
    FcFini();
}
