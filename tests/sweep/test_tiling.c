#include <criterion/criterion.h>
#include <string.h>

#include "sweep/tiling.h"

enum { COLUMNS = 23, ROWS = 17 };

static void assert_covers(const tau_tiling *tiling, const uint8_t *todo, size_t points) {
    unsigned char covered[ROWS * COLUMNS] = {0};
    for (size_t i = 0; i < tiling->count; i++) {
        const tau_area *area = &tiling->areas[i];
        cr_assert_leq(area->columns * area->rows, points);
        for (size_t r = 0; r < area->rows; r++)
            for (size_t c = 0; c < area->columns; c++)
                covered[(area->row + r) * COLUMNS + area->column + c]++;
    }
    for (size_t i = 0; i < ROWS * COLUMNS; i++) cr_assert(covered[i] == 1 || (covered[i] == 0 && !todo[i]));
}

Test(tiling, areas_cover_every_point_once_in_order_of_distance) {
    tau_grid *grid;
    uint8_t todo[ROWS * COLUMNS];
    memset(todo, 1, sizeof todo);
    cr_assert_eq(tau_grid_create(&grid, COLUMNS, -1, 1, ROWS, -1, 1), TAU_STATUS_OK);
    for (size_t points = 1; points < 500; points = points * 2 + 1) {
        tau_tiling tiling;
        cr_assert_eq(tau_tiling_create(&tiling, grid, todo, points, TAU_ORDER_CENTRE_OUT, (size_t[]){11, 8}),
                     TAU_STATUS_OK);
        assert_covers(&tiling, todo, points);
        for (size_t i = 1; i < tiling.count; i++)
            cr_assert_leq(tiling.areas[i - 1].distance, tiling.areas[i].distance);
        tau_tiling_clear(&tiling);
    }
    tau_grid_destroy(grid);
}

Test(tiling, finished_areas_are_left_out) {
    tau_grid *grid;
    uint8_t todo[ROWS * COLUMNS] = {0};
    todo[3 * COLUMNS + 20] = 1;
    tau_tiling tiling;
    cr_assert_eq(tau_grid_create(&grid, COLUMNS, -1, 1, ROWS, -1, 1), TAU_STATUS_OK);
    cr_assert_eq(tau_tiling_create(&tiling, grid, todo, 20, TAU_ORDER_ROWS, (size_t[]){11, 8}),
                 TAU_STATUS_OK);
    cr_assert_eq(tiling.count, 1);
    assert_covers(&tiling, todo, 20);
    tau_tiling_clear(&tiling);
    tau_grid_destroy(grid);
}

/* theta* lies at alpha = 1 of a line between two states, at (0, 0) of a plane. */
Test(tiling, centre_is_the_point_nearest_to_the_trained_state) {
    static const float a[1] = {1}, b[1] = {2}, none[1] = {0};
    const tau_graph graph = {.theta_size = 1};
    tau_slice *line, *plane;
    tau_grid *grid;
    size_t column, row;
    cr_assert_eq(
        tau_slice_create_line(&line, &graph, (tau_state_view){a, none}, (tau_state_view){b, none}, true),
        TAU_STATUS_OK);
    cr_assert_eq(tau_slice_create_plane(&plane, &graph, (tau_state_view){a, none}, b, b), TAU_STATUS_OK);
    cr_assert_eq(tau_grid_create(&grid, 21, -0.5, 1.5, 4, 3, 9), TAU_STATUS_OK);
    tau_tiling_find_centre(&column, &row, line, grid);
    cr_assert(column == 15 && row == 0);
    tau_tiling_find_centre(&column, &row, plane, grid);
    cr_assert(column == 5 && row == 0);
    tau_grid_destroy(grid);
    tau_slice_destroy(line);
    tau_slice_destroy(plane);
}
