#include "viewer/script.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"
#include "viewer/actions.h"
#include "viewer/loader.h"
#include "viewer/tools.h"

static const double LONGEST_WAIT = 600;

struct tau_script {
    const char *rest; /* from the next line on */
    int line;
    double until; /* waits for this time; 0 = for nothing */
    bool until_done;
    bool running; /* a line, which may fail yet: files are read and pictures written after it */
    int pictures; /* drawn when the wait began */
};

typedef struct verb {
    const char *name;
    /* @param[in] app  NULL = only check the words */
    tau_status (*run)(tau_script *script, tau_app *app, const char *words);
} verb;

static tau_status refuse(const char *what, const char *fix) {
    return tau_fail(TAU_STATUS_USAGE, "%s" TAU_FIX "%s", what, fix);
}

static bool parse_size(const char *text, int *width, int *height) {
    int used = 0;
    return sscanf(text, "%9dx%9d%n", width, height, &used) == 2 && !text[used] && *width > 0 && *height > 0;
}

/* As many finite numbers as wanted, and nothing after them. */
static bool parse_numbers(const char *text, double *out, int count) {
    for (int i = 0; i < count; i++) {
        text += strspn(text, " \t");
        if (!tau_text_read_real(&out[i], &text)) return false;
    }
    return text[strspn(text, " \t")] == '\0';
}

static bool is_state(const char *text) {
    double number;
    const char *colon = strchr(text, ':');
    if (strncmp(text, "epoch:", 6) == 0 || strncmp(text, "step:", 5) == 0)
        return parse_numbers(colon + 1, &number, 1);
    return strcmp(text, "first") == 0 || strcmp(text, "last") == 0 || strcmp(text, "best") == 0;
}

/* ---- verbs ---- */

static tau_status run_open(tau_script *script, tau_app *app, const char *words) {
    if (!*words) return refuse("open needs a file", "write open FILE");
    (void)script;
    return app ? tau_loader_open(app, words) : TAU_STATUS_OK;
}

static tau_status run_wait(tau_script *script, tau_app *app, const char *words) {
    double seconds;
    bool done = strcmp(words, "done") == 0;
    if (!done && (!parse_numbers(words, &seconds, 1) || seconds < 0 || seconds > LONGEST_WAIT))
        return refuse("wait needs a time", "write wait SECONDS, 0 to 600, or wait done");
    if (!app) return TAU_STATUS_OK;
    script->until = app->now + (done ? LONGEST_WAIT : seconds);
    script->until_done = done;
    script->pictures = app->pictures;
    return TAU_STATUS_OK;
}

static tau_status run_seek(tau_script *script, tau_app *app, const char *words) {
    double state;
    (void)script;
    bool number = parse_numbers(words, &state, 1);
    if (!number && !is_state(words))
        return refuse("seek needs a state", "write seek INDEX, first, last, best, epoch:E or step:S");
    if (!app) return TAU_STATUS_OK;
    const tau_document *document = tau_app_get_document(app);
    if (!number && !document) return refuse("there is nothing to seek in", "open a file first");
    if (!number) TAU_TRY(tau_document_find_state(document, words, &state));
    tau_timeline_seek(&app->timeline, state);
    return TAU_STATUS_OK;
}

static tau_status run_pin(tau_script *script, tau_app *app, const char *words) {
    double at[2];
    (void)script;
    if (!parse_numbers(words, at, 2)) return refuse("pin needs a place", "write pin ALPHA BETA");
    if (app && app->state.pin_count < TAU_APP_PINS)
        app->state.pins[app->state.pin_count++] = (tau_pin){{at[0], at[1]}, tau_app_get_pane(app)->document};
    return TAU_STATUS_OK;
}

static tau_status run_line(tau_script *script, tau_app *app, const char *words) {
    double at[4];
    (void)script;
    if (!parse_numbers(words, at, 4)) return refuse("line needs two places", "write line A B TO_A TO_B");
    if (!app) return TAU_STATUS_OK;
    memcpy(app->state.line, at, sizeof at);
    app->state.has_line = true;
    return tau_tools_can_ask(app) ? tau_tools_ask_profile(app) : TAU_STATUS_OK;
}

