/** Values written into contour lines, where a line is straight and there is room: where they go, for all who
 * draw them. */
#ifndef TAU_FIGURE_LINE_LABELS_H
#define TAU_FIGURE_LINE_LABELS_H

#include "figure/isolines.h"

/** The page that is written on. Texts are centred at their place and turned about it. */
typedef struct tau_line_labels {
    /** The place on the page of a point of a line. */
    void (*place)(void *payload, const double point[2], double out[2]);
    /** May the text stand there? @param[in] angle  radians, clockwise, of the line; never upside down */
    bool (*is_free)(void *payload, const char *text, double x, double y, double angle);
    tau_status (*put)(void *payload, const char *text, double x, double y, double angle);
    double lo[2], hi[2]; /**< of what is seen: lines are cut off there */
    void *payload;
} tau_line_labels;

/** Writes a value into the longest of its lines, once into each, where that is straightest and most level.
 *  @param[in] width  of the text with its room   @errors those of put; TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_line_labels_write(const tau_line_labels *page, const tau_polylines *lines,
                                           const char *text, double width);

#endif
