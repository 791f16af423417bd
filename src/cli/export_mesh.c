/* Landscapes as meshes of other programs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/files.h"
#include "core/memory.h"
#include "scene/mesh_file.h"
#include "store/landscape.h"

/* A landscape as a scene. */
typedef struct subject {
    tau_landscape *landscape;
    tau_field field;
    tau_path *paths;
    char *recipe;
    tau_scene scene;
} subject;

static void clear(subject *s) {
    tau_landscape_destroy(s->landscape);
    tau_mem_free(s->paths);
    free(s->recipe);
}

/* A true loss says nothing about the height of a surface of something else. */
static tau_status take_paths(subject *s, bool is_loss) {
    size_t count = (size_t)s->landscape->projection_count;
    TAU_TRY(TAU_ALLOC(s->paths, count));
    for (size_t p = 0; p < count; p++) {
        const tau_landscape_projection *projection = &s->landscape->projections[p];
        s->paths[p] = (tau_path){.count = projection->count,
                                 .coords = (const double(*)[2])projection->coords,
                                 .step = projection->step,
                                 .loss_true = is_loss ? projection->loss_true : NULL,
                                 .residual = projection->residual,
                                 .label = projection->group};
    }
    s->scene.paths = s->paths;
    s->scene.path_count = count;
    return TAU_STATUS_OK;
}

static tau_status open_subject(subject *s, const tau_cli *cli, const char *path) {
    *s = (subject){0};
    TAU_TRY(tau_cli_read_landscape(&s->landscape, path, tau_cli_get(&cli->arguments, "group")));
    if (tau_export_get_only_axis(s->landscape) >= 0)
        return tau_fail(TAU_STATUS_USAGE,
                        "a mesh stands over a plane" TAU_WHY "%s is a line" TAU_FIX
                        "export it as csv, or compute a plane",
                        path);
    tau_export_quantity quantity;
    TAU_TRY(tau_export_choose_quantity(&quantity, cli, s->landscape, path));
    s->field = tau_export_make_field(&quantity, s->landscape);
    s->scene.field = &s->field;
    s->recipe = tau_export_publish_recipe(s->landscape);
    return take_paths(s, quantity.is_loss);
}

static tau_status get_view(tau_view *view, const tau_cli_arguments *a) {
    *view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    const char *state = tau_cli_get(a, "state"), *range = tau_cli_get(a, "range-loss"),
               *colormap = tau_cli_get(a, "colormap");
    if (state) TAU_TRY(tau_export_read_view(view, state));
    if (range) TAU_TRY(tau_cli_parse_range(&view->range_lo, &view->range_hi, range, "--range-loss"));
    if (colormap && strlen(colormap) >= sizeof view->colormap)
        return tau_fail(TAU_STATUS_USAGE, "--colormap: the name is too long");
    if (colormap) snprintf(view->colormap, sizeof view->colormap, "%s", colormap);
    TAU_TRY(tau_cli_get_real(a, "clip", &view->clip, -INFINITY, INFINITY));
    if (tau_cli_has(a, "log")) view->log = true;
    if (tau_cli_has(a, "no-path")) view->paths = false;
    return TAU_STATUS_OK;
}

static tau_status write_one(const tau_cli *cli, const char *path, const char *out, tau_mesh_format format,
                            const tau_view *view) {
    subject s;
    tau_status status = open_subject(&s, cli, path);
    if (status == TAU_STATUS_OK && !cli->dry_run)
        status = tau_mesh_file_write(out, format, &s.scene, view, s.recipe);
    clear(&s);
    return status;
}

/* ---- series ---- */

/* "dir/series.pvd" -> "dir/series_007.vts"; `name` is its part behind the folder. */
static tau_status name_part(char **out, const char **name, const char *series, int index) {
    size_t stem = (size_t)(strrchr(series, '.') - series);
    TAU_TRY(tau_string_format(out, "%.*s_%03d.vts", (int)stem, series, index));
    const char *slash = strrchr(*out, '/');
    *name = slash ? slash + 1 : *out;
    return TAU_STATUS_OK;
}

static tau_status write_part(tau_cli *cli, const char *path, const char *part, const tau_view *view) {
    TAU_TRY(write_one(cli, path, part, TAU_MESH_FORMAT_VTS, view));
    if (!cli->dry_run) tau_cli_say(cli, "wrote %s", part);
    return TAU_STATUS_OK;
}

static tau_status write_series(tau_cli *cli, const char *out, const tau_view *view) {
    const tau_cli_arguments *a = &cli->arguments;
    size_t count = (size_t)a->positional_count;
    char **parts = NULL;
    const char **names = NULL;
    tau_status status = TAU_ALLOC(parts, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(names, count);
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) {
        status = name_part(&parts[i], &names[i], out, (int)i);
        if (status == TAU_STATUS_OK) status = tau_export_check_output(cli, parts[i]);
    }
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++)
        status = write_part(cli, a->positional[i], parts[i], view);
    if (status == TAU_STATUS_OK && !cli->dry_run) status = tau_mesh_file_write_pvd(out, names, NULL, count);
    for (size_t i = 0; parts && i < count; i++) tau_mem_free(parts[i]);
    tau_mem_free(parts);
    tau_mem_free(names);
    return status;
}

tau_status tau_export_mesh(tau_cli *cli, const char *out) {
    static const struct {
        const char *extension;
        tau_mesh_format format;
    } formats[] = {{"vts", TAU_MESH_FORMAT_VTS},
                   {"vtp", TAU_MESH_FORMAT_VTP},
                   {"ply", TAU_MESH_FORMAT_PLY},
                   {"obj", TAU_MESH_FORMAT_OBJ},
                   {"glb", TAU_MESH_FORMAT_GLB}};
    const char *extension = tau_export_get_extension(out);
    tau_view view;
    TAU_TRY(get_view(&view, &cli->arguments));
    if (strcmp(extension, "pvd") == 0) return write_series(cli, out, &view);
    if (cli->arguments.positional_count != 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "a .%s holds one landscape" TAU_FIX
                        "export the files one by one, or as a series: -o FILE.pvd",
                        extension);
    size_t i = 0;
    while (strcmp(formats[i].extension, extension) != 0) i++;
    return write_one(cli, cli->arguments.positional[0], out, formats[i].format, &view);
}
