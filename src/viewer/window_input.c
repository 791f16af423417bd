/* Keys, mouse and dropped files of the window. Panels come first, then what is under them. */
#include <GLFW/glfw3.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/progress.h"
#include "viewer/actions.h"
#include "viewer/imgui.h"
#include "viewer/loader.h"
#include "viewer/tools.h"
#include "viewer/window.h"

static const double CLICK_PIXELS = 4, DOUBLE_CLICK_SECONDS = 0.35;

static tau_viewer_window *get_window(GLFWwindow *glfw) {
    return glfwGetWindowUserPointer(glfw);
}

static void touch(tau_viewer_window *w) {
    w->frames = 3;
}

static int get_mods(int glfw_mods) {
    return (glfw_mods & GLFW_MOD_SHIFT ? TAU_MOD_SHIFT : 0) |
           (glfw_mods & GLFW_MOD_CONTROL ? TAU_MOD_CTRL : 0) | (glfw_mods & GLFW_MOD_ALT ? TAU_MOD_ALT : 0);
}

/* ---- keys ---- */

/* Letters are those on the caps, whatever the layout; keys of the number pad are their digits. */
static int get_key(int key, int scancode) {
    static const struct {
        int glfw, key;
    } keys[] = {
        {GLFW_KEY_ESCAPE, TAU_KEY_ESCAPE},
        {GLFW_KEY_ENTER, TAU_KEY_ENTER},
        {GLFW_KEY_KP_ENTER, TAU_KEY_ENTER},
        {GLFW_KEY_TAB, TAU_KEY_TAB},
        {GLFW_KEY_BACKSPACE, TAU_KEY_BACKSPACE},
        {GLFW_KEY_INSERT, TAU_KEY_INSERT},
        {GLFW_KEY_DELETE, TAU_KEY_DELETE},
        {GLFW_KEY_RIGHT, TAU_KEY_RIGHT},
        {GLFW_KEY_LEFT, TAU_KEY_LEFT},
        {GLFW_KEY_DOWN, TAU_KEY_DOWN},
        {GLFW_KEY_UP, TAU_KEY_UP},
        {GLFW_KEY_PAGE_UP, TAU_KEY_PAGE_UP},
        {GLFW_KEY_PAGE_DOWN, TAU_KEY_PAGE_DOWN},
        {GLFW_KEY_HOME, TAU_KEY_HOME},
        {GLFW_KEY_END, TAU_KEY_END},
        {GLFW_KEY_SPACE, ' '},
        {GLFW_KEY_KP_ADD, '+'},
        {GLFW_KEY_KP_SUBTRACT, '-'},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].glfw == key) return keys[i].key;
    if (key >= GLFW_KEY_F1 && key <= GLFW_KEY_F12) return TAU_KEY_F1 + key - GLFW_KEY_F1;
    if (key >= GLFW_KEY_KP_0 && key <= GLFW_KEY_KP_9) return '0' + key - GLFW_KEY_KP_0;
    const char *name = glfwGetKeyName(key, scancode);
    if (name && name[0] && !name[1] && isalpha((unsigned char)name[0]))
        return toupper((unsigned char)name[0]);
    return key > ' ' && key < 127 ? key : 0;
}

/* Signs stand on different keys of different keyboards: without Ctrl and Alt they come as characters. */
static bool comes_as_character(int key, int mods) {
    return key < 256 && key != ' ' && !isalnum(key) && !(mods & (TAU_MOD_CTRL | TAU_MOD_ALT));
}

static void run_chord(tau_viewer_window *w, tau_chord chord) {
    const tau_action *action = tau_action_find_chord(chord);
    if (!action && chord.mods == TAU_MOD_SHIFT && chord.key < 256 && isdigit(chord.key))
        action = tau_action_find_chord((tau_chord){chord.key, 0}); /* digits are shifted on some keyboards */
    if (action) (void)tau_action_run(action, w->app);
}

/* Keys by which panels are steered while they have the keys. */
static bool steers(int key) {
    switch (key) {
    case TAU_KEY_LEFT:
    case TAU_KEY_RIGHT:
    case TAU_KEY_UP:
    case TAU_KEY_DOWN:
    case TAU_KEY_TAB:
    case TAU_KEY_ENTER:
    case TAU_KEY_PAGE_UP:
    case TAU_KEY_PAGE_DOWN:
    case TAU_KEY_HOME:
    case TAU_KEY_END:
    case ' ':
        return true;
    default:
        return false;
    }
}

static void set_navigation(tau_viewer_window *w, bool on) {
    w->navigating = on;
    tau_ui_set_navigation(on);
    if (!on) tau_ui_drop_focus();
}

