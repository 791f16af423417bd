#include <criterion/criterion.h>
#include <string.h>

#include "core/file.h"
#include "scratch.h"
#include "viewer/offscreen.h"
#include "viewer/program.h"
#include "viewer/renderer.h"

static tau_offscreen *begin(void) {
    tau_offscreen *offscreen;
    cr_assert_eq(tau_offscreen_create(&offscreen), TAU_STATUS_OK, "%s", tau_error_last()->why);
    return offscreen;
}

/* All shaders but `other`, which has the text given. Returns their folder. */
static const char *write_shaders(const char *other, const char *text) {
    for (const tau_shader *shader = tau_shaders; shader->name; shader++) {
        const char *content = strcmp(shader->name, other) == 0 ? text : shader->text;
        cr_assert_eq(tau_file_write(scratch(shader->name), content, strlen(content)), TAU_STATUS_OK);
    }
    return scratch(".");
}

Test(programs, every_pair_of_shaders_compiles_and_links) {
    tau_offscreen *offscreen = begin();
    int pairs = 0;
    for (const tau_shader *shader = tau_shaders; shader->name; shader++) {
        char name[64] = "";
        const char *dot = strchr(shader->name, '.');
        cr_assert(dot);
        if (strcmp(dot, ".vert") != 0) continue;
        strncat(name, shader->name, (size_t)(dot - shader->name));
        unsigned program;
        cr_expect_eq(tau_program_create(&program, name, NULL), TAU_STATUS_OK, "%s: %s", name,
                     tau_error_last()->why);
        cr_expect_neq(program, 0);
        pairs++;
    }
    cr_assert_eq(pairs, 4);
    tau_offscreen_destroy(offscreen);
}

Test(programs, a_broken_shader_is_an_error_with_the_words_of_the_compiler) {
    tau_offscreen *offscreen = begin();
    const char *folder =
        write_shaders("surface.frag", "#version 330 core\nvoid main() { colour = vec4(1.0); }\n");
    tau_renderer *renderer;
    cr_assert_eq(tau_renderer_create(&renderer, folder), TAU_STATUS_INPUT);
    cr_assert_null(renderer);
    cr_assert(strstr(tau_error_last()->what, "surface.frag"), "%s", tau_error_last()->what);
    cr_assert(strstr(tau_error_last()->why, "colour"), "%s", tau_error_last()->why);
    tau_offscreen_destroy(offscreen);
}

Test(programs, shaders_that_do_not_fit_together_are_an_error) {
    tau_offscreen *offscreen = begin();
    const char *folder = write_shaders("gap.frag", "#version 330 core\nin float plane;\nout vec4 result;\n"
                                                   "void main() { result = vec4(plane); }\n");
    unsigned program;
    cr_assert_eq(tau_program_create(&program, "gap", folder), TAU_STATUS_INPUT);
    cr_assert(strstr(tau_error_last()->what, "link"), "%s", tau_error_last()->what);
    cr_assert_eq(program, 0);
    tau_offscreen_destroy(offscreen);
}

Test(programs, a_missing_shader_names_its_file) {
    tau_offscreen *offscreen = begin();
    unsigned program;
    cr_assert_eq(tau_program_create(&program, "surface", "/nowhere/at/all"), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->what, "surface.vert"), "%s", tau_error_last()->what);
    tau_offscreen_destroy(offscreen);
}

Test(programs, after_a_reload_that_fails_the_old_shaders_stay) {
    tau_offscreen *offscreen = begin();
    const char *folder = write_shaders("", "");
    tau_renderer *renderer;
    cr_assert_eq(tau_renderer_create(&renderer, folder), TAU_STATUS_OK, "%s", tau_error_last()->why);
    write_shaders("stroke.vert", "nonsense");
    cr_assert_eq(tau_renderer_reload(renderer), TAU_STATUS_INPUT);
    const tau_scene scene = {.title = "still drawn"};
    const tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    uint8_t rgba[64 * 64 * 4];
    cr_assert_eq(tau_renderer_draw_image(renderer, &scene, &view, 64, 64, 1, false, rgba), TAU_STATUS_OK);
    write_shaders("", "");
    cr_assert_eq(tau_renderer_reload(renderer), TAU_STATUS_OK);
    tau_renderer_destroy(renderer);
    tau_offscreen_destroy(offscreen);
    tau_figure_finish();
}
