/** What a running command needs: its arguments, the terminal, threads and the request to stop. */
#ifndef TAU_CLI_CLI_H
#define TAU_CLI_CLI_H

#include <jansson.h>

#include "cli/options.h"
#include "core/cancel.h"
#include "core/progress.h"
#include "core/threads.h"
#include "data/data.h"
#include "model/loss.h"

struct tau_cli {
    const tau_cli_command *command;
    tau_cli_arguments arguments;
    char *command_line; /**< as typed, for files */
    bool json, quiet, dry_run, force;
    const tau_cancel *cancel;
    const tau_progress *progress;
    tau_pool *pool; /**< made by tau_cli_get_pool */
};

/** The pool of --threads; made at first use. */
TAU_CHECK tau_status tau_cli_get_pool(tau_cli *cli, tau_pool **pool);

/** The data options as `data` takes them. @param[in] test_fraction  held out where --test-fraction is not
 * given */
TAU_CHECK tau_status tau_cli_get_data_options(const tau_cli *cli, double test_fraction,
                                              tau_data_options *out);

/** Prints a line of results on stdout, unless --json or --quiet; control characters in it are escaped. */
void tau_cli_say(const tau_cli *cli, const char *format, ...) TAU_PRINTF(2, 3);

/** With --json prints the object on stdout. Takes over the reference. NULL, of an object that could not be
 * made, is an error of tau_cli_finish_output. */
void tau_cli_print_json(const tau_cli *cli, json_t *object);

/** A name or a path as JSON, "\xE9" where it is no UTF-8; NULL gives JSON's null. */
json_t *tau_cli_json_text(const char *text);

/** Brings what was printed to its end. @errors TAU_STATUS_IO: the standard output did not take it;
 *  TAU_STATUS_MEMORY: an object could not be made */
TAU_CHECK tau_status tau_cli_finish_output(void);

/** A finite number as JSON, otherwise "inf", "-inf" or "nan" as text. */
json_t *tau_cli_json_real(double value);

/** Now, as ISO 8601 in UTC. @param[out] out  at least 32 bytes */
void tau_cli_format_time(char out[32]);

/** Seconds as people say them: "3.1 s", "2 min 5 s", "1 h 20 min". @param[out] out  at least 32 bytes */
const char *tau_cli_format_duration(char out[32], double seconds);

extern const tau_cli_command tau_cli_view, tau_cli_demo, tau_cli_train, tau_cli_watch, tau_cli_compute,
    tau_cli_trace, tau_cli_export, tau_cli_info, tau_cli_merge, tau_cli_import, tau_cli_devices,
    tau_cli_doctor, tau_cli_completion, tau_cli_help;

/** All commands, NULL-terminated, in the order of --help. */
extern const tau_cli_command *const tau_cli_commands[];

/** The command of that name, or NULL. */
const tau_cli_command *tau_cli_find_command(const char *name);

#endif
