/** One mesh file while it is written. Private to scene. Writers report what they refuse; whether the file
 * took all bytes is seen at the end. */
#ifndef TAU_SCENE_MESH_JOB_H
#define TAU_SCENE_MESH_JOB_H

#include <stdio.h>

#include "scene/mesh_file.h"
#include "scene/triangles.h"

typedef struct tau_mesh_job {
    FILE *file;
    const tau_scene *scene;
    const tau_view *view;
    tau_space space;
    const char *recipe; /**< or NULL */
} tau_mesh_job;

TAU_CHECK tau_status tau_mesh_write_vts(const tau_mesh_job *job);
TAU_CHECK tau_status tau_mesh_write_vtp(const tau_mesh_job *job);
TAU_CHECK tau_status tau_mesh_write_ply(const tau_mesh_job *job, const tau_triangles *triangles);
TAU_CHECK tau_status tau_mesh_write_obj(const tau_mesh_job *job, const tau_triangles *triangles);
TAU_CHECK tau_status tau_mesh_write_glb(const tau_mesh_job *job, const tau_triangles *triangles);

/** Text as an XML attribute holds it: escaped, valid UTF-8, without control characters. */
void tau_mesh_put_xml(FILE *file, const char *text);

/** Text on one line. */
void tau_mesh_put_line(FILE *file, const char *text);

/** Whether the next bytes are one character of UTF-8, and how many they are. */
size_t tau_mesh_get_character(const char *text);

/** Where a state of a path is drawn: at its true loss, else on the surface, else at the floor.
 *  @return false where it has no coordinates */
bool tau_mesh_get_path_place(const tau_mesh_job *job, const tau_path *path, size_t state, double world[3]);

#endif
