/** stderr: errors in three lines, notes, progress; and the signals that ask to stop. */
#ifndef TAU_CLI_TERMINAL_H
#define TAU_CLI_TERMINAL_H

#include <stdio.h>

#include "cli/options.h"
#include "core/cancel.h"
#include "core/progress.h"

/** Sets up colour, notes and progress from the global options. */
TAU_CHECK tau_status tau_terminal_start(const tau_cli_arguments *arguments);

/** Where progress goes. @lifetime static */
const tau_progress *tau_terminal_get_progress(void);

/** Ends a progress bar, so that what follows starts on a line of its own. */
void tau_terminal_end_progress(void);

/** Prints text that may hold names of files and messages of libraries: a terminal obeys nothing in it. */
void tau_terminal_print(FILE *out, const char *text);

/** Prints the thread's last error: what, why, fix. */
void tau_terminal_print_error(void);

/** Makes single keys of the standard input readable, without echo, until tau_terminal_close_keys.
 *  @return false: it is no terminal, or this process is in the background */
bool tau_terminal_open_keys(void);
/** The key that was pressed, or 0: never waits. */
char tau_terminal_read_key(void);
void tau_terminal_close_keys(void);

/** INT, TERM, HUP, USR1 and USR2 raise the cancel token; a second INT removes temporary files and
 *  quits at once. HUP stays ignored where it was, as under nohup. @lifetime static */
const tau_cancel *tau_terminal_catch_signals(void);

/** A token that is raised by signals from this call on, whatever came before: for what is still made after
 * the first one. @lifetime static; one at a time */
const tau_cancel *tau_terminal_catch_next_signal(void);

#endif
