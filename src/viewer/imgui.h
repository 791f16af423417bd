/** Dear ImGui in C: what the panels need of it. Lengths are pixels of the framebuffer; one scale serves type
 * and spacing. Everything is called from the window's thread, between tau_ui_create and tau_ui_destroy. */
#ifndef TAU_VIEWER_IMGUI_H
#define TAU_VIEWER_IMGUI_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

struct GLFWwindow;

/** Starts ImGui on a window with a current OpenGL 3.3 context. It writes no file and installs no callbacks:
 *  the window hands events on. @errors TAU_STATUS_DEVICE */
TAU_CHECK tau_status tau_ui_create(struct GLFWwindow *window);
void tau_ui_destroy(void);

/** Fonts and colours. @param[in] font  a TrueType file, or NULL: ImGui's own, which has no Greek */
void tau_ui_set_style(const char *font, double scale, bool dark);

void tau_ui_begin(void);
/** Draws what was described since tau_ui_begin into the bound framebuffer. */
void tau_ui_end(void);

/* ---- events, handed on by the window ---- */

void tau_ui_on_key(struct GLFWwindow *window, int key, int scancode, int action, int mods);
void tau_ui_on_char(struct GLFWwindow *window, unsigned codepoint);
void tau_ui_on_button(struct GLFWwindow *window, int button, int action, int mods);
void tau_ui_on_scroll(struct GLFWwindow *window, double dx, double dy);
void tau_ui_on_enter(struct GLFWwindow *window, int entered);
void tau_ui_on_focus(struct GLFWwindow *window, int focused);

bool tau_ui_wants_mouse(void);
bool tau_ui_wants_text(void); /**< a text field has the keys */
bool tau_ui_is_active(void);  /**< a control is held or edited */
/** Whether arrows, Space, Enter and Tab steer panels. */
void tau_ui_set_navigation(bool on);
void tau_ui_drop_focus(void);

/* ---- windows ---- */

typedef enum tau_ui_kind {
    TAU_UI_PANEL,   /**< fixed, at the edge */
    TAU_UI_STRIP,   /**< the same, never scrolled */
    TAU_UI_OVERLAY, /**< text over the picture: no input */
    TAU_UI_DIALOG,  /**< over everything, with a title and a frame */
} tau_ui_kind;

/** @param[in] height  0 = what the content needs   @return false = nothing of it is seen; end it anyway */
bool tau_ui_begin_window(const char *name, tau_ui_kind kind, double x, double y, double width, double height);
void tau_ui_end_window(void);
void tau_ui_focus_next_window(void);
/** Size of the present window so far, for placing it next time. */
void tau_ui_get_window_size(double *width, double *height);

bool tau_ui_begin_child(const char *name, double width, double height, bool frame);
void tau_ui_end_child(void);

/* ---- menus ---- */

bool tau_ui_begin_menu_bar(double *height);
void tau_ui_end_menu_bar(void);
bool tau_ui_begin_menu(const char *name);
void tau_ui_end_menu(void);
bool tau_ui_menu_item(const char *name, const char *keys, bool on, bool enabled);
void tau_ui_open_context_menu(void);
bool tau_ui_begin_context_menu(void);
void tau_ui_end_context_menu(void);

/* ---- controls ---- */

void tau_ui_text(const char *text);
void tau_ui_text_wrapped(const char *text);
void tau_ui_text_muted(const char *text); /**< wrapped */
void tau_ui_line_muted(const char *text);
void tau_ui_heading(const char *text);
void tau_ui_separator(void);
void tau_ui_space(double lines);
void tau_ui_same_line(void);
/** The next control starts at this share of the window's width. */
void tau_ui_same_line_at(double share);
void tau_ui_next_width(double width); /**< < 0 = up to that far from the right edge */
bool tau_ui_button(const char *label);
bool tau_ui_checkbox(const char *label, bool *value);
/** A slider between lo and hi; logarithmic where asked. */
bool tau_ui_slider(const char *label, double *value, double lo, double hi, const char *format,
                   bool logarithmic);
bool tau_ui_slider_int(const char *label, int *value, int lo, int hi);
bool tau_ui_begin_combo(const char *label, const char *value);
bool tau_ui_combo_item(const char *label, bool chosen);
void tau_ui_end_combo(void);
/** @return whether Enter was pressed in it */
bool tau_ui_input(const char *label, const char *hint, char *text, size_t size, bool focus);
bool tau_ui_input_real(const char *label, double *value);
bool tau_ui_selectable(const char *label, bool chosen, double width);
void tau_ui_scroll_here(void);
void tau_ui_tooltip(const char *text); /**< of the control before, while the pointer is on it */
void tau_ui_begin_disabled(bool disabled);
void tau_ui_end_disabled(void);
void tau_ui_push_id(int id);
void tau_ui_pop_id(void);
bool tau_ui_begin_table(const char *name, int columns);
void tau_ui_table_column(double share);
void tau_ui_table_next(void);
void tau_ui_end_table(void);

bool tau_ui_is_key_pressed(int glfw_key);

/* ---- drawing into the present window ---- */

/** Takes the rest of the line, `height` high. @param[out] area  x, y, width, height
 *  @return whether the pointer drags in it; *u is then its place, 0..1 from the left */
bool tau_ui_canvas(const char *name, double height, double area[4], double *u);

typedef enum tau_ui_ink {
    TAU_UI_INK_TEXT,
    TAU_UI_INK_MUTED,
    TAU_UI_INK_FRAME,
    TAU_UI_INK_ACCENT,
    TAU_UI_INK_SERIES, /**< and the ones after it */
} tau_ui_ink;

void tau_ui_draw_line(double x0, double y0, double x1, double y1, int ink, double width);
/** @param[in] points  [count, 2] */
void tau_ui_draw_polyline(const float *points, size_t count, int ink, double width, int dash);
void tau_ui_draw_rectangle(double x, double y, double width, double height, int ink, bool filled);
/** A frame behind all windows of this interface, over the landscape. */
void tau_ui_draw_behind(double x, double y, double width, double height, int ink);
void tau_ui_draw_text(double x, double y, int ink, const char *text);
double tau_ui_measure(const char *text);
double tau_ui_get_line_height(void);
double tau_ui_get_spacing(void);
void tau_ui_clip(double x, double y, double width, double height);
void tau_ui_unclip(void);

const char *tau_ui_get_version(void);

#endif
