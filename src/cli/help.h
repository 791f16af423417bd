/** --help, the man page and completions, made from the tables of commands and options. */
#ifndef TAU_CLI_HELP_H
#define TAU_CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"

/** The program's own help: what it is and its commands. */
void tau_help_print_overview(FILE *out);

/** Everything about one command. */
void tau_help_print_command(FILE *out, const tau_cli_command *command);

/** The man page of the whole program, in roff. */
void tau_help_print_man(FILE *out);

/** A completion script. @param[in] shell  "bash", "zsh" or "fish"   @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_help_print_completion(FILE *out, const char *shell);

/** A topic of `tauscape help`: "concepts", "slurm". @errors TAU_STATUS_USAGE with the nearest name */
TAU_CHECK tau_status tau_help_print_topic(FILE *out, const char *topic);

#endif
