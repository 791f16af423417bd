/* PLY and OBJ: triangles with colours, in the world of the view. */
#include <string.h>

#include "scene/mesh_job.h"

#define CREATOR "made by tauscape: loss landscape, z up"

tau_status tau_mesh_write_ply(const tau_mesh_job *job, const tau_triangles *t) {
    fputs("ply\nformat binary_little_endian 1.0\ncomment " CREATOR "\n", job->file);
    if (job->recipe) {
        fputs("comment recipe ", job->file);
        tau_mesh_put_line(job->file, job->recipe);
    }
    fprintf(job->file, "element vertex %zu\n", t->vertex_count);
    fputs("property float x\nproperty float y\nproperty float z\n"
          "property float nx\nproperty float ny\nproperty float nz\n"
          "property uchar red\nproperty uchar green\nproperty uchar blue\n",
          job->file);
    fprintf(job->file, "element face %zu\nproperty list uchar int vertex_indices\nend_header\n", t->count);
    for (size_t i = 0; i < t->vertex_count; i++) {
        fwrite(t->vertices[i].position, sizeof(float), 3, job->file);
        fwrite(t->vertices[i].normal, sizeof(float), 3, job->file);
        fwrite(t->vertices[i].color, 1, 3, job->file);
    }
    for (size_t i = 0; i < t->count; i++) {
        fputc(3, job->file);
        fwrite(t->corners[i], sizeof(uint32_t), 3, job->file);
    }
    return TAU_STATUS_OK;
}

/* Colours after the coordinates are read by most programs and passed over by the others. */
tau_status tau_mesh_write_obj(const tau_mesh_job *job, const tau_triangles *t) {
    fputs("# " CREATOR "\n", job->file);
    if (job->recipe) {
        fputs("# recipe ", job->file);
        tau_mesh_put_line(job->file, job->recipe);
    }
    fputs("o landscape\n", job->file);
    for (size_t i = 0; i < t->vertex_count; i++) {
        const tau_triangles_vertex *v = &t->vertices[i];
        fprintf(job->file, "v %.9g %.9g %.9g %.4g %.4g %.4g\n", (double)v->position[0],
                (double)v->position[1], (double)v->position[2], v->color[0] / 255.0, v->color[1] / 255.0,
                v->color[2] / 255.0);
    }
    for (size_t i = 0; i < t->vertex_count; i++) {
        const float *n = t->vertices[i].normal;
        fprintf(job->file, "vn %.6g %.6g %.6g\n", (double)n[0], (double)n[1], (double)n[2]);
    }
    for (size_t i = 0; i < t->count; i++) {
        uint32_t c[3];
        for (int k = 0; k < 3; k++) c[k] = t->corners[i][k] + 1; /* they count from 1 */
        fprintf(job->file, "f %u//%u %u//%u %u//%u\n", c[0], c[0], c[1], c[1], c[2], c[2]);
    }
    return TAU_STATUS_OK;
}
