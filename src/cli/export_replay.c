/* From a recorded training to pictures and films. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/export_states.h"
#include "cli/files.h"
#include "cli/replay_views.h"
#include "cli/version.h"
#include "core/memory.h"
#include "figure/animation.h"
#include "store/deepreplay.h"

#define LIST_MAX    64
#define FILM_WIDTH  1280
#define FILM_HEIGHT 720
#define FILM_TURN   120.0 /* degrees that a space is turned in a film */

typedef struct show {
    tau_cli *cli;
    tau_replay *replay;
    tau_replay_views *views;
    tau_figure_options page;
    int rows, columns;
    const char *figures[LIST_MAX + 1], *definitions[LIST_MAX + 1];
    tau_export_states film;
    char footer[256];
    char *recipe; /* from jansson */
} show;

tau_status tau_export_is_recording(bool *out, const char *path) {
    bool hdf5;
    tau_file_kind kind;
    *out = false;
    TAU_TRY(tau_file_is_hdf5(&hdf5, path));
    if (!hdf5) return TAU_STATUS_OK;
    if (tau_deepreplay_recognise(out, path) == TAU_STATUS_OK && *out) return TAU_STATUS_OK;
    TAU_TRY(tau_file_find_kind(&kind, path));
    *out = kind == TAU_FILE_KIND_RUN;
    return TAU_STATUS_OK;
}

/* ---- options ---- */

static tau_status list_option(const tau_cli *cli, const char *name, const char *list[LIST_MAX + 1]) {
    int count = 0;
    for (const char *value; (value = tau_cli_get_nth(&cli->arguments, name, count)); list[count] = NULL) {
        if (count == LIST_MAX)
            return tau_fail(TAU_STATUS_USAGE,
                            "--%s was given more than %d times" TAU_FIX "draw fewer on a page", name,
                            LIST_MAX);
        list[count++] = value;
    }
    return TAU_STATUS_OK;
}

static tau_status check_definitions(const show *s) {
    for (int i = 0; s->definitions[i]; i++) {
        const char *equals = strchr(s->definitions[i], '=');
        if (!equals || equals == s->definitions[i] || !equals[1])
            return tau_fail(TAU_STATUS_USAGE,
                            "--define \"%s\" defines nothing" TAU_FIX
                            "write NAME=EXPRESSION, as in tpr=tp/(tp+fn)",
                            s->definitions[i]);
    }
    return TAU_STATUS_OK;
}

/* What the numbers came from; no host and no folder: pictures are published. */
static tau_status write_recipe(show *s) {
    const char *path = tau_replay_get_path(s->replay), *slash = strrchr(path, '/');
    const tau_samples *samples = tau_replay_get_samples(s->replay);
    json_t *figures = json_array();
    for (int i = 0; s->figures[i]; i++) json_array_append_new(figures, json_string(s->figures[i]));
    json_t *recipe =
        json_pack("{ss ss ss ss sI sI so}", "program", "tauscape " TAU_VERSION, "run",
                  slash ? slash + 1 : path, "group", tau_replay_get_group(s->replay), "loss",
                  tau_loss_name(tau_replay_get_loss(s->replay)), "samples", (json_int_t)samples->count,
                  "states", (json_int_t)tau_replay_get_state_count(s->replay), "figures", figures);
    s->recipe = recipe ? json_dumps(recipe, JSON_SORT_KEYS) : NULL;
    json_decref(recipe);
    snprintf(s->footer, sizeof s->footer, "%.60s · %.80s · %zu samples", tau_replay_get_group(s->replay),
             samples->source ? samples->source : "", samples->count);
    return TAU_STATUS_OK;
}

