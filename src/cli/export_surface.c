/* A landscape as a surface, drawn by the plugin of OpenGL without a window. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/export_states.h"
#include "cli/files.h"
#include "cli/plugins.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "figure/animation.h"
#include "figure/image.h"
#include "figure/mesh.h"

enum { STATE_LIMIT = 1 << 20 };

/* Points of the page and of the type where nothing else is asked for. */
#define PAGE_WIDTH  460.8
#define PAGE_HEIGHT 345.6
#define TYPE        10.0
#define TYPE_SMALL  8.0 /* of an article */

/* Of films. */
#define FILM_WIDTH   1280
#define FILM_HEIGHT  720
#define FILM_SECONDS 10.0
#define FILM_FPS     15.0
#define FILM_FRAMES  100000.0

/* Everything a picture borrows while it is drawn. */
typedef struct surface {
    tau_cli *cli;
    tau_landscape *landscape;
    tau_field field;
    tau_path *paths;
    char labels[2][64];
    tau_scene scene;
    tau_view view;
    bool posed; /* the camera was given */
    bool is_film;
    int width, height;
    double dpi, scale;
    char *recipe;
} surface;

static void clear(surface *s) {
    tau_landscape_destroy(s->landscape);
    tau_mem_free(s->paths);
    free(s->recipe);
}

/* ---- what is drawn ---- */

/* A true loss says nothing about the height of a surface of something else: there the path lies on it. */
static tau_status add_paths(surface *s, bool is_loss) {
    const tau_landscape *l = s->landscape;
    size_t count = (size_t)l->projection_count;
    TAU_TRY(TAU_ALLOC(s->paths, count));
    s->scene.paths = s->paths;
    for (size_t k = 0; k < count; k++) {
        const tau_landscape_projection *projection = &l->projections[k];
        if (!tau_export_is_path_visible(l, projection)) continue;
        s->paths[s->scene.path_count++] = (tau_path){.count = projection->count,
                                                     .coords = (const double(*)[2])projection->coords,
                                                     .step = projection->step,
                                                     .loss_true = is_loss ? projection->loss_true : NULL,
                                                     .label = count > 1 ? projection->group : "trajectory"};
    }
    return TAU_STATUS_OK;
}

/* What other figures take and a surface does not is said, not ignored. */
static tau_status check_options(const surface *s) {
    const tau_cli_arguments *a = &s->cli->arguments;
    const char *figure = tau_cli_get(a, "figure");
    if (a->positional_count != 1 || tau_cli_get_nth(a, "figure", 1))
        return tau_fail(TAU_STATUS_USAGE,
                        "one surface is drawn at a time" TAU_FIX "export the files one by one");
    if (tau_cli_has(a, "layout"))
        return tau_fail(TAU_STATUS_USAGE, "--layout does not go with a surface" TAU_WHY
                                          "one is drawn at a time" TAU_FIX "leave --layout out");
    if (figure && !tau_export_is_figure(figure, "surface"))
        return tau_fail(TAU_STATUS_USAGE,
                        "a film of a landscape shows its surface" TAU_WHY "--figure is %s" TAU_FIX
                        "leave --figure out, or write a picture: -o FILE.png",
                        figure);
    if (tau_cli_get(a, "font"))
        return tau_fail(TAU_STATUS_USAGE, "a surface is lettered in DejaVu Sans" TAU_FIX "leave --font out");
    return TAU_STATUS_OK;
}

static tau_status read_landscape(surface *s) {
    const tau_cli_arguments *a = &s->cli->arguments;
    TAU_TRY(check_options(s));
    TAU_TRY(tau_cli_read_landscape(&s->landscape, a->positional[0], tau_cli_get(a, "group")));
    const tau_landscape *l = s->landscape;
    if (tau_export_get_only_axis(l) >= 0)
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no surface over %s" TAU_WHY "it is a line" TAU_FIX
                        "write a picture without --figure surface: -o FILE.png",
                        a->positional[0]);
    const char *x = tau_cli_get(a, "xlabel"), *y = tau_cli_get(a, "ylabel");
    tau_export_quantity quantity;
    TAU_TRY(tau_export_choose_quantity(&quantity, s->cli, l, a->positional[0]));
    s->field = tau_export_make_field(&quantity, l);
    for (int axis = 0; axis < 2; axis++) tau_export_name_axis(s->labels[axis], l, axis);
    s->scene = (tau_scene){.field = &s->field,
                           .version = 1,
                           .title = tau_cli_get(a, "title"),
                           .xlabel = x ? x : s->labels[0],
                           .ylabel = y ? y : s->labels[1],
                           .zlabel = s->field.name};
    return tau_cli_has(a, "no-path") ? TAU_STATUS_OK : add_paths(s, quantity.is_loss);
}