static tau_status run_plane(tau_script *script, tau_app *app, const char *words) {
    (void)script;
    if (!*words) return refuse("plane needs a plane", "write plane random:SEED, pca or states:A,B,C");
    return app ? tau_tools_replane(app, words) : TAU_STATUS_OK;
}

static tau_status run_set(tau_script *script, tau_app *app, const char *words) {
    (void)script;
    tau_view view = app ? tau_app_get_pane(app)->view : tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    TAU_TRY(tau_view_read_json(&view, words, strlen(words)));
    if (!app) return TAU_STATUS_OK;
    tau_app_get_pane(app)->view = view;
    app->fit_due[app->state.active] = false;
    tau_app_link(app, app->state.active);
    return TAU_STATUS_OK;
}

static tau_status run_size(tau_script *script, tau_app *app, const char *words) {
    int width, height;
    (void)script;
    if (!parse_size(words, &width, &height) || width > TAU_APP_SIDE || height > TAU_APP_SIDE)
        return refuse("size needs a size", "write size WxH, up to 16384 a side");
    if (!app) return TAU_STATUS_OK;
    app->settings.width = width;
    app->settings.height = height;
    app->wants.resize = true;
    return TAU_STATUS_OK;
}

static tau_status run_picture(tau_script *script, tau_app *app, const char *words) {
    int width = 0, height = 0;
    (void)script;
    const char *blank = strrchr(words, ' ');
    bool sized = blank && parse_size(blank + 1, &width, &height);
    size_t length = sized ? (size_t)(blank - words) : strlen(words);
    if (length == 0 || length >= TAU_APP_PATH)
        return refuse("picture needs a file", "write picture FILE, or picture FILE WxH");
    if (!app) return TAU_STATUS_OK;
    app->wants.screenshot = app->wants.plain = true;
    app->wants.width = sized ? width : 0;
    app->wants.height = sized ? height : 0;
    snprintf(app->wants.path, sizeof app->wants.path, "%.*s", (int)length, words);
    return TAU_STATUS_OK;
}

static tau_status run_screenshot(tau_script *script, tau_app *app, const char *words) {
    (void)script;
    if (!*words || strlen(words) >= TAU_APP_PATH)
        return refuse("screenshot needs a file", "write screenshot FILE");
    if (!app) return TAU_STATUS_OK;
    app->wants.screenshot = true;
    app->wants.plain = false;
    strcpy(app->wants.path, words);
    return TAU_STATUS_OK;
}

static tau_status run_save(tau_script *script, tau_app *app, const char *words) {
    (void)script;
    if (!*words) return refuse("save needs a file", "write save FILE");
    return app ? tau_tools_save(app, words) : TAU_STATUS_OK;
}

static tau_status run_record(tau_script *script, tau_app *app, const char *words) {
    (void)script;
    if (!*words || strlen(words) >= TAU_APP_PATH) return refuse("record needs a file", "write record FILE");
    if (!app) return TAU_STATUS_OK;
    app->wants.record = true;
    strcpy(app->wants.path, words);
    return TAU_STATUS_OK;
}

static tau_status run_frames(tau_script *script, tau_app *app, const char *words) {
    char text[128];
    (void)script;
    if (*words) return refuse("frames stands alone", "write frames");
    if (!app) return TAU_STATUS_OK;
    tau_frame_times_tell(&app->frames, text, sizeof text);
    tau_log(TAU_LOG_LEVEL_NOTE, "%s", text);
    return TAU_STATUS_OK;
}

static const verb verbs[] = {
    {"record", run_record}, {"open", run_open},       {"wait", run_wait},   {"seek", run_seek},
    {"pin", run_pin},       {"line", run_line},       {"plane", run_plane}, {"set", run_set},
    {"size", run_size},     {"picture", run_picture}, {"save", run_save},   {"screenshot", run_screenshot},
    {"frames", run_frames},
};

/* ---- lines ---- */

