#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "figure/plan.h"
#include "scenes.h"

#define PI 3.14159265358979323846

typedef struct page_size {
    double width, height; /* points */
    int pixel_width, pixel_height;
} page_size;

/* A column of a paper, a slide, a poster. */
static const page_size sizes[3] = {{234, 187.2, 0, 0}, {0, 0, 1280, 720}, {0, 0, 2400, 1800}};

static tau_plan *plan_scene(scene *s, scene_kind kind, page_size size) {
    scene_create(s, kind);
    s->figure.options.width = size.width, s->figure.options.height = size.height;
    s->figure.options.pixel_width = size.pixel_width, s->figure.options.pixel_height = size.pixel_height;
    if (size.width > 0) s->figure.options.style = TAU_FIGURE_STYLE_ARTICLE;
    /* Four panels need more than one column of a paper. */
    if (kind == SCENE_PANELS && size.width > 0) s->figure.options.width = 504, s->figure.options.height = 400;
    tau_plan *plan;
    cr_assert_eq(tau_plan_create(&plan, &s->figure), TAU_STATUS_OK, "%s: %s: %s", scene_get_name(kind),
                 tau_error_last()->what, tau_error_last()->why);
    return plan;
}

static size_t count_role(const tau_plan *plan, tau_text_role role) {
    size_t count = 0;
    for (size_t i = 0; i < plan->layout.label_count; i++) count += plan->layout.labels[i].role == role;
    return count;
}

TestSuite(layout, .fini = tau_figure_finish);

Test(layout, texts_neither_overlap_nor_leave_the_page) {
    for (int kind = 0; kind < SCENE_COUNT; kind++)
        for (int size = 0; size < 3; size++) {
            scene s;
            tau_plan *plan = plan_scene(&s, kind, sizes[size]);
            size_t a, b;
            bool fault = tau_layout_find_fault(&plan->layout, &a, &b);
            cr_assert_not(fault, "%s at size %d: \"%s\" and \"%s\"", scene_get_name(kind), size,
                          plan->layout.labels[a].text, plan->layout.labels[b].text);
            tau_plan_destroy(plan);
            scene_release(&s);
        }
}

/* Nothing may have been saved by leaving it out. */
Test(layout, every_picture_has_its_texts) {
    for (int kind = 0; kind < SCENE_COUNT; kind++)
        for (int size = 0; size < 3; size++) {
            scene s;
            tau_plan *plan = plan_scene(&s, kind, sizes[size]);
            const char *name = scene_get_name(kind);
            cr_assert_eq(count_role(plan, TAU_TEXT_ROLE_TITLE), 1, "%s", name);
            cr_assert_eq(count_role(plan, TAU_TEXT_ROLE_FOOTER), 1, "%s", name);
            cr_assert_eq(count_role(plan, TAU_TEXT_ROLE_LEGEND), plan->legend_count, "%s", name);
            cr_assert_geq(count_role(plan, TAU_TEXT_ROLE_AXIS_NAME), 2 * plan->panel_count, "%s", name);
            size_t ticks = 0;
            for (size_t i = 0; i < plan->panel_count; i++) {
                const tau_panel_plan *panel = &plan->panels[i];
                cr_assert(panel->x.ticks.count >= 2 && panel->y.ticks.count >= 2, "%s at size %d: %d, %d",
                          name, size, panel->x.ticks.count, panel->y.ticks.count);
                ticks += (size_t)(panel->x.ticks.count + panel->y.ticks.count + panel->right.ticks.count);
            }
            cr_assert_eq(count_role(plan, TAU_TEXT_ROLE_TICK), ticks, "%s at size %d", name, size);
            tau_plan_destroy(plan);
            scene_release(&s);
        }
}

Test(layout, plots_fill_most_of_the_page) {
    for (int size = 0; size < 3; size++) {
        scene s;
        tau_plan *plan = plan_scene(&s, SCENE_FILLED, sizes[size]);
        const tau_rect *plot = &plan->panels[0].plot;
        cr_assert_gt(plot->width * plot->height, 0.3 * plan->layout.width * plan->layout.height, "size %d",
                     size);
        tau_plan_destroy(plan);
        scene_release(&s);
    }
}

Test(layout, contour_labels_keep_clear_of_marks_and_frame) {
    scene s;
    tau_plan *plan = plan_scene(&s, SCENE_TRAJECTORY, sizes[1]);
    cr_assert_geq(count_role(plan, TAU_TEXT_ROLE_CONTOUR), 5);
    cr_assert_geq(plan->layout.obstacle_count, 10);
    for (size_t i = 0; i < plan->layout.label_count; i++) {
        const tau_label *label = &plan->layout.labels[i];
        if (label->role != TAU_TEXT_ROLE_CONTOUR) continue;
        cr_assert(tau_box_is_within(label->box, plan->panels[0].plot));
        for (size_t k = 0; k < plan->layout.obstacle_count; k++)
            cr_assert_not(tau_box_overlaps(label->box, plan->layout.obstacles[k]), "%s", label->text);
    }
    tau_plan_destroy(plan);
    scene_release(&s);
}