/* A dialog takes letters and digits; only Esc, function keys and Ctrl reach the actions beside it. */
static bool belongs_to_panels(const tau_viewer_window *w, tau_chord chord) {
    bool character = chord.key < 256 && !(chord.mods & (TAU_MOD_CTRL | TAU_MOD_ALT));
    if (tau_ui_wants_text())
        return character || steers(chord.key) || chord.key == TAU_KEY_BACKSPACE ||
               chord.key == TAU_KEY_DELETE || (chord.mods == TAU_MOD_CTRL && strchr("ACVXYZ", chord.key));
    if (w->app->message.open || w->app->dialog != TAU_DIALOG_NONE) return character || steers(chord.key);
    return (w->navigating || w->panels.menu_open || w->panels.context_open) && steers(chord.key);
}

static void on_key(GLFWwindow *glfw, int key, int scancode, int action, int glfw_mods) {
    tau_viewer_window *w = get_window(glfw);
    touch(w);
    tau_ui_on_key(glfw, key, scancode, action, glfw_mods);
    bool shift = key == GLFW_KEY_LEFT_SHIFT || key == GLFW_KEY_RIGHT_SHIFT;
    if (shift) w->app->show_reference = action != GLFW_RELEASE && w->mouse.button < 0;
    if (action == GLFW_RELEASE) return;
    tau_chord chord = {get_key(key, scancode), get_mods(glfw_mods)};
    if (!chord.key || comes_as_character(chord.key, chord.mods)) return;
    if (chord.key == TAU_KEY_ESCAPE && w->navigating) set_navigation(w, false);
    if ((chord.key == TAU_KEY_ENTER || chord.key == ' ') && w->app->message.open) {
        w->app->message.open = false;
        return;
    }
    if (belongs_to_panels(w, chord)) return;
    run_chord(w, chord);
    if (w->app->wants.focus_panel) set_navigation(w, true);
}

static void on_char(GLFWwindow *glfw, unsigned codepoint) {
    tau_viewer_window *w = get_window(glfw);
    touch(w);
    tau_ui_on_char(glfw, codepoint);
    if (codepoint > 126 || codepoint <= ' ' || isalnum((int)codepoint)) return;
    tau_chord chord = {(int)codepoint, 0};
    if (!belongs_to_panels(w, chord)) run_chord(w, chord);
}

/* ---- mouse ---- */

/* How far a hand may tremble in a click, pixels: as far on a fine screen as on a coarse one. */
static double get_slack(const tau_viewer_window *w) {
    return CLICK_PIXELS * fmax(1, w->scale) * w->ratio;
}

static void place_mouse(tau_viewer_window *w, double x, double y) {
    w->mouse.x = x * w->ratio;
    w->mouse.y = y * w->ratio;
}

static void press(tau_viewer_window *w, int button, int mods) {
    tau_viewer_mouse *m = &w->mouse;
    tau_app *app = w->app;
    int pane = tau_app_find_pane(app, m->x, m->y);
    if (pane < 0 || m->button >= 0) return;
    if (w->navigating) set_navigation(w, false);
    bool flat = app->state.panes[pane].view.kind != TAU_VIEW_KIND_SURFACE;
    m->button = button;
    m->pane = pane;
    m->pressed_x = m->x;
    m->pressed_y = m->y;
    m->moved = false;
    m->drag = tau_bindings_get_drag(button, mods, flat, app->settings.swap_buttons);
    app->state.active = pane;
    app->show_reference = false;
    if (button == TAU_BUTTON_LEFT && app->tools.drawing) {
        m->drag = TAU_DRAG_LINE;
        app->state.has_line = false;
        tau_app_drag(app, pane, TAU_DRAG_LINE, m->x, m->y, 0, 0);
    }
}

static void end_line(tau_viewer_window *w) {
    tau_app *app = w->app;
    app->tools.drawing = false;
    if (app->state.has_line && w->mouse.moved)
        (void)tau_app_report(app, tau_tools_ask_profile(app));
    else
        app->state.has_line = false;
}

/* A press and release at one place: a pin, the second one centres; the right button opens a menu. */
static void click(tau_viewer_window *w, int button) {
    tau_viewer_mouse *m = &w->mouse;
    double now = tau_progress_now();
    if (button == TAU_BUTTON_RIGHT) {
        tau_app_hover(w->app, m->x, m->y);
        w->panels.context_asked = true;
    }
    if (button != TAU_BUTTON_LEFT) return;
    bool again = now - m->click_time < DOUBLE_CLICK_SECONDS &&
                 hypot(m->x - m->click_x, m->y - m->click_y) < 2 * get_slack(w);
    if (again) {
        if (w->app->state.pin_count && m->click_pinned)
            w->app->state.pin_count--; /* that of the first click */
        tau_app_double_click(w->app, m->x, m->y);
        m->click_time = 0;
        return;
    }
    int before = w->app->state.pin_count;
    tau_app_click(w->app, m->x, m->y);
    m->click_pinned = w->app->state.pin_count > before;
    m->click_time = now;
    m->click_x = m->x;
    m->click_y = m->y;
}

