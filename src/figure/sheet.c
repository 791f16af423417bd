#include "figure/sheet.h"

#include <math.h>

#include "core/memory.h"

#define NO_REGION   255
#define HATCH_PITCH 14 /* pixels */
#define HATCH_WIDTH 2
#define LINE_SHARE  500 /* an image of so many pixels has lines of two */

typedef struct raster {
    const tau_sheet *sheet;
    uint32_t *pixels;
    uint8_t *regions; /* [height, width] */
    int width, height;
    float *values; /* [planes] of one pixel */
} raster;

typedef struct vertex {
    double x, y; /* pixels */
    size_t index;
} vertex;

static vertex get_vertex(const raster *r, size_t index) {
    const tau_sheet *s = r->sheet;
    double x = (s->at[2 * index] - s->left) / (s->right - s->left) * r->width;
    double y = (s->top - s->at[2 * index + 1]) / (s->top - s->bottom) * r->height;
    return (vertex){x, y, index};
}

static int clamp(double value, int highest) {
    return value <= 0 ? 0 : value >= highest ? highest : (int)value;
}

/* Corners just outside are counted in, so that neighbours leave no gap between them. */
static void fill(raster *r, vertex a, vertex b, vertex c) {
    double area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    if (!isfinite(area) || fabs(area) < 1e-12) return;
    const tau_sheet *s = r->sheet;
    size_t plane = s->rows * s->columns;
    int x0 = clamp(fmin(fmin(a.x, b.x), c.x) - 0.5, r->width),
        x1 = clamp(fmax(fmax(a.x, b.x), c.x) + 1, r->width);
    int y0 = clamp(fmin(fmin(a.y, b.y), c.y) - 0.5, r->height),
        y1 = clamp(fmax(fmax(a.y, b.y), c.y) + 1, r->height);
    const double slack = -1e-6;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            double px = x + 0.5, py = y + 0.5;
            double u = ((b.x - px) * (c.y - py) - (c.x - px) * (b.y - py)) / area;
            double v = ((c.x - px) * (a.y - py) - (a.x - px) * (c.y - py)) / area, w = 1 - u - v;
            if (u < slack || v < slack || w < slack) continue;
            for (int k = 0; k < s->planes; k++) {
                const float *value = s->value + (size_t)k * plane;
                r->values[k] = (float)(u * value[a.index] + v * value[b.index] + w * value[c.index]);
            }
            size_t place = (size_t)y * (size_t)r->width + (size_t)x;
            r->pixels[place] = s->paint(s->payload, r->values, &r->regions[place]);
        }
}

/* A line that is still seen where the image is drawn smaller. */
static void draw_line_at(raster *r, int x, int y) {
    int width = 1 + r->width / LINE_SHARE;
    for (int j = y; j < y + width && j < r->height; j++)
        for (int i = x; i < x + width && i < r->width; i++)
            if (r->regions[(size_t)j * (size_t)r->width + (size_t)i] != NO_REGION)
                r->pixels[(size_t)j * (size_t)r->width + (size_t)i] = r->sheet->line;
}

static void draw_borders(raster *r) {
    for (int y = 0; y + 1 < r->height; y++)
        for (int x = 0; x + 1 < r->width; x++) {
            size_t place = (size_t)y * (size_t)r->width + (size_t)x;
            uint8_t here = r->regions[place], right = r->regions[place + 1],
                    below = r->regions[place + (size_t)r->width];
            if (here == NO_REGION) continue;
            if ((right != NO_REGION && right != here) || (below != NO_REGION && below != here))
                draw_line_at(r, x, y);
        }
}

static void draw_hatch(raster *r) {
    for (int y = 0; y < r->height; y++)
        for (int x = 0; x < r->width; x++) {
            size_t place = (size_t)y * (size_t)r->width + (size_t)x;
            if (r->regions[place] == TAU_SHEET_NOT_FINITE && (x + y) % HATCH_PITCH < HATCH_WIDTH)
                r->pixels[place] = r->sheet->hatch;
        }
}

tau_status tau_sheet_rasterise(const tau_sheet *sheet, uint32_t *pixels, int width, int height) {
    raster r = {.sheet = sheet, .pixels = pixels, .width = width, .height = height};
    size_t count = (size_t)width * (size_t)height;
    TAU_TRY(TAU_ALLOC(r.regions, count));
    tau_status status = TAU_ALLOC(r.values, (size_t)sheet->planes);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(r.regions);
        return status;
    }
    for (size_t i = 0; i < count; i++) pixels[i] = 0, r.regions[i] = NO_REGION;
    for (size_t i = 0; i + 1 < sheet->rows; i++)
        for (size_t j = 0; j + 1 < sheet->columns; j++) {
            size_t first = i * sheet->columns + j;
            vertex a = get_vertex(&r, first), b = get_vertex(&r, first + 1);
            vertex c = get_vertex(&r, first + sheet->columns), d = get_vertex(&r, first + sheet->columns + 1);
            fill(&r, a, b, d);
            fill(&r, a, d, c);
        }
    if (sheet->line) draw_borders(&r);
    if (sheet->hatch) draw_hatch(&r);
    tau_mem_free(r.values);
    tau_mem_free(r.regions);
    return TAU_STATUS_OK;
}
