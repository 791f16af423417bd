/* Numerals of 28x28 pixels: strokes of a glyph, bent, transformed and drawn by the distance to the nearest
 * stroke. */
#include <math.h>

#include "core/reproducible.h"
#include "data/glyphs.h"
#include "data/synthetic.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, SPLINE_STEPS = 6, MOST_POINTS = TAU_GLYPH_POINTS * SPLINE_STEPS + 1 };

/* Mean and deviation of the pixels, so that inputs are near 0 and 1. */
static const double PIXEL_MEAN = 0.134, PIXEL_DEVIATION = 0.25;

/* How one numeral is written. Lengths in pixels, angles in turns. */
typedef struct writing {
    double matrix[2][2], shift[2]; /* from the glyph's box, height 1, to pixels */
    double wave[2][4];             /* for x and y: amplitude, two frequencies per pixel, phase */
    double jitter;                 /* of the points, in units of the glyph's height */
    double radius, softness, ink, noise;
} writing;

typedef struct path {
    int count;
    double at[MOST_POINTS][2];
} path;

static void draw_writing(writing *out, tau_synthetic_draw *draw, double noise) {
    double angle = tau_synthetic_normal(draw, 0.026), shear = tau_synthetic_normal(draw, 0.17);
    double height = tau_synthetic_uniform(draw, 15.5, 21.5);
    double width = height * tau_synthetic_uniform(draw, 0.75, 1.2);
    double c = tau_repro_cos_turn(angle), s = tau_repro_sin_turn(angle);
    out->matrix[0][0] = c * width, out->matrix[0][1] = (c * shear - s) * height;
    out->matrix[1][0] = s * width, out->matrix[1][1] = (s * shear + c) * height;
    for (int i = 0; i < 2; i++) {
        out->shift[i] = 0.5 * SIDE + tau_synthetic_normal(draw, 1.25);
        out->wave[i][0] = tau_synthetic_normal(draw, 0.75);
        out->wave[i][1] = tau_synthetic_uniform(draw, -0.06, 0.06);
        out->wave[i][2] = tau_synthetic_uniform(draw, -0.06, 0.06);
        out->wave[i][3] = tau_synthetic_uniform(draw, 0, 1);
    }
    out->jitter = 0.02;
    out->radius = tau_synthetic_uniform(draw, 0.65, 1.65);
    out->softness = tau_synthetic_uniform(draw, 0.9, 1.6);
    out->ink = tau_synthetic_uniform(draw, 0.7, 1);
    out->noise = noise * tau_synthetic_uniform(draw, 0.3, 1);
}

/* Where a point of the glyph's box lands on the pixels. */
static void place(double out[2], const writing *hand, const double point[2]) {
    double straight[2];
    for (int i = 0; i < 2; i++)
        straight[i] = hand->matrix[i][0] * point[0] + hand->matrix[i][1] * point[1] + hand->shift[i];
    for (int i = 0; i < 2; i++) {
        const double *w = hand->wave[i];
        out[i] = straight[i] + w[0] * tau_repro_sin_turn(w[1] * straight[0] + w[2] * straight[1] + w[3]);
    }
}

static double catmull_rom(double before, double from, double to, double after, double t) {
    double slope = to - before, next_slope = after - from, step = to - from;
    double cubic = 0.5 * (slope + next_slope) - 2 * step, square = 3 * step - slope - 0.5 * next_slope;
    return from + t * (0.5 * slope + t * (square + t * cubic));
}

/* The stroke as a polyline in pixels. */
static void trace(path *out, const tau_stroke *stroke, const writing *hand, tau_synthetic_draw *draw) {
    double points[TAU_GLYPH_POINTS][2];
    int count = stroke->count;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < 2; i++)
            points[k][i] =
                (stroke->at[k][i] - (i ? 50 : 30)) / 100.0 + tau_synthetic_normal(draw, hand->jitter);
    bool closed = stroke->kind == TAU_STROKE_KIND_CLOSED;
    int pieces = closed ? count : count - 1;
    out->count = 0;
    for (int k = 0; k < pieces; k++) {
        const double *from = points[k], *to = points[(k + 1) % count];
        const double *before = k ? points[k - 1] : closed ? points[count - 1] : from;
        const double *after = closed ? points[(k + 2) % count] : k + 2 < count ? points[k + 2] : to;
        for (int s = 0; s < SPLINE_STEPS; s++) {
            double t = (double)s / SPLINE_STEPS, p[2];
            for (int i = 0; i < 2; i++)
                p[i] = stroke->kind == TAU_STROKE_KIND_STRAIGHT
                           ? from[i] + t * (to[i] - from[i])
                           : catmull_rom(before[i], from[i], to[i], after[i], t);
            place(out->at[out->count++], hand, p);
        }
    }
    place(out->at[out->count++], hand, points[closed ? 0 : count - 1]);
}

