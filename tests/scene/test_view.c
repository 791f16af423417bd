#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "scene/view.h"

static tau_status read_text(tau_view *view, const char *text) {
    return tau_view_read_json(view, text, strlen(text));
}

Test(view, survives_the_way_through_text) {
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_MAP), back = tau_view_get_default(TAU_VIEW_KIND_LINE);
    view.camera.yaw = -123.456789012345678;
    view.camera.target[2] = 1.0 / 3;
    view.camera.orthographic = true;
    view.map_lo[1] = -1e-17;
    view.map_hi[1] = 1e35;
    view.log = view.dark = view.wireframe = true;
    view.isolines = view.light = false;
    view.range_lo = 0.1;
    view.clip = 2.3025850929940459;
    view.stretch = 2.5;
    view.level_count = 17;
    view.time = 12.25;
    view.comet = 40;
    strcpy(view.colormap, "maps/größe.png");
    char *text, *again;
    cr_assert_eq(tau_view_write_json(&view, &text), TAU_STATUS_OK);
    cr_assert_eq(read_text(&back, text), TAU_STATUS_OK, "%s", tau_error_last()->why);
    cr_assert_eq(back.kind, TAU_VIEW_KIND_MAP);
    cr_assert_eq(back.camera.yaw, view.camera.yaw);
    cr_assert_eq(back.camera.target[2], view.camera.target[2]);
    cr_assert_eq(back.map_lo[1], -1e-17);
    cr_assert(isnan(back.map_lo[0]) && isnan(back.range_hi));
    cr_assert_str_eq(back.colormap, view.colormap);
    cr_assert_eq(tau_view_write_json(&back, &again), TAU_STATUS_OK);
    cr_assert_str_eq(text, again);
    tau_mem_free(text);
    tau_mem_free(again);
}

Test(view, keys_that_are_absent_keep_their_values) {
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.stretch = 3;
    view.camera.distance = 7;
    cr_assert_eq(read_text(&view, "{\"log\": true, \"camera\": {\"yaw\": 5}}"), TAU_STATUS_OK);
    cr_assert(view.log && view.stretch == 3 && view.camera.yaw == 5 && view.camera.distance == 7);
}

Test(view, whole_numbers_and_null_are_taken_where_they_make_sense) {
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.clip = 4;
    cr_assert_eq(read_text(&view, "{\"clip\": null, \"stretch\": 2, \"map_lo\": [null, -1]}"), TAU_STATUS_OK);
    cr_assert(isnan(view.clip) && view.stretch == 2 && isnan(view.map_lo[0]) && view.map_lo[1] == -1);
}

static void assert_refused(const char *text, const char *word) {
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE), before;
    before = view;
    cr_assert_eq(read_text(&view, text), TAU_STATUS_INPUT, "accepted %s", text);
    cr_assert(strstr(tau_error_last()->why, word), "%s: %s", text, tau_error_last()->why);
    cr_assert_eq(memcmp(&view, &before, sizeof view), 0, "changed by %s", text);
}

Test(view, hostile_text_is_refused_by_name_and_changes_nothing) {
    static const char *const cases[][2] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {"[]", "not one JSON object"},
        {"3", "not JSON"},
        {"{\"log\": true} x", "not JSON"},
        {"{\"log\": true, \"log\": false}", "not JSON"},
        {"{\"log\": true, \"nonsense\": 1}", "nonsense"},
        {"{\"log\": 1}", "log"},
        {"{\"log\": true, \"kind\": \"globe\"}", "kind"},
        {"{\"kind\": 2}", "kind"},
        {"{\"stretch\": 0}", "stretch"},
        {"{\"stretch\": 1e300}", "stretch"},
        {"{\"stretch\": 1e999}", "not JSON"},
        {"{\"stretch\": NaN}", "not JSON"},
        {"{\"stretch\": null}", "stretch"},
        {"{\"stretch\": \"2\"}", "stretch"},
        {"{\"level_count\": 2.5}", "level_count"},
        {"{\"level_count\": -1}", "level_count"},
        {"{\"level_count\": 9223372036854775807}", "level_count"},
        {"{\"comet\": 99999999999}", "comet"},
        {"{\"map_lo\": [1]}", "map_lo"},
        {"{\"map_lo\": {\"0\": 1}}", "map_lo"},
        {"{\"map_lo\": [1, \"a\"]}", "map_lo"},
        {"{\"map_lo\": [2, 0], \"map_hi\": [1, 1]}", "map_hi"},
        {"{\"range_lo\": 1, \"range_hi\": 1}", "range_hi"},
        {"{\"colormap\": \"\"}", "colormap"},
        {"{\"colormap\": \"a\\u0000b\"}", "not JSON"},
        {"{\"colormap\": \"\xff\"}", "not JSON"},
        {"{\"camera\": 1}", "camera"},
        {"{\"camera\": null}", "camera"},
        {"{\"camera\": {\"yaw\": 400}}", "yaw"},
        {"{\"camera\": {\"pitch\": 91}}", "pitch"},
        {"{\"camera\": {\"distance\": 0}}", "distance"},
        {"{\"camera\": {\"field_of_view\": 180}}", "field_of_view"},
        {"{\"camera\": {\"target\": [0, 0, 1e9]}}", "target"},
        {"{\"camera\": {\"log\": true}}", "log"},
        {"{\"time\": -1}", "time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_refused(cases[i][0], cases[i][1]);
}

Test(view, long_names_and_deep_or_huge_texts_are_refused) {
    char text[600] = "{\"colormap\": \"", deep[20000];
    memset(text + strlen(text), 'a', 256);
    strcat(text, "\"}");
    assert_refused(text, "colormap");
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_refused(deep, "not JSON");
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    cr_assert_eq(tau_view_read_json(&view, text, (size_t)1 << 40), TAU_STATUS_INPUT);
    cr_assert_eq(tau_view_read_json(&view, "{\"log\":true}\0", 13), TAU_STATUS_INPUT);
}

/* Every text cut short is refused or, at its full length, taken. */
Test(view, truncated_text_is_refused) {
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE), copy;
    char *text;
    cr_assert_eq(tau_view_write_json(&view, &text), TAU_STATUS_OK);
    for (size_t size = 0; size < strlen(text); size++) {
        copy = view;
        cr_assert_eq(tau_view_read_json(&copy, text, size), TAU_STATUS_INPUT, "cut at %zu", size);
    }
    tau_mem_free(text);
}