/* ---- how it is drawn ---- */

tau_status tau_export_read_view(tau_view *view, const char *path) {
    uint8_t *text;
    size_t size;
    TAU_TRY(tau_file_read(&text, &size, path, STATE_LIMIT));
    tau_status status = tau_view_read_json(view, (const char *)text, size);
    tau_mem_free(text);
    if (status != TAU_STATUS_OK) return tau_error_context("cannot read the view %s", path);
    if (view->kind == TAU_VIEW_KIND_SURFACE) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "%s is no view of a surface" TAU_FIX "save one while a surface is shown", path);
}

/* Angles may be negative and need not ascend, unlike those of a range. */
static tau_status parse_camera(surface *s, const char *text) {
    char yaw[64] = "";
    size_t length = strcspn(text, ":");
    if (text[length] != ':' || length >= sizeof yaw)
        return tau_fail(TAU_STATUS_USAGE,
                        "--camera: \"%s\" is no direction" TAU_FIX "write YAW:PITCH, as in 30:30", text);
    memcpy(yaw, text, length);
    TAU_TRY(tau_cli_parse_real(&s->view.camera.yaw, yaw, "--camera"));
    TAU_TRY(tau_cli_parse_real(&s->view.camera.pitch, text + length + 1, "--camera"));
    if (!(fabs(s->view.camera.yaw) <= 3600 && fabs(s->view.camera.pitch) <= 90))
        return tau_fail(TAU_STATUS_USAGE, "--camera: the pitch goes from -90 to 90 degrees");
    return TAU_STATUS_OK;
}

static tau_status parse_view(surface *s) {
    const tau_cli_arguments *a = &s->cli->arguments;
    const char *state = tau_cli_get(a, "state"), *camera = tau_cli_get(a, "camera"),
               *range = tau_cli_get(a, "range-loss"), *colormap = tau_cli_get(a, "colormap"),
               *levels = tau_cli_get(a, "levels");
    tau_view *v = &s->view;
    *v = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    if (state) TAU_TRY(tau_export_read_view(v, state));
    s->posed = state != NULL;
    if (camera) TAU_TRY(parse_camera(s, camera));
    if (camera) s->posed = false;
    if (range) TAU_TRY(tau_cli_parse_range(&v->range_lo, &v->range_hi, range, "--range-loss"));
    if (colormap && strlen(colormap) >= sizeof v->colormap)
        return tau_fail(TAU_STATUS_USAGE, "--colormap: the name of the file is too long");
    if (colormap) snprintf(v->colormap, sizeof v->colormap, "%s", colormap);
    if (levels && strchr(levels, ','))
        return tau_fail(TAU_STATUS_USAGE,
                        "--levels: a surface takes their number only" TAU_FIX "write --levels 14");
    uint64_t count = (uint64_t)v->level_count;
    if (levels) TAU_TRY(tau_cli_get_count(a, "levels", &count, 1, 64));
    v->level_count = (int)count;
    TAU_TRY(tau_cli_get_real(a, "clip", &v->clip, -INFINITY, INFINITY));
    if (tau_cli_has(a, "log")) v->log = true;
    if (s->field.share) v->log = false; /* a view that was saved of the loss */
    if (tau_cli_has(a, "dark")) v->dark = true;
    if (tau_cli_has(a, "no-colorbar")) v->colorbar = false;
    return TAU_STATUS_OK;
}

/* A size in pixels makes a page whose shorter side is five inches, wide ones as for other figures; otherwise
 * the page is so many points.
 */