Test(layout, a_trajectory_names_its_start_end_and_steps) {
    scene s;
    tau_plan *plan = plan_scene(&s, SCENE_TRAJECTORY, sizes[1]);
    int start = 0, end = 0;
    for (size_t i = 0; i < plan->layout.label_count; i++) {
        start += strcmp(plan->layout.labels[i].text, "start") == 0;
        end += strcmp(plan->layout.labels[i].text, "end") == 0;
    }
    cr_assert(start == 1 && end == 1);
    cr_assert_geq(count_role(plan, TAU_TEXT_ROLE_MARK), 4);
    tau_plan_destroy(plan);
    scene_release(&s);
}

static void assert_note(scene_kind kind, const char *text) {
    scene s;
    tau_plan *plan = plan_scene(&s, kind, sizes[1]);
    int found = 0;
    for (size_t i = 0; i < plan->layout.label_count; i++)
        found += plan->layout.labels[i].role == TAU_TEXT_ROLE_NOTE &&
                 strcmp(plan->layout.labels[i].text, text) == 0;
    cr_assert_eq(found, 1, "%s lacks the note %s", scene_get_name(kind), text);
    tau_plan_destroy(plan);
    scene_release(&s);
}

Test(layout, what_cannot_be_seen_is_said) {
    assert_note(SCENE_CONSTANT, "constant: 2.3026");
    assert_note(SCENE_NAN, "no finite value");
}

Test(layout, panels_on_one_scale_share_levels_and_bar) {
    scene s;
    tau_plan *plan = plan_scene(&s, SCENE_PANELS, sizes[2]);
    cr_assert_gt(plan->bar.width, 0);
    cr_assert_eq(plan->panel_count, 4);
    for (size_t i = 1; i < plan->panel_count; i++) {
        cr_assert_eq(plan->panels[i].bar.width, 0);
        cr_assert_eq(plan->panels[i].scale.levels.count, plan->panels[0].scale.levels.count);
        cr_assert_eq(plan->panels[i].scale.levels.z[3], plan->panels[0].scale.levels.z[3]);
    }
    tau_plan_destroy(plan);
    scene_release(&s);
}

Test(layout, panels_on_their_own_scales_have_their_own_bars) {
    scene s;
    scene_create(&s, SCENE_PANELS);
    s.figure.options.share_scale = false;
    s.figure.options.pixel_width = 2400, s.figure.options.pixel_height = 1800;
    tau_plan *plan;
    cr_assert_eq(tau_plan_create(&plan, &s.figure), TAU_STATUS_OK);
    size_t a, b;
    cr_assert_not(tau_layout_find_fault(&plan->layout, &a, &b));
    cr_assert_eq(plan->panel_count, 4);
    for (size_t i = 0; i < plan->panel_count; i++) cr_assert_gt(plan->panels[i].bar.width, 0);
    cr_assert_neq(plan->panels[0].scale.lo, plan->panels[1].scale.lo);
    tau_plan_destroy(plan);
    scene_release(&s);
}

static double rough(double x, double y) {
    return fmod(fabs(sin(x * 12345.7 + y * 31141.1) * 43758.5453), 1);
}

/* Lines of noise would be a haze, and a file of many megabytes. */
Test(layout, a_field_too_rough_for_lines_is_drawn_as_cells) {
    scene s = {0};
    const tau_figure_panel panel = {.field = scene_add_field(&s, 600, 600, 1, rough)};
    const tau_figure figure = {.options = tau_figure_default_options(), .panels = &panel, .panel_count = 1};
    tau_plan *plan;
    cr_assert_eq(tau_plan_create(&plan, &figure), TAU_STATUS_OK);
    cr_assert(plan->panels[0].as_cells && plan->panels[0].scale.banded);
    cr_assert_null(plan->panels[0].lines);
    tau_plan_destroy(plan);
    scene_release(&s);
}

Test(layout, a_page_without_room_is_refused) {
    scene s;
    scene_create(&s, SCENE_PANELS);
    s.figure.options.width = s.figure.options.height = 72;
    tau_plan *plan;
    cr_assert_eq(tau_plan_create(&plan, &s.figure), TAU_STATUS_USAGE);
    cr_assert_null(plan);
    scene_release(&s);
}

Test(box, turned_boxes_overlap_only_where_they_meet) {
    tau_box flat = {0, 0, 10, 1, 0}, upright = {0, 0, 10, 1, PI / 2}, beside = {8, 8, 10, 1, PI / 4};
    cr_assert(tau_box_overlaps(flat, upright));
    cr_assert(tau_box_overlaps(flat, beside));
    beside.y = 12;
    cr_assert_not(tau_box_overlaps(flat, beside), "their bounding boxes meet, they do not");
    cr_assert_not(tau_box_is_within(upright, (tau_rect){-11, -9, 22, 18}));
    cr_assert(tau_box_is_within(flat, (tau_rect){-11, -9, 22, 18}));
}
