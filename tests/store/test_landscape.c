#include "store/landscape.h"

#include <sys/stat.h>

#include "core/file.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "store/fixture.h"

Test(landscape, starts_empty_with_nan_and_nothing_done) {
    tau_landscape *landscape = make_landscape(5, 3, RECIPE(1));
    tau_landscape_summary summary = tau_landscape_summarize(landscape);
    cr_assert(summary.points == 15 && summary.done == 0 && isnan(summary.lowest) && isnan(summary.highest));
    for (size_t i = 0; i < 15; i++)
        cr_assert(isnan(landscape->loss[i]) && isnan(landscape->accuracy[i]) &&
                  landscape->done[i] == TAU_DONE_NOT);
    tau_landscape_destroy(landscape);
}

Test(landscape, summary_counts_what_is_not_finite_and_finds_the_lowest) {
    tau_landscape *landscape = make_landscape(40, 30, RECIPE(1));
    fill_landscape(landscape);
    tau_landscape_summary summary = tau_landscape_summarize(landscape);
    double lowest = INFINITY, highest = -INFINITY;
    size_t infinite = 0, nan = 0;
    for (size_t i = 0; i < 1200; i++) {
        const double loss = point_at(i % 40, i / 40).loss;
        if (isnan(loss))
            nan++;
        else if (isinf(loss))
            infinite++;
        else
            lowest = fmin(lowest, loss), highest = fmax(highest, loss);
    }
    cr_assert(summary.done == 1200 && summary.infinite == infinite && summary.nan == nan && nan && infinite);
    cr_assert(summary.lowest == lowest && summary.highest == highest);
    cr_assert_eq(point_at(summary.lowest_column, summary.lowest_row).loss, lowest);
    tau_landscape_destroy(landscape);
}

Test(landscape, points_that_were_not_computed_are_left_out) {
    tau_landscape *landscape = make_landscape(2, 1, RECIPE(1));
    const tau_point points[2] = {{.loss = 7}, {.loss = 8, .precision = TAU_PRECISION_EXACT}};
    tau_landscape_put(landscape, &(tau_sweep_tile){.columns = 2, .rows = 1, .points = points});
    cr_assert(landscape->done[0] == TAU_DONE_NOT && isnan(landscape->loss[0]));
    cr_assert(landscape->done[1] == TAU_DONE_FINITE && landscape->loss[1] == 8);
    tau_landscape_destroy(landscape);
}

Test(landscape, a_grid_without_points_or_with_too_many_is_refused) {
    tau_landscape *landscape;
    const double zero = 0;
    tau_grid grid = {.columns = 0, .rows = 1, .alpha = (double *)&zero, .beta = (double *)&zero};
    cr_assert_eq(tau_landscape_create(&landscape, "a", "tau", true, &grid, "{}"), TAU_STATUS_INPUT);
    grid.columns = grid.rows = (size_t)1 << 33;
    cr_assert_eq(tau_landscape_create(&landscape, "a", "tau", true, &grid, "{}"), TAU_STATUS_INPUT);
    cr_assert_null(landscape);
}

Test(landscape, comes_back_from_a_file_bit_by_bit) {
    const float delta[4] = {1, 2, 3, 4}, eta[4] = {-1, NAN, 0, 5};
    tau_landscape *landscape = make_landscape(7, 5, RECIPE(3)), *back;
    fill_landscape(landscape);
    landscape->explained[0] = 0.75;
    OK(tau_landscape_set_directions(landscape, delta, eta, 4));
    add_projection(landscape, "adam", 6);
    add_projection(landscape, "sgd", 3);
    OK(tau_landscape_write(landscape, scratch("a.land.h5")));
    OK(tau_landscape_read(&back, scratch("a.land.h5"), NULL));
    assert_same_points(landscape, back);
    cr_assert_str_eq(back->name, "plane");
    cr_assert_str_eq(back->transform, "tau_2d");
    cr_assert_str_eq(back->recipe, RECIPE(3));
    cr_assert(back->explained[0] == 0.75 && isnan(back->explained[1]));
    cr_assert(back->theta_size == 4 && !memcmp(back->delta, delta, 16) && !memcmp(back->eta, eta, 16));
    cr_assert_eq(back->projection_count, 2);
    const tau_landscape_projection *sgd = &back->projections[1];
    cr_assert(!strcmp(sgd->group, "sgd") && sgd->count == 3 && sgd->explained == 0.875);
    cr_assert(sgd->coords[4] == 2 && sgd->coords[5] == -2 && sgd->residual[2] == 1 && sgd->distance[2] == 4);
    cr_assert(isnan(sgd->loss_true[2]) && isnan(sgd->loss_in_plane[2]) && sgd->step[2] == 4);
    tau_landscape_destroy(back);
    tau_landscape_destroy(landscape);
}

