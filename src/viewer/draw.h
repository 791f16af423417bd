/** One view while it is drawn, and its parts. Private to the viewer. Pixels are counted from the left and
 * upper edge of the viewport. */
#ifndef TAU_VIEWER_DRAW_H
#define TAU_VIEWER_DRAW_H

#include "figure/image.h"
#include "figure/isolines.h"
#include "figure/levels.h"
#include "viewer/atlas.h"
#include "viewer/field_mesh.h"
#include "viewer/paint.h"
#include "viewer/renderer.h"

typedef struct tau_frame_rect {
    double x, y, width, height;
} tau_frame_rect;

typedef enum tau_program {
    TAU_PROGRAM_STROKE,
    TAU_PROGRAM_GLYPH,
    TAU_PROGRAM_SURFACE,
    TAU_PROGRAM_GAP,
    TAU_PROGRAM_COUNT,
} tau_program;

/** What a space depends on: fitting one to a million points takes longer than drawing them. */
typedef struct tau_slot_key {
    const void *field, *values, *paths, *curves;
    uint64_t version;
    size_t counts; /**< of all points */
    double numbers[4];
    bool full, log, with_paths;
} tau_slot_key;

/** What of a view is kept between draws. */
typedef struct tau_slot {
    struct tau_field_buffers *field;
    tau_space space;
    tau_slot_key fitted;      /**< what the space was fitted to */
    tau_frame_rect plot, bar; /**< a bar of no width = none */
    double bar_lo, bar_hi;    /**< on the scale of the space */
    double region_lo[2], region_hi[2];
    tau_axes_label *labels;
    size_t label_count, label_capacity;
    tau_image_text *texts;
    size_t text_count, text_capacity;
    tau_image_line *lines;
    size_t line_count, line_capacity;
} tau_slot;

typedef struct tau_frame_colors {
    tau_color ink, muted, frame, grid, paper, not_finite, not_finite_line, hatch;
} tau_frame_colors;

/** A view that is being drawn. */
typedef struct tau_frame {
    const tau_scene *scene;
    const tau_view *view;
    tau_slot *slot;
    const unsigned *programs; /**< [TAU_PROGRAM_COUNT] */
    tau_paint *paint;
    tau_atlas *atlas;
    int x, y, width, height; /**< of the viewport, x and y from the lower left of the framebuffer */
    double scale;
    bool quick;              /**< without multisampling */
    bool layers;             /**< texts and axes go into the slot's lists */
    bool has_right;          /**< a line view with an axis of accuracy */
    double font, small, big; /**< sizes of type */
    double gap;
    tau_frame_colors colors;
    tau_colormap colormap;
    tau_frame_rect room; /**< what titles, legend and colour bar leave */
    tau_frame_rect plot;
    tau_space space;
    double bar_width;          /**< of the colour bar with its texts; 0 = none */
    double color_lo, color_hi; /**< range of the colours on the scale of the space */
    double data_lo, data_hi;   /**< of the values, NaN without any */
    double matrix_view[16], matrix_projection[16];
    double distance;   /**< of the camera */
    tau_status status; /**< the first failure of what has no status of its own */
} tau_frame;

/* ---- texts, draw_frame.c ---- */

typedef struct tau_frame_text {
    double size;
    tau_color color;
    double align_x,
        align_y;         /**< which part of the box is at the place: 0 = left or top, 1 = right or bottom */
    bool bold, vertical; /**< vertical reads upwards */
    bool is_name, plate;
    const tau_color *ground; /**< of the plate; NULL = paper */
} tau_frame_text;

/** Whether a box around (x, y) neither meets a text nor leaves the viewport. */
bool tau_frame_is_free(const tau_frame *frame, double x, double y, double width, double height);

/** Puts a text where it neither meets another one nor leaves the viewport. @return false = left out */
bool tau_frame_put_text(tau_frame *frame, const char *text, double x, double y, const tau_frame_text *how);

/** Shortens a text to a width and to what a label holds. */
void tau_frame_fit_text(tau_frame *frame, char out[128], const char *text, double size, bool bold,
                        double width);

tau_glyphs_extent tau_frame_measure(tau_frame *frame, const char *text, double size, bool bold);

/** A line of the axes: painted, or kept as a vector. @param[in] below  it stands behind the surface */
void tau_frame_put_line(tau_frame *frame, const double from[3], const double to[3], double width,
                        tau_color color, double opacity, bool below);

