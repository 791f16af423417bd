#include "viewer/atlas.h"

#include <GL/glew.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"

/* Texels a side at least; larger pictures get as many as they are wide. */
enum { SIZE_LEAST = 2048, SIZE_MOST = 16384, ENTRIES_MAX = 512 };

typedef struct entry {
    char *text;
    double size;
    bool bold;
    int x, y, width, height; /* in the texture */
    double left, baseline;
} entry;

typedef struct vertex {
    float place[2], source[2];
    uint8_t color[4];
} vertex;

struct tau_atlas {
    tau_glyphs *glyphs;
    GLuint texture, array, buffer;
    entry entries[ENTRIES_MAX];
    int count;
    int size;                           /* texels a side */
    int shelf_x, shelf_y, shelf_height; /* where the next picture goes */
    vertex *vertices;
    size_t vertex_count, vertex_capacity;
};

static void make_texture(tau_atlas *atlas, int size) {
    if (!atlas->texture) glGenTextures(1, &atlas->texture);
    atlas->size = size;
    glBindTexture(GL_TEXTURE_2D, atlas->texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, size, size, 0, GL_RED, GL_UNSIGNED_BYTE, NULL);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

tau_status tau_atlas_create(tau_atlas **out) {
    *out = NULL;
    tau_atlas *atlas;
    TAU_TRY(TAU_ALLOC(atlas, 1));
    tau_status status = tau_glyphs_create(&atlas->glyphs, NULL);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(atlas);
        return status;
    }
    make_texture(atlas, SIZE_LEAST);
    glGenVertexArrays(1, &atlas->array);
    glGenBuffers(1, &atlas->buffer);
    glBindVertexArray(atlas->array);
    glBindBuffer(GL_ARRAY_BUFFER, atlas->buffer);
    glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, sizeof(vertex), (void *)offsetof(vertex, place));
    glVertexAttribPointer(1, 2, GL_FLOAT, GL_FALSE, sizeof(vertex), (void *)offsetof(vertex, source));
    glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, sizeof(vertex), (void *)offsetof(vertex, color));
    for (GLuint i = 0; i < 3; i++) glEnableVertexAttribArray(i);
    glBindVertexArray(0);
    *out = atlas;
    return TAU_STATUS_OK;
}

static void forget(tau_atlas *atlas) {
    for (int i = 0; i < atlas->count; i++) tau_mem_free(atlas->entries[i].text);
    atlas->count = atlas->shelf_x = atlas->shelf_y = atlas->shelf_height = 0;
}

void tau_atlas_destroy(tau_atlas *atlas) {
    if (!atlas) return;
    forget(atlas);
    glDeleteTextures(1, &atlas->texture);
    glDeleteVertexArrays(1, &atlas->array);
    glDeleteBuffers(1, &atlas->buffer);
    tau_glyphs_destroy(atlas->glyphs);
    tau_mem_free(atlas->vertices);
    tau_mem_free(atlas);
}

void tau_atlas_begin(tau_atlas *atlas, int width, int height) {
    int longest = width > height ? width : height, size = atlas->size;
    atlas->vertex_count = 0; /* of a frame that was only measured */
    GLint most = SIZE_LEAST;
    glGetIntegerv(GL_MAX_TEXTURE_SIZE, &most);
    while (size < longest && 2 * size <= most && 2 * size <= SIZE_MOST) size *= 2;
    if (size == atlas->size && atlas->count <= ENTRIES_MAX / 2 && atlas->shelf_y <= size / 2) return;
    forget(atlas);
    if (size != atlas->size) make_texture(atlas, size);
}

tau_glyphs_extent tau_atlas_measure(tau_atlas *atlas, const char *text, double size, bool bold) {
    return tau_glyphs_measure(atlas->glyphs, text, size, bold);
}

/* Room on the shelf, on the next one, or nowhere. */
static bool reserve(tau_atlas *atlas, int width, int height, int *x, int *y) {
    if (atlas->shelf_x + width > atlas->size) {
        atlas->shelf_y += atlas->shelf_height;
        atlas->shelf_x = atlas->shelf_height = 0;
    }
    if (width > atlas->size || atlas->shelf_y + height > atlas->size || atlas->count == ENTRIES_MAX)
        return false;
    *x = atlas->shelf_x, *y = atlas->shelf_y;
    atlas->shelf_x += width;
    if (height > atlas->shelf_height) atlas->shelf_height = height;
    return true;
}

