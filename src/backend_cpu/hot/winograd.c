/* Convolution by Winograd's minimal filtering F(4x4,3x3): each 4x4 tile of an output comes from a 6x6 tile of
 * the input with 36 instead of 144 products a channel. Lavin & Gray 2016, section 4.3. */
#include "backend_cpu/hot/vector.h"

enum { SIDE = 6, OUT = 4, POINTS = SIDE * SIDE };

/* G·g of one column g of a filter. */
INLINE void transform_filter(vec out[SIDE], const vec g[3]) {
    const vec sum = (g[0] + g[2]) * (1.0f / 6), quarter = g[0] * (1.0f / 24) + g[2] * (1.0f / 6);
    out[0] = g[0] * 0.25f;
    out[1] = -(sum + g[1] * (1.0f / 6));
    out[2] = g[1] * (1.0f / 6) - sum;
    out[3] = quarter + g[1] * (1.0f / 12);
    out[4] = quarter - g[1] * (1.0f / 12);
    out[5] = g[2];
}

/* B^T·d of one column d of an input tile. */
INLINE void transform_input(vec out[SIDE], const vec d[SIDE]) {
    const vec a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1], c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
    out[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
    out[1] = a + b;
    out[2] = a - b;
    out[3] = c + e;
    out[4] = c - e;
    out[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}

/* A^T·m of one column m of the products. */
INLINE void transform_output(vec out[OUT], const vec m[SIDE]) {
    const vec s = m[1] + m[2], d = m[1] - m[2], u = m[3] + m[4], v = m[3] - m[4];
    out[0] = m[0] + s + u;
    out[1] = d + 2.0f * v;
    out[2] = s + 4.0f * u;
    out[3] = d + 8.0f * v + m[5];
}

void HOT(winograd_filters)(float *packed, const float *filters, size_t in, size_t out) {
    const size_t padded = tau_cpu_pad(out), matrix = in * padded;
    for (size_t i = 0; i < in; i++) {
        for (size_t o = 0; o < padded; o += LANES) {
            const float *g = filters + i * 9 * padded + o;
            float *to =
                packed + o / TAU_CPU_PANEL * (in * TAU_CPU_PANEL) + i * TAU_CPU_PANEL + o % TAU_CPU_PANEL;
            vec half[3][SIDE];
            for (size_t x = 0; x < 3; x++) {
                const vec column[3] = {load(g + x * padded), load(g + (3 + x) * padded),
                                       load(g + (6 + x) * padded)};
                transform_filter(half[x], column);
            }
            for (size_t y = 0; y < SIDE; y++) {
                const vec row[3] = {half[0][y], half[1][y], half[2][y]};
                vec whole[SIDE];
                transform_filter(whole, row);
                for (size_t x = 0; x < SIDE; x++) store(to + (y * SIDE + x) * matrix, whole[x]);
            }
        }
    }
}

/* One run over the tiles of some images: tiles [first, first + count) of the row-major sequence (image, y,
 * x). */
typedef struct tile_run {
    const tau_cpu_winograd *shape;
    size_t across, down, first, count;
} tile_run;

typedef struct tile_place {
    size_t image, y, x; /* of its first output pixel */
} tile_place;

static tile_place place_of(const tile_run *run, size_t tile) {
    const size_t index = run->first + tile, per_image = run->across * run->down;
    const size_t rest = index % per_image;
    return (tile_place){index / per_image, rest / run->across * OUT, rest % run->across * OUT};
}

/* Copies a tile that reaches over the border, with zeros outside. @param[out] out  [6][6][channels] */
static void gather_tile(float *out, const tau_cpu_winograd *s, const float *image, tile_place at) {
    for (size_t r = 0; r < SIDE; r++) {
        for (size_t c = 0; c < SIDE; c++) {
            const size_t y = at.y + r - s->pad_top, x = at.x + c - s->pad_left; /* wraps when negative */
            float *to = out + (r * SIDE + c) * s->channels;
            if (y < s->height && x < s->width)
                memcpy(to, image + (y * s->width + x) * s->channel_stride, s->channels * sizeof *to);
            else
                memset(to, 0, s->channels * sizeof *to);
        }
    }
}

/* Transforms one register of channels of one tile. */
INLINE void transform_tile(float *v, size_t point_step, const float *tile, size_t row, size_t pixel) {
    vec half[SIDE][SIDE];
#pragma GCC unroll 6
    for (size_t c = 0; c < SIDE; c++) {
        vec column[SIDE], out[SIDE];
#pragma GCC unroll 6
        for (size_t r = 0; r < SIDE; r++) column[r] = load(tile + r * row + c * pixel);
        transform_input(out, column);
#pragma GCC unroll 6
        for (size_t r = 0; r < SIDE; r++) half[r][c] = out[r];
    }
#pragma GCC unroll 6
    for (size_t r = 0; r < SIDE; r++) {
        vec out[SIDE];
        transform_input(out, half[r]);
#pragma GCC unroll 6
        for (size_t c = 0; c < SIDE; c++) store(v + (r * SIDE + c) * point_step, out[c]);
    }
}

/* @param[out] v  [36][tiles][channels]   @param[in] border  room for one tile */
static void transform_inputs(float *v, const tile_run *run, const float *input, float *border) {
    const tau_cpu_winograd *s = run->shape;
    const size_t point_step = s->tiles_at_once * s->channels;
    for (size_t t = 0; t < run->count; t++) {
        const tile_place at = place_of(run, t);
        const float *image = input + at.image * s->image_stride;
        const bool inside = at.y >= s->pad_top && at.x >= s->pad_left &&
                            at.y - s->pad_top + SIDE <= s->height && at.x - s->pad_left + SIDE <= s->width;
        const float *tile = border;
        size_t pixel = s->channels, row = SIDE * pixel;
        if (inside) {
            pixel = s->channel_stride;
            row = s->width * pixel;
            tile = image + (at.y - s->pad_top) * row + (at.x - s->pad_left) * pixel;
        } else {
            gather_tile(border, s, image, at);
        }
        for (size_t c = 0; c < s->channels; c += LANES)
            transform_tile(v + t * s->channels + c, point_step, tile + c, row, pixel);
    }
}

/* Output pixels of one register of channels of one tile. */
INLINE void restore_tile(vec out[OUT][OUT], const float *m, size_t point_step, vec bias) {
    vec half[OUT][SIDE];
#pragma GCC unroll 6
    for (size_t c = 0; c < SIDE; c++) {
        vec column[SIDE], o[OUT];
#pragma GCC unroll 6
        for (size_t r = 0; r < SIDE; r++) column[r] = load(m + (r * SIDE + c) * point_step);
        transform_output(o, column);
#pragma GCC unroll 4
        for (size_t r = 0; r < OUT; r++) half[r][c] = o[r];
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < OUT; r++) {
        transform_output(out[r], half[r]);
#pragma GCC unroll 4
        for (size_t c = 0; c < OUT; c++) out[r][c] += bias;
    }
}

INLINE void store_pixel(const tau_cpu_winograd *s, size_t offset, float *output, vec x) {
    if (s->residual) x += load(s->residual + offset);
    store(output + offset, s->relu ? rectify(x) : x);
}

INLINE void store_tile(const tau_cpu_winograd *s, float *output, size_t start, tile_place at,
                       vec out[OUT][OUT]) {
    const size_t rows = s->out_height - at.y, columns = s->out_width - at.x;
#pragma GCC unroll 4
    for (size_t r = 0; r < OUT; r++)
#pragma GCC unroll 4
        for (size_t c = 0; c < OUT; c++)
            if (r < rows && c < columns)
                store_pixel(s, start + ((at.y + r) * s->out_width + at.x + c) * s->out_channel_stride, output,
                            out[r][c]);
}

/* The same followed by a 2x2 max pool: windows never reach over a tile. */
INLINE void store_pooled(const tau_cpu_winograd *s, float *image, tile_place at, vec out[OUT][OUT]) {
    const size_t width = s->out_width / 2, height = s->out_height / 2, y = at.y / 2, x = at.x / 2;
#pragma GCC unroll 2
    for (size_t r = 0; r < OUT / 2; r++) {
#pragma GCC unroll 2
        for (size_t c = 0; c < OUT / 2; c++) {
            const vec top = larger(out[2 * r][2 * c], out[2 * r][2 * c + 1]);
            const vec pooled = larger(top, larger(out[2 * r + 1][2 * c], out[2 * r + 1][2 * c + 1]));
            if (y + r < height && x + c < width)
                store(image + ((y + r) * width + x + c) * s->out_channel_stride,
                      s->relu ? rectify(pooled) : pooled);
        }
    }
}

static void transform_outputs(const tile_run *run, const float *m, const float *bias, float *output) {
    const tau_cpu_winograd *s = run->shape;
    const size_t padded = tau_cpu_pad(s->out_channels), point_step = s->tiles_at_once * padded;
    for (size_t t = 0; t < run->count; t++) {
        const tile_place at = place_of(run, t);
        const size_t image = at.image * s->out_stride;
        for (size_t c = 0; c < padded; c += LANES) {
            vec out[OUT][OUT];
            restore_tile(out, m + t * padded + c, point_step, load(bias + c));
            if (s->pool)
                store_pooled(s, output + image + c, at, out);
            else
                store_tile(s, output, image + c, at, out);
        }
    }
}

void HOT(winograd)(const tau_cpu_winograd *s, const float *input, const float *packed, const float *bias,
                   float *output, float *scratch) {
    const size_t padded = tau_cpu_pad(s->out_channels);
    float *v = scratch, *m = v + POINTS * s->tiles_at_once * s->channels;
    tile_run run = {
        .shape = s, .across = (s->out_width + OUT - 1) / OUT, .down = (s->out_height + OUT - 1) / OUT};
    const size_t tiles = s->images * run.across * run.down;
    for (run.first = 0; run.first < tiles; run.first += s->tiles_at_once) {
        run.count = tiles - run.first < s->tiles_at_once ? tiles - run.first : s->tiles_at_once;
        transform_inputs(v, &run, input, m); /* the products are not there yet: room for a border tile */
        for (size_t point = 0; point < POINTS; point++) {
            HOT(product)
            (&(tau_cpu_product){.m = run.count,
                                .n = padded,
                                .depth = s->channels,
                                .a = v + point * s->tiles_at_once * s->channels,
                                .a_row = s->channels,
                                .a_column = 1,
                                .b = packed + point * s->channels * padded,
                                .b_row = TAU_CPU_PANEL,
                                .b_panel = s->channels * TAU_CPU_PANEL,
                                .c = m + point * s->tiles_at_once * padded,
                                .c_row = padded});
        }
        transform_outputs(&run, m, bias, output);
    }
}
