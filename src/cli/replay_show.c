#include "cli/replay_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/version.h"
#include "core/memory.h"
#include "store/run.h"

static tau_status list_option(const tau_cli *cli, const char *name, const char *list[TAU_SHOW_LIST_MAX + 1]) {
    int count = 0;
    for (const char *value; (value = tau_cli_get_nth(&cli->arguments, name, count)); list[count] = NULL) {
        if (count == TAU_SHOW_LIST_MAX)
            return tau_fail(TAU_STATUS_USAGE,
                            "--%s was given more than %d times" TAU_FIX "draw fewer on a page", name,
                            TAU_SHOW_LIST_MAX);
        list[count++] = value;
    }
    return TAU_STATUS_OK;
}

static tau_status check_definitions(const tau_show *s) {
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
static tau_status write_recipe(tau_show *s) {
    const char *path = tau_replay_get_path(s->replay), *slash = strrchr(path, '/');
    const char *groups = tau_cli_get(&s->cli->arguments, "group");
    const tau_samples *samples = tau_replay_get_samples(s->replay);
    if (!groups) groups = tau_replay_get_group(s->replay);
    json_t *figures = json_array();
    for (int i = 0; s->figures[i]; i++) json_array_append_new(figures, json_string(s->figures[i]));
    json_t *recipe =
        json_pack("{ss so so ss sI sI so}", "program", "tauscape " TAU_VERSION, "run",
                  tau_cli_json_text(slash ? slash + 1 : path), "group", tau_cli_json_text(groups), "loss",
                  tau_loss_name(tau_replay_get_loss(s->replay)), "samples", (json_int_t)samples->count,
                  "states", (json_int_t)tau_replay_get_state_count(s->replay), "figures", figures);
    free(s->recipe);
    s->recipe = recipe ? json_dumps(recipe, JSON_SORT_KEYS) : NULL;
    json_decref(recipe);
    snprintf(s->footer, sizeof s->footer, "%.60s · %.80s · %zu samples", groups,
             samples->source ? samples->source : "", samples->count);
    return TAU_STATUS_OK;
}

/* What is drawn, before anything is opened. */
static tau_status read_options(tau_show *s) {
    TAU_TRY(tau_export_get_page(s->cli, &s->page, &s->rows, &s->columns));
    TAU_TRY(list_option(s->cli, "figure", s->figures));
    TAU_TRY(list_option(s->cli, "define", s->definitions));
    return check_definitions(s);
}

/* Opens each of --group A,B,C; without it the only one there is. */
static tau_status open_groups(tau_show *s, const char *path, const tau_replay_options *options) {
    const char *groups = tau_cli_get(&s->cli->arguments, "group");
    char **names = NULL;
    if (groups) TAU_TRY(tau_run_split_groups(&names, path, groups));
    tau_status status = TAU_STATUS_OK;
    if (names && !names[0])
        status = tau_fail(TAU_STATUS_USAGE, "--group names no training" TAU_FIX "leave it out");
    for (size_t i = 0; status == TAU_STATUS_OK && (i == 0 || (names && names[i])); i++) {
        if (s->replay_count == TAU_SHOW_GROUPS_MAX)
            status = tau_fail(TAU_STATUS_USAGE,
                              "--group names more than %d trainings" TAU_FIX "compare fewer in one picture",
                              TAU_SHOW_GROUPS_MAX);
        else
            status = tau_replay_open(&s->replays[s->replay_count], path, names ? names[i] : NULL, options);
        if (status == TAU_STATUS_OK) s->replay_count++;
    }
    s->replay = s->replays[0];
    tau_run_free_names(names);
    return status;
}

tau_status tau_show_open(tau_show *s, tau_cli *cli, const char *path, const tau_cancel *cancel) {
    const tau_cli_arguments *a = &cli->arguments;
    tau_replay_options options = {
        .backend = tau_cli_get(a, "device"), .loss = tau_cli_get(a, "loss"), .cancel = cancel};
    uint64_t samples = 0;
    *s = (tau_show){.cli = cli};
    TAU_TRY(read_options(s));
    TAU_TRY(tau_cli_get_count(a, "samples", &samples, 1, SIZE_MAX));
    options.samples = samples;
    TAU_TRY(tau_cli_get_pool(cli, &options.pool));
    return open_groups(s, path, &options);
}

tau_status tau_show_start(tau_show *s, bool film) {
    tau_replay_views_options options = {.figures = s->figures,
                                        .definitions = s->definitions,
                                        .film = film,
                                        .log = tau_cli_has(&s->cli->arguments, "log")};
    for (size_t g = 0; g < s->replay_count; g++) {
        tau_replay_views *views;
        options.before = s->views[g];
        TAU_TRY(tau_replay_views_create(&views, s->replays[g], &options));
        tau_replay_views_destroy(s->views[g]);
        s->views[g] = views;
    }
    return write_recipe(s);
}

tau_status tau_show_update(tau_show *s) {
    for (size_t g = 0; g < s->replay_count; g++) TAU_TRY(tau_replay_views_update(s->views[g]));
    return write_recipe(s);
}

void tau_show_close(tau_show *s) {
    for (size_t g = 0; g < TAU_SHOW_GROUPS_MAX; g++) {
        tau_replay_views_destroy(s->views[g]);
        tau_replay_close(s->replays[g]);
    }
    tau_mem_free(s->pictures);
    free(s->recipe);
    *s = (tau_show){0};
}

/* A training with fewer states than the first shows its last one. */
static size_t nearest_state(const tau_show *s, size_t g, size_t state) {
    size_t count = tau_replay_get_state_count(s->replays[g]);
    return g > 0 && state >= count && count > 0 ? count - 1 : state;
}

/* One figure after the other for all groups, so that a row of as many cells as groups compares them. */
static tau_status compute_pictures(tau_show *s, size_t state, double turn, size_t *total) {
    const tau_picture *pictures[TAU_SHOW_GROUPS_MAX];
    size_t counts[TAU_SHOW_GROUPS_MAX], most = 0, capacity = 0;
    *total = 0;
    for (size_t g = 0; g < s->replay_count; g++) {
        TAU_TRY(tau_replay_views_compute(s->views[g], nearest_state(s, g, state), turn, &pictures[g],
                                         &counts[g]));
        most = counts[g] > most ? counts[g] : most;
    }
    tau_mem_free(s->pictures);
    s->pictures = NULL;
    TAU_TRY(TAU_GROW(s->pictures, capacity, most * s->replay_count));
    for (size_t i = 0; i < most; i++) {
        for (size_t g = 0; g < s->replay_count; g++) {
            if (i >= counts[g]) continue;
            s->pictures[*total] = pictures[g][i];
            if (s->replay_count > 1) s->pictures[*total].group = tau_replay_get_group(s->replays[g]);
            ++*total;
        }
    }
    return TAU_STATUS_OK;
}

tau_status tau_show_make_page(tau_show *s, size_t state, double turn, tau_page **page) {
    size_t count;
    *page = NULL;
    TAU_TRY(compute_pictures(s, state, turn, &count));
    return tau_page_create(page, &s->page, s->pictures, count, s->rows, s->columns,
                           tau_cli_get(&s->cli->arguments, "title"), s->footer, s->recipe);
}

/* Lengths and resolution may set the size of a film too. */
tau_status tau_show_find_size(tau_show *s, size_t state, tau_animation_options *film) {
    tau_page *page;
    bool by_length = s->page.width > 0 || s->page.height > 0;
    if (s->page.pixel_width == 0 && !by_length)
        s->page.pixel_width = TAU_SHOW_FILM_WIDTH, s->page.pixel_height = TAU_SHOW_FILM_HEIGHT;
    if (by_length && !(s->page.dpi > 0)) s->page.dpi = 150;
    TAU_TRY(tau_show_make_page(s, state, 0, &page));
    tau_page_get_size(page, &film->width, &film->height);
    tau_page_destroy(page);
    return TAU_STATUS_OK;
}
