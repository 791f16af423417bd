/** Everything that the window shows and does, without the window: documents, panes, timeline, tools,
 * messages. Actions, mouse, panels and scripts call in here; what only a window can do it is asked for in
 * `wants`. */
#ifndef TAU_VIEWER_APP_H
#define TAU_VIEWER_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "viewer/bindings.h"
#include "viewer/document.h"
#include "viewer/frame_times.h"
#include "viewer/history.h"
#include "viewer/timeline.h"
#include "viewer/viewer.h"

enum {
    TAU_APP_PANES = 4,
    TAU_APP_DOCUMENTS = 32,
    TAU_APP_PINS = 32,
    TAU_APP_RECENT = 9,
    TAU_APP_TOASTS = 4,
    TAU_APP_WAYS = 8,
    TAU_APP_PATH = 4096,
    TAU_APP_SIDE = 16384, /**< most pixels of a side of windows and pictures */
};

/** A view of a document. */
typedef struct tau_pane {
    int document; /**< index, or -1 */
    tau_view view;
} tau_pane;

/** Where a pane was drawn last, pixels of the framebuffer from its upper left; set by who draws. */
typedef struct tau_pane_place {
    double x, y, width, height;
    double plot[4]; /**< within the pane, as tau_renderer_get_plot */
    double lo[2], hi[2];
    tau_space space;
    bool has_space;
} tau_pane_place;

typedef struct tau_pin {
    double coords[2];
    int document;
} tau_pin;

/** What undo of data brings back; cameras have their own. */
typedef struct tau_app_state {
    tau_pane panes[TAU_APP_PANES];
    int pane_count, active;
    bool linked;   /**< cameras and map regions move together */
    int reference; /**< document, or -1 */
    tau_pin pins[TAU_APP_PINS];
    int pin_count;
    bool has_line; /**< of a profile */
    double line[2][2];
} tau_app_state;

typedef struct tau_app_cameras {
    struct {
        tau_camera camera;
        double map_lo[2], map_hi[2];
    } panes[TAU_APP_PANES];
} tau_app_cameras;

/** What is kept from session to session beside documents. */
typedef struct tau_app_settings {
    bool dark;
    bool swap_buttons; /**< right drag pans */
    bool side_panel, timeline_panel, status_line;
    bool hint_seen;
    double scale;      /**< of the interface, on top of the screen's; 1 = as it is */
    int width, height; /**< of the window, 0 = not known */
    char recent[TAU_APP_RECENT][TAU_APP_PATH];
    int recent_count;
} tau_app_settings;

typedef enum tau_dialog {
    TAU_DIALOG_NONE,
    TAU_DIALOG_HELP,
    TAU_DIALOG_PALETTE,
    TAU_DIALOG_OPEN,
    TAU_DIALOG_SAVE,
    TAU_DIALOG_SCREENSHOT,
    TAU_DIALOG_RECORD,
    TAU_DIALOG_REPLANE,
    TAU_DIALOG_DESCENT,
    TAU_DIALOG_SETTINGS,
    TAU_DIALOG_ABOUT,
} tau_dialog;

/** An error as it is shown. */
typedef struct tau_app_message {
    bool open;
    char what[512], why[512], fix[512];
} tau_app_message;

typedef struct tau_app_toast {
    char text[256];
    double until; /**< on the clock of tau_app_tick */
} tau_app_toast;

/** What only the window can do, done and cleared by it after each event. */
typedef struct tau_app_wants {
    bool quit, fullscreen, rescale, focus_panel, resize;
    bool shaders;            /**< those of a folder read again */
    bool screenshot;         /**< of the window, or without overlays */
    bool plain;              /**< screenshot without overlays, transparent */
    int width, height;       /**< of a plain one; 0 = of the window */
    char path[TAU_APP_PATH]; /**< of the screenshot; empty = a free name in the working folder */
    bool record;             /**< starts or ends a recording, to `path` */
} tau_app_wants;

