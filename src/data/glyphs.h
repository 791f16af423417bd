/** The numerals' shapes: strokes through points, several ways of writing each numeral. Private to this
 * module. */
#ifndef TAU_DATA_GLYPHS_H
#define TAU_DATA_GLYPHS_H

#include <stdbool.h>
#include <stdint.h>

#define TAU_GLYPH_STROKES 3
#define TAU_GLYPH_POINTS  12

typedef enum tau_stroke_kind {
    TAU_STROKE_KIND_STRAIGHT, /**< corners at the points */
    TAU_STROKE_KIND_SMOOTH,   /**< a Catmull-Rom spline through the points */
    TAU_STROKE_KIND_CLOSED,   /**< smooth, and the last point leads to the first */
} tau_stroke_kind;

typedef struct tau_stroke {
    tau_stroke_kind kind;
    int count;
    int8_t at[TAU_GLYPH_POINTS][2]; /**< x 0..60 to the right, y 0..100 downwards */
} tau_stroke;

typedef struct tau_glyph {
    int stroke_count;
    tau_stroke stroke[TAU_GLYPH_STROKES];
} tau_glyph;

typedef struct tau_numeral {
    int glyph_count;
    tau_glyph glyph[3];
} tau_numeral;

/** Shapes of 0 to 9. */
extern const tau_numeral tau_numerals[10];

#endif
