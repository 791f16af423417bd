/** Changes asked for while a training runs: lines of a file or FIFO, and keys. */
#ifndef TAU_CLI_TRAIN_CONTROL_H
#define TAU_CLI_TRAIN_CONTROL_H

#include "train/train.h"

typedef struct tau_control tau_control;

/** Listens to a file or a FIFO (cli/train_lines.h), and to keys of the terminal.
 *  Lines: "lr X", "decay X", "batch N", "pause", "resume", "stop"; "at STEP …" waits for that step. Lines
 * that cannot be understood, and those beyond 1000 that wait, are warned of and left out. Lines that stand in
 * a file no more wait no more.
 *  @param[in] path  a FIFO is made where nothing is there, and removed at the end; NULL = keys only
 *  @param[in] keys  listen to keys where the standard input is a terminal
 *  @errors TAU_STATUS_IO, TAU_STATUS_INPUT: a folder or device */
TAU_CHECK tau_status tau_control_open(tau_control **out, const char *path, bool keys);
void tau_control_close(tau_control *control);

/** The training goes on with what is recorded: lines that its file already holds at the first poll are those
 * of before, if they name no step after it. */
void tau_control_go_on(tau_control *control);

/** Whether keys are listened to. */
bool tau_control_has_keys(const tau_control *control);
/** What the keys do, in a line. @lifetime static */
const char *tau_control_get_keys(void);

/** Takes in what was asked for since. @param[in,out] knobs  always left within their ranges
 *  @return true: the training is to stop, as by a signal */
bool tau_control_poll(tau_control *control, uint64_t step, tau_train_knobs *knobs);
/** Whether the training is to wait. */
bool tau_control_is_paused(const tau_control *control);

#endif
