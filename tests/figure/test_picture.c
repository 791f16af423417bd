#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "figure/page.h"
#include "replays.h"

typedef struct page_size {
    int wide, high;
} page_size;

/* The article's film, a slide, a poster, a telephone. */
static const page_size sizes[] = {{1440, 720}, {640, 360}, {2400, 1800}, {720, 1280}};

static tau_page *make_page(replay_kind kind, double progress, page_size size, tau_figure_style style) {
    replay r;
    tau_page *page;
    tau_figure_options options = tau_figure_default_options();
    options.pixel_width = size.wide, options.pixel_height = size.high;
    options.style = style;
    replay_create(&r, kind, progress);
    cr_assert_eq(
        tau_page_create(&page, &options, r.pictures, r.count, r.rows, r.columns, "A title", "a footer", "{}"),
        TAU_STATUS_OK, "%s at %dx%d: %s: %s", replay_get_name(kind), size.wide, size.high,
        tau_error_last()->what, tau_error_last()->why);
    replay_release(&r); /* a page keeps nothing of what it was made from */
    return page;
}

static size_t count_role(const tau_page *page, tau_text_role role) {
    size_t count = 0;
    for (size_t i = 0; i < page->plan.layout.label_count; i++)
        count += page->plan.layout.labels[i].role == role;
    return count;
}

static bool has_text(const tau_page *page, const char *text) {
    for (size_t i = 0; i < page->plan.layout.label_count; i++)
        if (strcmp(page->plan.layout.labels[i].text, text) == 0) return true;
    return false;
}

TestSuite(picture, .fini = tau_figure_finish, .timeout = 240);

Test(picture, texts_neither_overlap_nor_leave_the_page) {
    for (int kind = 0; kind < REPLAY_COUNT; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int style = 0; style < 2; style++) {
                tau_page *page = make_page((replay_kind)kind, 0.7, sizes[s], (tau_figure_style)style);
                size_t a, b;
                bool fault = tau_layout_find_fault(&page->plan.layout, &a, &b);
                cr_assert_not(fault, "%s at size %zu: \"%s\" and \"%s\"", replay_get_name((replay_kind)kind),
                              s, page->plan.layout.labels[a].text, page->plan.layout.labels[b].text);
                tau_page_destroy(page);
            }
}

