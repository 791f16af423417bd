#include "figure/colormap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/colormap_png.h"
#include "figure/colormap_tables.h"

#define FILE_BYTES_MAX ((size_t)4 << 20)
#define COLOURS_MAX    65536

/* Colours of a file before they are resampled. */
typedef struct palette {
    double (*rgb)[3];
    size_t count, capacity;
} palette;

const char *tau_colormap_get_names(void) {
    return "viridis, cividis, batlow, vik, magma";
}

tau_color tau_color_mix(tau_color a, tau_color b, double share) {
    return (tau_color){a.r + (b.r - a.r) * share, a.g + (b.g - a.g) * share, a.b + (b.b - a.b) * share};
}

double tau_color_get_lightness(tau_color color) {
    return sqrt(0.299 * color.r * color.r + 0.587 * color.g * color.g + 0.114 * color.b * color.b);
}

tau_color tau_colormap_get(const tau_colormap *map, double position) {
    double place = fmin(fmax(position, 0), 1) * 255;
    int i = place >= 255 ? 254 : (int)place;
    const uint8_t *a = map->rgb[i], *b = map->rgb[i + 1];
    tau_color low = {a[0] / 255.0, a[1] / 255.0, a[2] / 255.0},
              high = {b[0] / 255.0, b[1] / 255.0, b[2] / 255.0};
    return tau_color_mix(low, high, place - i);
}

static void resample(tau_colormap *out, const palette *colours, double scale) {
    for (int i = 0; i < 256; i++) {
        double place = i / 255.0 * (double)(colours->count - 1);
        size_t k = place >= (double)(colours->count - 1) ? colours->count - 2 : (size_t)place;
        for (int c = 0; c < 3; c++) {
            double low = colours->rgb[k][c], high = colours->rgb[k + 1][c];
            out->rgb[i][c] = (uint8_t)lround(scale * (low + (high - low) * (place - (double)k)));
        }
    }
}

/* One line: 1 = three numbers, 0 = nothing, -1 = something else. */
static int parse_line(char *line, double rgb[3]) {
    line[strcspn(line, "#")] = '\0';
    char *cursor = line + strspn(line, " \t\r");
    if (!*cursor) return 0;
    for (int c = 0; c < 3; c++) {
        char *end;
        rgb[c] = strtod(cursor, &end);
        if (end == cursor || !(rgb[c] >= 0 && rgb[c] <= 255)) return -1;
        cursor = end + strspn(end, " \t\r,;");
    }
    return *cursor ? -1 : 1;
}

static tau_status parse_text(palette *out, char *text, const char *path) {
    int number = 1;
    for (char *line = text, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        double rgb[3];
        int found = parse_line(line, rgb);
        if (found == 0) continue;
        if (found < 0)
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot read the colour map %s" TAU_WHY
                            "line %d is not three numbers in 0..1 or 0..255" TAU_FIX
                            "give one colour a line, as \"r g b\" or \"r,g,b\"",
                            path, number);
        if (out->count == COLOURS_MAX)
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot read the colour map %s" TAU_WHY "it has more than %d colours", path,
                            COLOURS_MAX);
        TAU_TRY(TAU_GROW(out->rgb, out->capacity, out->count + 1));
        memcpy(out->rgb[out->count++], rgb, sizeof rgb);
    }
    return TAU_STATUS_OK;
}

/* Bytes if any channel is above 1. */
static double find_scale(const palette *colours) {
    for (size_t i = 0; i < colours->count; i++)
        for (int c = 0; c < 3; c++)
            if (colours->rgb[i][c] > 1) return 1;
    return 255;
}

static tau_status load_text(tau_colormap *out, char *text, size_t size, const char *path) {
    if (memchr(text, 0, size))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read the colour map %s" TAU_WHY "it is neither a PNG nor text", path);
    palette colours = {0};
    tau_status status = parse_text(&colours, text, path);
    if (status == TAU_STATUS_OK && colours.count < 2)
        status = tau_fail(TAU_STATUS_INPUT,
                          "cannot read the colour map %s" TAU_WHY "it has fewer than two colours", path);
    if (status == TAU_STATUS_OK) resample(out, &colours, find_scale(&colours));
    tau_mem_free(colours.rgb);
    return status;
}

static tau_status load_png(tau_colormap *out, const uint8_t *bytes, size_t size, const char *path) {
    palette colours = {0};
    TAU_TRY(tau_colormap_read_png_row(&colours.rgb, &colours.count, bytes, size, path));
    resample(out, &colours, 255);
    tau_mem_free(colours.rgb);
    return TAU_STATUS_OK;
}

static tau_status load_file(tau_colormap *out, const char *path) {
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_file_read(&bytes, &size, path, FILE_BYTES_MAX));
    bool is_png = size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
    tau_status status = is_png ? load_png(out, bytes, size, path) : load_text(out, (char *)bytes, size, path);
    tau_mem_free(bytes);
    return status;
}

tau_status tau_colormap_load(tau_colormap *out, const char *name_or_path) {
    for (const tau_colormap_table *table = tau_colormap_tables; table->name; table++)
        if (strcmp(table->name, name_or_path) == 0) {
            memcpy(out->rgb, table->rgb, sizeof out->rgb);
            return TAU_STATUS_OK;
        }
    if (!tau_file_exists(name_or_path))
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot find the colour map %s" TAU_WHY "it is neither built in nor a file" TAU_FIX
                        "use one of %s, or name a file",
                        name_or_path, tau_colormap_get_names());
    return load_file(out, name_or_path);
}