static tau_status open_show(show *s, bool film) {
    tau_cli *cli = s->cli;
    const tau_cli_arguments *a = &cli->arguments;
    tau_replay_options options = {
        .backend = tau_cli_get(a, "device"), .loss = tau_cli_get(a, "loss"), .cancel = cli->cancel};
    uint64_t samples = 0;
    if (a->positional_count > 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "pictures of trainings are made of one file at a time" TAU_FIX "name one run file");
    TAU_TRY(tau_export_get_page(cli, &s->page, &s->rows, &s->columns));
    TAU_TRY(list_option(cli, "figure", s->figures));
    TAU_TRY(list_option(cli, "define", s->definitions));
    TAU_TRY(check_definitions(s));
    TAU_TRY(tau_cli_get_count(a, "samples", &samples, 1, SIZE_MAX));
    options.samples = samples;
    TAU_TRY(tau_cli_get_pool(cli, &options.pool));
    TAU_TRY(tau_replay_open(&s->replay, a->positional[0], tau_cli_get(a, "group"), &options));
    const tau_replay_views_options views = {
        .figures = s->figures, .definitions = s->definitions, .film = film, .log = tau_cli_has(a, "log")};
    TAU_TRY(tau_replay_views_create(&s->views, s->replay, &views));
    return write_recipe(s);
}

static void close_show(show *s) {
    tau_export_states_clear(&s->film);
    tau_replay_views_destroy(s->views);
    tau_replay_close(s->replay);
    free(s->recipe);
}

/* ---- drawing ---- */

static tau_status make_page(show *s, size_t state, double turn, tau_page **page) {
    const tau_picture *pictures;
    size_t count;
    TAU_TRY(tau_replay_views_compute(s->views, state, turn, &pictures, &count));
    return tau_page_create(page, &s->page, pictures, count, s->rows, s->columns,
                           tau_cli_get(&s->cli->arguments, "title"), s->footer, s->recipe);
}

static tau_status draw_picture(show *s, const char *out) {
    size_t state;
    tau_page *page;
    TAU_TRY(tau_export_find_state(s->cli, s->replay, &state));
    TAU_TRY(make_page(s, state, 0, &page));
    tau_status status =
        s->cli->dry_run ? TAU_STATUS_OK : tau_page_write(page, out, tau_export_get_format(out));
    tau_page_destroy(page);
    return status;
}

static tau_status draw_frame(void *payload, size_t index, uint8_t *pixels) {
    show *s = payload;
    tau_page *page;
    double share = s->film.count > 1 ? (double)index / (double)(s->film.count - 1) : 0;
    TAU_TRY(make_page(s, s->film.states[index], FILM_TURN * share, &page));
    tau_status status = tau_page_render(page, (uint32_t *)(void *)pixels);
    tau_page_destroy(page);
    return status;
}

/* Lengths and resolution may set the size of a film too. */
static tau_status find_size(show *s, tau_animation_options *film) {
    tau_page *page;
    bool by_length = s->page.width > 0 || s->page.height > 0;
    if (s->page.pixel_width == 0 && !by_length)
        s->page.pixel_width = FILM_WIDTH, s->page.pixel_height = FILM_HEIGHT;
    if (by_length && !(s->page.dpi > 0)) s->page.dpi = 150;
    TAU_TRY(make_page(s, s->film.states[0], 0, &page));
    tau_page_get_size(page, &film->width, &film->height);
    tau_page_destroy(page);
    return TAU_STATUS_OK;
}

static tau_status draw_film(show *s, const char *out) {
    TAU_TRY(tau_export_find_states(s->cli, s->replay, &s->film));
    tau_animation_options film = {.fps = s->film.fps,
                                  .order = TAU_PIXEL_ORDER_BGRA,
                                  .title = tau_cli_get(&s->cli->arguments, "title"),
                                  .recipe = s->recipe,
                                  .cancel = s->cli->cancel};
    TAU_TRY(find_size(s, &film));
    if (s->cli->dry_run) {
        tau_cli_say(s->cli, "would write %zu frames of %d × %d, %.3g s, to %s", s->film.count, film.width,
                    film.height, (double)s->film.count / film.fps, out);
        return TAU_STATUS_OK;
    }
    return tau_animation_write(out, &film, s->film.count, (tau_frame_source){draw_frame, s},
                               s->cli->progress);
}

tau_status tau_export_replay(tau_cli *cli, const char *out) {
    tau_animation_format format;
    bool film = tau_animation_find_format(&format, out);
    show s = {.cli = cli};
    tau_status status = open_show(&s, film);
    if (status == TAU_STATUS_OK) status = film ? draw_film(&s, out) : draw_picture(&s, out);
    close_show(&s);
    return status;
}
