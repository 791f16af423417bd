/** What a file holds, and what may be written over it. The content decides, not the name. */
#ifndef TAU_CLI_FILES_H
#define TAU_CLI_FILES_H

#include "cli/cli.h"
#include "model/model.h"
#include "store/landscape.h"

typedef enum tau_file_kind {
    TAU_FILE_KIND_OTHER, /**< a network, a picture, a table … */
    TAU_FILE_KIND_RUN,
    TAU_FILE_KIND_LANDSCAPE,
} tau_file_kind;

/** Whether a file is HDF5, by its first bytes.
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT: a directory, a device, a pipe */
TAU_CHECK tau_status tau_file_is_hdf5(bool *out, const char *path);

/** Tells runs, also those that grow, from landscapes.
 *  @errors those of tau_file_is_hdf5; TAU_STATUS_INPUT: HDF5, but neither, or damaged */
TAU_CHECK tau_status tau_file_find_kind(tau_file_kind *out, const char *path);

/** Reads the landscape `name` (NULL = the only one); says what the file is where it is none.
 *  @param[out] out  freed with tau_landscape_destroy */
TAU_CHECK tau_status tau_cli_read_landscape(tau_landscape **out, const char *path, const char *name);

/** Reads a file that is neither a run nor a landscape as a network; says what can be read where it is none.
 *  @param[out] out  freed with tau_model_destroy   @errors those of tau_model_read_onnx */
TAU_CHECK tau_status tau_cli_read_network(tau_model **out, const char *path);

/** Whether a command may write a file of `kind` to `path`. Recorded trainings are never replaced, landscapes
 *  by landscapes only, and other files by results only with --force. A missing file is fine.
 *  @errors TAU_STATUS_EXISTS */
TAU_CHECK tau_status tau_cli_check_output(const tau_cli *cli, const char *path, tau_file_kind kind);

/** That no argument and no option but --output and --animate names the file `path`, be it by another path or
 * a link.
 *  @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_cli_check_inputs_differ(const tau_cli *cli, const char *path);

/** Warns, before any frame is drawn, that there is no ffmpeg to make the film `out` of them. What is no film
 * is passed over. */
void tau_cli_warn_without_ffmpeg(const char *out);

/** Whether both paths lead to one existing file. */
bool tau_file_is_same(const char *a, const char *b);

#endif
