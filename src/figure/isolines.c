#include "figure/isolines.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

/* Vertices of lines have keys: four for each grid point. A crossing belongs to the edge that starts at the
 * point and goes right or up. A grid point itself has two keys, since outlines of two cells that touch at a
 * corner both pass through it; which of the two continues which makes no difference to the winding number. */
enum { CROSSING_RIGHT, CROSSING_UP, NODE, NODE_AGAIN, KEYS_PER_POINT };

#define NOWHERE UINT32_MAX

struct tau_isolines {
    const tau_mesh *grid;
    uint8_t *drawable;   /* [ny-1,nx-1], cells with four drawable corners */
    uint32_t *successor; /* [ny,nx,4] the vertex after each vertex; NOWHERE between calls */
    uint32_t *starts;    /* first vertices of open lines */
    size_t start_count, start_capacity;
};

/* One cell at one level. Corners and edges run counter-clockwise from the lower left; edge k joins corners k,
 * k+1. */
typedef struct cell {
    size_t i, j;
    uint32_t node[4], crossing[4];
    bool high[4];
    bool centre_high;
} cell;

void tau_polylines_release(tau_polylines *lines) {
    tau_mem_free(lines->points);
    tau_mem_free(lines->lines);
    *lines = (tau_polylines){0};
}

static bool cell_is_drawable(const tau_isolines *isolines, size_t i, size_t j) {
    const tau_mesh *grid = isolines->grid;
    /* An index one below zero wraps to a huge one and is outside too. */
    return i < grid->nx - 1 && j < grid->ny - 1 && isolines->drawable[j * (grid->nx - 1) + i];
}

tau_status tau_isolines_create(tau_isolines **out, const tau_mesh *grid) {
    size_t nx = grid->nx, ny = grid->ny;
    TAU_TRY(TAU_ALLOC(*out, 1));
    tau_isolines *isolines = *out;
    isolines->grid = grid;
    tau_status status = TAU_ALLOC(isolines->drawable, (nx - 1) * (ny - 1));
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(isolines->successor, nx * ny * KEYS_PER_POINT);
    if (status != TAU_STATUS_OK) {
        tau_isolines_destroy(isolines);
        *out = NULL;
        return status;
    }
    memset(isolines->successor, 0xff, nx * ny * KEYS_PER_POINT * sizeof *isolines->successor);
    for (size_t j = 0; j + 1 < ny; j++)
        for (size_t i = 0; i + 1 < nx; i++) {
            const double *z = &grid->z[j * nx + i];
            isolines->drawable[j * (nx - 1) + i] =
                !isnan(z[0]) && !isnan(z[1]) && !isnan(z[nx]) && !isnan(z[nx + 1]);
        }
    return TAU_STATUS_OK;
}

void tau_isolines_destroy(tau_isolines *isolines) {
    if (!isolines) return;
    tau_mem_free(isolines->drawable);
    tau_mem_free(isolines->successor);
    tau_mem_free(isolines->starts);
    tau_mem_free(isolines);
}

static cell get_cell(const tau_mesh *grid, size_t i, size_t j, double level) {
    uint32_t nx = (uint32_t)grid->nx;
    uint32_t corner[4] = {(uint32_t)j * nx + (uint32_t)i};
    corner[1] = corner[0] + 1, corner[2] = corner[0] + nx + 1, corner[3] = corner[0] + nx;
    cell c = {.i = i, .j = j};
    double centre = 0;
    for (int k = 0; k < 4; k++) {
        c.node[k] = corner[k] * KEYS_PER_POINT + NODE;
        c.high[k] = grid->z[corner[k]] >= level;
        centre += grid->z[corner[k]] / 4;
    }
    c.crossing[0] = corner[0] * KEYS_PER_POINT + CROSSING_RIGHT;
    c.crossing[1] = corner[1] * KEYS_PER_POINT + CROSSING_UP;
    c.crossing[2] = corner[3] * KEYS_PER_POINT + CROSSING_RIGHT;
    c.crossing[3] = corner[0] * KEYS_PER_POINT + CROSSING_UP;
    c.centre_high = centre >= level;
    return c;
}

static bool edge_falls(const cell *c, int k) {
    return c->high[k] && !c->high[(k + 1) % 4];
}
static bool edge_rises(const cell *c, int k) {
    return !c->high[k] && c->high[(k + 1) % 4];
}

/* Is there nothing drawable on the other side of edge k? */
static bool edge_is_border(const tau_isolines *isolines, const cell *c, int k) {
    static const int right[4] = {0, 1, 0, -1}, up[4] = {-1, 0, 1, 0};
    return !cell_is_drawable(isolines, c->i + (size_t)right[k], c->j + (size_t)up[k]);
}

static void join(tau_isolines *isolines, uint32_t from, uint32_t to) {
    if (from % KEYS_PER_POINT == NODE && isolines->successor[from] != NOWHERE) from++;
    isolines->successor[from] = to;
}

/* The edge where the line that enters the cell at a falling edge leaves it, at a rising one. */
static int opposite_edge(const cell *c, int falling) {
    int next = (falling + 1) % 4, across = (falling + 2) % 4, previous = (falling + 3) % 4;
    if (edge_rises(c, next) && edge_rises(c, previous)) return c->centre_high ? next : previous;
    return edge_rises(c, next) ? next : edge_rises(c, across) ? across : previous;
}

