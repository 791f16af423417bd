/** How things are looked at: every setting of a picture of a landscape, as plain values that a file can hold.
 */
#ifndef TAU_SCENE_VIEW_H
#define TAU_SCENE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"
#include "scene/camera.h"

typedef enum tau_view_kind {
    TAU_VIEW_KIND_SURFACE, /**< a height field in three dimensions */
    TAU_VIEW_KIND_MAP,     /**< the same from above: colours and contour lines */
    TAU_VIEW_KIND_LINE,    /**< curves over one axis */
} tau_view_kind;

typedef struct tau_view {
    tau_view_kind kind;
    tau_camera camera;
    double map_lo[2], map_hi[2]; /**< what a map or line shows, data coordinates; NaN = everything there is */
    bool log;                    /**< of the loss */
    double range_lo, range_hi;   /**< of the colours; NaN = that of the data */
    double clip;                 /**< the surface is cut above this loss; NaN = see tau_space_fit */
    double stretch;              /**< of the height; 1 = half as high as wide */
    char colormap[256];          /**< name or file */
    bool isolines;
    int level_count;                /**< 0 = chosen */
    bool wireframe, light, shading; /**< shading = darker where the surface is hollow */
    bool axes, colorbar;
    bool dark;   /**< theme */
    bool paths;  /**< trajectories */
    bool stems;  /**< from a path at its true loss down to the surface */
    double time; /**< place of the replay, in states; NaN = whole paths without a marker */
    int comet;   /**< states of the tail behind the marker; 0 = the whole path so far */
} tau_view;

tau_view tau_view_get_default(tau_view_kind kind);

/** The view as JSON text that `view --state` and `export --state` read. @param[out] text  freed with
 * tau_mem_free */
TAU_CHECK tau_status tau_view_write_json(const tau_view *view, char **text);

/** Keys that are absent keep what `view` holds; on failure it is as it was.
 *  @errors TAU_STATUS_INPUT: not JSON, an unknown key, a value that makes no sense, each by its name */
TAU_CHECK tau_status tau_view_read_json(tau_view *view, const char *text, size_t size);

#endif