static tau_status add_image(tau_atlas *atlas, const entry **out, const char *text, double size, bool bold,
                            const tau_glyphs_image *image) {
    int x, y;
    if (!reserve(atlas, image->width, image->height, &x, &y))
        return tau_fail(TAU_STATUS_USAGE, "a text is larger than the %d pixels there are for all",
                        atlas->size);
    entry *e = &atlas->entries[atlas->count];
    *e = (entry){.size = size,
                 .bold = bold,
                 .x = x,
                 .y = y,
                 .width = image->width,
                 .height = image->height,
                 .left = image->left,
                 .baseline = image->baseline};
    TAU_TRY(tau_string_copy(&e->text, text));
    glBindTexture(GL_TEXTURE_2D, atlas->texture);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    glTexSubImage2D(GL_TEXTURE_2D, 0, x, y, image->width, image->height, GL_RED, GL_UNSIGNED_BYTE,
                    image->alpha);
    atlas->count++;
    *out = e;
    return TAU_STATUS_OK;
}

static const entry *find(const tau_atlas *atlas, const char *text, double size, bool bold) {
    for (int i = 0; i < atlas->count; i++) {
        const entry *e = &atlas->entries[i];
        if (fabs(e->size - size) < 1e-6 && e->bold == bold && strcmp(e->text, text) == 0) return e;
    }
    return NULL;
}

/* Four corners of the picture turned into place: x to the right, y down; a vertical text reads upwards. */
static void add_rectangle(vertex *v, const entry *e, double x, double y, bool vertical,
                          const uint8_t color[4]) {
    static const int corners[6][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 0}, {1, 1}, {0, 1}};
    for (int i = 0; i < 6; i++) {
        double right = corners[i][0] * e->width, down = corners[i][1] * e->height;
        v[i] = (vertex){
            .place = {(float)(vertical ? x + down : x + right), (float)(vertical ? y - right : y + down)},
            .source = {(float)(e->x + right), (float)(e->y + down)}};
        memcpy(v[i].color, color, 4);
    }
}

tau_status tau_atlas_put(tau_atlas *atlas, const char *text, double x, double y, double size, bool bold,
                         bool vertical, tau_color color) {
    const entry *e = find(atlas, text, size, bold);
    if (!e) {
        tau_glyphs_image image;
        TAU_TRY(tau_glyphs_draw(atlas->glyphs, &image, text, size, bold));
        tau_status status = add_image(atlas, &e, text, size, bold, &image);
        tau_mem_free(image.alpha);
        TAU_TRY(status);
    }
    tau_glyphs_extent extent = tau_atlas_measure(atlas, text, size, bold);
    double half_width = extent.width / 2, below = (extent.ascent - extent.descent) / 2;
    TAU_TRY(TAU_GROW(atlas->vertices, atlas->vertex_capacity, atlas->vertex_count + 6));
    const double channels[3] = {color.r, color.g, color.b};
    uint8_t bytes[4] = {0, 0, 0, 255};
    for (int i = 0; i < 3; i++) bytes[i] = (uint8_t)lrint(255 * fmin(fmax(channels[i], 0), 1));
    /* On whole pixels, where the letters were drawn. */
    double left = vertical ? round(x + below - e->baseline) : round(x - half_width - e->left);
    double top = vertical ? round(y + half_width + e->left) : round(y + below - e->baseline);
    add_rectangle(atlas->vertices + atlas->vertex_count, e, left, top, vertical, bytes);
    atlas->vertex_count += 6;
    return TAU_STATUS_OK;
}

void tau_atlas_flush(tau_atlas *atlas, unsigned program, int width, int height) {
    if (atlas->vertex_count > 0) {
        glBindVertexArray(atlas->array);
        glBindBuffer(GL_ARRAY_BUFFER, atlas->buffer);
        glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(atlas->vertex_count * sizeof(vertex)), atlas->vertices,
                     GL_STREAM_DRAW);
        glUseProgram(program);
        glUniform2f(glGetUniformLocation(program, "size"), (float)width, (float)height);
        glUniform2f(glGetUniformLocation(program, "atlas_size"), (float)atlas->size, (float)atlas->size);
        glUniform1i(glGetUniformLocation(program, "atlas"), 0);
        glActiveTexture(GL_TEXTURE0);
        glBindTexture(GL_TEXTURE_2D, atlas->texture);
        glDisable(GL_DEPTH_TEST);
        glDrawArrays(GL_TRIANGLES, 0, (GLsizei)atlas->vertex_count);
        glBindVertexArray(0);
    }
    atlas->vertex_count = 0;
}