static tau_status join_lines(tau_isolines *isolines, const cell *c) {
    for (int k = 0; k < 4; k++) {
        if (!edge_falls(c, k)) continue;
        join(isolines, c->crossing[k], c->crossing[opposite_edge(c, k)]);
        if (!edge_is_border(isolines, c, k)) continue;
        TAU_TRY(TAU_GROW(isolines->starts, isolines->start_capacity, isolines->start_count + 1));
        isolines->starts[isolines->start_count++] = c->crossing[k];
    }
    return TAU_STATUS_OK;
}

/* The outline of a region is its lines and those parts of the border that are high. */
static void join_border(tau_isolines *isolines, const cell *c) {
    for (int k = 0; k < 4; k++) {
        int next = (k + 1) % 4;
        if (!(c->high[k] || c->high[next]) || !edge_is_border(isolines, c, k)) continue;
        join(isolines, c->high[k] ? c->node[k] : c->crossing[k],
             c->high[next] ? c->node[next] : c->crossing[k]);
    }
}

static tau_status join_cells(tau_isolines *isolines, double level, bool region) {
    const tau_mesh *grid = isolines->grid;
    isolines->start_count = 0;
    for (size_t j = 0; j + 1 < grid->ny; j++)
        for (size_t i = 0; i + 1 < grid->nx; i++) {
            if (!cell_is_drawable(isolines, i, j)) continue;
            cell c = get_cell(grid, i, j, level);
            int high = c.high[0] + c.high[1] + c.high[2] + c.high[3];
            if (high == 0) continue;
            if (high < 4) TAU_TRY(join_lines(isolines, &c));
            if (region) join_border(isolines, &c);
        }
    return TAU_STATUS_OK;
}

static void get_vertex(const tau_mesh *grid, uint32_t key, double level, double out[2]) {
    size_t point = key / KEYS_PER_POINT, i = point % grid->nx, j = point / grid->nx;
    uint32_t kind = key % KEYS_PER_POINT;
    out[0] = grid->x[i], out[1] = grid->y[j];
    if (kind >= NODE) return;
    double low = grid->z[point], high = grid->z[point + (kind == CROSSING_UP ? grid->nx : 1)];
    /* Halves, so that the differences of huge values cannot overflow. */
    double part = fmin(fmax((level / 2 - low / 2) / (high / 2 - low / 2), 0), 1);
    if (kind == CROSSING_RIGHT) out[0] += part * (grid->x[i + 1] - grid->x[i]);
    if (kind == CROSSING_UP) out[1] += part * (grid->y[j + 1] - grid->y[j]);
}

/* Follows one line and takes its links away, so that the next call finds the memory clean. */
static tau_status follow(tau_isolines *isolines, tau_polylines *out, uint32_t start, double level,
                         bool closed) {
    TAU_TRY(TAU_GROW(out->lines, out->line_capacity, out->line_count + 1));
    tau_polyline *line = &out->lines[out->line_count];
    *line = (tau_polyline){.first = out->point_count, .closed = closed};
    for (uint32_t key = start;;) {
        TAU_TRY(TAU_GROW(out->points, out->point_capacity, out->point_count + 1));
        get_vertex(isolines->grid, key, level, out->points[out->point_count++]);
        if (key % KEYS_PER_POINT == NODE && isolines->successor[key] == NOWHERE) key++;
        uint32_t next = isolines->successor[key];
        isolines->successor[key] = NOWHERE;
        if (next == NOWHERE) break;
        key = next;
    }
    line->count = out->point_count - line->first;
    if (closed && line->count > 1) { /* the walk ended where it began */
        line->count--;
        out->point_count--;
    }
    out->line_count++;
    return TAU_STATUS_OK;
}

static tau_status follow_all(tau_isolines *isolines, tau_polylines *out, double level, bool region) {
    size_t keys = isolines->grid->nx * isolines->grid->ny * KEYS_PER_POINT;
    if (!region)
        for (size_t s = 0; s < isolines->start_count; s++)
            TAU_TRY(follow(isolines, out, isolines->starts[s], level, false));
    for (uint32_t key = 0; key < keys; key++)
        if (isolines->successor[key] != NOWHERE) TAU_TRY(follow(isolines, out, key, level, true));
    return TAU_STATUS_OK;
}

static tau_status trace(tau_isolines *isolines, tau_polylines *out, double level, bool region) {
    tau_status status = join_cells(isolines, level, region);
    if (status == TAU_STATUS_OK) status = follow_all(isolines, out, level, region);
    if (status != TAU_STATUS_OK) {
        size_t keys = isolines->grid->nx * isolines->grid->ny * KEYS_PER_POINT;
        memset(isolines->successor, 0xff, keys * sizeof *isolines->successor);
    }
    return status;
}

tau_status tau_isolines_trace(tau_isolines *isolines, tau_polylines *out, double level) {
    return trace(isolines, out, level, false);
}

tau_status tau_isolines_trace_region(tau_isolines *isolines, tau_polylines *out, double level) {
    return trace(isolines, out, level, true);
}
