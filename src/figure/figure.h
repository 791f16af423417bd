/** Pictures for papers, talks and lectures: contours, heat maps, trajectories and lines as PNG, SVG and PDF.
 */
#ifndef TAU_FIGURE_FIGURE_H
#define TAU_FIGURE_FIGURE_H

#include <stdbool.h>

#include "core/status.h"
#include "figure/field.h"

typedef enum tau_figure_kind {
    TAU_FIGURE_KIND_CONTOUR, /**< lines with their values on them, over light bands */
    TAU_FIGURE_KIND_FILLED,  /**< bands in full colour */
    TAU_FIGURE_KIND_HEATMAP, /**< one rectangle a point */
} tau_figure_kind;

typedef enum tau_figure_format {
    TAU_FIGURE_FORMAT_PNG,
    TAU_FIGURE_FORMAT_SVG,
    TAU_FIGURE_FORMAT_PDF
} tau_figure_format;

typedef enum tau_figure_style {
    TAU_FIGURE_STYLE_DEFAULT,
    TAU_FIGURE_STYLE_ARTICLE, /**< for a column of a paper: smaller type, thinner lines, contours on white
                                 paper */
} tau_figure_style;

/** How the picture is made. Start from tau_figure_default_options. @lifetime strings and arrays are borrowed
 */
typedef struct tau_figure_options {
    tau_figure_kind kind; /**< of panels with a field */
    tau_figure_style style;
    double width, height;          /**< of the page in points (1/72 inch); 0 = a size that suits the style */
    int pixel_width, pixel_height; /**< of a PNG, both or none; they set the page's shape and, without dpi, a
                                      page five inches high */
    double dpi;                    /**< 0 = 300, or what the pixel size gives */
    const char *font_family;       /**< NULL = DejaVu Sans */
    double font_size;              /**< points; 0 = by style */
    bool log;             /**< logarithmic value: colours and levels of fields, the loss axis of curves */
    int level_count;      /**< 0 = chosen */
    const double *levels; /**< [levels_given], or NULL: chosen */
    size_t levels_given;
    double range_lo, range_hi; /**< of the value; NaN = that of the data */
    bool share_scale;          /**< one colour scale, or one loss axis, for all panels */
    const char *colormap;      /**< name or file; NULL = viridis */
    int rows, columns;         /**< of panels; 0 = chosen. At least as many cells as panels */
    bool colorbar;
    bool contour_labels;
    bool transparent; /**< no paper (PNG, SVG; a PDF never has any) */
} tau_figure_options;

/** A place with a name: a cross in a plane, a vertical line in a line plot. */
typedef struct tau_figure_mark {
    double x, y;       /**< y is not used in line plots */
    const char *label; /**< NULL = none */
} tau_figure_mark;

/** One diagram: a plane (a field, trajectories, or both) or a line plot (curves). @lifetime borrowed */
typedef struct tau_figure_panel {
    const char *title;  /**< or NULL */
    const char *xlabel; /**< "δ (PC 1, 71.3 %)"; NULL = α */
    const char *ylabel; /**< NULL = β, or the name of the value */
    const tau_field *field;
    const tau_curve *curves;
    size_t curve_count;
    const tau_path *paths;
    size_t path_count;
    const tau_figure_mark *marks;
    size_t mark_count;
    bool mark_minimum; /**< a cross at the lowest point of the field */
} tau_figure_panel;

typedef struct tau_figure {
    tau_figure_options options;
    const char *title;  /**< or NULL */
    const char *footer; /**< small print below everything, or NULL */
    const char *recipe; /**< what fixes the numbers, written into the file's metadata, or NULL */
    const tau_figure_panel *panels;
    size_t panel_count;
} tau_figure;

tau_figure_options tau_figure_default_options(void);

/** Draws the picture into a file, which appears complete or not at all.
 *  @errors TAU_STATUS_USAGE (a size or option that makes no sense, no room for the panels), TAU_STATUS_INPUT
 * (data that cannot be drawn), TAU_STATUS_MISSING (font, colour map), TAU_STATUS_IO, TAU_STATUS_MEMORY
 *  @threads cairo's font cache is shared: draw from one thread at a time */
TAU_CHECK tau_status tau_figure_write(const tau_figure *figure, const char *path, tau_figure_format format);

/** The same into memory. @param[out] bytes  freed with tau_mem_free; NULL on failure */
TAU_CHECK tau_status tau_figure_encode(const tau_figure *figure, tau_figure_format format, uint8_t **bytes,
                                       size_t *size);

/** Frees the caches of fonts, which leak checkers cannot see through. For the end of a program: nothing is
 * drawn after it. */
void tau_figure_finish(void);

#endif
