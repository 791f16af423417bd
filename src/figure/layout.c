#include "figure/layout.h"

#include <math.h>

#include "core/memory.h"

tau_status tau_layout_create(tau_layout *out, double width, double height, const char *family) {
    *out = (tau_layout){.width = width, .height = height};
    TAU_TRY(tau_string_copy(&out->family, family));
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    out->measure = cairo_create(surface);
    cairo_surface_destroy(surface);
    if (cairo_status(out->measure) != CAIRO_STATUS_SUCCESS)
        return tau_fail(TAU_STATUS_MEMORY, "cannot measure text" TAU_WHY "%s",
                        cairo_status_to_string(cairo_status(out->measure)));
    tau_text_set_options(out->measure);
    return TAU_STATUS_OK;
}

void tau_layout_release(tau_layout *layout) {
    for (size_t i = 0; i < layout->label_count; i++) tau_mem_free(layout->labels[i].text);
    tau_mem_free(layout->labels);
    tau_mem_free(layout->obstacles);
    tau_mem_free(layout->family);
    if (layout->measure) cairo_destroy(layout->measure);
    *layout = (tau_layout){0};
}

tau_text_extent tau_layout_measure(const tau_layout *layout, const char *text, double size, bool bold) {
    return tau_text_measure(layout->measure, &(tau_text_font){layout->family, size, bold}, text);
}

static tau_box box_of_extent(tau_text_extent extent, const tau_label_spec *spec) {
    tau_box box = {0, 0, extent.width / 2, (extent.ascent + extent.descent) / 2, spec->angle};
    double right = (1 - 2 * spec->align_x) * box.half_width, down = (1 - 2 * spec->align_y) * box.half_height;
    box.x = spec->x + right * cos(spec->angle) - down * sin(spec->angle);
    box.y = spec->y + right * sin(spec->angle) + down * cos(spec->angle);
    return box;
}

tau_box tau_layout_get_box(const tau_layout *layout, const char *text, const tau_label_spec *spec) {
    return box_of_extent(tau_layout_measure(layout, text, spec->size, spec->bold), spec);
}

tau_status tau_layout_add(tau_layout *layout, const char *text, const tau_label_spec *spec, double width) {
    char *clean;
    TAU_TRY(tau_text_clean(&clean, text));
    tau_text_font font = {layout->family, spec->size, spec->bold};
    tau_status status = isfinite(width) ? tau_text_fit(layout->measure, &font, &clean, width) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK && *clean)
        status = TAU_GROW(layout->labels, layout->label_capacity, layout->label_count + 1);
    if (status != TAU_STATUS_OK || !*clean) {
        tau_mem_free(clean);
        return status;
    }
    tau_text_extent extent = tau_text_measure(layout->measure, &font, clean);
    layout->labels[layout->label_count++] = (tau_label){.text = clean,
                                                        .role = spec->role,
                                                        .box = box_of_extent(extent, spec),
                                                        .size = spec->size,
                                                        .descent = extent.descent,
                                                        .bold = spec->bold,
                                                        .halo = spec->halo,
                                                        .plate = spec->plate,
                                                        .color = spec->color};
    return TAU_STATUS_OK;
}

tau_status tau_layout_block(tau_layout *layout, tau_box box) {
    TAU_TRY(TAU_GROW(layout->obstacles, layout->obstacle_capacity, layout->obstacle_count + 1));
    layout->obstacles[layout->obstacle_count++] = box;
    return TAU_STATUS_OK;
}

/* Do the boxes' shadows on a's axes meet? By the separating axis theorem boxes overlap when they do on both
 * boxes'. */
static bool shadows_meet(tau_box a, tau_box b) {
    double dx = b.x - a.x, dy = b.y - a.y, turn = b.angle - a.angle;
    double along = fabs(dx * cos(a.angle) + dy * sin(a.angle)),
           across = fabs(dy * cos(a.angle) - dx * sin(a.angle));
    double c = fabs(cos(turn)), s = fabs(sin(turn));
    return along < a.half_width + b.half_width * c + b.half_height * s &&
           across < a.half_height + b.half_width * s + b.half_height * c;
}

bool tau_box_overlaps(tau_box a, tau_box b) {
    return shadows_meet(a, b) && shadows_meet(b, a);
}

bool tau_box_is_within(tau_box box, tau_rect bounds) {
    double c = fabs(cos(box.angle)), s = fabs(sin(box.angle));
    double w = box.half_width * c + box.half_height * s, h = box.half_width * s + box.half_height * c;
    return box.x - w >= bounds.x && box.x + w <= bounds.x + bounds.width && box.y - h >= bounds.y &&
           box.y + h <= bounds.y + bounds.height;
}

tau_box tau_box_of_rect(tau_rect rect) {
    return (tau_box){rect.x + rect.width / 2, rect.y + rect.height / 2, rect.width / 2, rect.height / 2, 0};
}

bool tau_layout_is_free(const tau_layout *layout, tau_box box, tau_rect bounds, double margin) {
    if (!tau_box_is_within(box, bounds)) return false;
    box.half_width += margin;
    box.half_height += margin;
    for (size_t i = 0; i < layout->label_count; i++)
        if (tau_box_overlaps(box, layout->labels[i].box)) return false;
    for (size_t i = 0; i < layout->obstacle_count; i++)
        if (tau_box_overlaps(box, layout->obstacles[i])) return false;
    return true;
}

tau_status tau_layout_try(tau_layout *layout, const char *text, const tau_label_spec *spec, tau_rect bounds,
                          double margin, bool *placed) {
    bool is_free = tau_layout_is_free(layout, tau_layout_get_box(layout, text, spec), bounds, margin);
    if (placed) *placed = is_free;
    return is_free ? tau_layout_add(layout, text, spec, INFINITY) : TAU_STATUS_OK;
}

bool tau_layout_find_fault(const tau_layout *layout, size_t *a, size_t *b) {
    const tau_rect page = {0, 0, layout->width, layout->height};
    for (*a = 0; *a < layout->label_count; ++*a) {
        *b = *a;
        if (!tau_box_is_within(layout->labels[*a].box, page)) return true;
        for (*b = *a + 1; *b < layout->label_count; ++*b)
            if (tau_box_overlaps(layout->labels[*a].box, layout->labels[*b].box)) return true;
    }
    return false;
}
