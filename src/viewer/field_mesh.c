#include "viewer/field_mesh.h"

#include <math.h>

#include "core/memory.h"

/* Half the width of the band that a field of one row or column becomes, in the world. */
#define BAND 0.04

/* Height of a hollow, in boxes, that is as dark as it gets. */
#define HOLLOW 0.12

/* What the points are to the mesh. */
typedef struct work {
    const tau_field *field;
    const tau_mesh *grid;
    const tau_space *space;
    tau_field_mesh *out;
    float *blurred, *scratch; /* [points] */
} work;

/* Index into the field of a vertex: bands repeat their one row or column. */
static size_t get_source(const work *w, size_t column, size_t row) {
    size_t i = w->field->nx == 1 ? 0 : column, j = w->field->ny == 1 ? 0 : row;
    return j * w->field->nx + i;
}

static double get_world(const tau_space *space, int axis, double value) {
    double share = (value - space->lo[axis]) / (space->hi[axis] - space->lo[axis]);
    return (2 * share - 1) * space->half[axis];
}

static void place_vertices(work *w) {
    tau_field_mesh *m = w->out;
    const tau_space *s = w->space;
    double height = s->hi[2] - s->lo[2];
    for (size_t row = 0; row < m->rows; row++) {
        double y = get_world(s, 1, w->field->beta[w->field->ny == 1 ? 0 : row]);
        if (w->field->ny == 1) y += row ? BAND : -BAND;
        for (size_t column = 0; column < m->columns; column++) {
            double x = get_world(s, 0, w->field->alpha[w->field->nx == 1 ? 0 : column]);
            if (w->field->nx == 1) x += column ? BAND : -BAND;
            size_t source = get_source(w, column, row);
            double t = w->grid->z[source];
            t = isnan(t) ? 0
                         : fmin(fmax((t - s->lo[2]) / height, -TAU_FIELD_HEIGHT_MAX), TAU_FIELD_HEIGHT_MAX);
            bool preview = w->field->done && w->field->done[source] == TAU_SCENE_STATE_PREVIEW;
            m->preview |= preview;
            m->vertices[row * m->columns + column] = (tau_field_vertex){
                .x = (float)x, .y = (float)y, .height = (float)t, .preview = preview ? 255 : 0};
        }
    }
}

static bool is_drawable(const work *w, size_t column, size_t row) {
    return !isnan(w->grid->z[get_source(w, column, row)]);
}

/* Central differences where both neighbours are there, one-sided ones elsewhere. */
static float get_slope(const work *w, size_t column, size_t row, int axis) {
    const tau_field_mesh *m = w->out;
    size_t at = axis == 0 ? column : row, count = axis == 0 ? m->columns : m->rows;
    size_t lower = at, upper = at;
    if (at > 0 && is_drawable(w, axis ? column : at - 1, axis ? at - 1 : row)) lower = at - 1;
    if (at + 1 < count && is_drawable(w, axis ? column : at + 1, axis ? at + 1 : row)) upper = at + 1;
    if (lower == upper) return 0;
    const tau_field_vertex *a = &m->vertices[axis ? lower * m->columns + column : row * m->columns + lower];
    const tau_field_vertex *b = &m->vertices[axis ? upper * m->columns + column : row * m->columns + upper];
    float distance = axis ? b->y - a->y : b->x - a->x;
    return distance > 0 ? (b->height - a->height) / distance : 0;
}

static void set_slopes(const work *w) {
    tau_field_mesh *m = w->out;
    for (size_t row = 0; row < m->rows; row++)
        for (size_t column = 0; column < m->columns; column++)
            for (int axis = 0; axis < 2 && is_drawable(w, column, row); axis++)
                m->vertices[row * m->columns + column].slope[axis] = get_slope(w, column, row, axis);
}

/* Mean over 2·radius+1 neighbours along one line; the line ends in its last value. */
static void blur_line(const float *in, float *out, size_t count, size_t step, size_t radius) {
    double sum = in[0] * (double)(radius + 1);
    for (size_t i = 1; i <= radius; i++) sum += in[(i < count ? i : count - 1) * step];
    for (size_t i = 0; i < count; i++) {
        out[i * step] = (float)(sum / (double)(2 * radius + 1));
        sum += in[(i + radius + 1 < count ? i + radius + 1 : count - 1) * step] -
               in[(i > radius ? i - radius : 0) * step];
    }
}

