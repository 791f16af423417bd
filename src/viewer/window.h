/** The window: GLFW's events in, pictures out. It waits for events and for what the app wants, and blocks for
 * nothing else. */
#ifndef TAU_VIEWER_WINDOW_H
#define TAU_VIEWER_WINDOW_H

#include "viewer/app.h"
#include "viewer/panels.h"
#include "viewer/recorder.h"
#include "viewer/renderer.h"
#include "viewer/script.h"

struct GLFWwindow;

/** What moves and is pressed. Places are pixels of the framebuffer. */
typedef struct tau_viewer_mouse {
    double x, y; /**< now */
    double pressed_x, pressed_y;
    double click_time, click_x, click_y; /**< of the last click */
    bool click_pinned;                   /**< it set a pin */
    int button;                          /**< held over a pane, or -1 */
    int pane;                            /**< where it was pressed */
    tau_drag drag;
    bool moved; /**< far enough to be no click */
} tau_viewer_mouse;

typedef struct tau_viewer_window {
    struct GLFWwindow *glfw;
    tau_app *app;
    tau_renderer *renderer;
    tau_script *script;
    tau_recorder *recorder;
    double aspects[TAU_APP_PANES];  /**< of the panes when they were fitted; 0 = not yet */
    struct tau_window_scene *scene; /**< the picture of the panes, kept */
    tau_panels panels;
    tau_viewer_mouse mouse;
    char *font;
    char graphics[160];  /**< what draws */
    double scale;        /**< of type, in the units of the window */
    double ratio;        /**< pixels of the framebuffer to a unit of the window */
    int width, height;   /**< of the framebuffer */
    int frames;          /**< pictures still due: panels need several to settle */
    int pictures_waited; /**< since a screenshot was asked for */
    double began;        /**< the step of the loop that is under way */
    bool due;            /**< one more picture was wanted at once when the last was done */
    bool navigating;     /**< keys steer panels */
    int restored[4];     /**< place and size before full screen */
    double drawn;        /**< when the last picture was */
    bool fixed_scale;    /**< the caller has chosen it */
    double wanted_scale;
} tau_viewer_window;

/** Opens the window and returns when it is closed. @errors TAU_STATUS_DEVICE: no display, no OpenGL 3.3 */
TAU_CHECK tau_status tau_window_run(const tau_viewer_request *request);

/** Wakes the running window. @threads any */
void tau_window_wake(void);

/** Draws what the request names into request->screenshot, without a window.
 *  @errors TAU_STATUS_DEVICE: no OpenGL; those of documents and views */
TAU_CHECK tau_status tau_window_draw_file(const tau_viewer_request *request);

/* ---- parts ---- */

/** Installs the callbacks of a window whose user pointer is `window`. */
void tau_window_listen(tau_viewer_window *window);

/** Size of the framebuffer, scale of the screen, type. Called whenever one of them may have changed. */
void tau_window_measure(tau_viewer_window *window);

/** Draws the panes, or shows them again where nothing in them has changed. */
void tau_window_draw_scene(tau_viewer_window *window);
void tau_window_drop_scene(tau_viewer_window *window);

/** What the app wants of the window, after a picture was drawn. */
void tau_window_serve(tau_viewer_window *window);

/** Hands the picture to a recording that is under way. */
void tau_window_film(tau_viewer_window *window);

/** A free name: "tauscape-1.png", … @param[out] path  [TAU_APP_PATH] */
void tau_window_find_name(char *path);

#endif