Test(landscape, metrics_of_its_recipe_come_back_bit_by_bit) {
    tau_landscape *landscape = make_landscape(7, 5, MEASURED), *back;
    cr_assert(landscape->metric_count == 2 && isnan(landscape->metrics[0].values[34]));
    fill_landscape(landscape);
    cr_assert(landscape->metrics[1].values[8] == metric_at(1, 1, 1));
    OK(tau_landscape_write(landscape, scratch("m.land.h5")));
    OK(tau_landscape_read(&back, scratch("m.land.h5"), NULL));
    assert_same_points(landscape, back);
    cr_assert_eq(tau_landscape_find_metric(back, "mcc"), &back->metrics[1]);
    cr_assert_eq(tau_landscape_find_metric(back, "macro-f1"), &back->metrics[0]);
    cr_assert_eq(tau_landscape_find_metric(back, "f1"), &back->metrics[0]);
    cr_assert_null(tau_landscape_find_metric(back, "micro-f1"));
    tau_landscape_destroy(back);
    tau_landscape_destroy(landscape);
}

/* Of two classes they are stored without the average that was asked for. */
Test(landscape, a_metric_is_found_by_the_name_that_it_was_asked_for) {
    static const char *const names[][2] = {{"f1", "binary-f1"},       {"macro-f1", "binary-f1"},
                                           {"micro-f1", "binary-f1"}, {"binary-f1", "binary-f1"},
                                           {"micro-mcc", "mcc"},      {"macro-mcc", "mcc"}};
    tau_landscape *landscape = make_landscape(
        2, 2, "{\"identity\":{\"metrics\":[\"binary-f1\",\"mcc\"],\"seed\":0},\"provenance\":{}}");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const tau_landscape_metric *found = tau_landscape_find_metric(landscape, names[i][0]);
        cr_assert_str_eq(found ? found->name : "nothing", names[i][1]);
    }
    cr_assert_null(tau_landscape_find_metric(landscape, "binary-mcc"));
    cr_assert_null(tau_landscape_find_metric(landscape, "micro-"));
    tau_landscape_destroy(landscape);
}

Test(landscape, parts_are_merged_with_their_metrics) {
    tau_landscape *a = make_landscape(6, 4, MEASURED), *b = make_landscape(6, 4, MEASURED),
                  *all = make_landscape(6, 4, MEASURED);
    fill_landscape(all);
    for (size_t row = 0; row < 4; row++)
        OK(send_tile((tau_sweep_sink){put_tile, row % 2 ? a : b}, 0, row, 6, 1));
    for (size_t i = 0; i < 24; i++) all->regularisation[i] = NAN;
    OK(tau_landscape_merge(a, b, "b.land.h5"));
    assert_same_points(all, a);
    a->metrics[0].values[0] = 0.125;
    cr_assert_eq(tau_landscape_merge(a, b, "b.land.h5"), TAU_STATUS_MISMATCH);
    tau_landscape_destroy(all);
    tau_landscape_destroy(b);
    tau_landscape_destroy(a);
}

Test(landscape, a_projection_replaces_that_of_its_group) {
    tau_landscape *landscape = make_landscape(1, 1, RECIPE(1));
    add_projection(landscape, "adam", 6);
    add_projection(landscape, "sgd", 3);
    add_projection(landscape, "adam", 2);
    cr_assert(landscape->projection_count == 2 && landscape->projections[0].count == 2);
    tau_landscape_destroy(landscape);
}

Test(landscape, a_long_recipe_and_an_empty_projection_survive) {
    enum { LONG = 200000 };
    char *recipe;
    OK(TAU_ALLOC(recipe, LONG + 100));
    int used = sprintf(recipe, "{\"identity\":{\"seed\":1},\"provenance\":{\"note\":\"");
    memset(recipe + used, 'x', LONG);
    strcpy(recipe + used + LONG, "\"}}");
    tau_landscape *landscape = make_landscape(1, 1, recipe), *back;
    add_projection(landscape, "none", 0);
    OK(tau_landscape_write(landscape, scratch("long.land.h5")));
    OK(tau_landscape_read(&back, scratch("long.land.h5"), "plane"));
    cr_assert_str_eq(back->recipe, recipe);
    cr_assert(back->projection_count == 1 && back->projections[0].count == 0);
    tau_landscape_destroy(back);
    tau_landscape_destroy(landscape);
    tau_mem_free(recipe);
}

Test(landscape, files_that_are_no_landscape_are_named) {
    tau_landscape *landscape;
    tau_h5 *file;
    cr_assert_eq(tau_landscape_read(&landscape, scratch("none.land.h5"), NULL), TAU_STATUS_MISSING);
    cr_assert_null(landscape);
    OK(tau_file_write(scratch("text.land.h5"), "hello", 5));
    cr_assert_eq(tau_landscape_read(&landscape, scratch("text.land.h5"), NULL), TAU_STATUS_INPUT);
    OK(tau_h5_create(&file, scratch("other.h5")));
    OK(tau_h5_close(file));
    cr_assert_eq(tau_landscape_read(&landscape, scratch("other.h5"), NULL), TAU_STATUS_INPUT);
    OK(tau_h5_create(&file, scratch("later.h5")));
    OK(tau_h5_set_i64(file, "/", "tauscape_format", 2));
    OK(tau_h5_close(file));
    cr_assert_eq(tau_landscape_read(&landscape, scratch("later.h5"), NULL), TAU_STATUS_UNSUPPORTED);
    OK(tau_h5_create(&file, scratch("empty.h5")));
    OK(tau_h5_set_i64(file, "/", "tauscape_format", 1));
    OK(tau_h5_close(file));
    cr_assert_eq(tau_landscape_read(&landscape, scratch("empty.h5"), NULL), TAU_STATUS_MISSING);
}

