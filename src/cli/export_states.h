/** Which states of a training are shown, and for how long. */
#ifndef TAU_CLI_EXPORT_STATES_H
#define TAU_CLI_EXPORT_STATES_H

#include "cli/cli.h"
#include "replay/replay.h"

typedef struct tau_export_states {
    size_t *states; /**< [count] in the order of showing */
    size_t count;
    double fps;
} tau_export_states;

/** The state of a picture: --state, or the last. @errors TAU_STATUS_USAGE: a range; TAU_STATUS_MISSING */
TAU_CHECK tau_status tau_export_find_state(const tau_cli *cli, tau_replay *replay, size_t *state);

/** The frames of a film by --state A:B[:STEP], --fps and --duration.
 *  @param[out] out  freed with tau_export_states_clear */
TAU_CHECK tau_status tau_export_find_states(const tau_cli *cli, tau_replay *replay, tau_export_states *out);
/** "20s", "1.5min", "20" of --duration. @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_export_parse_duration(double *seconds, const char *text);

void tau_export_states_clear(tau_export_states *states);

#endif