/** A way that a tool has found: an optimiser's path. */
typedef struct tau_app_way {
    int job; /**< 0 = unused */
    tau_explore_answer answer;
    char label[64];
} tau_app_way;

/** What tools of the explorer have brought. */
typedef struct tau_app_tools {
    bool drawing; /**< the next drag draws a line */
    int profile_job, arrows_job, minimum_job;
    tau_explore_answer profile, arrows;
    tau_app_way ways[TAU_APP_WAYS];
    int optimizer; /**< tau_optimizer */
    double rate;
    int steps;
    bool full_space;
    bool paused;
    tau_scene_arrow *arrow_list; /**< [arrows.count] */
    size_t arrow_count;
} tau_app_tools;

typedef struct tau_app_task tau_app_task;
typedef struct tau_loader tau_loader;

typedef struct tau_app_host {
    void (*set_clipboard)(void *payload, const char *text);
    const char *(*get_clipboard)(void *payload); /**< NULL = nothing */
    void (*wake)(void *payload);                 /**< @threads any */
    void *payload;
} tau_app_host;

typedef struct tau_app {
    tau_document *documents[TAU_APP_DOCUMENTS];
    int document_count;
    tau_app_state state;
    tau_pane_place places[TAU_APP_PANES];
    tau_timeline timeline;
    tau_app_settings settings;
    tau_app_tools tools;
    tau_app_wants wants;
    tau_app_message message;
    tau_app_toast toasts[TAU_APP_TOASTS];
    tau_dialog dialog;
    char text[TAU_APP_PATH]; /**< what is typed in the dialog */
    int choice;              /**< of the list in the dialog */
    bool watch;              /**< all files are looked at again, not only growing ones */
    bool interacting;        /**< a button is down or a panel's control is held: nothing settles */
    bool show_reference;     /**< Shift is held */
    bool recording;
    bool hovering;
    int hover_pane;
    tau_reading hover;
    bool fit_due[TAU_APP_PANES];      /**< the pane shows something else: it is fitted once it was drawn */
    tau_camera fitted[TAU_APP_PANES]; /**< as tau_app_fit left them; distance 0 = not yet */
    int pictures;                     /**< drawn so far */
    tau_frame_times frames;           /**< of the pictures of a window with a script */
    double now;                       /**< seconds */
    double next_poll;                 /**< of files */
    double rest, next_read; /**< seconds between two pictures of an explorer; when the next may be read */
    tau_history *data, *cameras;
    tau_app_host host;
    const tau_viewer_request *request;  /**< borrowed, or NULL */
    tau_viewer_exploration exploration; /**< the present one; explore NULL = none */
    tau_explore_region looked;          /**< what it was last told to look at */
    char told[512];                     /**< its error that was shown */
    tau_app_task *task;                 /**< what works in the background, or NULL */
    tau_loader *loader;                 /**< files that are being read (loader.h) */
    char *note;                         /**< something to be told at the start, or NULL */
    tau_error_copy failure;             /**< the last one reported, for the script, which clears its code */
} tau_app;

TAU_CHECK tau_status tau_app_create(tau_app **out, const tau_viewer_request *request);
void tau_app_destroy(tau_app *app);

/* ---- messages ---- */

/** Shows a line for some seconds. */
void tau_app_toast_text(tau_app *app, const char *format, ...) TAU_PRINTF(2, 3);

/** Opens the message box with the thread's last error, unless the status is OK. @return the status */
tau_status tau_app_report(tau_app *app, tau_status status);

/* ---- documents and panes ---- */

/** Opens a file, shows it in the active pane and remembers it. It waits for the file: before there is a
 * window, which reads with tau_loader_open. @errors those of tau_document_open */
TAU_CHECK tau_status tau_app_open(tau_app *app, const char *path);

