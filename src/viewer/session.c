#include "viewer/session.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"

enum { VERSION = 1 };
static const size_t LIMIT = (size_t)1 << 20;

/* ---- writing ---- */

static json_t *describe_view(const tau_view *view) {
    char *text;
    if (tau_view_write_json(view, &text) != TAU_STATUS_OK) return NULL;
    json_t *object = json_loads(text, 0, NULL);
    tau_mem_free(text);
    return object;
}

/* A path that still leads there when the program starts in another folder. */
static json_t *describe_path(const tau_document *document) {
    char *full = document->path ? realpath(document->path, NULL) : NULL;
    if (!full) return NULL;
    json_t *text = document->group ? json_sprintf("%s#%s", full, document->group) : json_string(full);
    free(full);
    return text;
}

/* The panes whose documents are files; explorations and differences are not kept. */
static json_t *describe_panes(const tau_app *app) {
    json_t *panes = json_array();
    for (int p = 0; p < app->state.pane_count; p++) {
        const tau_document *document = tau_app_get_pane_document(app, p);
        json_t *path = document ? describe_path(document) : NULL;
        if (path)
            json_array_append_new(
                panes, json_pack("{so so*}", "file", path, "view", describe_view(&app->state.panes[p].view)));
    }
    return panes;
}

static json_t *describe_files(const tau_app *app) {
    json_t *files = json_array();
    for (int i = 0; i < app->document_count; i++) {
        json_t *path = describe_path(app->documents[i]);
        if (path) json_array_append_new(files, path);
    }
    return files;
}

static json_t *describe_recent(const tau_app *app) {
    json_t *recent = json_array();
    for (int i = 0; i < app->settings.recent_count; i++) {
        char *full = realpath(app->settings.recent[i], NULL);
        json_array_append_new(recent, json_string(full ? full : app->settings.recent[i]));
        free(full);
    }
    return recent;
}

tau_status tau_session_write(const tau_app *app, char **text) {
    *text = NULL;
    const tau_app_settings *s = &app->settings;
    json_t *object = json_pack(
        "{si sb sb sb sb sb sb sf si si so so so sb si}", "tauscape_session", VERSION, "dark", s->dark,
        "swap_buttons", s->swap_buttons, "side_panel", s->side_panel, "timeline_panel", s->timeline_panel,
        "status_line", s->status_line, "hint_seen", s->hint_seen, "scale", s->scale, "width", s->width,
        "height", s->height, "recent", describe_recent(app), "files", describe_files(app), "panes",
        describe_panes(app), "linked", app->state.linked, "active", app->state.active);
    char *json = object ? json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(object);
    if (!json)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot describe the session" TAU_WHY "the name of a file in it is not valid UTF-8");
    tau_status status = tau_string_copy(text, json);
    free(json);
    return status;
}

/* ---- reading ---- */

static tau_status refuse(const char *why) {
    return tau_fail(TAU_STATUS_INPUT,
                    "the last session is not restored" TAU_WHY "%s" TAU_FIX "nothing: it is written anew",
                    why);
}

/* Members that are missing keep their value; those of another type break the file. */
static bool take_flag(const json_t *object, const char *name, bool *out) {
    const json_t *value = json_object_get(object, name);
    if (value && !json_is_boolean(value)) return false;
    if (value) *out = json_is_true(value);
    return true;
}

static bool take_count(const json_t *object, const char *name, int lo, int hi, int *out) {
    const json_t *value = json_object_get(object, name);
    if (!value) return true;
    if (!json_is_integer(value) || json_integer_value(value) < lo || json_integer_value(value) > hi)
        return false;
    *out = (int)json_integer_value(value);
    return true;
}

static bool take_recent(const json_t *object, tau_app_settings *out) {
    const json_t *recent = json_object_get(object, "recent"), *item;
    size_t i;
    if (recent && !json_is_array(recent)) return false;
    out->recent_count = 0;
    json_array_foreach(recent, i, item) {
        const char *path = json_string_value(item);
        if (!path) return false;
        if (out->recent_count == TAU_APP_RECENT || strlen(path) >= TAU_APP_PATH) continue;
        strcpy(out->recent[out->recent_count++], path);
    }
    return true;
}

static bool take_settings(const json_t *object, tau_app_settings *out) {
    const json_t *scale = json_object_get(object, "scale");
    if (scale &&
        (!json_is_number(scale) || !(json_number_value(scale) >= 0.5 && json_number_value(scale) <= 4)))
        return false;
    if (scale) out->scale = json_number_value(scale);
    return take_flag(object, "dark", &out->dark) && take_flag(object, "swap_buttons", &out->swap_buttons) &&
           take_flag(object, "side_panel", &out->side_panel) &&
           take_flag(object, "timeline_panel", &out->timeline_panel) &&
           take_flag(object, "status_line", &out->status_line) &&
           take_flag(object, "hint_seen", &out->hint_seen) &&
           take_count(object, "width", 0, 32768, &out->width) &&
           take_count(object, "height", 0, 32768, &out->height) && take_recent(object, out);
}

