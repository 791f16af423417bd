/* What export may write over: none of its own inputs, and without --force only pictures and films. */
#include <stdio.h>
#include <string.h>

#include "cli/export.h"
#include "cli/files.h"
#include "core/file.h"
#include "figure/animation.h"
#include "store/deepreplay.h"

enum { HEAD = 12 };

/* Whether a file is the picture or film that its name says, by its first bytes: that is what export and
 * others write again and again. */
static bool is_picture(const char *path) {
    static const struct {
        const char *extension;
        size_t at;
        const char *bytes;
    } signs[] = {{"png", 0, "\x89PNG"},
                 {"svg", 0, "<?xml"},
                 {"svg", 0, "<svg"},
                 {"pdf", 0, "%PDF"},
                 {"mp4", 4, "ftyp"},
                 {"gif", 0, "GIF8"},
                 {"webm", 0, "\x1a\x45\xdf\xa3"}};
    const char *extension = tau_export_get_extension(path);
    char head[HEAD] = "";
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t length = strlen(signs[i].bytes);
        if (strcmp(signs[i].extension, extension) == 0 && size >= signs[i].at + length &&
            memcmp(head + signs[i].at, signs[i].bytes, length) == 0)
            return true;
    }
    return false;
}

static tau_status check_frames(const tau_cli *cli, const char *out) {
    bool any;
    TAU_TRY(tau_animation_find_frames(&any, out));
    if (!any || cli->force) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "there are numbered pictures %s already" TAU_WHY
                    "they would be mixed with the new ones" TAU_FIX
                    "name another folder, or remove them with --force",
                    out);
}

/* An older recording of DeepReplay is no file of ours, and may be written anew. */
static tau_status check_kind(const tau_cli *cli, const char *out) {
    bool recording = false;
    if (strcmp(tau_export_get_extension(out), "h5") == 0 && tau_file_exists(out))
        TAU_TRY(tau_deepreplay_recognise(&recording, out));
    return recording ? TAU_STATUS_OK : tau_cli_check_output(cli, out, TAU_FILE_KIND_OTHER);
}

tau_status tau_export_check_output(const tau_cli *cli, const char *out) {
    tau_animation_format film;
    if (tau_animation_find_format(&film, out) && film == TAU_ANIMATION_FORMAT_FRAMES)
        return check_frames(cli, out);
    TAU_TRY(tau_cli_check_inputs_differ(cli, out));
    TAU_TRY(check_kind(cli, out));
    if (!tau_file_exists(out) || is_picture(out)) return TAU_STATUS_OK;
    if (cli->force) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot write %s" TAU_WHY
                    "it exists, and only pictures and films are written anew" TAU_FIX
                    "overwrite it with --force, or write to another file",
                    out);
}
