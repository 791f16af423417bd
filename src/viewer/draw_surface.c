/* The height field: kept in graphics memory, drawn as a surface or from above. */
#include <GL/glew.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "viewer/draw.h"

enum { BRACKETS = 512, LEVEL_TEXELS = BRACKETS + TAU_LEVELS_MAX + 2 };

/* Contour lines where their number is left to us. */
#define LEVELS_WANTED 14

/* What the buffers hold is told apart by this. */
typedef struct key {
    const tau_field *field;
    const double *value;
    uint64_t version;
    size_t nx, ny;
    tau_space space;
    int level_count;
} key;

typedef struct tau_field_buffers {
    key key;
    bool full;
    GLuint array, vertices, triangles, not_finite, not_computed;
    GLuint levels, colors;
    size_t columns, rows;
    GLsizei triangle_count, not_finite_count, not_computed_count; /* of indices */
    bool preview;
    double lowest, highest; /* of the values, on the scale of the space */
    char colormap[256];
    tau_colormap map;
    tau_levels contour_levels;
    tau_polylines *contours; /* [contour_levels.count], found when they are wanted */
} tau_field_buffers;

static void drop_contours(tau_field_buffers *b) {
    for (int k = 0; b->contours && k < b->contour_levels.count; k++) tau_polylines_release(&b->contours[k]);
    tau_mem_free(b->contours);
    b->contours = NULL;
}

void tau_field_buffers_destroy(tau_field_buffers *b) {
    if (!b) return;
    glDeleteVertexArrays(1, &b->array);
    const GLuint buffers[] = {b->vertices, b->triangles, b->not_finite, b->not_computed};
    glDeleteBuffers(4, buffers);
    const GLuint textures[] = {b->levels, b->colors};
    glDeleteTextures(2, textures);
    drop_contours(b);
    tau_mem_free(b);
}

static GLuint make_texture(GLenum filter) {
    GLuint texture;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, (GLint)filter);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, (GLint)filter);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    return texture;
}

static tau_status create_buffers(tau_field_buffers **out) {
    TAU_TRY(TAU_ALLOC(*out, 1));
    tau_field_buffers *b = *out;
    glGenVertexArrays(1, &b->array);
    GLuint *const buffers[] = {&b->vertices, &b->triangles, &b->not_finite, &b->not_computed};
    for (int i = 0; i < 4; i++) glGenBuffers(1, buffers[i]);
    b->levels = make_texture(GL_NEAREST);
    b->colors = make_texture(GL_LINEAR);
    const GLsizei stride = sizeof(tau_field_vertex);
    glBindVertexArray(b->array);
    glBindBuffer(GL_ARRAY_BUFFER, b->vertices);
    glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, stride, (void *)offsetof(tau_field_vertex, x));
    glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, stride, (void *)offsetof(tau_field_vertex, slope));
    glVertexAttribPointer(2, 2, GL_UNSIGNED_BYTE, GL_TRUE, stride, (void *)offsetof(tau_field_vertex, shade));
    for (GLuint i = 0; i < 3; i++) glEnableVertexAttribArray(i);
    glBindVertexArray(0);
    return TAU_STATUS_OK;
}

/* ---- upload ---- */

static void upload_indices(GLuint buffer, const uint32_t *indices, size_t count, GLsizei *kept) {
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffer);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)(count * sizeof *indices), indices, GL_STATIC_DRAW);
    *kept = (GLsizei)count;
}