static int clamp_pixel(double x) {
    return x < 0 ? 0 : x > SIDE - 1 ? SIDE - 1 : (int)x;
}

/* Squared distance of each pixel's centre to the segment a-b, kept where it is the least so far. */
static void approach(float *nearest, const double a[2], const double b[2], double reach) {
    double dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
    double scale = length > 0 ? 1 / length : 0;
    int left = clamp_pixel((a[0] < b[0] ? a[0] : b[0]) - reach),
        right = clamp_pixel((a[0] > b[0] ? a[0] : b[0]) + reach);
    int top = clamp_pixel((a[1] < b[1] ? a[1] : b[1]) - reach),
        bottom = clamp_pixel((a[1] > b[1] ? a[1] : b[1]) + reach);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            double px = x + 0.5 - a[0], py = y + 0.5 - a[1];
            double t = (px * dx + py * dy) * scale;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            double ex = px - t * dx, ey = py - t * dy;
            float distance = (float)(ex * ex + ey * ey);
            if (distance < nearest[y * SIDE + x]) nearest[y * SIDE + x] = distance;
        }
}

/* From squared distances to ink: full inside the stroke, fading over `softness` at its edge. */
static void ink(float *pixels, const writing *hand) {
    for (int i = 0; i < PIXELS; i++) {
        double edge = (hand->radius - sqrt((double)pixels[i])) / hand->softness + 0.5;
        edge = edge < 0 ? 0 : edge > 1 ? 1 : edge;
        pixels[i] = (float)(hand->ink * edge * edge * (3 - 2 * edge));
    }
}

/* Noise of triangular distribution (the sum of two 16-bit uniforms): one draw of 64 bits serves two pixels.
 */
static void add_noise(float *pixels, const writing *hand, tau_rng_key key, uint64_t image) {
    for (int i = 0; i < PIXELS; i += 2) {
        uint64_t bits = tau_rng_bits(key, image * (PIXELS / 2) + (uint64_t)i / 2);
        for (int k = 0; k < 2; k++, bits >>= 32) {
            double sum = (double)(bits & 0xffff) + (double)(bits >> 16 & 0xffff);
            double value = pixels[i + k] + hand->noise * (sum * 0x1p-16 - 1);
            value = value < 0 ? 0 : value > 1 ? 1 : value;
            pixels[i + k] = (float)((value - PIXEL_MEAN) / PIXEL_DEVIATION);
        }
    }
}

static void draw_digit(float *pixels, int numeral, uint64_t seed, uint64_t image, double noise) {
    enum { DRAWS = 1024 }; /* set aside for each image, more than any glyph takes */
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "digits");
    draw.next = image * DRAWS;
    const tau_numeral *shapes = &tau_numerals[numeral];
    const tau_glyph *glyph =
        &shapes->glyph[tau_rng_below(draw.key, draw.next++, (uint64_t)shapes->glyph_count)];
    writing hand;
    draw_writing(&hand, &draw, noise);
    for (int i = 0; i < PIXELS; i++) pixels[i] = SIDE * SIDE;
    double reach = hand.radius + hand.softness;
    for (int s = 0; s < glyph->stroke_count; s++) {
        path line;
        trace(&line, &glyph->stroke[s], &hand, &draw);
        for (int k = 0; k + 1 < line.count; k++) approach(pixels, line.at[k], line.at[k + 1], reach);
    }
    ink(pixels, &hand);
    add_noise(pixels, &hand, (tau_rng_key){seed, tau_rng_stream("digits noise")}, image);
}

tau_status tau_synthetic_digits(tau_samples **out, const double *option, uint64_t seed) {
    size_t count = (size_t)option[0];
    tau_shape shape;
    TAU_TRY(tau_shape_make(&shape, 3, (const int64_t[]){1, SIDE, SIDE}));
    TAU_TRY(tau_samples_create(out, count, &shape, 10, 0));
    for (size_t i = 0; i < count; i++) {
        (*out)->classes[i] = (int32_t)(i % 10);
        draw_digit((*out)->inputs + i * PIXELS, (int)(i % 10), seed, i, option[1]);
    }
    return TAU_STATUS_OK;
}
