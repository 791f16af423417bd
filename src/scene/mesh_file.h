/** Surfaces and trajectories as files of other programs: ParaView's .vts, .vtp and .pvd, PLY, OBJ, glTF
 * (.glb). */
#ifndef TAU_SCENE_MESH_FILE_H
#define TAU_SCENE_MESH_FILE_H

#include "core/status.h"
#include "scene/scene.h"

typedef enum tau_mesh_format {
    TAU_MESH_FORMAT_VTS, /**< structured grid with loss as height and as point data */
    TAU_MESH_FORMAT_VTP, /**< the trajectories, with step, residual and loss */
    TAU_MESH_FORMAT_PLY, /**< triangles with vertex colours */
    TAU_MESH_FORMAT_OBJ,
    TAU_MESH_FORMAT_GLB,
} tau_mesh_format;

/** Writes the file whole or not at all.
 *
 * VTS and VTP are in data units: alpha, beta and the loss on the scale of the view (log10 where logarithmic),
 * heights as they are. A VTS has every point of the grid with its value, the value on the scale and its
 * state; points that are not finite or not computed are blanked and lie at the floor. A VTP has one line for
 * each part of a path without gaps, at the true loss, or where that is unknown on the surface.
 *
 * PLY, OBJ and GLB are in units of the world: what a surface view shows, cut at the top of its space, with
 * the colours of the view. A cell with a point that is not finite or not computed has no triangles. GLB also
 * has the paths, as lines.
 *  @param[in] recipe  text kept in the file, or NULL
 *  @errors TAU_STATUS_INPUT (nothing to write, axes that do not increase), TAU_STATUS_UNSUPPORTED (more
 * points than the format can count), TAU_STATUS_MISSING (no such colour map, no such directory),
 * TAU_STATUS_IO, TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_mesh_file_write(const char *path, tau_mesh_format format, const tau_scene *scene,
                                         const tau_view *view, const char *recipe);

/** A collection of files in order of time, `.pvd`. @param[in] files  [count] names relative to it
 *  @param[in] times  [count], or NULL: 0, 1, 2 … */
TAU_CHECK tau_status tau_mesh_file_write_pvd(const char *path, const char *const *files, const double *times,
                                             size_t count);

#endif