static tau_status upload_mesh(tau_field_buffers *b, const tau_frame *frame, const tau_mesh *grid) {
    const tau_field *field = frame->scene->field;
    tau_field_mesh mesh;
    TAU_TRY(tau_field_mesh_create(&mesh, field, grid, &frame->space));
    tau_status thinned = frame->quick ? tau_field_mesh_thin(&mesh) : TAU_STATUS_OK;
    if (thinned != TAU_STATUS_OK) {
        tau_field_mesh_release(&mesh);
        return thinned;
    }
    glBindVertexArray(0);
    glBindBuffer(GL_ARRAY_BUFFER, b->vertices);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(mesh.columns * mesh.rows * sizeof *mesh.vertices),
                 mesh.vertices, GL_STATIC_DRAW);
    if (mesh.coarse_indices > 0)
        upload_indices(b->triangles, mesh.coarse, mesh.coarse_indices, &b->triangle_count);
    else
        upload_indices(b->triangles, mesh.triangles, mesh.triangle_indices, &b->triangle_count);
    upload_indices(b->not_finite, mesh.not_finite, mesh.not_finite_indices, &b->not_finite_count);
    upload_indices(b->not_computed, mesh.not_computed, mesh.not_computed_indices, &b->not_computed_count);
    b->columns = mesh.columns, b->rows = mesh.rows;
    b->preview = mesh.preview;
    tau_field_mesh_release(&mesh);
    if (glGetError() == GL_OUT_OF_MEMORY)
        return tau_fail(TAU_STATUS_DEVICE,
                        "cannot draw the landscape" TAU_WHY
                        "its %zu × %zu points do not fit into the graphics memory",
                        field->nx, field->ny);
    return TAU_STATUS_OK;
}

/* For each place along the height the first level above it, then the levels themselves. */
static void upload_levels(const tau_field_buffers *b, const tau_levels *levels, const tau_space *space) {
    float texels[LEVEL_TEXELS];
    float *level = texels + BRACKETS;
    int count = levels->count;
    level[0] = -1e30f;
    for (int i = 0; i < count; i++)
        level[i + 1] = (float)((levels->z[i] - space->lo[2]) / (space->hi[2] - space->lo[2]));
    for (int i = count + 1; i < TAU_LEVELS_MAX + 2; i++) level[i] = 1e30f;
    for (int place = 0, above = 1; place < BRACKETS; place++) {
        while (above <= count && level[above] <= (float)place / (BRACKETS - 1)) above++;
        /* The lowest place stands for all heights below it too. */
        texels[place] = place == 0 ? 1 : (float)above;
    }
    glBindTexture(GL_TEXTURE_2D, b->levels);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_R32F, LEVEL_TEXELS, 1, 0, GL_RED, GL_FLOAT, texels);
}

static tau_status upload(tau_field_buffers *b, const tau_frame *frame) {
    const tau_field *field = frame->scene->field;
    const tau_space *space = &frame->space;
    tau_mesh grid;
    TAU_TRY(tau_mesh_create(&grid, field, space->log));
    b->lowest = grid.lowest, b->highest = grid.highest;
    int wanted = frame->view->level_count > 0 ? frame->view->level_count : LEVELS_WANTED;
    drop_contours(b);
    b->contour_levels = (tau_levels){0};
    tau_status status = upload_mesh(b, frame, &grid);
    if (status == TAU_STATUS_OK)
        status =
            tau_levels_choose(&b->contour_levels, &grid, 1, wanted < TAU_LEVELS_MAX ? wanted : TAU_LEVELS_MAX,
                              space->lo[2], space->hi[2], space->log);
    if (status == TAU_STATUS_OK) upload_levels(b, &b->contour_levels, space);
    tau_mesh_release(&grid);
    return status;
}

static bool same_key(const key *a, const key *b) {
    return a->field == b->field && a->value == b->value && a->version == b->version && a->nx == b->nx &&
           a->ny == b->ny && a->level_count == b->level_count &&
           memcmp(&a->space.lo, &b->space.lo, sizeof a->space.lo) == 0 &&
           memcmp(&a->space.hi, &b->space.hi, sizeof a->space.hi) == 0 &&
           memcmp(&a->space.half, &b->space.half, 2 * sizeof *a->space.half) == 0 &&
           a->space.log == b->space.log;
}