Test(landscape, the_group_can_be_named_and_several_are_listed) {
    tau_landscape *landscape = make_landscape(2, 2, RECIPE(1)), *back;
    OK(tau_landscape_write(landscape, scratch("two.land.h5")));
    cr_assert_eq(tau_landscape_read(&back, scratch("two.land.h5"), "line"), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "plane"));
    tau_h5 *file;
    OK(tau_h5_open_append(&file, scratch("two.land.h5")));
    OK(tau_h5_copy(file, "/again", file, "/plane"));
    OK(tau_h5_close(file));
    cr_assert_eq(tau_landscape_read(&back, scratch("two.land.h5"), NULL), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "again, plane"));
    OK(tau_landscape_read(&back, scratch("two.land.h5"), "again"));
    assert_same_points(landscape, back);
    tau_landscape_destroy(back);
    tau_landscape_destroy(landscape);
}

Test(landscape, a_name_that_is_a_path_is_refused) {
    tau_landscape *landscape = make_landscape(1, 1, RECIPE(1));
    tau_mem_free(landscape->name);
    OK(tau_string_copy(&landscape->name, "a/b"));
    cr_assert_eq(tau_landscape_write(landscape, scratch("name.land.h5")), TAU_STATUS_USAGE);
    cr_assert_not(tau_file_exists(scratch("name.land.h5")));
    tau_landscape_destroy(landscape);
}

Test(landscape, an_unwritable_place_is_said) {
    tau_landscape *landscape = make_landscape(1, 1, RECIPE(1));
    cr_assert_neq(tau_landscape_write(landscape, scratch("no-such-directory/a.land.h5")), TAU_STATUS_OK);
    cr_assert(*tau_error_last()->what && *tau_error_last()->why && *tau_error_last()->fix);
    tau_landscape_destroy(landscape);
}

Test(merge, shards_join_to_the_whole) {
    tau_landscape *whole = make_landscape(9, 4, RECIPE(1)), *joined = make_landscape(9, 4, RECIPE(1));
    fill_landscape(whole);
    for (int shard = 0; shard < 3; shard++) {
        tau_landscape *part = make_landscape(9, 4, RECIPE(1));
        for (size_t i = (size_t)shard; i < 36; i += 3) {
            const tau_point point = point_at(i % 9, i / 9);
            tau_landscape_put(
                part,
                &(tau_sweep_tile){.column = i % 9, .row = i / 9, .columns = 1, .rows = 1, .points = &point});
        }
        if (shard == 1) add_projection(part, "adam", 2);
        OK(tau_landscape_merge(joined, part, "part.land.h5"));
        tau_landscape_destroy(part);
    }
    assert_same_points(whole, joined);
    cr_assert_eq(joined->projection_count, 1);
    tau_landscape_destroy(joined);
    tau_landscape_destroy(whole);
}

Test(merge, parts_that_disagree_in_a_bit_are_refused_and_nothing_changes) {
    tau_landscape *into = make_landscape(4, 1, RECIPE(1)), *part = make_landscape(4, 1, RECIPE(1));
    OK(send_tile((tau_sweep_sink){put_tile, into}, 0, 0, 2, 1));
    fill_landscape(part);
    part->loss[1] = nextafter(part->loss[1], 9);
    cr_assert_eq(tau_landscape_merge(into, part, "part.land.h5"), TAU_STATUS_MISMATCH);
    cr_assert(strstr(tau_error_last()->what, "part.land.h5") &&
              strstr(tau_error_last()->why, "column 1, row 0"));
    cr_assert_eq(into->done[2], TAU_DONE_NOT);
    tau_landscape_destroy(part);
    tau_landscape_destroy(into);
}

Test(merge, other_recipes_and_grids_are_refused) {
    tau_landscape *into = make_landscape(4, 1, RECIPE(1)), *seed = make_landscape(4, 1, RECIPE(2)),
                  *grid = make_landscape(5, 1, RECIPE(1));
    cr_assert_eq(tau_landscape_merge(into, seed, "p.h5"), TAU_STATUS_MISMATCH);
    cr_assert(strstr(tau_error_last()->why, "seed 2"));
    cr_assert_eq(tau_landscape_merge(into, grid, "p.h5"), TAU_STATUS_MISMATCH);
    cr_assert(strstr(tau_error_last()->why, "alpha"));
    tau_landscape_destroy(grid);
    tau_landscape_destroy(seed);
    tau_landscape_destroy(into);
}