static void release(tau_viewer_window *w, int button) {
    tau_viewer_mouse *m = &w->mouse;
    if (m->button != button) return;
    m->button = -1;
    w->app->interacting = false;
    if (m->drag == TAU_DRAG_LINE)
        end_line(w);
    else if (!m->moved)
        click(w, button);
    m->drag = TAU_DRAG_NONE;
}

static void on_button(GLFWwindow *glfw, int button, int action, int mods) {
    tau_viewer_window *w = get_window(glfw);
    double x, y;
    touch(w);
    glfwGetCursorPos(glfw, &x, &y);
    place_mouse(w, x, y);
    tau_ui_on_button(glfw, button, action, mods);
    if (action == GLFW_PRESS && !tau_ui_wants_mouse()) press(w, button, get_mods(mods));
    if (action == GLFW_RELEASE) release(w, button);
}

static void on_move(GLFWwindow *glfw, double x, double y) {
    tau_viewer_window *w = get_window(glfw);
    tau_viewer_mouse *m = &w->mouse;
    double before_x = m->x, before_y = m->y;
    if (w->frames < 2) w->frames = 2;
    place_mouse(w, x, y);
    if (m->button < 0) {
        if (w->panels.context_open) return; /* the menu speaks of the place where it was opened */
        bool over_panel = tau_ui_wants_mouse();
        if (over_panel)
            w->app->hovering = false;
        else
            tau_app_hover(w->app, m->x, m->y);
        return;
    }
    if (!m->moved && hypot(m->x - m->pressed_x, m->y - m->pressed_y) < get_slack(w)) return;
    if (!m->moved) { /* the way so far counts too */
        before_x = m->pressed_x;
        before_y = m->pressed_y;
    }
    m->moved = true;
    w->app->interacting = true;
    tau_app_drag(w->app, m->pane, m->drag, m->x, m->y, m->x - before_x, m->y - before_y);
}

/* Touchpads send both ways together: only the vertical one zooms. */
static void on_scroll(GLFWwindow *glfw, double dx, double dy) {
    tau_viewer_window *w = get_window(glfw);
    touch(w);
    tau_ui_on_scroll(glfw, dx, dy);
    if (tau_ui_wants_mouse() || dy == 0) return;
    double by = dy > 5 ? 5 : dy < -5 ? -5 : dy;
    tau_app_zoom(w->app, tau_app_find_pane(w->app, w->mouse.x, w->mouse.y), w->mouse.x, w->mouse.y,
                 pow(0.87, by));
}

/* ---- the rest ---- */

static void on_drop(GLFWwindow *glfw, int count, const char **paths) {
    tau_viewer_window *w = get_window(glfw);
    touch(w);
    for (int i = 0; i < count; i++) (void)tau_app_report(w->app, tau_loader_open(w->app, paths[i]));
}

static void on_enter(GLFWwindow *glfw, int entered) {
    tau_viewer_window *w = get_window(glfw);
    touch(w);
    tau_ui_on_enter(glfw, entered);
    if (!entered && w->mouse.button < 0 && !w->panels.context_open) w->app->hovering = false;
}

static void on_focus(GLFWwindow *glfw, int focused) {
    tau_viewer_window *w = get_window(glfw);
    touch(w);
    tau_ui_on_focus(glfw, focused);
    w->app->show_reference = false;
}

static void on_size(GLFWwindow *glfw, int width, int height) {
    (void)width, (void)height;
    tau_window_measure(get_window(glfw));
}

static void on_scale(GLFWwindow *glfw, float x, float y) {
    (void)x, (void)y;
    tau_window_measure(get_window(glfw));
}

static void on_refresh(GLFWwindow *glfw) {
    touch(get_window(glfw));
}

void tau_window_listen(tau_viewer_window *w) {
    glfwSetWindowUserPointer(w->glfw, w);
    glfwSetKeyCallback(w->glfw, on_key);
    glfwSetCharCallback(w->glfw, on_char);
    glfwSetMouseButtonCallback(w->glfw, on_button);
    glfwSetCursorPosCallback(w->glfw, on_move);
    glfwSetScrollCallback(w->glfw, on_scroll);
    glfwSetCursorEnterCallback(w->glfw, on_enter);
    glfwSetWindowFocusCallback(w->glfw, on_focus);
    glfwSetDropCallback(w->glfw, on_drop);
    glfwSetFramebufferSizeCallback(w->glfw, on_size);
    glfwSetWindowContentScaleCallback(w->glfw, on_scale);
    glfwSetWindowRefreshCallback(w->glfw, on_refresh);
}