/** The title takes its room. */
void tau_frame_draw_title(tau_frame *frame);

/** Colour of a series that can be told from the ground. */
tau_color tau_frame_get_series_color(const tau_frame *frame, size_t series);

/** Draws what was painted so far. @param[in] inside  the plot only */
void tau_frame_flush(tau_frame *frame, tau_paint_depth depth, bool inside);

void tau_frame_clip(const tau_frame *frame, bool inside);

/* ---- places, draw_frame.c ---- */

/** Pixels and depth of a place of the world; nearer to the eye by a hair, so that what lies on the surface is
 * seen. @return false = behind the camera */
bool tau_frame_project(const tau_frame *frame, const double world[3], double out[3]);

/** The same for a line of the axes, of which what is behind the camera is cut off. It is further from the eye
 * by a hair: where a surface touches it, the surface is seen. */
bool tau_frame_project_line(const tau_frame *frame, const double a[3], const double b[3], double out_a[3],
                            double out_b[3]);

/** Pixels of a place on the slice, on the surface where the view has one. @param[in] loss  its height, or
 * NaN: that of the surface there */
bool tau_frame_place(const tau_frame *frame, double alpha, double beta, double loss, double out[3]);

/* ---- parts ---- */

void tau_frame_draw_legend(tau_frame *frame);
/** Takes room at the right for a colour bar. */
void tau_frame_reserve_colorbar(tau_frame *frame);
/** Draws it there, or @param[in] beside  a plot, as high as it; NULL = nothing to stand beside */
void tau_frame_draw_colorbar(tau_frame *frame, const tau_frame_rect *beside);
void tau_frame_set_camera(tau_frame *frame); /**< the room becomes the plot */
void tau_frame_draw_surface_axes(tau_frame *frame, bool texts);
void tau_frame_draw_paths(tau_frame *frame);
void tau_frame_draw_marks(tau_frame *frame);
void tau_frame_draw_mark_labels(tau_frame *frame);
void tau_frame_draw_map(tau_frame *frame);

/** Squares of the viewport that are drawn upon. */
typedef struct tau_frame_taken {
    uint8_t *cells; /**< [rows, columns] */
    size_t columns, rows;
    double cell; /**< pixels a side */
} tau_frame_taken;

/** By what was painted and not yet flushed. @param[out] out  cells are freed with tau_mem_free */
TAU_CHECK tau_status tau_frame_find_taken(const tau_frame *frame, tau_frame_taken *out);

/** Writes values into contour lines, beside what is taken. */
void tau_frame_draw_values(tau_frame *frame, const tau_frame_taken *taken);
void tau_frame_draw_line_view(tau_frame *frame);

/** Axes of two dimensions around the plot. @param[in] lo, hi  of x and y; y on its scale */
typedef struct tau_frame_axes {
    double lo[2], hi[2];
    bool log_y;
    const char *xlabel, *ylabel;
    bool has_right; /**< 0..1 at the right */
    const char *right_label;
    bool grid; /**< lines across the plot */
} tau_frame_axes;

/** Sets the plot inside the room. */
void tau_frame_plan_axes(tau_frame *frame, const tau_frame_axes *axes);
void tau_frame_draw_axes(tau_frame *frame, const tau_frame_axes *axes);

/* ---- the field, draw_surface.c ---- */

/** Brings field, contour levels and colours to the graphics memory where they changed, and fits the space. */
TAU_CHECK tau_status tau_frame_upload_field(tau_frame *frame);
void tau_frame_draw_surface(tau_frame *frame);

/** @param[in] transform  column-major, world to clip space   @param[in] flat  a map */
void tau_frame_draw_field(tau_frame *frame, const float transform[16], bool flat);
bool tau_frame_has_field(const tau_frame *frame);

/** The contour lines of the field. @param[out] lines  [levels->count], in data coordinates; NULL = none are
 * drawn   @lifetime until the field is brought anew */
TAU_CHECK tau_status tau_frame_get_contours(const tau_frame *frame, const tau_levels **levels,
                                            const tau_polylines **lines);
bool tau_frame_has_gaps(const tau_frame *frame, bool *not_finite, bool *not_computed, bool *preview);
void tau_field_buffers_destroy(struct tau_field_buffers *buffers);

#endif
