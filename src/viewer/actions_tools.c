/* Actions that compute: the tools of the explorer. */
#include <stdio.h>

#include "figure/number.h"
#include "train/train.h"
#include "viewer/actions.h"
#include "viewer/tools.h"

static bool can_ask(const tau_app *app, int argument) {
    (void)argument;
    return tau_tools_can_ask(app);
}

static bool has_plane(const tau_app *app, int argument) {
    const tau_document *document = tau_app_get_document(app);
    (void)argument;
    return tau_tools_can_ask(app) && !document->line;
}

static tau_status draw_line(tau_app *app, int argument) {
    (void)argument;
    app->tools.drawing = !app->tools.drawing;
    return TAU_STATUS_OK;
}

static bool is_drawing(const tau_app *app, int argument) {
    (void)argument;
    return app->tools.drawing;
}

static tau_status ask_profile(tau_app *app, int argument) {
    (void)argument;
    return tau_tools_ask_profile(app);
}

/* Without a mouse: the line between the two last pins. */
static tau_status profile_pins(tau_app *app, int argument) {
    (void)argument;
    tau_app_state *s = &app->state;
    if (s->pin_count < 2)
        return tau_fail(TAU_STATUS_USAGE, "a profile goes from one pin to another" TAU_FIX
                                          "set two pins: click, or use the Edit menu");
    for (int end = 0; end < 2; end++)
        for (int axis = 0; axis < 2; axis++)
            s->line[end][axis] = s->pins[s->pin_count - 2 + end].coords[axis];
    s->has_line = true;
    return tau_tools_ask_profile(app);
}

static tau_status ask_descent(tau_app *app, int argument) {
    (void)argument;
    return tau_tools_ask_descent(app);
}

static void get_descent(const tau_app *app, int argument, char *out) {
    char rate[TAU_NUMBER_TEXT];
    (void)argument;
    tau_number_format(rate, app->tools.rate, 3);
    snprintf(out, TAU_ACTION_VALUE, "%s, rate %.20s, %d steps, %s",
             tau_optimizer_name((tau_optimizer)app->tools.optimizer), rate, app->tools.steps,
             app->tools.full_space ? "all parameters" : "in the plane");
}

static tau_status choose_descent(tau_app *app, int argument) {
    (void)argument;
    app->dialog = TAU_DIALOG_DESCENT;
    return TAU_STATUS_OK;
}

static tau_status ask_minimum(tau_app *app, int argument) {
    (void)argument;
    return tau_tools_ask_minimum(app);
}

static tau_status toggle_arrows(tau_app *app, int argument) {
    (void)argument;
    return tau_tools_toggle_arrows(app);
}

static bool has_arrows(const tau_app *app, int argument) {
    (void)argument;
    return app->tools.arrows_job != 0;
}

static tau_status forget(tau_app *app, int argument) {
    (void)argument;
    tau_tools_forget(app);
    return TAU_STATUS_OK;
}

static tau_status choose_plane(tau_app *app, int argument) {
    (void)argument;
    app->dialog = TAU_DIALOG_REPLANE;
    app->text[0] = '\0';
    return TAU_STATUS_OK;
}

static tau_status replane(tau_app *app, int argument) {
    char words[48] = "pca";
    if (argument) snprintf(words, sizeof words, "random:%u", (unsigned)(app->now * 1000) % 100000);
    return tau_tools_replane(app, words);
}

static tau_status pause_explorer(tau_app *app, int argument) {
    (void)argument;
    tau_tools_pause(app, !app->tools.paused);
    return TAU_STATUS_OK;
}

static bool is_paused(const tau_app *app, int argument) {
    (void)argument;
    return app->tools.paused;
}

static tau_status stop_task(tau_app *app, int argument) {
    (void)argument;
    tau_tools_stop_task(app);
    return TAU_STATUS_OK;
}

static bool has_task(const tau_app *app, int argument) {
    (void)argument;
    return app->task != NULL;
}

const tau_action tau_actions_tools[] = {
    {"explore.line", "Explore", "Draw a profile line", "J",
     "Then drag over the landscape: the true loss along the line is computed.", draw_line, 0, NULL,
     is_drawing, has_plane},
    {"explore.profile", "Explore", "Profile again", "Shift+J", "Computes the drawn line once more.",
     ask_profile, 0, NULL, NULL, has_plane},
    {"explore.profile_pins", "Explore", "Profile between two pins", NULL,
     "The true loss from the last pin but one to the last.", profile_pins, 0, NULL, NULL, has_plane},
    {"explore.descent", "Explore", "Start an optimiser here", "O",
     "From the pointer, the last pin, or the middle.", ask_descent, 0, get_descent, NULL, can_ask},
    {"explore.descent_options", "Explore", "Optimiser…", "Shift+O",
     "Which optimiser, rate, steps, and where.", choose_descent, 0, get_descent, NULL, NULL},
    {"explore.minimum", "Explore", "Go to the minimum", "Shift+N",
     "The lowest point near the pointer, the last pin, or the middle.", ask_minimum, 0, NULL, NULL, can_ask},
    {"explore.arrows", "Explore", "Gradient arrows", "A", "Where the true gradient in the plane leads down.",
     toggle_arrows, 0, NULL, has_arrows, has_plane},
    {"explore.clear", "Explore", "Remove lines, ways and arrows", "Shift+Delete",
     "Removes what tools have drawn.", forget, 0, NULL, NULL, NULL},
    {"explore.plane", "Explore", "Another plane…", "Ctrl+R",
     "Random with a seed, PCA, or through three states.", choose_plane, 0, NULL, NULL, has_plane},
    {"explore.random", "Explore", "A random plane", NULL, "Another random plane through the same centre.",
     replane, 1, NULL, NULL, has_plane},
    {"explore.pca", "Explore", "The plane of the training", NULL, "The plane of the first two components.",
     replane, 0, NULL, NULL, has_plane},
    {"explore.pause", "Explore", "Pause computing", "U", "What is known stays.", pause_explorer, 0, NULL,
     is_paused, can_ask},
    {"explore.stop", "Explore", "Stop what works in the background", NULL,
     "Ends saving or the search for a plane.", stop_task, 0, NULL, NULL, has_task},
};
const size_t tau_actions_tools_count = sizeof tau_actions_tools / sizeof *tau_actions_tools;
