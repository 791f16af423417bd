#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/log.h"
#include "figure/animation.h"
#include "store/run.h"

tau_status tau_file_is_hdf5(bool *out, const char *path) {
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char head[sizeof signature] = {0};
    struct stat info;
    *out = false;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read %s" TAU_WHY "it is %s, not a regular file" TAU_FIX "name a file", path,
                        S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
    FILE *file = fopen(path, "rb");
    if (!file)
        return tau_fail(TAU_STATUS_MISSING, "cannot read %s" TAU_WHY "%s" TAU_FIX "check the path", path,
                        errno == ENOENT ? "there is no such file" : strerror(errno));
    size_t got = fread(head, 1, sizeof head, file);
    fclose(file);
    *out = got == sizeof head && memcmp(head, signature, sizeof head) == 0;
    return TAU_STATUS_OK;
}

tau_status tau_file_find_kind(tau_file_kind *out, const char *path) {
    bool hdf5;
    char **names;
    *out = TAU_FILE_KIND_OTHER;
    TAU_TRY(tau_file_is_hdf5(&hdf5, path));
    if (!hdf5) return TAU_STATUS_OK;
    if (tau_landscape_list(&names, path) == TAU_STATUS_OK) {
        if (*names) *out = TAU_FILE_KIND_LANDSCAPE;
        tau_landscape_free_names(names);
        if (*out == TAU_FILE_KIND_LANDSCAPE) return TAU_STATUS_OK;
    }
    TAU_TRY(tau_run_list_groups(&names, path)); /* opens also what still grows */
    tau_run_free_names(names);
    *out = TAU_FILE_KIND_RUN;
    return TAU_STATUS_OK;
}

/* What the journal of a killed first save holds is the business of the reader, so a missing file is left to
 * it. */
tau_status tau_cli_read_landscape(tau_landscape **out, const char *path, const char *name) {
    *out = NULL;
    tau_file_kind kind = TAU_FILE_KIND_LANDSCAPE;
    if (tau_file_exists(path)) TAU_TRY(tau_file_find_kind(&kind, path));
    if (kind == TAU_FILE_KIND_LANDSCAPE) return tau_landscape_read(out, path, name);
    if (kind == TAU_FILE_KIND_RUN)
        return tau_fail(TAU_STATUS_INPUT,
                        "%s is not a landscape" TAU_WHY "it is a run file: recorded trainings" TAU_FIX
                        "compute a landscape of it first: tauscape compute %s -o FILE.land.h5",
                        path, path);
    return tau_fail(TAU_STATUS_INPUT,
                    "%s is not a landscape" TAU_WHY "it is not an HDF5 file, or is cut off" TAU_FIX
                    "name a file that tauscape compute has written",
                    path);
}

tau_status tau_cli_read_network(tau_model **out, const char *path) {
    tau_status status = tau_model_read_onnx(out, path);
    const char *dot = strrchr(path, '.');
    if (status != TAU_STATUS_INPUT || (dot && strcmp(dot, ".onnx") == 0)) return status;
    return tau_fail(status,
                    "%s is no file that tauscape knows" TAU_WHY
                    "it is neither a run, nor a landscape, nor an ONNX network" TAU_FIX
                    "name a .run.h5, .land.h5 or .onnx file; data go with --data",
                    path);
}

tau_status tau_cli_check_output(const tau_cli *cli, const char *path, tau_file_kind kind) {
    static const char *const holds[] = {"it is neither a run file nor a landscape",
                                        "it holds recorded trainings", "it holds a landscape"};
    if (!tau_file_exists(path)) return TAU_STATUS_OK;
    tau_file_kind found;
    if (tau_file_find_kind(&found, path) != TAU_STATUS_OK) return tau_error_context("cannot write %s", path);
    if (found == kind) return TAU_STATUS_OK;
    if (found == TAU_FILE_KIND_OTHER && kind == TAU_FILE_KIND_LANDSCAPE && cli->force) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS, "cannot write %s" TAU_WHY "%s" TAU_FIX "write to another file with -o",
                    path, holds[found]);
}

void tau_cli_warn_without_ffmpeg(const char *out) {
    tau_animation_format format;
    char path[4096];
    if (!tau_animation_find_format(&format, out) || format == TAU_ANIMATION_FORMAT_FRAMES ||
        tau_file_find_program(path, sizeof path, "ffmpeg"))
        return;
    tau_log(TAU_LOG_LEVEL_WARNING,
            "there is no ffmpeg to make %s: its frames will be numbered pictures in %s.frames", out, out);
}

bool tau_file_is_same(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static tau_status is_input(const char *path) {
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot write %s" TAU_WHY "this command reads from it" TAU_FIX "write to another file",
                    path);
}

/* Options that name what a command writes. */
static bool is_written(const char *option) {
    return strcmp(option, "output") == 0 || strcmp(option, "animate") == 0;
}

tau_status tau_cli_check_inputs_differ(const tau_cli *cli, const char *path) {
    const tau_cli_arguments *a = &cli->arguments;
    for (int i = 0; i < a->positional_count; i++)
        if (tau_file_is_same(path, a->positional[i])) return is_input(path);
    for (int i = 0; i < a->option_count; i++)
        if (a->values[i] && !is_written(a->options[i]->name) && tau_file_is_same(path, a->values[i]))
            return is_input(path);
    return TAU_STATUS_OK;
}