static tau_status upload_colors(tau_field_buffers *b, tau_frame *frame) {
    const char *name = frame->view->colormap[0] ? frame->view->colormap : "viridis";
    if (strcmp(b->colormap, name) != 0) {
        TAU_TRY(tau_colormap_load(&b->map, name));
        memcpy(b->colormap, name, strlen(name) + 1);
        glBindTexture(GL_TEXTURE_2D, b->colors);
        glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGB8, 256, 1, 0, GL_RGB, GL_UNSIGNED_BYTE, b->map.rgb);
    }
    frame->colormap = b->map;
    return TAU_STATUS_OK;
}

static size_t count_points(const tau_scene *scene) {
    size_t count = scene->field ? scene->field->nx * scene->field->ny : 0;
    for (size_t i = 0; i < scene->path_count; i++) count += scene->paths[i].count;
    for (size_t i = 0; i < scene->curve_count; i++) count += scene->curves[i].count;
    return count + scene->path_count + scene->curve_count + scene->mark_count;
}

static bool same_number(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* Fits the space where something changed that it depends on. */
static void fit_space(tau_frame *frame) {
    const tau_scene *scene = frame->scene;
    const tau_view *view = frame->view;
    tau_slot_key now = {.field = scene->field,
                        .values = scene->field ? scene->field->value : NULL,
                        .paths = scene->paths,
                        .curves = scene->curves,
                        .version = scene->version,
                        .counts = count_points(scene),
                        .numbers = {view->range_lo, view->range_hi, view->clip, view->stretch},
                        .full = true,
                        .log = view->log && !(scene->field && scene->field->share),
                        .with_paths = view->paths};
    const tau_slot_key *old = &frame->slot->fitted;
    bool same = old->full && old->field == now.field && old->values == now.values &&
                old->paths == now.paths && old->curves == now.curves && old->version == now.version &&
                old->counts == now.counts && old->log == now.log && old->with_paths == now.with_paths;
    for (int i = 0; i < 4; i++) same = same && same_number(old->numbers[i], now.numbers[i]);
    /* Few points may change without notice, as those of a path that is being recorded. */
    if (!same || now.counts < 20000) tau_space_fit(&frame->slot->space, scene, view);
    frame->slot->fitted = now;
    frame->space = frame->slot->space;
}

static double scaled_or(const tau_frame *frame, double value, double otherwise) {
    double scaled;
    return tau_space_get_scaled(&frame->space, value, &scaled) ? scaled : otherwise;
}

bool tau_frame_has_field(const tau_frame *frame) {
    return frame->scene->field && frame->slot->field->full;
}

static tau_status trace(tau_field_buffers *b, const tau_field *field, bool log) {
    tau_mesh grid;
    tau_isolines *isolines = NULL;
    TAU_TRY(tau_mesh_create(&grid, field, log));
    tau_status status = TAU_ALLOC(b->contours, (size_t)b->contour_levels.count);
    if (status == TAU_STATUS_OK) status = tau_isolines_create(&isolines, &grid);
    for (int k = 0; k < b->contour_levels.count && status == TAU_STATUS_OK; k++)
        status = tau_isolines_trace(isolines, &b->contours[k], b->contour_levels.z[k]);
    tau_isolines_destroy(isolines);
    tau_mesh_release(&grid);
    if (status != TAU_STATUS_OK) drop_contours(b);
    return status;
}

tau_status tau_frame_get_contours(const tau_frame *frame, const tau_levels **levels,
                                  const tau_polylines **lines) {
    tau_field_buffers *b = frame->slot->field;
    bool drawn = tau_frame_has_field(frame) && frame->view->isolines && b->contour_levels.count > 0;
    if (drawn && !b->contours) TAU_TRY(trace(b, frame->scene->field, frame->space.log));
    *levels = &b->contour_levels;
    *lines = drawn ? b->contours : NULL;
    return TAU_STATUS_OK;
}

bool tau_frame_has_gaps(const tau_frame *frame, bool *not_finite, bool *not_computed, bool *preview) {
    const tau_field_buffers *b = frame->slot->field;
    bool field = tau_frame_has_field(frame);
    *not_finite = field && b->not_finite_count > 0;
    *not_computed = field && b->not_computed_count > 0;
    *preview = field && b->preview;
    return *not_finite || *not_computed || *preview;
}

tau_status tau_frame_upload_field(tau_frame *frame) {
    const tau_field *field = frame->scene->field;
    tau_slot *slot = frame->slot;
    if (!slot->field) TAU_TRY(create_buffers(&slot->field));
    tau_field_buffers *b = slot->field;
    TAU_TRY(upload_colors(b, frame));
    fit_space(frame);
    frame->data_lo = frame->data_hi = NAN;
    if (field && field->nx > 0 && field->ny > 0) {
        key now = {.field = field,
                   .value = field->value,
                   .version = frame->scene->version,
                   .nx = field->nx,
                   .ny = field->ny,
                   .space = frame->space,
                   .level_count = frame->view->level_count};
        if (!b->full || !same_key(&now, &b->key)) {
            b->full = false;
            TAU_TRY(upload(b, frame));
            b->key = now;
            b->full = true;
        }
        frame->data_lo = b->lowest, frame->data_hi = b->highest;
    }
    frame->color_lo = scaled_or(frame, frame->view->range_lo, frame->space.lo[2]);
    frame->color_hi = scaled_or(frame, frame->view->range_hi, frame->space.hi[2]);
    if (!(frame->color_hi > frame->color_lo)) frame->color_hi = frame->color_lo + 1e-9;
    return TAU_STATUS_OK;
}

/* ---- drawing ---- */

static void set_float(GLuint program, const char *name, double value) {
    glUniform1f(glGetUniformLocation(program, name), (float)value);
}

static void set_color(GLuint program, const char *name, tau_color color) {
    glUniform3f(glGetUniformLocation(program, name), (float)color.r, (float)color.g, (float)color.b);
}

static void set_common(const tau_frame *frame, GLuint program, const float transform[16]) {
    glUseProgram(program);
    glUniformMatrix4fv(glGetUniformLocation(program, "transform"), 1, GL_FALSE, transform);
    double half = frame->space.half[2];
    glUniform2f(glGetUniformLocation(program, "height"), (float)(2 * half), (float)-half);
}

/* Distance of hatch lines in the world: as many pixels on a map, and a share of the box in space. */
static double get_pitch(const tau_frame *frame, bool flat) {
    if (!flat) return 0.055;
    const tau_slot *slot = frame->slot;
    double data = slot->region_hi[0] - slot->region_lo[0];
    double world = data / (frame->space.hi[0] - frame->space.lo[0]) * 2 * frame->space.half[0];
    return world / frame->plot.width * 9 * frame->scale * 1.41421356;
}

static void draw_gaps(const tau_frame *frame, const float transform[16], bool flat) {
    const tau_field_buffers *b = frame->slot->field;
    GLuint program = frame->programs[TAU_PROGRAM_GAP];
    set_common(frame, program, transform);
    set_float(program, "pitch", get_pitch(frame, flat));
    set_float(program, "line_width", 1.1 * frame->scale);
    for (int lattice = 0; lattice < 2; lattice++) {
        set_float(program, "lattice", lattice);
        set_color(program, "fill", lattice ? frame->colors.not_finite : frame->colors.paper);
        set_color(program, "line", lattice ? frame->colors.not_finite_line : frame->colors.hatch);
        glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, lattice ? b->not_finite : b->not_computed);
        glDrawElements(GL_TRIANGLES, lattice ? b->not_finite_count : b->not_computed_count, GL_UNSIGNED_INT,
                       NULL);
    }
}

