/* Pictures against those in reference/, which were looked at. TAU_WRITE_REFERENCE=1 writes them anew.
 * Renderers may differ a little: in the edges of lines and in rounding. */
#include <cairo.h>
#include <stdio.h>

#include "canvas.h"
#include "figure/image.h"

enum { WIDTH = 320, HEIGHT = 240 };

/* Mean difference of a channel, and share of pixels that differ by more than a seventh, at most. */
#define MEAN_MOST  1.0
#define SHARE_MOST 0.012

static const picture_kind kinds[] = {
    PICTURE_SURFACE,      PICTURE_SURFACE_DARK, PICTURE_SURFACE_LOG, PICTURE_SURFACE_WALLS,
    PICTURE_SURFACE_WIRE, PICTURE_SURFACE_CLIP, PICTURE_MAP,         PICTURE_MAP_DARK,
    PICTURE_MAP_LOG,      PICTURE_LINE,         PICTURE_LINE_DARK,   PICTURE_LINES,
    PICTURE_LINE_LOG,     PICTURE_PATH,         PICTURE_PATH_STEMS,  PICTURE_PATHS_COMET,
    PICTURE_PATHS_MAP,    PICTURE_GAPS,         PICTURE_GAPS_DARK,   PICTURE_GAPS_MAP,
    PICTURE_TOOLS_MAP,    PICTURE_NAN,
};

typedef struct difference {
    double mean, share;
} difference;

static difference compare(const uint8_t *rgba, cairo_surface_t *reference) {
    const unsigned char *data = cairo_image_surface_get_data(reference);
    int stride = cairo_image_surface_get_stride(reference);
    double sum = 0, far = 0;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            uint32_t word;
            memcpy(&word, data + y * stride + 4 * x, 4);
            int most = 0;
            for (int k = 0; k < 3; k++) {
                int d = abs((int)(word >> (16 - 8 * k) & 255) - rgba[4 * (y * WIDTH + x) + k]);
                sum += d;
                if (d > most) most = d;
            }
            far += most > 36;
        }
    }
    return (difference){sum / (3.0 * WIDTH * HEIGHT), far / (WIDTH * HEIGHT)};
}

static void write_picture(const canvas *c, const char *folder, const char *name) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    const tau_image image = {.width = WIDTH, .height = HEIGHT, .rgba = c->rgba, .dpi = 96, .paper = true};
    cr_assert_eq(tau_image_write(&image, path, TAU_FIGURE_FORMAT_PNG), TAU_STATUS_OK);
}

static void check(const canvas *c, const char *name) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s.png", REFERENCE, name);
    cairo_surface_t *reference = cairo_image_surface_create_from_png(path);
    cr_assert_eq(cairo_surface_status(reference), CAIRO_STATUS_SUCCESS, "%s cannot be read", path);
    cr_assert_eq(cairo_image_surface_get_width(reference), WIDTH);
    cr_assert_eq(cairo_image_surface_get_height(reference), HEIGHT);
    difference d = compare(c->rgba, reference);
    cairo_surface_destroy(reference);
    bool same = d.mean <= MEAN_MOST && d.share <= SHARE_MOST;
    if (!same) write_picture(c, ".", name);
    cr_expect(same, "%s: mean difference %.2f, %.2f %% of the pixels differ; drawn into ./%s.png", name,
              d.mean, 100 * d.share, name);
}

Test(pictures, equal_their_references) {
    canvas c = canvas_create(WIDTH, HEIGHT);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        picture p = picture_create(kinds[i]);
        picture_fit(&p, WIDTH, HEIGHT);
        canvas_draw(&c, &p, picture_get_name(kinds[i]));
        if (getenv("TAU_WRITE_REFERENCE"))
            write_picture(&c, REFERENCE, picture_get_name(kinds[i]));
        else
            check(&c, picture_get_name(kinds[i]));
        picture_release(&p);
    }
    canvas_release(&c);
}

/* A test of the test: pictures that differ are told apart. */
Test(pictures, of_different_things_differ) {
    canvas c = canvas_create(WIDTH, HEIGHT);
    picture p = picture_create(PICTURE_SURFACE);
    picture_fit(&p, WIDTH, HEIGHT);
    p.view.light = false;
    canvas_draw(&c, &p, "without light");
    char path[600];
    snprintf(path, sizeof path, "%s/surface.png", REFERENCE);
    cairo_surface_t *reference = cairo_image_surface_create_from_png(path);
    cr_assert_eq(cairo_surface_status(reference), CAIRO_STATUS_SUCCESS);
    difference d = compare(c.rgba, reference);
    cr_assert(d.mean > MEAN_MOST || d.share > SHARE_MOST, "mean %.2f, share %.3f", d.mean, d.share);
    cairo_surface_destroy(reference);
    picture_release(&p);
    canvas_release(&c);
}

Test(pictures, are_the_same_whatever_was_drawn_before) {
    canvas c = canvas_create(WIDTH, HEIGHT);
    picture p = picture_create(PICTURE_GAPS), other = picture_create(PICTURE_LINES);
    uint8_t *first = malloc(WIDTH * HEIGHT * 4);
    canvas_draw(&c, &p, "first");
    memcpy(first, c.rgba, WIDTH * HEIGHT * 4);
    canvas_draw(&c, &other, "other");
    canvas_draw(&c, &p, "again");
    cr_assert_eq(memcmp(first, c.rgba, WIDTH * HEIGHT * 4), 0);
    free(first);
    picture_release(&other);
    picture_release(&p);
    canvas_release(&c);
}
