/* From a recorded training to pictures and films. */
#include "cli/export.h"
#include "cli/export_states.h"
#include "cli/files.h"
#include "cli/replay_show.h"
#include "figure/animation.h"
#include "store/deepreplay.h"

#define FILM_TURN 120.0 /* degrees that a space is turned in a film */

typedef struct show {
    tau_show show;
    tau_cli *cli;
    tau_export_states film;
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

/* ---- drawing ---- */

static tau_status draw_picture(show *s, const char *out) {
    size_t state;
    tau_page *page;
    TAU_TRY(tau_export_find_state(s->cli, s->show.replay, &state));
    TAU_TRY(tau_show_make_page(&s->show, state, 0, &page));
    tau_status status =
        s->cli->dry_run ? TAU_STATUS_OK : tau_page_write(page, out, tau_export_get_format(out));
    tau_page_destroy(page);
    return status;
}

static tau_status draw_frame(void *payload, size_t index, uint8_t *pixels) {
    show *s = payload;
    tau_page *page;
    double share = s->film.count > 1 ? (double)index / (double)(s->film.count - 1) : 0;
    TAU_TRY(tau_show_make_page(&s->show, s->film.states[index], FILM_TURN * share, &page));
    tau_status status = tau_page_render(page, (uint32_t *)(void *)pixels);
    tau_page_destroy(page);
    return status;
}

static tau_status draw_film(show *s, const char *out) {
    TAU_TRY(tau_export_find_states(s->cli, s->show.replay, &s->film));
    tau_animation_options film = {.fps = s->film.fps,
                                  .order = TAU_PIXEL_ORDER_BGRA,
                                  .title = tau_cli_get(&s->cli->arguments, "title"),
                                  .recipe = s->show.recipe,
                                  .replace = s->cli->force,
                                  .cancel = s->cli->cancel};
    TAU_TRY(tau_show_find_size(&s->show, s->film.states[0], &film));
    if (s->cli->dry_run) {
        tau_cli_say(s->cli, "would write %zu frames of %d × %d, %.3g s, to %s", s->film.count, film.width,
                    film.height, (double)s->film.count / film.fps, out);
        return TAU_STATUS_OK;
    }
    return tau_animation_write(out, &film, s->film.count, (tau_frame_source){draw_frame, s},
                               s->cli->progress);
}

static tau_status draw(show *s, const char *out) {
    tau_animation_format format;
    const tau_cli_arguments *a = &s->cli->arguments;
    bool film = tau_animation_find_format(&format, out);
    if (a->positional_count > 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "pictures of trainings are made of one file at a time" TAU_FIX "name one run file");
    TAU_TRY(tau_show_open(&s->show, s->cli, a->positional[0], s->cli->cancel));
    TAU_TRY(tau_show_start(&s->show, film));
    return film ? draw_film(s, out) : draw_picture(s, out);
}

tau_status tau_export_replay(tau_cli *cli, const char *out) {
    show s = {.cli = cli};
    tau_status status = draw(&s, out);
    tau_export_states_clear(&s.film);
    tau_show_close(&s.show);
    return status;
}