static tau_status run_words(tau_script *script, tau_app *app, char *line) {
    size_t length = strcspn(line, " \t");
    const char *words = line + length + strspn(line + length, " \t");
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++)
        if (strlen(verbs[v].name) == length && strncmp(line, verbs[v].name, length) == 0)
            return verbs[v].run(script, app, words);
    const tau_action *action = *words ? NULL : tau_action_find(line);
    if (!action)
        return tau_fail(TAU_STATUS_USAGE,
                        "\"%.60s\" is no action" TAU_FIX "F1 in the window lists all of them", line);
    return app ? tau_action_run(action, app) : TAU_STATUS_OK;
}

/* Takes the next line that says something, an empty one at the end. */
static tau_status take_line(tau_script *script, char line[TAU_APP_PATH]) {
    *line = '\0';
    while (*script->rest) {
        const char *text = script->rest;
        size_t length = strcspn(text, "\n");
        script->rest += length + (text[length] == '\n');
        script->line++;
        while (length && strchr(" \t\r", text[length - 1])) length--;
        while (length && strchr(" \t", *text)) {
            text++;
            length--;
        }
        if (length == 0 || *text == '#') continue;
        if (length >= TAU_APP_PATH) return refuse("the line is too long", "write at most 4095 bytes a line");
        memcpy(line, text, length);
        line[length] = '\0';
        break;
    }
    return TAU_STATUS_OK;
}

tau_status tau_script_create(tau_script **out, const char *text) {
    char line[TAU_APP_PATH];
    *out = NULL;
    tau_script check = {.rest = text}, *script;
    do {
        tau_status status = take_line(&check, line);
        if (status == TAU_STATUS_OK && *line) status = run_words(&check, NULL, line);
        if (status != TAU_STATUS_OK) return tau_error_context("line %d of the script", check.line);
    } while (*line);
    TAU_TRY(TAU_ALLOC(script, 1));
    script->rest = text;
    *out = script;
    return TAU_STATUS_OK;
}

void tau_script_destroy(tau_script *script) {
    tau_mem_free(script);
}

/* The window comes first where it was asked for something; then files; then time; then what is computed. */
static bool must_wait(tau_script *script, const tau_app *app) {
    const tau_app_wants *w = &app->wants;
    if (w->screenshot || w->resize || w->record || w->fullscreen || w->quit) return true;
    if (tau_loader_is_busy(app)) return true;
    if (app->task) { /* it looks anew after that */
        script->pictures = app->pictures;
        return true;
    }
    if (script->until <= 0) return false;
    if (app->now >= script->until) return false;
    if (!script->until_done) return true;
    if (!app->exploration.explore) return false;
    if (app->pictures < script->pictures + 2) return true;
    for (int i = 0; i < app->document_count; i++)
        if (app->documents[i]->exploration && tau_document_is_stale(app->documents[i])) return true;
    tau_explore_progress progress;
    tau_explore_get_progress(app->exploration.explore, &progress);
    return progress.error[0] == '\0' && (progress.busy || progress.tiles_wanted == 0);
}

tau_status tau_script_advance(tau_script *script, tau_app *app) {
    char line[TAU_APP_PATH];
    while (!must_wait(script, app)) {
        bool failed = script->running && app->failure.code != TAU_STATUS_OK;
        tau_status status = failed ? tau_error_restore(&app->failure) : take_line(script, line);
        script->until = 0;
        script->running = status == TAU_STATUS_OK && *line;
        app->failure.code = TAU_STATUS_OK;
        if (status == TAU_STATUS_OK && !*line) break;
        if (status == TAU_STATUS_OK) status = run_words(script, app, line);
        if (status != TAU_STATUS_OK) {
            script->running = false;
            script->rest += strlen(script->rest);
            return tau_error_context("line %d of the script", script->line);
        }
    }
    return TAU_STATUS_OK;
}

bool tau_script_is_over(const tau_script *script) {
    return !*script->rest && script->until <= 0 && !script->running;
}

double tau_script_get_patience(const tau_script *script, const tau_app *app) {
    if (tau_script_is_over(script)) return 3600;
    if (tau_loader_is_busy(app) || app->task) return 0.05;
    if (script->until <= 0) return 0;
    return script->until_done ? 0.05 : fmax(0, script->until - app->now);
}