static int find_document(const tau_app *app, const char *name) {
    for (int i = 0; i < app->document_count; i++) {
        char text[TAU_APP_PATH + 256];
        const tau_document *document = app->documents[i];
        if (!document->path) continue;
        snprintf(text, sizeof text, "%s%s%s", document->path, document->group ? "#" : "",
                 document->group ? document->group : "");
        if (strcmp(text, name) == 0) return i;
    }
    return -1;
}

static void take_view(tau_app *app, int pane, const json_t *view) {
    char *text = view ? json_dumps(view, JSON_REAL_PRECISION(17)) : NULL;
    tau_view taken = app->state.panes[pane].view;
    tau_view_kind kind = taken.kind;
    if (text && tau_view_read_json(&taken, text, strlen(text)) == TAU_STATUS_OK &&
        (taken.kind == TAU_VIEW_KIND_LINE) == (kind == TAU_VIEW_KIND_LINE)) {
        taken.dark = app->settings.dark;
        app->fit_due[pane] = false;
        app->state.panes[pane].view = taken;
    }
    free(text);
}

static int open_files(tau_app *app, const json_t *files) {
    size_t i;
    json_t *item;
    int lost = 0;
    json_array_foreach(files, i, item) {
        tau_document *opened[TAU_APP_DOCUMENTS];
        int count;
        const char *path = json_string_value(item);
        if (!path || find_document(app, path) >= 0) continue;
        if (tau_document_open(opened, TAU_APP_DOCUMENTS - app->document_count, &count, path) !=
            TAU_STATUS_OK) {
            lost++;
            continue;
        }
        for (int k = 0; k < count; k++)
            if (tau_app_add_document(app, opened[k]) != TAU_STATUS_OK) lost++;
    }
    return lost;
}

static void take_documents(tau_app *app, const json_t *object) {
    int lost = open_files(app, json_object_get(object, "files")), panes = 0;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(object, "panes"), i, item) {
        const char *file = json_string_value(json_object_get(item, "file"));
        int index = file ? find_document(app, file) : -1;
        if (index < 0 || panes == TAU_APP_PANES) continue;
        tau_app_show(app, panes, index);
        take_view(app, panes++, json_object_get(item, "view"));
    }
    if (panes > 0) app->state.pane_count = panes;
    int active = 0;
    if (take_count(object, "active", 0, app->state.pane_count - 1, &active)) app->state.active = active;
    (void)take_flag(object, "linked", &app->state.linked);
    if (lost && !app->note &&
        tau_string_format(&app->note, "%d file%s of the last session cannot be opened any more", lost,
                          lost == 1 ? "" : "s") != TAU_STATUS_OK)
        app->note = NULL;
}

tau_status tau_session_read(tau_app *app, const char *text, size_t size, bool documents) {
    json_error_t error;
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!object) return refuse(error.text);
    tau_app_settings settings = app->settings;
    tau_status status = TAU_STATUS_OK;
    if (json_integer_value(json_object_get(object, "tauscape_session")) != VERSION)
        status = refuse("it is of another version");
    else if (!take_settings(object, &settings))
        status = refuse("a value in it makes no sense");
    if (status == TAU_STATUS_OK) {
        app->settings = settings;
        for (int p = 0; p < TAU_APP_PANES; p++) app->state.panes[p].view.dark = settings.dark;
        if (documents) take_documents(app, object);
    }
    json_decref(object);
    return status;
}

/* ---- the file ---- */

tau_status tau_session_get_path(char *path, size_t size) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length = -1;
    if (state && *state == '/')
        length = snprintf(path, size, "%s/tauscape/session.json", state);
    else if (home && *home == '/')
        length = snprintf(path, size, "%s/.local/state/tauscape/session.json", home);
    if (length > 0 && (size_t)length < size) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISSING,
                    "the session is not kept" TAU_WHY "neither XDG_STATE_HOME nor HOME names a folder");
}

void tau_session_restore(tau_app *app, bool documents) {
    char path[TAU_APP_PATH];
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (tau_session_get_path(path, sizeof path) != TAU_STATUS_OK || !tau_file_exists(path)) return;
    tau_status status = tau_file_read(&bytes, &size, path, LIMIT);
    if (status == TAU_STATUS_OK) status = tau_session_read(app, (const char *)bytes, size, documents);
    tau_mem_free(bytes);
    if (status == TAU_STATUS_OK) return;
    tau_mem_free(app->note);
    app->note = NULL;
    const tau_error *error = tau_error_last();
    if (tau_string_format(&app->note, "%s: %s", error->what, error->why) != TAU_STATUS_OK) app->note = NULL;
}

tau_status tau_session_save(const tau_app *app) {
    char path[TAU_APP_PATH], *text;
    TAU_TRY(tau_session_get_path(path, sizeof path));
    char *slash = strrchr(path, '/');
    *slash = '\0';
    TAU_TRY(tau_file_make_directory(path));
    *slash = '/';
    TAU_TRY(tau_session_write(app, &text));
    tau_status status = tau_file_write(path, text, strlen(text));
    tau_mem_free(text);
    return status;
}