static tau_status parse_size(surface *s) {
    const tau_cli_arguments *a = &s->cli->arguments;
    const char *size = tau_cli_get(a, "size"), *width = tau_cli_get(a, "width"),
               *height = tau_cli_get(a, "height"), *type = tau_cli_get(a, "font-size"),
               *style = tau_cli_get(a, "style");
    double page_width = PAGE_WIDTH, page_height = PAGE_HEIGHT,
           points = style && strcmp(style, "article") == 0 ? TYPE_SMALL : TYPE;
    TAU_TRY(tau_cli_get_real(a, "dpi", &s->dpi, 10, 4800));
    if (type) TAU_TRY(tau_export_parse_length(&points, type, "--font-size"));
    if (s->is_film && !size && !width && !height && !(s->dpi > 0)) {
        s->width = FILM_WIDTH, s->height = FILM_HEIGHT;
        s->dpi = FILM_HEIGHT / 5.0;
    } else if (size) {
        TAU_TRY(tau_cli_parse_pixels(&s->width, &s->height, size, "--size", 16, 32767));
        if (!(s->dpi > 0)) s->dpi = (s->width < s->height ? s->width : s->height) / 5.0;
    } else {
        if (width) TAU_TRY(tau_export_parse_length(&page_width, width, "--width"));
        if (height) TAU_TRY(tau_export_parse_length(&page_height, height, "--height"));
        if (width && !height) page_height = page_width * PAGE_HEIGHT / PAGE_WIDTH;
        if (height && !width) page_width = page_height * PAGE_WIDTH / PAGE_HEIGHT;
        if (!(s->dpi > 0)) s->dpi = 300;
        double most = fmax(page_width, page_height) * s->dpi / 72;
        if (most > 32767)
            return tau_fail(TAU_STATUS_USAGE,
                            "a picture of %.0f pixels is too large" TAU_FIX "choose a lower --dpi", most);
        s->width = (int)lrint(page_width * s->dpi / 72), s->height = (int)lrint(page_height * s->dpi / 72);
    }
    s->scale = s->dpi / 96 * points / TYPE;
    if (s->width >= 16 && s->height >= 16) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "a picture of %d × %d pixels is too small" TAU_FIX "choose a larger size", s->width,
                    s->height);
}

/* The whole box is seen, unless the camera was given with its distance; in a film all the time. */
static tau_status fit_camera(surface *s, const tau_viewer *viewer, void *session, double turn) {
    if (s->posed) return TAU_STATUS_OK;
    return viewer->fit(session, &s->scene, &s->view, s->width, s->height, s->scale, turn, &s->view.camera);
}

/* ---- the file ---- */

static tau_status draw(surface *s, const tau_viewer *viewer, void *session, uint8_t *rgba, const char *out) {
    const char *extension = tau_export_get_extension(out);
    bool pdf = strcmp(extension, "pdf") == 0, svg = strcmp(extension, "svg") == 0;
    bool transparent = tau_cli_has(&s->cli->arguments, "transparent");
    tau_image image = {.width = s->width,
                       .height = s->height,
                       .rgba = rgba,
                       .dpi = s->dpi,
                       .paper = !transparent,
                       .ground = s->view.dark ? (tau_color){0.102, 0.110, 0.125} : (tau_color){1, 1, 1},
                       .title = s->scene.title,
                       .recipe = s->recipe};
    TAU_TRY(fit_camera(s, viewer, session, 0));
    if (!pdf && !svg) {
        TAU_TRY(
            viewer->render(session, &s->scene, &s->view, s->width, s->height, s->scale, transparent, rgba));
        return tau_image_write(&image, out, TAU_FIGURE_FORMAT_PNG);
    }
    TAU_TRY(viewer->render_layers(session, &s->scene, &s->view, s->width, s->height, s->scale, rgba,
                                  &image.overlay));
    return tau_image_write(&image, out, pdf ? TAU_FIGURE_FORMAT_PDF : TAU_FIGURE_FORMAT_SVG);
}

/* ---- films ---- */

/* A film while it is drawn. */
typedef struct film {
    surface *surface;
    const tau_viewer *viewer;
    void *session;
    size_t count;
    double yaw, turn; /* degrees: at the start, and from there to the end */
    double last;      /* state that the film ends at; NaN = the training is not played */
} film;

static tau_status draw_frame(void *payload, size_t index, uint8_t *pixels) {
    const film *f = payload;
    surface *s = f->surface;
    /* The frame after the last would be the first again. */
    s->view.camera.yaw = f->yaw + f->turn * (double)index / (double)f->count;
    if (!isnan(f->last)) s->view.time = f->last * (f->count > 1 ? (double)index / (double)(f->count - 1) : 1);
    return f->viewer->render(f->session, &s->scene, &s->view, s->width, s->height, s->scale, false, pixels);
}

