/** The page before it is drawn: every text as an oriented box, and what texts must keep clear of. Points, y
 * down. */
#ifndef TAU_FIGURE_LAYOUT_H
#define TAU_FIGURE_LAYOUT_H

#include "figure/colormap.h"
#include "figure/text.h"

typedef struct tau_rect {
    double x, y, width, height;
} tau_rect;

/** A rectangle turned about its centre. */
typedef struct tau_box {
    double x, y; /**< centre */
    double half_width, half_height;
    double angle; /**< radians, clockwise on the page */
} tau_box;

typedef enum tau_text_role {
    TAU_TEXT_ROLE_TITLE,
    TAU_TEXT_ROLE_PANEL_TITLE,
    TAU_TEXT_ROLE_AXIS_NAME,
    TAU_TEXT_ROLE_TICK,
    TAU_TEXT_ROLE_COLORBAR,
    TAU_TEXT_ROLE_LEGEND,
    TAU_TEXT_ROLE_FOOTER,
    TAU_TEXT_ROLE_CONTOUR,
    TAU_TEXT_ROLE_MARK,
    TAU_TEXT_ROLE_NOTE,
    TAU_TEXT_ROLE_COUNT,
} tau_text_role;

typedef struct tau_label {
    char *text;
    tau_text_role role;
    tau_box box;
    double size, descent; /**< of the font */
    bool bold;
    bool halo;  /**< drawn on a rim of paper colour */
    bool plate; /**< drawn on a plate of paper colour */
    tau_color color;
} tau_label;

/** How and where a text is put. */
typedef struct tau_label_spec {
    tau_text_role role;
    double size;
    tau_color color;
    double x, y;
    double align_x, align_y; /**< which part of the box is at (x, y): 0 = left or top, 0.5 = centre, 1 = right
                                or bottom */
    double angle;            /**< the box is turned about (x, y) */
    bool bold, halo, plate;
} tau_label_spec;

typedef struct tau_layout {
    double width, height;
    char *family;
    cairo_t *measure; /**< for measuring only */
    tau_label *labels;
    size_t label_count, label_capacity;
    tau_box *obstacles;
    size_t obstacle_count, obstacle_capacity;
} tau_layout;

TAU_CHECK tau_status tau_layout_create(tau_layout *out, double width, double height, const char *family);
void tau_layout_release(tau_layout *layout);

tau_text_extent tau_layout_measure(const tau_layout *layout, const char *text, double size, bool bold);

/** Where a text would lie. */
tau_box tau_layout_get_box(const tau_layout *layout, const char *text, const tau_label_spec *spec);

/** Puts a text, shortened to `width` (INFINITY = as it is). An empty text is left out. */
TAU_CHECK tau_status tau_layout_add(tau_layout *layout, const char *text, const tau_label_spec *spec,
                                    double width);

/** Puts a text if it keeps clear of all texts and obstacles by `margin` and lies within `bounds`.
 *  @param[out] placed  may be NULL */
TAU_CHECK tau_status tau_layout_try(tau_layout *layout, const char *text, const tau_label_spec *spec,
                                    tau_rect bounds, double margin, bool *placed);

/** Marks a place that later texts keep clear of. */
TAU_CHECK tau_status tau_layout_block(tau_layout *layout, tau_box box);

/** Is the place within bounds and clear of texts and obstacles by `margin`? */
bool tau_layout_is_free(const tau_layout *layout, tau_box box, tau_rect bounds, double margin);

bool tau_box_overlaps(tau_box a, tau_box b);
bool tau_box_is_within(tau_box box, tau_rect bounds);
tau_box tau_box_of_rect(tau_rect rect);

/** Two texts that overlap, or one that leaves the page (then b == a); false if there are none. */
bool tau_layout_find_fault(const tau_layout *layout, size_t *a, size_t *b);

#endif
