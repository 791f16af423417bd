#include "scene/mesh_file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "scene/mesh_job.h"

/* ---- texts ---- */

size_t tau_mesh_get_character(const char *text) {
    const unsigned char *b = (const unsigned char *)text;
    if (b[0] < 0x80) return 1;
    size_t length = b[0] >= 0xc2 && b[0] < 0xe0   ? 2
                    : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
                    : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                  : 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80) return 0;
    /* Longer than needed, half of a pair, beyond the last. */
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] >= 0xa0) || (b[0] == 0xf0 && b[1] < 0x90) ||
        (b[0] == 0xf4 && b[1] >= 0x90))
        return 0;
    return length;
}

void tau_mesh_put_xml(FILE *file, const char *text) {
    while (*text) {
        size_t length = tau_mesh_get_character(text);
        if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '"')
            fputs("&quot;", file);
        else if (length == 0 || (unsigned char)*text < ' ' || *text == 0x7f)
            fputc(length == 0 ? '?' : ' ', file);
        else
            fwrite(text, 1, length, file);
        text += length > 0 ? length : 1;
    }
}

void tau_mesh_put_line(FILE *file, const char *text) {
    for (; *text; text++) fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
    fputc('\n', file);
}

/* ---- scenes ---- */

bool tau_mesh_get_path_place(const tau_mesh_job *job, const tau_path *path, size_t state, double world[3]) {
    double alpha = path->coords[state][0], beta = path->coords[state][1];
    const tau_space *space = &job->space;
    if (path->loss_true && tau_space_get_world(space, alpha, beta, path->loss_true[state], world))
        return true;
    if (job->scene->field && tau_scene_get_surface(space, job->scene->field, alpha, beta, world)) return true;
    if (!tau_space_get_world(space, alpha, beta, 1, world)) return false;
    world[2] = -space->half[2];
    return true;
}

static tau_status check_axis(const double *values, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]) || (i > 0 && !(values[i] > values[i - 1])))
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot write the surface" TAU_WHY "value %zu of axis %s does not increase", i,
                            name);
    return TAU_STATUS_OK;
}

static tau_status check_field(const tau_field *field) {
    if (!field || field->nx == 0 || field->ny == 0)
        return tau_fail(TAU_STATUS_INPUT,
                        "there is no surface to write" TAU_WHY "a surface stands over the points of a plane");
    TAU_TRY(check_axis(field->alpha, field->nx, "alpha"));
    return check_axis(field->beta, field->ny, "beta");
}

static tau_status write_triangles(const tau_mesh_job *job, tau_mesh_format format) {
    tau_triangles triangles;
    TAU_TRY(tau_triangles_create(&triangles, job->scene, job->view, &job->space));
    tau_status status = format == TAU_MESH_FORMAT_PLY   ? tau_mesh_write_ply(job, &triangles)
                        : format == TAU_MESH_FORMAT_OBJ ? tau_mesh_write_obj(job, &triangles)
                                                        : tau_mesh_write_glb(job, &triangles);
    tau_triangles_clear(&triangles);
    return status;
}

static tau_status write_job(const tau_mesh_job *job, tau_mesh_format format) {
    if (format == TAU_MESH_FORMAT_VTS) return tau_mesh_write_vts(job);
    if (format == TAU_MESH_FORMAT_VTP) return tau_mesh_write_vtp(job);
    return write_triangles(job, format);
}

/* ---- files ---- */

typedef tau_status (*writer)(FILE *file, const void *payload);

static tau_status write_failed(const char *path, int code) {
    return tau_fail(TAU_STATUS_IO, "cannot write %s" TAU_WHY "%s" TAU_FIX "%s", path, strerror(code),
                    code == ENOSPC || code == EDQUOT ? "free some space, or write to another disk"
                                                     : "check the path");
}

static tau_status write_atomically(const char *path, writer write, const void *payload) {
    tau_file_replacement replacement;
    TAU_TRY(tau_file_replace_begin(&replacement, path));
    errno = 0;
    FILE *file = fopen(replacement.temporary, "wb");
    tau_status status = file ? write(file, payload) : TAU_STATUS_OK;
    bool whole = file && fflush(file) == 0 && !ferror(file);
    int code = whole ? 0 : errno ? errno : EIO;
    if (file && fclose(file) != 0 && whole) whole = false, code = errno;
    if (status == TAU_STATUS_OK && !whole) status = write_failed(path, code);
    if (status == TAU_STATUS_OK) return tau_file_replace_commit(&replacement);
    tau_file_replace_abort(&replacement);
    return status;
}

typedef struct request {
    tau_mesh_job job;
    tau_mesh_format format;
} request;

static tau_status write_request(FILE *file, const void *payload) {
    const request *asked = payload;
    tau_mesh_job job = asked->job;
    job.file = file;
    return write_job(&job, asked->format);
}

tau_status tau_mesh_file_write(const char *path, tau_mesh_format format, const tau_scene *scene,
                               const tau_view *view, const char *recipe) {
    request asked = {.job = {.scene = scene, .view = view, .recipe = recipe}, .format = format};
    if (format != TAU_MESH_FORMAT_VTP || scene->field) TAU_TRY(check_field(scene->field));
    tau_space_fit(&asked.job.space, scene, view);
    return write_atomically(path, write_request, &asked);
}

/* ---- collections ---- */

typedef struct collection {
    const char *const *files;
    const double *times;
    size_t count;
} collection;

static tau_status write_collection(FILE *file, const void *payload) {
    const collection *c = payload;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<VTKFile type=\"Collection\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\">\n"
          "<Collection>\n",
          file);
    for (size_t i = 0; i < c->count; i++) {
        fprintf(file, "<DataSet timestep=\"%.17g\" group=\"\" part=\"0\" file=\"",
                c->times ? c->times[i] : (double)i);
        tau_mesh_put_xml(file, c->files[i]);
        fputs("\"/>\n", file);
    }
    fputs("</Collection>\n</VTKFile>\n", file);
    return TAU_STATUS_OK;
}

tau_status tau_mesh_file_write_pvd(const char *path, const char *const *files, const double *times,
                                   size_t count) {
    for (size_t i = 0; times && i < count; i++)
        if (!isfinite(times[i]))
            return tau_fail(TAU_STATUS_INPUT, "cannot write %s" TAU_WHY "time %zu is not finite", path, i);
    return write_atomically(path, write_collection, &(collection){files, times, count});
}
