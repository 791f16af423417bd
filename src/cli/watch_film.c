/* The film of what tauscape watch has shown. */
#include "cli/export.h"
#include "cli/replay_show.h"
#include "cli/terminal.h"
#include "cli/watch.h"
#include "figure/animation.h"

tau_status tau_watch_film_check(tau_cli *cli, const char *out, double fps) {
    tau_figure_options page;
    int rows, columns;
    TAU_TRY(tau_export_get_page(cli, &page, &rows, &columns));
    const bool sized = page.pixel_width > 0;
    const tau_animation_options options = {.width = sized ? page.pixel_width : TAU_SHOW_FILM_WIDTH,
                                           .height = sized ? page.pixel_height : TAU_SHOW_FILM_HEIGHT,
                                           .fps = fps};
    TAU_TRY(tau_animation_check(out, &options));
    return tau_export_check_output(cli, out);
}

typedef struct drawing {
    tau_show show;
    const tau_watch_film *film;
} drawing;

static tau_status draw_frame(void *payload, size_t index, uint8_t *pixels) {
    drawing *d = payload;
    tau_page *page;
    TAU_TRY(tau_show_make_page(&d->show, d->film->shown[index], 0, &page));
    tau_status status = tau_page_render(page, (uint32_t *)(void *)pixels);
    tau_page_destroy(page);
    return status;
}

static tau_status draw(drawing *d, tau_cli *cli, const tau_cancel *cancel) {
    const tau_watch_film *film = d->film;
    TAU_TRY(tau_show_open(&d->show, cli, film->path, cancel));
    /* Another copy of the file may have fewer states. */
    const size_t states = tau_replay_get_state_count(d->show.replay);
    size_t count = film->shown_count;
    while (count > 0 && film->shown[count - 1] >= states) count--;
    if (count == 0)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot make %s" TAU_WHY "%s holds none of the states that were shown", film->out,
                        film->path);
    TAU_TRY(tau_show_start(&d->show, true));
    tau_animation_options options = {.fps = film->fps,
                                     .order = TAU_PIXEL_ORDER_BGRA,
                                     .title = tau_cli_get(&cli->arguments, "title"),
                                     .recipe = d->show.recipe,
                                     .replace = cli->force,
                                     .cancel = cancel};
    TAU_TRY(tau_show_find_size(&d->show, film->shown[0], &options));
    return tau_animation_write(film->out, &options, count, (tau_frame_source){draw_frame, d}, cli->progress);
}

tau_status tau_watch_film_make(tau_cli *cli, const tau_watch_film *film) {
    drawing d = {.film = film};
    const tau_cancel *cancel = cli->cancel;
    if (tau_cancel_requested(cancel)) cancel = tau_terminal_catch_next_signal();
    tau_status status = draw(&d, cli, cancel);
    tau_show_close(&d.show);
    if (status == TAU_STATUS_OK) tau_cli_say(cli, "wrote %s", film->out);
    return status;
}