static bool overlap(tau_rect a, tau_rect b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

Test(picture, plots_neither_overlap_nor_leave_the_page) {
    for (int kind = 0; kind < REPLAY_COUNT; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            tau_page *page = make_page((replay_kind)kind, 0.2, sizes[s], TAU_FIGURE_STYLE_DEFAULT);
            const tau_rect paper = {0, 0, page->plan.layout.width, page->plan.layout.height};
            cr_assert_geq(page->chart_count, 1);
            for (size_t i = 0; i < page->chart_count; i++) {
                cr_assert(tau_box_is_within(tau_box_of_rect(page->charts[i].plot), paper));
                for (size_t k = 0; k < i; k++)
                    cr_assert_not(overlap(page->charts[i].plot, page->charts[k].plot), "%s",
                                  replay_get_name((replay_kind)kind));
            }
            tau_page_destroy(page);
        }
}

Test(picture, no_text_outside_the_plots_lies_on_a_plot) {
    for (int kind = 0; kind < REPLAY_COUNT; kind++) {
        tau_page *page = make_page((replay_kind)kind, 0.7, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
        cr_assert(page->chart_count > 0 && page->plan.layout.label_count > 0);
        for (size_t i = 0; i < page->plan.layout.label_count; i++) {
            const tau_label *label = &page->plan.layout.labels[i];
            for (size_t k = 0; k < page->chart_count && label->role != TAU_TEXT_ROLE_NOTE; k++)
                cr_assert_not(tau_box_overlaps(label->box, tau_box_of_rect(page->charts[k].plot)),
                              "%s: \"%s\"", replay_get_name((replay_kind)kind), label->text);
        }
        tau_page_destroy(page);
    }
}

/* Nothing may have been saved by leaving it out. */
Test(picture, every_axis_has_a_name_and_ticks) {
    for (int kind = 0; kind < REPLAY_COUNT; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            tau_page *page = make_page((replay_kind)kind, 0.7, sizes[s], TAU_FIGURE_STYLE_DEFAULT);
            size_t names = 0, keys = 0, titles = 0;
            for (size_t i = 0; i < page->chart_count; i++) {
                const tau_chart *chart = &page->charts[i];
                const tau_chart_axis *axes[] = {&chart->x, &chart->y,
                                                chart->has_right ? &chart->right : NULL};
                for (int a = 0; a < 3; a++) {
                    if (!axes[a] || axes[a]->hidden) continue;
                    names += axes[a]->name != NULL;
                    cr_assert(axes[a]->category_count > 0 || axes[a]->ticks.count >= 2,
                              "%s at size %zu: axis %s has %d ticks", replay_get_name((replay_kind)kind), s,
                              axes[a]->name, axes[a]->ticks.count);
                }
                keys += chart->key_count;
                titles += chart->title != NULL;
            }
            cr_assert_eq(count_role(page, TAU_TEXT_ROLE_AXIS_NAME), names, "%s",
                         replay_get_name((replay_kind)kind));
            cr_assert_eq(count_role(page, TAU_TEXT_ROLE_LEGEND), keys, "%s",
                         replay_get_name((replay_kind)kind));
            cr_assert_eq(count_role(page, TAU_TEXT_ROLE_PANEL_TITLE), titles);
            cr_assert(has_text(page, "A title") && has_text(page, "a footer"));
            tau_page_destroy(page);
        }
}

/* A text that finds no room is left out: that must not happen to these. */
Test(picture, a_space_names_its_three_axes_and_their_ends_from_all_sides) {
    for (int turn = 0; turn < 360; turn += 15)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            replay r;
            tau_page *page;
            tau_figure_options options = tau_figure_default_options();
            options.pixel_width = sizes[s].wide, options.pixel_height = sizes[s].high;
            replay_create(&r, REPLAY_FEATURES_SPACE, 0.7);
            r.pictures[0].features.azimuth = turn;
            cr_assert_eq(tau_page_create(&page, &options, r.pictures, 1, 0, 0, NULL, NULL, NULL),
                         TAU_STATUS_OK);
            cr_assert(has_text(page, "unit 1") && has_text(page, "unit 2") && has_text(page, "unit 3"),
                      "turned by %d at size %zu", turn, s);
            cr_assert_eq(count_role(page, TAU_TEXT_ROLE_NOTE), 9, "turned by %d at size %zu: %zu texts", turn,
                         s, count_role(page, TAU_TEXT_ROLE_NOTE));
            cr_assert(has_text(page, "explained: 50.0 %, 30.0 %, 10.0 %"));
            tau_page_destroy(page);
            replay_release(&r);
        }
}

/* ---- numbers ---- */

static const tau_chart_shape *find_shape(const tau_chart *chart, tau_chart_shape_kind kind, size_t skip) {
    for (size_t i = 0; i < chart->shape_count; i++)
        if (chart->shapes[i].kind == kind && skip-- == 0) return &chart->shapes[i];
    return NULL;
}

static size_t count_shapes(const tau_chart *chart, tau_chart_shape_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < chart->shape_count; i++) count += chart->shapes[i].kind == kind;
    return count;
}

static tau_page *make_one(const tau_picture *picture) {
    tau_page *page;
    const tau_figure_options options = tau_figure_default_options();
    cr_assert_eq(tau_page_create(&page, &options, picture, 1, 0, 0, NULL, NULL, NULL), TAU_STATUS_OK,
                 "%s: %s", tau_error_last()->what, tau_error_last()->why);
    return page;
}

