/** What styles and series look like, for those who draw with cairo and those who do not. Lengths in points.
 */
#ifndef TAU_FIGURE_SERIES_H
#define TAU_FIGURE_SERIES_H

#include "figure/colormap.h"
#include "figure/figure.h"

typedef struct tau_theme {
    double font, small, title; /**< sizes of type */
    double line, hairline;     /**< widths of data lines and of frames */
    double tick;               /**< length */
    double gap;                /**< between neighbouring things */
    double marker;             /**< radius */
    double tint;               /**< share of paper mixed into the bands of a contour picture; 1 = white */
    tau_color ink, muted, frame, paper, not_finite, hatch;
} tau_theme;

typedef enum tau_marker {
    TAU_MARKER_CIRCLE,
    TAU_MARKER_SQUARE,
    TAU_MARKER_TRIANGLE,
    TAU_MARKER_DIAMOND,
    TAU_MARKER_INVERTED,
    TAU_MARKER_PENTAGON,
    TAU_MARKER_SERIES_COUNT,
    TAU_MARKER_STAR = TAU_MARKER_SERIES_COUNT,
    TAU_MARKER_RING,
    TAU_MARKER_CROSS,
    TAU_MARKER_PLUS,
} tau_marker;

tau_theme tau_theme_get(tau_figure_style style, double font_size);

/** Okabe and Ito's colours, which all kinds of colour vision tell apart; repeats after seven. */
tau_color tau_theme_get_series_color(size_t index);

tau_marker tau_theme_get_series_marker(size_t index);

#endif
