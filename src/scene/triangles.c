#include "scene/triangles.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "figure/colormap.h"

/* Indices of vertices have 32 bits, and every point may bring three more where edges are cut. */
#define POINTS_MAX ((size_t)1 << 29)

#define NONE UINT32_MAX

/* Vertices of the grid, then those where an edge meets the top. Edges of a point lead to the right, upwards
 * and to the upper right. */
enum { EDGE_RIGHT, EDGE_UP, EDGE_DIAGONAL, EDGES };

typedef struct builder {
    tau_triangles *out;
    const tau_field *field;
    const tau_space *space;
    tau_colormap colormap;
    double color_lo, color_hi;
    double top;
    float (*world)[3];  /* [ny,nx]; a height of NaN = no vertex */
    float (*normal)[3]; /* [ny,nx], sums of the unit normals around */
    uint32_t *index;    /* [ny,nx] of the vertex, or NONE */
    uint32_t *cut;      /* [ny,nx,EDGES], or NULL where nothing is cut */
} builder;

/* ---- points ---- */

static tau_status place_points(builder *b) {
    const tau_field *field = b->field;
    size_t count = field->nx * field->ny;
    bool cuts = false;
    TAU_TRY(TAU_ALLOC(b->world, count));
    TAU_TRY(TAU_ALLOC(b->normal, count));
    TAU_TRY(TAU_ALLOC(b->index, count));
    for (size_t i = 0; i < count; i++) {
        double world[3] = {0, 0, NAN};
        b->index[i] = NONE;
        if (!tau_field_has_value(field, i) ||
            !tau_space_get_world(b->space, field->alpha[i % field->nx], field->beta[i / field->nx],
                                 field->value[i], world))
            world[2] = NAN;
        for (int axis = 0; axis < 3; axis++) b->world[i][axis] = (float)world[axis];
        cuts |= b->world[i][2] > b->top;
    }
    if (!cuts) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(b->cut, EDGES * count));
    memset(b->cut, 0xff, EDGES * count * sizeof *b->cut);
    return TAU_STATUS_OK;
}

/* ---- triangles of the grid ---- */

typedef tau_status (*visitor)(builder *b, const size_t points[3]);

/* Both triangles of each cell that has all its points. */
static tau_status visit(builder *b, visitor do_triangle) {
    size_t nx = b->field->nx;
    for (size_t row = 0; row + 1 < b->field->ny; row++)
        for (size_t column = 0; column + 1 < nx; column++) {
            size_t i = row * nx + column;
            if (isnan(b->world[i][2]) || isnan(b->world[i + 1][2]) || isnan(b->world[i + nx][2]) ||
                isnan(b->world[i + nx + 1][2]))
                continue;
            const size_t lower[3] = {i, i + 1, i + nx + 1}, upper[3] = {i, i + nx + 1, i + nx};
            TAU_TRY(do_triangle(b, lower));
            TAU_TRY(do_triangle(b, upper));
        }
    return TAU_STATUS_OK;
}

static void normalise(const double in[3], float out[3]) {
    double length = sqrt(in[0] * in[0] + in[1] * in[1] + in[2] * in[2]);
    for (int i = 0; i < 3; i++) out[i] = length > 0 ? (float)(in[i] / length) : i == 2;
}

static tau_status add_normal(builder *b, const size_t points[3]) {
    double u[3], v[3];
    for (int i = 0; i < 3; i++) {
        u[i] = (double)b->world[points[1]][i] - (double)b->world[points[0]][i];
        v[i] = (double)b->world[points[2]][i] - (double)b->world[points[0]][i];
    }
    const double cross[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
    float unit[3];
    normalise(cross, unit);
    /* Each triangle counts alike: by area a wall would turn the normals of the floor before it. */
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++) b->normal[points[k]][i] += unit[i];
    return TAU_STATUS_OK;
}

/* ---- vertices ---- */

static tau_status add_vertex(builder *b, uint32_t *index, const double place[3], const double normal[3]) {
    tau_triangles *out = b->out;
    TAU_TRY(TAU_GROW(out->vertices, out->vertex_capacity, out->vertex_count + 1));
    tau_triangles_vertex *vertex = &out->vertices[out->vertex_count];
    double scaled =
        b->space->lo[2] + (place[2] / b->space->half[2] + 1) / 2 * (b->space->hi[2] - b->space->lo[2]);
    tau_color color = tau_colormap_get(&b->colormap, (scaled - b->color_lo) / (b->color_hi - b->color_lo));
    const double channels[3] = {color.r, color.g, color.b};
    normalise(normal, vertex->normal);
    for (int i = 0; i < 3; i++) {
        vertex->position[i] = (float)place[i];
        vertex->color[i] = (uint8_t)lround(channels[i] * 255);
    }
    *index = (uint32_t)out->vertex_count++;
    return TAU_STATUS_OK;
}