Test(picture, bins_of_probability_are_bars_of_their_counts) {
    const double edges[] = {0, 0.5, 1};
    const uint64_t right[] = {7, 0}, wrong[] = {0, 3};
    const tau_probability_case cases[] = {{0, "Negative Cases", 12, 2, 7, right, wrong}};
    const tau_probability_frame frame = {
        .moment = {4, 40, 4}, .binary = true, .bins = 2, .edges = edges, .case_count = 1, .cases = cases};
    const tau_picture picture = {.kind = TAU_PICTURE_KIND_PROBABILITY, .probability = {&frame, -1}};
    tau_page *page = make_one(&picture);
    const tau_chart *chart = &page->charts[0];
    cr_assert_eq(count_shapes(chart, TAU_CHART_SHAPE_KIND_AREA), 2, "an empty bin has no bar");
    const tau_chart_shape *first = find_shape(chart, TAU_CHART_SHAPE_KIND_AREA, 0);
    const tau_chart_shape *second = find_shape(chart, TAU_CHART_SHAPE_KIND_AREA, 1);
    cr_assert(first->points[0][0] == 0 && first->points[2][0] == 0.5 && first->points[2][1] == 7);
    cr_assert(second->points[0][0] == 0.5 && second->points[2][0] == 1 && second->points[2][1] == 3);
    cr_assert(first->look.hatch == TAU_HATCH_NONE && second->look.hatch != TAU_HATCH_NONE,
              "not by colour alone");
    cr_assert_float_eq(chart->y.hi, 12 * 1.02, 1e-9, "the axis ends at the count of the class");
    cr_assert(has_text(page, "Negative Cases - Epoch: 4"));
    cr_assert(has_text(page, "right: 7") && has_text(page, "wrong: 5") && has_text(page, "2 not finite"));
    tau_page_destroy(page);
}

Test(picture, the_dot_stands_at_the_current_epoch_on_both_axes) {
    const double x[] = {0, 1, 2, 3}, loss[] = {0.7, 0.5, 0.4, 0.3}, accuracy[] = {0.5, 0.6, 0.8, 0.9};
    const tau_picture picture = {.kind = TAU_PICTURE_KIND_CURVES,
                                 .curves = {.count = 4,
                                            .x = x,
                                            .x_name = "Epoch",
                                            .current = 2,
                                            .loss = loss,
                                            .metric_count = 1,
                                            .metrics = {accuracy},
                                            .metric_names = {"accuracy"}}};
    tau_page *page = make_one(&picture);
    const tau_chart *chart = &page->charts[0];
    const tau_chart_shape *metric = find_shape(chart, TAU_CHART_SHAPE_KIND_DOTS, 0);
    const tau_chart_shape *losses = find_shape(chart, TAU_CHART_SHAPE_KIND_DOTS, 1);
    cr_assert(metric->count == 1 && metric->points[0][0] == 2 && metric->points[0][1] == 0.8 &&
              !metric->right);
    cr_assert(losses->count == 1 && losses->points[0][0] == 2 && losses->points[0][1] == 0.4 &&
              losses->right);
    cr_assert(chart->has_right && strcmp(chart->right.name, "Loss") == 0);
    cr_assert(metric->look.marker != losses->look.marker, "not by colour alone");
    tau_page_destroy(page);
}

Test(picture, a_penalty_is_marked_where_it_weighs) {
    const double x[] = {0, 1, 2}, loss[] = {1, 1, 1}, penalty[] = {0.05, 0.2, 0.5};
    const bool significant[] = {false, true, true};
    const tau_picture picture = {
        .kind = TAU_PICTURE_KIND_CURVES,
        .curves = {
            .count = 3, .x = x, .current = 9, .loss = loss, .penalty = penalty, .significant = significant}};
    tau_page *page = make_one(&picture);
    const tau_chart_shape *marks = find_shape(&page->charts[0], TAU_CHART_SHAPE_KIND_DOTS, 0);
    cr_assert_not_null(marks);
    cr_assert(isnan(marks->points[0][0]) && marks->points[1][0] == 1 && marks->points[2][1] == 0.5);
    cr_assert(has_text(page, "above 10 % of the total"));
    cr_assert_eq(count_shapes(&page->charts[0], TAU_CHART_SHAPE_KIND_DOTS), 1,
                 "no dot without a current epoch");
    tau_page_destroy(page);
}

