/** Lines that others write while this process reads them: in a file that is added to or written anew, or
 * through a FIFO. */
#ifndef TAU_CLI_TRAIN_LINES_H
#define TAU_CLI_TRAIN_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/** Longer lines are handed over with this length, cut. */
#define TAU_LINES_LONGEST 128

typedef struct tau_lines tau_lines;

/** Where lines go. */
typedef struct tau_lines_sink {
    /** @param[in] text  [length], not terminated   @param[in] place  where it begins in the file; SIZE_MAX:
     * in none */
    void (*take)(void *payload, const char *text, size_t length, size_t place);
    /** Lines of the file from there on stand in it no more. */
    void (*drop)(void *payload, size_t place);
    void *payload;
} tau_lines_sink;

/** @param[in] path  a FIFO is made where nothing is there, and removed at the end
 *  @errors TAU_STATUS_IO: a folder or device, or it cannot be read */
TAU_CHECK tau_status tau_lines_open(tau_lines **out, const char *path);
void tau_lines_close(tau_lines *lines);

bool tau_lines_is_file(const tau_lines *lines);

/** Hands over the lines that came since. Of a file that was written anew, also under the same name, these are
 *  the lines from the first on that differs from what was handed over before. A last line without an end, and
 *  what was written anew, are taken once the file has rested for half a second; all that is there at the
 * first poll at once. Of a FIFO at most 4 KiB are read at a time, of a file its first MiB.
 *  @param[in] now  tau_progress_now */
void tau_lines_poll(tau_lines *lines, double now, const tau_lines_sink *sink);

/** Whether something was written that could not be handed over yet. */
bool tau_lines_is_waiting(const tau_lines *lines);

#endif