/* Light falls from the upper left of the picture, from behind the eye. */
static void set_light(const tau_frame *frame, GLuint program) {
    double right[3], up[3], back[3], lamp[3], eye[3], length = 0;
    const tau_camera *camera = &frame->view->camera;
    tau_camera_get_basis(camera, right, up, back);
    tau_camera_get_eye(camera, eye);
    for (int i = 0; i < 3; i++) {
        lamp[i] = 0.45 * back[i] - 0.55 * right[i] + 0.35 * up[i] + (i == 2 ? 0.55 : 0);
        length += lamp[i] * lamp[i];
    }
    length = sqrt(length);
    glUniform3f(glGetUniformLocation(program, "lamp"), (float)(lamp[0] / length), (float)(lamp[1] / length),
                (float)(lamp[2] / length));
    const double *from = tau_camera_is_parallel(camera) ? back : eye;
    glUniform4f(glGetUniformLocation(program, "eye"), (float)from[0], (float)from[1], (float)from[2],
                tau_camera_is_parallel(camera) ? 0 : 1);
}

static void set_surface(const tau_frame *frame, GLuint program, bool flat) {
    const tau_field_buffers *b = frame->slot->field;
    const tau_view *view = frame->view;
    double height = frame->space.hi[2] - frame->space.lo[2], range = frame->color_hi - frame->color_lo;
    size_t longest = b->columns > b->rows ? b->columns : b->rows;
    glUniform2f(glGetUniformLocation(program, "color_map"), (float)(height / range),
                (float)((frame->space.lo[2] - frame->color_lo) / range));
    set_float(program, "top", flat ? 1e30 : 1 + 1e-6);
    set_float(program, "lit", !flat && view->light);
    set_float(program, "shaded", !flat && view->shading);
    set_float(program, "isolines", view->isolines);
    set_float(program, "wireframe", view->wireframe);
    set_float(program, "line_width", 1.15 * frame->scale);
    set_float(program, "pitch", get_pitch(frame, flat));
    set_float(program, "stride", (double)((longest + 63) / 64));
    set_color(program, "paper", frame->colors.paper);
    glUniform1i(glGetUniformLocation(program, "columns"), (GLint)b->columns);
    glUniform1i(glGetUniformLocation(program, "colors"), 0);
    glUniform1i(glGetUniformLocation(program, "levels"), 1);
    set_light(frame, program);
}