Test(picture, points_keep_their_class_and_their_place) {
    const double points[] = {0.1, 0.2, 0.3, 0.4, NAN, 0.5};
    const int32_t labels[] = {1, 0, 1};
    const tau_feature_frame frame = {.moment = {3, 30, 1.5},
                                     .dims = 2,
                                     .axis = {"PC 1", "PC 2"},
                                     .projected = true,
                                     .explained = {0.6, 0.25},
                                     .count = 3,
                                     .points = points,
                                     .labels = labels,
                                     .class_count = 2,
                                     .not_finite = 1};
    const tau_picture picture = {.kind = TAU_PICTURE_KIND_FEATURES,
                                 .features = {.frame = &frame, .low = {0, 0, 0}, .high = {1, 1, 1}}};
    tau_page *page = make_one(&picture);
    const tau_chart *chart = &page->charts[0];
    const tau_chart_shape *zero = find_shape(chart, TAU_CHART_SHAPE_KIND_DOTS, 0);
    const tau_chart_shape *one = find_shape(chart, TAU_CHART_SHAPE_KIND_DOTS, 1);
    cr_assert(zero->count == 1 && zero->points[0][0] == 0.3 && zero->points[0][1] == 0.4);
    cr_assert(one->count == 2 && one->points[0][0] == 0.1 && isnan(one->points[1][0]));
    cr_assert_neq(zero->look.marker, one->look.marker, "not by colour alone");
    cr_assert(has_text(page, "PC 1 (60.0 %)") && has_text(page, "PC 2 (25.0 %)"));
    cr_assert(has_text(page, "Epoch: 1.5") && has_text(page, "1 not finite"));
    cr_assert_float_eq(chart->x.lo, -0.04, 1e-12, "the limits given, and a margin");
    tau_page_destroy(page);
}

Test(picture, a_violin_is_as_wide_as_its_density) {
    const double at[] = {-1, 0, 1}, density[] = {0.25, 1, 0.5};
    const tau_violin violins[] = {{.layer = "fc1",
                                   .count = 10,
                                   .low = -1,
                                   .high = 1,
                                   .quartile = {-0.5, 0.1, 0.5},
                                   .points = 3,
                                   .at = at,
                                   .density = density},
                                  {.layer = "fc2", .count = 4, .flat = true, .low = 2, .high = 2}};
    const tau_violin_frame frame = {
        .kind = TAU_VIOLIN_KIND_GRADIENTS, .count = 2, .violins = violins, .low = -1, .high = 2};
    const tau_picture picture = {.kind = TAU_PICTURE_KIND_VIOLINS, .violins = {&frame, NAN, NAN}};
    tau_page *page = make_one(&picture);
    const tau_chart_shape *body = find_shape(&page->charts[0], TAU_CHART_SHAPE_KIND_AREA, 0);
    cr_assert_eq(body->count, 6);
    cr_assert_float_eq(body->points[1][0], -0.42, 1e-12);
    cr_assert_float_eq(body->points[5][0], 0.105, 1e-12);
    cr_assert(body->points[0][1] == -1 && body->points[2][1] == 1, "cut at the data");
    cr_assert_eq(count_shapes(&page->charts[0], TAU_CHART_SHAPE_KIND_AREA), 1, "equal numbers are a line");
    const tau_chart_shape *median = find_shape(&page->charts[0], TAU_CHART_SHAPE_KIND_DOTS, 0);
    cr_assert(median->points[0][1] == 0.1);
    cr_assert(has_text(page, "fc1") && has_text(page, "fc2") && has_text(page, "Gradients - Epoch: 0"));
    tau_page_destroy(page);
}

