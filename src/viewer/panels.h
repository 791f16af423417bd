/** What stands around the landscape: menus, side panel, timeline, status line, dialogs, toasts. Made of the
 * table of actions and drawn with viewer/imgui.h. */
#ifndef TAU_VIEWER_PANELS_H
#define TAU_VIEWER_PANELS_H

#include "viewer/app.h"
#include "viewer/browser.h"

typedef struct tau_panels {
    double width, height;  /**< of the window */
    double scale;          /**< of type */
    double profile_height; /**< of the profile of a line */
    double menu_height, time_height, status_height, side_width;
    double scene[4];              /**< what is left for landscapes: x, y, width, height */
    bool context_open;            /**< the menu of a place */
    bool context_asked;           /**< it is to be opened */
    bool menu_open;               /**< a menu of the bar is open */
    tau_dialog shown;             /**< the dialog of the last picture */
    bool seeking;                 /**< the timeline is dragged */
    char filter[64];              /**< of the help */
    char seed[32], states[3][64]; /**< of another plane */
    int size[2];                  /**< of a picture */
    const char *graphics;         /**< what draws, for "about" */
    tau_browser browser;
} tau_panels;

/** Divides the window. Sizes of menus are those of the last picture. */
void tau_panels_arrange(tau_panels *panels, const tau_app *app, double width, double height, double scale);

/** Where pane number `pane` of `count` lies in the scene. @param[out] area  x, y, width, height */
void tau_panels_get_pane(const tau_panels *panels, int pane, int count, double area[4]);

/** Describes everything, between tau_ui_begin and tau_ui_end. */
void tau_panels_draw(tau_panels *panels, tau_app *app);

/* ---- parts ---- */

void tau_panels_draw_side(tau_panels *panels, tau_app *app);
void tau_panels_draw_time(tau_panels *panels, tau_app *app);
void tau_panels_draw_profile(tau_panels *panels, tau_app *app);
void tau_panels_draw_dialogs(tau_panels *panels, tau_app *app);
void tau_panels_draw_help(tau_panels *panels, tau_app *app);
void tau_panels_draw_palette(tau_panels *panels, tau_app *app);

/** Curves over 0..last with a frame, the lowest and highest value, names, and a line at a place.
 *  @param[in] area  x, y, width, height */
typedef struct tau_panels_plot {
    const tau_series *series;
    size_t count;
    double lo, hi;   /**< places at the left and right edge */
    double place;    /**< of the line; NaN = none */
    double range[2]; /**< a part that is marked; NaN = none */
} tau_panels_plot;
void tau_panels_draw_plot(const double area[4], const tau_panels_plot *plot);

/** A menu's row of an action; runs it. */
void tau_panels_draw_action(tau_app *app, const char *id);

#endif