static tau_status take_point(builder *b, size_t point, uint32_t *index) {
    double place[3], normal[3];
    for (int i = 0; i < 3; i++) place[i] = b->world[point][i], normal[i] = b->normal[point][i];
    if (b->index[point] == NONE) TAU_TRY(add_vertex(b, &b->index[point], place, normal));
    *index = b->index[point];
    return TAU_STATUS_OK;
}

/* The vertex where the edge between two points meets the top. */
static tau_status take_cut(builder *b, size_t below, size_t above, uint32_t *index) {
    size_t nx = b->field->nx, first = below < above ? below : above,
           step = below < above ? above - below : below - above;
    uint32_t *kept = &b->cut[EDGES * first + (step == 1 ? EDGE_RIGHT : step == nx ? EDGE_UP : EDGE_DIAGONAL)];
    if (*kept == NONE) {
        double from = b->world[below][2], share = (b->top - from) / (b->world[above][2] - from);
        double place[3], normal[3];
        for (int i = 0; i < 3; i++) {
            place[i] = b->world[below][i] + share * ((double)b->world[above][i] - b->world[below][i]);
            normal[i] = b->normal[below][i] + share * ((double)b->normal[above][i] - b->normal[below][i]);
        }
        place[2] = b->top;
        TAU_TRY(add_vertex(b, kept, place, normal));
    }
    *index = *kept;
    return TAU_STATUS_OK;
}

/* ---- triangles that are shown ---- */

static tau_status add_corners(tau_triangles *out, const uint32_t corners[3]) {
    TAU_TRY(TAU_GROW(out->corners, out->capacity, out->count + 1));
    memcpy(out->corners[out->count++], corners, sizeof *out->corners);
    return TAU_STATUS_OK;
}

/* What of a triangle is below the top: nothing, a triangle, or a quadrangle. */
static tau_status add_triangle(builder *b, const size_t points[3]) {
    uint32_t outline[4];
    int count = 0;
    for (int k = 0; k < 3; k++) {
        size_t here = points[k], next = points[(k + 1) % 3];
        bool in = b->world[here][2] <= b->top, next_in = b->world[next][2] <= b->top;
        if (in) TAU_TRY(take_point(b, here, &outline[count++]));
        if (in != next_in) TAU_TRY(take_cut(b, in ? here : next, in ? next : here, &outline[count++]));
    }
    for (int k = 2; k < count; k++) {
        const uint32_t corners[3] = {outline[0], outline[k - 1], outline[k]};
        TAU_TRY(add_corners(b->out, corners));
    }
    return TAU_STATUS_OK;
}

/* ---- all ---- */

static void set_color_range(builder *b, const tau_view *view) {
    b->color_lo = b->space->lo[2], b->color_hi = b->space->hi[2];
    double lo, hi;
    if (tau_space_get_scaled(b->space, view->range_lo, &lo)) b->color_lo = lo;
    if (tau_space_get_scaled(b->space, view->range_hi, &hi)) b->color_hi = hi;
    if (!(b->color_lo < b->color_hi)) b->color_lo = b->space->lo[2], b->color_hi = b->space->hi[2];
}

static tau_status build(builder *b) {
    TAU_TRY(place_points(b));
    TAU_TRY(visit(b, add_normal));
    TAU_TRY(visit(b, add_triangle));
    if (b->out->count > 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT, "there is no surface to write" TAU_WHY
                                      "no cell of the grid has four finite points below the top" TAU_FIX
                                      "widen the range of the loss, or compute more points");
}

tau_status tau_triangles_create(tau_triangles *out, const tau_scene *scene, const tau_view *view,
                                const tau_space *space) {
    *out = (tau_triangles){0};
    const tau_field *field = scene->field;
    if (field->nx > POINTS_MAX / field->ny)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "cannot make triangles" TAU_WHY "the grid of %zu × %zu points has too many" TAU_FIX
                        "compute a smaller grid",
                        field->nx, field->ny);
    /* A hair of room, so that the highest point is not cut by rounding. */
    builder b = {.out = out, .field = field, .space = space, .top = space->half[2] * (1 + 1e-6)};
    TAU_TRY(tau_colormap_load(&b.colormap, view->colormap));
    set_color_range(&b, view);
    tau_status status = build(&b);
    tau_mem_free(b.world);
    tau_mem_free(b.normal);
    tau_mem_free(b.index);
    tau_mem_free(b.cut);
    if (status != TAU_STATUS_OK) tau_triangles_clear(out);
    return status;
}

void tau_triangles_clear(tau_triangles *triangles) {
    tau_mem_free(triangles->vertices);
    tau_mem_free(triangles->corners);
    *triangles = (tau_triangles){0};
}
