/** Recorded trainings of one file opened with what the command line says of its pictures: figures, sizes,
 * definitions.
 */
#ifndef TAU_CLI_REPLAY_SHOW_H
#define TAU_CLI_REPLAY_SHOW_H

#include "cli/cli.h"
#include "cli/replay_views.h"
#include "figure/animation.h"
#include "figure/figure.h"

enum {
    TAU_SHOW_LIST_MAX = 64,
    TAU_SHOW_GROUPS_MAX = 8,
    TAU_SHOW_FILM_WIDTH = 1280, /**< of frames whose size was not given */
    TAU_SHOW_FILM_HEIGHT = 720,
};

typedef struct tau_show {
    tau_cli *cli;
    tau_replay *replay; /**< the first of: */
    tau_replay *replays[TAU_SHOW_GROUPS_MAX];
    tau_replay_views *views[TAU_SHOW_GROUPS_MAX]; /**< NULL before tau_show_start */
    size_t replay_count;
    tau_picture *pictures; /**< of all, those of one figure side by side in the order of the groups */
    tau_figure_options page;
    int rows, columns;
    const char *figures[TAU_SHOW_LIST_MAX + 1], *definitions[TAU_SHOW_LIST_MAX + 1]; /**< NULL-terminated */
    char footer[256];
    char *recipe; /**< from jansson */
} tau_show;

/** Reads --figure, --define, --layout, --samples, --loss, --group and what tau_export_get_page reads, and
 *  opens the recording.
 *  @param[in] cancel  stops what is computed; NULL = nothing does
 *  @errors TAU_STATUS_USAGE, those of tau_replay_open; the show is closed with tau_show_close either way */
TAU_CHECK tau_status tau_show_open(tau_show *show, tau_cli *cli, const char *path, const tau_cancel *cancel);

/** Makes the views, anew where there were some, whose axes they keep as far as can be. The recording must
 * have a state.
 *  @param[in] film  scales are those of all states   @errors those of tau_replay_views_create */
TAU_CHECK tau_status tau_show_start(tau_show *show, bool film);

/** Takes in states that came with a refresh of the replays. */
TAU_CHECK tau_status tau_show_update(tau_show *show);

void tau_show_close(tau_show *show);

/** The page of a state. @param[in] turn  degrees by which spaces are turned   @param[out] page  the caller's
 */
TAU_CHECK tau_status tau_show_make_page(tau_show *show, size_t state, double turn, tau_page **page);

/** Chooses the size of a film's frames: that of the options, or TAU_SHOW_FILM_WIDTH × TAU_SHOW_FILM_HEIGHT.
 *  Lengths with a resolution count too. @param[in] state  one to try */
TAU_CHECK tau_status tau_show_find_size(tau_show *show, size_t state, tau_animation_options *film);

#endif