void tau_frame_draw_field(tau_frame *frame, const float transform[16], bool flat) {
    const tau_field_buffers *b = frame->slot->field;
    if (!tau_frame_has_field(frame)) return;
    GLuint program = frame->programs[TAU_PROGRAM_SURFACE];
    glDisable(GL_BLEND);
    glBindVertexArray(b->array);
    draw_gaps(frame, transform, flat);
    set_common(frame, program, transform);
    set_surface(frame, program, flat);
    glActiveTexture(GL_TEXTURE1);
    glBindTexture(GL_TEXTURE_2D, b->levels);
    glActiveTexture(GL_TEXTURE0);
    glBindTexture(GL_TEXTURE_2D, b->colors);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, b->triangles);
    glDrawElements(GL_TRIANGLES, b->triangle_count, GL_UNSIGNED_INT, NULL);
    glBindVertexArray(0);
    glEnable(GL_BLEND);
}

void tau_frame_draw_surface(tau_frame *frame) {
    const tau_frame_rect *plot = &frame->plot;
    float view[16], projection[16], transform[16] = {0};
    tau_camera_get_matrices(&frame->view->camera, plot->width / plot->height, view, projection);
    for (int column = 0; column < 4; column++)
        for (int row = 0; row < 4; row++)
            for (int k = 0; k < 4; k++)
                transform[4 * column + row] += projection[4 * k + row] * view[4 * column + k];
    tau_frame_clip(frame, true);
    glViewport(frame->x + (int)plot->x, frame->y + frame->height - (int)(plot->y + plot->height),
               (int)plot->width, (int)plot->height);
    glEnable(GL_DEPTH_TEST);
    glDepthFunc(GL_LEQUAL);
    tau_frame_draw_field(frame, transform, false);
    glDisable(GL_DEPTH_TEST);
}