Test(picture, a_confusion_matrix_has_its_counts_in_its_cells) {
    const uint64_t matrix[] = {11, 2, 3, 44}, undecided[] = {5, 0};
    const tau_picture picture = {.kind = TAU_PICTURE_KIND_CONFUSION,
                                 .confusion = {2, matrix, undecided, {0, 0, 0}}};
    tau_page *page = make_one(&picture);
    const tau_chart *chart = &page->charts[0];
    const struct {
        const char *text;
        double x, y;
    } cells[] = {{"11", 0, 1}, {"2", 1, 1}, {"5", 2, 1}, {"3", 0, 0}, {"44", 1, 0}, {"0", 2, 0}};
    cr_assert_eq(chart->text_count, 6);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_str_eq(chart->texts[i].text, cells[i].text);
        cr_assert(chart->texts[i].x == cells[i].x && chart->texts[i].y == cells[i].y);
    }
    cr_assert(has_text(page, "none") && has_text(page, "Decided") && has_text(page, "True"));
    tau_page_destroy(page);
}

Test(picture, a_learner_is_a_line_with_its_band_and_two_losses) {
    tau_page *page = make_page(REPLAY_LEARNER, 0.5, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    cr_assert_eq(page->chart_count, 3);
    cr_assert_str_eq(page->charts[1].title, "Total Loss");
    cr_assert_str_eq(page->charts[2].title, "Batch Loss");
    cr_assert(page->charts[0].row_span == 2 && page->charts[0].column_span == 2);
    cr_assert(page->charts[1].x.log && page->charts[2].x.log);
    cr_assert(has_text(page, "regularisation 2: above 10 %"));
    const tau_chart_shape *total = find_shape(&page->charts[1], TAU_CHART_SHAPE_KIND_LINE, 0);
    cr_assert_eq(total->count, 31);
    cr_assert_float_eq(total->points[0][0], log10(0.5), 1e-12,
                       "the state before training stands left of batch 1");
    cr_assert_float_eq(total->points[1][0], 1, 1e-12);
    tau_page_destroy(page);
}

Test(picture, a_sheet_without_numbers_is_said) {
    tau_page *page = make_page(REPLAY_NAN, 0.5, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    cr_assert(has_text(page, "no number"));
    cr_assert(has_text(page, "400 not finite"));
    tau_page_destroy(page);
}

Test(picture, regions_of_several_classes_are_named_inside_them) {
    tau_page *page = make_page(REPLAY_BOUNDARY_MANY, 0.7, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    const tau_chart *chart = &page->charts[0];
    cr_assert_eq(chart->text_count, 5);
    for (int c = 0; c < 5; c++) {
        const tau_chart_text *text = &chart->texts[c];
        int sector = (int)lround(atan2(text->y, text->x) / 6.2832 * 5 + 5) % 5;
        cr_assert(text->text[0] == '0' + c && sector == c, "%s stands in sector %d", text->text, sector);
    }
    cr_assert_eq(count_role(page, TAU_TEXT_ROLE_NOTE), 5);
    tau_page_destroy(page);
}

Test(picture, ten_classes_have_ten_looks) {
    tau_page *page = make_page(REPLAY_FEATURES_PCA, 0.5, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    const tau_chart *chart = &page->charts[0];
    cr_assert_eq(chart->key_count, 10);
    for (size_t i = 0; i < 10; i++)
        for (size_t k = 0; k < i; k++) {
            const tau_color a = chart->keys[i].look.color, b = chart->keys[k].look.color;
            cr_assert(fabs(a.r - b.r) + fabs(a.g - b.g) + fabs(a.b - b.b) > 0.2, "classes %zu and %zu", i, k);
        }
    tau_page_destroy(page);
}

/* ---- compositions ---- */

Test(picture, four_pictures_in_two_by_four_cells_are_deepreplays_composition) {
    tau_page *page = make_page(REPLAY_CANONICAL, 0.5, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    const int places[5][4] = {{0, 0, 2, 2}, {0, 2, 1, 1}, {0, 3, 1, 1}, {1, 2, 1, 1}, {1, 3, 1, 1}};
    cr_assert_eq(page->chart_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const tau_chart *chart = &page->charts[i];
        const int place[4] = {chart->row, chart->column, chart->row_span, chart->column_span};
        cr_assert(memcmp(place, places[i], sizeof place) == 0, "diagram %zu stands at %d, %d", i, place[0],
                  place[1]);
    }
    cr_assert_eq(page->charts[1].plot.y, page->charts[2].plot.y, "frames of a row align");
    cr_assert_eq(page->charts[1].plot.x, page->charts[3].plot.x, "frames of a column align");
    tau_page_destroy(page);
}

Test(picture, plots_stay_where_they_are_from_frame_to_frame) {
    tau_page *first = make_page(REPLAY_CANONICAL, 0, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    tau_page *last = make_page(REPLAY_CANONICAL, 1, sizes[0], TAU_FIGURE_STYLE_DEFAULT);
    cr_assert(first->chart_count > 1 && last->chart_count == first->chart_count);
    for (size_t i = 1; i < first->chart_count; i++)
        cr_assert(fabs(first->charts[i].plot.y - last->charts[i].plot.y) < 1e-9 &&
                  fabs(first->charts[i].plot.height - last->charts[i].plot.height) < 1e-9);
    tau_page_destroy(first);
    tau_page_destroy(last);
}

static tau_status create(replay_kind kind, int rows, int columns, int wide, int high) {
    replay r;
    tau_page *page;
    tau_figure_options options = tau_figure_default_options();
    options.pixel_width = wide, options.pixel_height = high;
    replay_create(&r, kind, 0.5);
    tau_status status =
        tau_page_create(&page, &options, r.pictures, r.count, rows, columns, NULL, NULL, NULL);
    replay_release(&r);
    cr_assert_eq(status == TAU_STATUS_OK, page != NULL);
    tau_page_destroy(page);
    return status;
}

Test(picture, too_few_cells_or_no_room_is_said) {
    cr_assert_eq(create(REPLAY_CANONICAL, 2, 2, 1440, 720), TAU_STATUS_USAGE);
    cr_assert_not_null(strstr(tau_error_last()->why, "too few"));
    cr_assert_eq(create(REPLAY_CANONICAL, 1, 5, 1440, 720), TAU_STATUS_OK, "all small");
    cr_assert_eq(create(REPLAY_CANONICAL, 0, 3, 1440, 720), TAU_STATUS_OK);
    cr_assert_eq(create(REPLAY_CANONICAL, 60, 60, 1440, 720), TAU_STATUS_USAGE);
    cr_assert_eq(create(REPLAY_CANONICAL, 100, 100, 1440, 720), TAU_STATUS_USAGE);
    tau_page *page;
    const tau_figure_options options = tau_figure_default_options();
    cr_assert_eq(tau_page_create(&page, &options, NULL, 0, 0, 0, NULL, NULL, NULL), TAU_STATUS_USAGE);
}

/* ---- output ---- */

Test(picture, the_articles_style_has_the_articles_colours) {
    tau_page *page = make_page(REPLAY_CANONICAL, 0.5, sizes[0], TAU_FIGURE_STYLE_ARTICLE);
    const tau_color blue = find_shape(&page->charts[0], TAU_CHART_SHAPE_KIND_DOTS, 0)->look.color;
    const tau_color green = find_shape(&page->charts[0], TAU_CHART_SHAPE_KIND_DOTS, 1)->look.color;
    const tau_color right = find_shape(&page->charts[1], TAU_CHART_SHAPE_KIND_AREA, 0)->look.color;
    const tau_color metric = find_shape(&page->charts[3], TAU_CHART_SHAPE_KIND_LINE, 0)->look.color;
    const tau_color loss = find_shape(&page->charts[3], TAU_CHART_SHAPE_KIND_LINE, 1)->look.color;
    cr_assert(blue.b == 1 && blue.r == 0 && green.g == 0.5 && green.b == 0);
    cr_assert(right.r == 0 && right.g == 0 && right.b == 0 && metric.r == 0 && loss.r == 1 && loss.g == 0);
    tau_page_destroy(page);
}

Test(picture, every_format_is_written_and_carries_its_recipe) {
    const char *heads[] = {"\x89PNG", "<?xml", "%PDF"};
    for (int format = 0; format < 3; format++)
        for (int kind = REPLAY_CANONICAL; kind < REPLAY_COUNT; kind++) {
            tau_page *page = make_page((replay_kind)kind, 0.5, sizes[1], TAU_FIGURE_STYLE_DEFAULT);
            uint8_t *bytes;
            size_t size;
            cr_assert_eq(tau_page_encode(page, (tau_figure_format)format, &bytes, &size), TAU_STATUS_OK);
            cr_assert(size > 1000 && memcmp(bytes, heads[format], 4) == 0);
            tau_mem_free(bytes);
            tau_page_destroy(page);
        }
}

/* ---- pixels ---- */

static uint32_t pixel_at(const tau_page *page, const uint32_t *pixels, double x, double y) {
    const tau_chart *chart = &page->charts[0];
    double scale = page->plan.dpi / 72;
    int column = (int)(tau_chart_get_x(chart, x) * scale),
        row = (int)(tau_chart_get_y(chart, y, false) * scale);
    return pixels[row * page->plan.pixel_width + column] & 0xffffff;
}

/* Above the boundary class 1, below class 0; the sheet ends where the mesh does. */
Test(picture, the_sheet_shows_what_is_decided_where) {
    const double mesh[] = {0, 0, 1, 0, 0, 1, 1, 1};
    const float values[] = {0.05f, 0.05f, 0.95f, 0.95f};
    const tau_feature_frame frame = {.dims = 2,
                                     .axis = {"x1", "x2"},
                                     .class_count = 2,
                                     .mesh_rows = 2,
                                     .mesh_columns = 2,
                                     .mesh = mesh,
                                     .planes = 1,
                                     .probability = values};
    const tau_picture picture = {.kind = TAU_PICTURE_KIND_FEATURES,
                                 .features = {.frame = &frame, .low = {-1, -1, 0}, .high = {2, 2, 0}}};
    tau_figure_options options = tau_figure_default_options();
    options.pixel_width = 400, options.pixel_height = 400;
    tau_page *page;
    cr_assert_eq(tau_page_create(&page, &options, &picture, 1, 0, 0, NULL, NULL, NULL), TAU_STATUS_OK);
    uint32_t *pixels;
    cr_assert_eq(TAU_ALLOC(pixels, 400 * 400), TAU_STATUS_OK);
    cr_assert_eq(tau_page_render(page, pixels), TAU_STATUS_OK);
    uint32_t below = pixel_at(page, pixels, 0.5, 0.1), above = pixel_at(page, pixels, 0.5, 0.9);
    cr_assert((below & 0xff) > (below >> 16), "class 0 is bluish: %06x", below);
    cr_assert((above & 0xff) < (above >> 16), "class 1 is reddish: %06x", above);
    cr_assert_eq(pixel_at(page, pixels, 1.5, 0.5), 0xffffff);
    cr_assert_eq(pixel_at(page, pixels, -0.5, -0.5), 0xffffff);
    tau_mem_free(pixels);
    tau_page_destroy(page);
}

Test(picture, every_picture_can_be_drawn_as_a_frame) {
    for (int kind = 0; kind < REPLAY_COUNT; kind++) {
        tau_page *page = make_page((replay_kind)kind, 0.9, sizes[1], TAU_FIGURE_STYLE_DEFAULT);
        int width, height;
        uint32_t *pixels;
        tau_page_get_size(page, &width, &height);
        cr_assert(width == 640 && height == 360);
        cr_assert_eq(TAU_ALLOC(pixels, 640 * 360), TAU_STATUS_OK);
        cr_assert_eq(tau_page_render(page, pixels), TAU_STATUS_OK);
        size_t coloured = 0;
        for (size_t i = 0; i < 640 * 360; i++) coloured += (pixels[i] & 0xffffff) != 0xffffff;
        cr_assert_gt(coloured, 2000, "%s", replay_get_name((replay_kind)kind));
        tau_mem_free(pixels);
        tau_page_destroy(page);
    }
}