static tau_status find_last(film *f) {
    const tau_scene *scene = &f->surface->scene;
    f->last = NAN;
    if (!tau_cli_has(&f->surface->cli->arguments, "play")) return TAU_STATUS_OK;
    for (size_t i = 0; i < scene->path_count; i++)
        f->last = fmax(isnan(f->last) ? 0 : f->last, (double)scene->paths[i].count - 1);
    if (!isnan(f->last)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "there is no training to play" TAU_WHY "%s has no trajectory that can be seen" TAU_FIX
                    "add one with tauscape trace, or leave --play out",
                    f->surface->cli->arguments.positional[0]);
}

static tau_status plan_film(film *f, double *fps) {
    const tau_cli_arguments *a = &f->surface->cli->arguments;
    const char *duration = tau_cli_get(a, "duration");
    double seconds = FILM_SECONDS;
    *fps = FILM_FPS;
    f->turn = 360;
    f->yaw = f->surface->view.camera.yaw;
    TAU_TRY(tau_cli_get_real(a, "fps", fps, 0.01, 1000));
    TAU_TRY(tau_cli_get_real(a, "turn", &f->turn, -3600, 3600));
    if (duration) TAU_TRY(tau_export_parse_duration(&seconds, duration));
    if (seconds * *fps > FILM_FRAMES)
        return tau_fail(TAU_STATUS_USAGE,
                        "a film of %.0f frames is too long" TAU_FIX "lower --fps or --duration",
                        seconds * *fps);
    f->count = (size_t)fmax(round(seconds * *fps), 1);
    return find_last(f);
}

static tau_status write_film(surface *s, const tau_viewer *viewer, void *session, const char *out) {
    film f = {.surface = s, .viewer = viewer, .session = session};
    tau_animation_options options = {.width = s->width,
                                     .height = s->height,
                                     .order = TAU_PIXEL_ORDER_RGBA,
                                     .title = s->scene.title,
                                     .recipe = s->recipe,
                                     .replace = s->cli->force,
                                     .cancel = s->cli->cancel};
    TAU_TRY(plan_film(&f, &options.fps));
    TAU_TRY(fit_camera(s, viewer, session, f.turn));
    return tau_animation_write(out, &options, f.count, (tau_frame_source){draw_frame, &f}, s->cli->progress);
}

static tau_status write_file(surface *s, const char *out) {
    const tau_viewer *viewer;
    void *session;
    uint8_t *rgba = NULL;
    TAU_TRY(tau_cli_get_viewer(&viewer));
    TAU_TRY(viewer->begin(&session));
    tau_status status = tau_mem_alloc((void **)&rgba, (size_t)s->width * (size_t)s->height, 4);
    if (status == TAU_STATUS_OK)
        status = s->is_film ? write_film(s, viewer, session, out) : draw(s, viewer, session, rgba, out);
    tau_mem_free(rgba);
    viewer->end(session);
    return status;
}

/* An empty box would not say why. */
static tau_status note_holes(const surface *s) {
    tau_mesh mesh;
    TAU_TRY(tau_mesh_create(&mesh, &s->field, s->view.log));
    if (mesh.not_computed > 0 && !tau_mesh_has_cells(&mesh))
        tau_log(TAU_LOG_LEVEL_NOTE,
                "the surface is empty: %zu of %zu points are not computed, and no four neighbours are there. "
                "tauscape merge joins shards; --figure heatmap draws the points",
                mesh.not_computed, mesh.nx * mesh.ny);
    tau_mesh_release(&mesh);
    return TAU_STATUS_OK;
}

static tau_status compose(surface *s) {
    TAU_TRY(read_landscape(s));
    TAU_TRY(parse_view(s));
    TAU_TRY(note_holes(s));
    TAU_TRY(parse_size(s));
    s->recipe = tau_export_publish_recipe(s->landscape);
    return TAU_STATUS_OK;
}

tau_status tau_export_surface(tau_cli *cli, const char *out) {
    tau_animation_format format;
    surface s = {.cli = cli, .is_film = tau_animation_find_format(&format, out)};
    tau_status status = compose(&s);
    if (status == TAU_STATUS_OK && !cli->dry_run) status = write_file(&s, out);
    clear(&s);
    return status;
}