/** Adds the documents of a file, which the app then owns, shows the first and remembers the file.
 *  @errors TAU_STATUS_USAGE: too many; those that have no room are closed */
TAU_CHECK tau_status tau_app_take_documents(tau_app *app, tau_document *const *documents, int count,
                                            const char *path);

/** Adds an open document, which the app then owns, and shows it. @errors TAU_STATUS_USAGE: too many; the
 * document is closed */
TAU_CHECK tau_status tau_app_add_document(tau_app *app, tau_document *document);
void tau_app_close_document(tau_app *app, int index);

/** @return the document of the active pane, or NULL */
tau_document *tau_app_get_document(const tau_app *app);
tau_document *tau_app_get_pane_document(const tau_app *app, int pane);
tau_pane *tau_app_get_pane(tau_app *app);

/** Shows a document in a pane, with the kind of view that suits it. */
void tau_app_show(tau_app *app, int pane, int document);
void tau_app_next_document(tau_app *app, int step);
void tau_app_add_pane(tau_app *app);
void tau_app_remove_pane(tau_app *app);

/** The scene of a pane with pins, ways, arrows, and the view at its time. */
typedef struct tau_app_picture {
    tau_scene scene;
    tau_view view;
    tau_scene_mark marks[TAU_APP_PINS + 4];
    char labels[TAU_APP_PINS][16];
    tau_path *paths;
} tau_app_picture;
/** @return false = the pane is empty   @param[out] out  cleared with tau_app_picture_clear */
bool tau_app_compose(const tau_app *app, int pane, tau_app_picture *out);
void tau_app_picture_clear(tau_app_picture *picture);

/* ---- camera and mouse; places are pixels of the framebuffer from its upper left ---- */

/** @return the pane there, or -1 */
int tau_app_find_pane(const tau_app *app, double x, double y);

void tau_app_drag(tau_app *app, int pane, tau_drag drag, double x, double y, double dx, double dy);
void tau_app_zoom(tau_app *app, int pane, double x, double y, double factor);

/** The place of the slice under the pointer. @return false = none */
bool tau_app_pick(const tau_app *app, int pane, double x, double y, double coords[2]);
void tau_app_hover(tau_app *app, double x, double y);
void tau_app_click(tau_app *app, double x, double y);
void tau_app_double_click(tau_app *app, double x, double y);

void tau_app_set_preset(tau_app *app, tau_camera_preset preset);
void tau_app_fit(tau_app *app, int pane);

/** Whether a pane shows its surface as tau_app_fit left it: neither nearer or farther nor moved aside.
 * Turning does not count. */
bool tau_app_is_fitted(const tau_app *app, int pane);
void tau_app_reset_camera(tau_app *app);

/** Makes the cameras of the other panes like that of `pane`, where they are linked. */
void tau_app_link(tau_app *app, int pane);

/* ---- time ---- */

/** Lets time pass: plays, ends toasts, looks at files and explorers.
 *  @return whether there is something new to draw */
bool tau_app_tick(tau_app *app, double now);

/** Seconds until tick wants to be called again; 0 = at once (it plays). */
double tau_app_get_patience(const tau_app *app);

/** Records changes for undo once nothing is held. */
void tau_app_settle(tau_app *app);
void tau_app_undo(tau_app *app, bool redo);
void tau_app_undo_camera(tau_app *app, bool redo);

/** The step of training at the present place. @param[out] text  [64] */
void tau_app_format_time(const tau_app *app, char text[64]);

/** "tile 37/120 · 2 048/50 000 samples · 3.1 s left · cpu …", or "reading FILE …". @param[out] out
 * [TAU_DOCUMENT_TEXT] */
void tau_app_format_status(const tau_app *app, char *out);

/* ---- clipboard ---- */

TAU_CHECK tau_status tau_app_copy_view(tau_app *app);
TAU_CHECK tau_status tau_app_paste_view(tau_app *app);
void tau_app_copy_reading(tau_app *app);

#endif