/* Contact shading: a point is in a hollow as far as it lies below the mean of its surroundings. */
static void set_shades(const work *w) {
    tau_field_mesh *m = w->out;
    size_t count = m->columns * m->rows;
    for (size_t i = 0; i < count; i++) w->blurred[i] = fminf(fmaxf(m->vertices[i].height, 0), 1.2f);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t row = 0; row < m->rows; row++)
            blur_line(w->blurred + row * m->columns, w->scratch + row * m->columns, m->columns, 1,
                      m->columns / 24 + 1);
        for (size_t column = 0; column < m->columns; column++)
            blur_line(w->scratch + column, w->blurred + column, m->rows, m->columns, m->rows / 24 + 1);
    }
    for (size_t i = 0; i < count; i++) {
        double depth = (w->blurred[i] - m->vertices[i].height) / HOLLOW;
        m->vertices[i].shade = (uint8_t)(255 * fmin(fmax(depth, 0), 1));
    }
}

static size_t add(uint32_t *list, size_t count, size_t a, size_t b, size_t c) {
    list[count] = (uint32_t)a, list[count + 1] = (uint32_t)b, list[count + 2] = (uint32_t)c;
    return count + 3;
}

/* A cell without a height is not finite as soon as one corner is: that is a fact, the rest is yet to come. */
static bool is_not_finite(const work *w, size_t source) {
    const tau_field *f = w->field;
    return isnan(w->grid->z[source]) && !(f->done && f->done[source] == TAU_FIELD_STATE_NOT_COMPUTED);
}

static void add_cell(const work *w, size_t column, size_t row) {
    tau_field_mesh *m = w->out;
    size_t first = row * m->columns + column;
    const size_t corner[4] = {first, first + 1, first + m->columns + 1, first + m->columns};
    size_t missing = 0, where = 0;
    bool not_finite = false;
    for (size_t k = 0; k < 4; k++) {
        size_t source = get_source(w, column + (k == 1 || k == 2), row + k / 2);
        if (!isnan(w->grid->z[source])) continue;
        missing++, where = k;
        not_finite |= is_not_finite(w, source);
    }
    uint32_t *gap = not_finite ? m->not_finite : m->not_computed;
    size_t *gap_count = not_finite ? &m->not_finite_indices : &m->not_computed_indices;
    if (missing == 0) {
        m->triangle_indices = add(m->triangles, m->triangle_indices, corner[0], corner[1], corner[2]);
        m->triangle_indices = add(m->triangles, m->triangle_indices, corner[0], corner[2], corner[3]);
    } else if (missing == 1) { /* half a cell each */
        size_t next = corner[(where + 1) % 4], opposite = corner[(where + 2) % 4],
               last = corner[(where + 3) % 4];
        m->triangle_indices = add(m->triangles, m->triangle_indices, next, opposite, last);
        *gap_count = add(gap, *gap_count, corner[where], next, last);
    } else {
        *gap_count = add(gap, *gap_count, corner[0], corner[1], corner[2]);
        *gap_count = add(gap, *gap_count, corner[0], corner[2], corner[3]);
    }
}

static tau_status build(work *w) {
    tau_field_mesh *m = w->out;
    size_t points = m->columns * m->rows, indices = 6 * (m->columns - 1) * (m->rows - 1);
    TAU_TRY(TAU_ALLOC(m->vertices, points));
    TAU_TRY(TAU_ALLOC(m->triangles, indices));
    TAU_TRY(TAU_ALLOC(m->not_finite, indices));
    TAU_TRY(TAU_ALLOC(m->not_computed, indices));
    TAU_TRY(TAU_ALLOC(w->blurred, points));
    TAU_TRY(TAU_ALLOC(w->scratch, points));
    place_vertices(w);
    set_slopes(w);
    set_shades(w);
    for (size_t row = 0; row + 1 < m->rows; row++)
        for (size_t column = 0; column + 1 < m->columns; column++) add_cell(w, column, row);
    return TAU_STATUS_OK;
}

tau_status tau_field_mesh_create(tau_field_mesh *out, const tau_field *field, const tau_mesh *grid,
                                 const tau_space *space) {
    *out =
        (tau_field_mesh){.columns = field->nx == 1 ? 2 : field->nx, .rows = field->ny == 1 ? 2 : field->ny};
    work w = {.field = field, .grid = grid, .space = space, .out = out};
    tau_status status = build(&w);
    tau_mem_free(w.blurred);
    tau_mem_free(w.scratch);
    if (status != TAU_STATUS_OK) tau_field_mesh_release(out);
    return status;
}

void tau_field_mesh_release(tau_field_mesh *mesh) {
    tau_mem_free(mesh->vertices);
    tau_mem_free(mesh->triangles);
    tau_mem_free(mesh->coarse);
    tau_mem_free(mesh->not_finite);
    tau_mem_free(mesh->not_computed);
    *mesh = (tau_field_mesh){0};
}
