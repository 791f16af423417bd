/* Fewer triangles where nobody sees the difference: for machines without a GPU. */
#include <math.h>

#include "core/memory.h"
#include "viewer/field_mesh.h"

/* What a vertex may lie off a flat block, in units of the box: less than a pixel, and less than contour lines
 * lie apart. */
#define FLAT 5e-4f

/* Sides of blocks, in cells. */
enum { BLOCK = 2, BLOCK_LARGE = 4, LARGE = 600 };

/* The mesh and which of its points the fine triangles use. */
typedef struct work {
    tau_field_mesh *mesh;
    uint8_t *drawn; /* [points] */
    size_t block;
} work;

static float get_height(const tau_field_mesh *m, size_t column, size_t row) {
    return m->vertices[row * m->columns + column].height;
}

/* All points are there, none is a preview, and all lie where the corners' two triangles are. */
static bool is_flat(const work *w, size_t column, size_t row) {
    const tau_field_mesh *m = w->mesh;
    size_t n = w->block;
    float a = get_height(m, column, row), b = get_height(m, column + n, row),
          c = get_height(m, column + n, row + n), d = get_height(m, column, row + n);
    for (size_t j = 0; j <= n; j++) {
        for (size_t i = 0; i <= n; i++) {
            size_t at = (row + j) * m->columns + column + i;
            float x = (float)i / (float)n, y = (float)j / (float)n;
            float plane = x >= y ? a + x * (b - a) + y * (c - b) : a + x * (c - d) + y * (d - a);
            if (!w->drawn[at] || m->vertices[at].preview || fabsf(m->vertices[at].height - plane) > FLAT)
                return false;
        }
    }
    return true;
}

static void add_quad(tau_field_mesh *m, size_t column, size_t row, size_t side) {
    uint32_t a = (uint32_t)(row * m->columns + column), b = a + (uint32_t)side,
             d = a + (uint32_t)(side * m->columns), c = d + (uint32_t)side;
    const uint32_t corners[6] = {a, b, c, a, c, d};
    for (int i = 0; i < 6; i++) m->coarse[m->coarse_indices++] = corners[i];
}

/* Marks the blocks that are one cell: [rows, columns] by their lower left corner; then takes the fine
 * triangles of all others. */
static void thin(work *w, uint8_t *covered) {
    tau_field_mesh *m = w->mesh;
    size_t n = w->block;
    for (size_t row = 0; row + n < m->rows; row += n) {
        for (size_t column = 0; column + n < m->columns; column += n) {
            if (!is_flat(w, column, row)) continue;
            add_quad(m, column, row, n);
            for (size_t j = 0; j < n; j++)
                for (size_t i = 0; i < n; i++) covered[(row + j) * m->columns + column + i] = 1;
        }
    }
    for (size_t k = 0; k < m->triangle_indices; k += 3) {
        const uint32_t *t = &m->triangles[k];
        /* The cell of a triangle is that of its lowest column and row. */
        size_t column = m->columns, row = m->rows;
        for (int i = 0; i < 3; i++) {
            if (t[i] % m->columns < column) column = t[i] % m->columns;
            if (t[i] / m->columns < row) row = t[i] / m->columns;
        }
        for (int i = 0; i < 3 && !covered[row * m->columns + column]; i++)
            m->coarse[m->coarse_indices++] = t[i];
    }
}

tau_status tau_field_mesh_thin(tau_field_mesh *mesh) {
    size_t points = mesh->columns * mesh->rows;
    if (points < TAU_FIELD_THIN_LEAST) return TAU_STATUS_OK;
    work w = {.mesh = mesh, .block = mesh->columns > LARGE || mesh->rows > LARGE ? BLOCK_LARGE : BLOCK};
    uint8_t *covered = NULL;
    tau_status status = TAU_ALLOC(mesh->coarse, mesh->triangle_indices);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(w.drawn, points);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(covered, points);
    if (status == TAU_STATUS_OK) {
        for (size_t i = 0; i < mesh->triangle_indices; i++) w.drawn[mesh->triangles[i]] = 1;
        thin(&w, covered);
    }
    tau_mem_free(w.drawn);
    tau_mem_free(covered);
    return status;
}
