/** Colours of values. */
#ifndef TAU_FIGURE_COLORMAP_H
#define TAU_FIGURE_COLORMAP_H

#include <stdint.h>

#include "core/status.h"

/** An sRGB colour, channels in 0..1. */
typedef struct tau_color {
    double r, g, b;
} tau_color;

/** 256 colours. */
typedef struct tau_colormap {
    uint8_t rgb[256][3];
} tau_colormap;

/** Loads a built-in map (viridis, cividis, batlow, vik, magma) or a file: a PNG, whose middle row counts, or
 * lines of three numbers in 0..1 or 0..255 separated by blanks or commas; `#` starts a comment. Any count of
 * at least two colours is interpolated to 256.
 *  @errors TAU_STATUS_MISSING (neither a map nor a file, with the names there are), TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_colormap_load(tau_colormap *out, const char *name_or_path);

/** The colour at `position` in 0..1 (clamped), interpolated. */
tau_color tau_colormap_get(const tau_colormap *map, double position);

/** Names of the built-in maps: "viridis, cividis, …". @lifetime static */
const char *tau_colormap_get_names(void);

/** share 0 = a, 1 = b. */
tau_color tau_color_mix(tau_color a, tau_color b, double share);

/** Perceived lightness in 0..1, for the choice of what is drawn upon a colour. */
double tau_color_get_lightness(tau_color color);

#endif
