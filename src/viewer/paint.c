#include "viewer/paint.h"

#include <GL/glew.h>
#include <math.h>
#include <stdint.h>

#include "core/memory.h"

/* Half the width of what has no edge to smooth. */
#define FILL 1e4f

/* Opacity of what lies behind the surface. */
#define FAINT 0.22f

typedef struct vertex {
    float place[3], capsule[4];
    uint8_t color[4];
} vertex;

struct tau_paint {
    GLuint array, buffer;
    vertex *vertices;
    size_t count, capacity;
    double bounds[2]; /* width and height of the viewport */
    tau_status status;
};

tau_status tau_paint_create(tau_paint **out) {
    *out = NULL;
    tau_paint *paint;
    TAU_TRY(TAU_ALLOC(paint, 1));
    glGenVertexArrays(1, &paint->array);
    glGenBuffers(1, &paint->buffer);
    glBindVertexArray(paint->array);
    glBindBuffer(GL_ARRAY_BUFFER, paint->buffer);
    glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, sizeof(vertex), (void *)offsetof(vertex, place));
    glVertexAttribPointer(1, 4, GL_FLOAT, GL_FALSE, sizeof(vertex), (void *)offsetof(vertex, capsule));
    glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, sizeof(vertex), (void *)offsetof(vertex, color));
    for (GLuint i = 0; i < 3; i++) glEnableVertexAttribArray(i);
    glBindVertexArray(0);
    *out = paint;
    return TAU_STATUS_OK;
}

void tau_paint_destroy(tau_paint *paint) {
    if (!paint) return;
    glDeleteVertexArrays(1, &paint->array);
    glDeleteBuffers(1, &paint->buffer);
    tau_mem_free(paint->vertices);
    tau_mem_free(paint);
}

void tau_paint_begin(tau_paint *paint, int width, int height) {
    paint->bounds[0] = width, paint->bounds[1] = height;
    paint->count = 0; /* of a frame that was only measured */
}

/* Liang and Barsky's way: the part of the line between the four edges. */
bool tau_paint_clip_line(const tau_paint *paint, double from[3], double to[3], double width,
                         double *skipped) {
    double first = 0, last = 1, margin = width + 2, length = hypot(to[0] - from[0], to[1] - from[1]);
    if (!isfinite(length)) return false;
    for (int edge = 0; edge < 4; edge++) {
        int axis = edge / 2;
        /* Positive: the line goes out through this edge. */
        double speed = (to[axis] - from[axis]) * (edge % 2 ? 1 : -1);
        double room = edge % 2 ? paint->bounds[axis] + margin - from[axis] : from[axis] + margin;
        if (speed == 0 && room < 0) return false;
        if (speed > 0) last = fmin(last, room / speed);
        if (speed < 0) first = fmax(first, room / speed);
    }
    if (!(first <= last)) return false;
    if (skipped) *skipped = first * length;
    for (int i = 0; i < 3; i++) {
        double start = from[i], way = to[i] - from[i];
        from[i] = start + first * way;
        to[i] = start + last * way;
    }
    return true;
}

static vertex *grow(tau_paint *paint, size_t more) {
    tau_status status = TAU_GROW(paint->vertices, paint->capacity, paint->count + more);
    if (status != TAU_STATUS_OK) {
        paint->status = status;
        return NULL;
    }
    paint->count += more;
    return paint->vertices + paint->count - more;
}

static void set_color(vertex *v, tau_color color, double opacity) {
    const double channels[4] = {color.r, color.g, color.b, opacity};
    for (int i = 0; i < 4; i++) v->color[i] = (uint8_t)lrint(255 * fmin(fmax(channels[i], 0), 1));
}

void tau_paint_line(tau_paint *paint, const double start[3], const double end[3], double width,
                    tau_color color, double opacity) {
    double from[3] = {start[0], start[1], start[2]}, to[3] = {end[0], end[1], end[2]};
    if (!tau_paint_clip_line(paint, from, to, width, NULL)) return;
    double dx = to[0] - from[0], dy = to[1] - from[1], length = hypot(dx, dy);
    double ux = length > 0 ? dx / length : 1, uy = length > 0 ? dy / length : 0;
    vertex *v = grow(paint, 6);
    if (!v) return;
    /* Hairlines keep a pixel's width and lose opacity instead. */
    if (width < 1) opacity *= width, width = 1;
    double half = width / 2, reach = half + 1;
    static const int corners[6][2] = {{0, -1}, {1, -1}, {1, 1}, {0, -1}, {1, 1}, {0, 1}};
    for (int i = 0; i < 6; i++) {
        double along = corners[i][0] ? length + reach : -reach, across = corners[i][1] * reach;
        v[i] = (vertex){.place = {(float)(from[0] + along * ux - across * uy),
                                  (float)(from[1] + along * uy + across * ux),
                                  (float)(corners[i][0] ? to[2] : from[2])},
                        .capsule = {(float)along, (float)across, (float)length, (float)half}};
        set_color(&v[i], color, opacity);
    }
}

void tau_paint_polygon(tau_paint *paint, const double (*points)[3], size_t count, tau_color color,
                       double opacity) {
    for (size_t i = 2; i < count; i++) {
        const size_t corner[3] = {0, i - 1, i};
        vertex *v = grow(paint, 3);
        if (!v) return;
        for (int k = 0; k < 3; k++) {
            const double *p = points[corner[k]];
            v[k] = (vertex){.place = {(float)p[0], (float)p[1], (float)p[2]}, .capsule = {0, 0, 0, FILL}};
            set_color(&v[k], color, opacity);
        }
    }
}

void tau_paint_rectangle(tau_paint *paint, double x, double y, double width, double height, tau_color color,
                         double opacity) {
    const double corners[4][3] = {
        {x, y, 0}, {x + width, y, 0}, {x + width, y + height, 0}, {x, y + height, 0}};
    tau_paint_polygon(paint, corners, 4, color, opacity);
}

/* Marks the squares along an edge of a triangle. */
static void take_edge(const float a[3], const float b[3], double cell, size_t columns, size_t rows,
                      uint8_t *taken) {
    double way[2] = {b[0] - a[0], b[1] - a[1]};
    int steps = (int)fmin(ceil(2 * hypot(way[0], way[1]) / cell), 65536);
    for (int i = 0; i <= steps; i++) {
        double share = steps ? (double)i / steps : 0;
        double column = (a[0] + share * way[0]) / cell, row = (a[1] + share * way[1]) / cell;
        if (column >= 0 && row >= 0 && column < (double)columns && row < (double)rows)
            taken[(size_t)row * columns + (size_t)column] = 1;
    }
}

void tau_paint_find_taken(const tau_paint *paint, double cell, size_t columns, size_t rows, uint8_t *taken) {
    for (size_t i = 0; i + 2 < paint->count; i += 3)
        for (int k = 0; k < 3; k++)
            take_edge(paint->vertices[i + (size_t)k].place, paint->vertices[i + (size_t)((k + 1) % 3)].place,
                      cell, columns, rows, taken);
}

static void draw(const tau_paint *paint, GLint fade, float opacity) {
    glUniform1f(fade, opacity);
    glDrawArrays(GL_TRIANGLES, 0, (GLsizei)paint->count);
}

tau_status tau_paint_flush(tau_paint *paint, unsigned program, int width, int height, tau_paint_depth depth) {
    tau_status status = paint->status;
    if (paint->count > 0) {
        glBindVertexArray(paint->array);
        glBindBuffer(GL_ARRAY_BUFFER, paint->buffer);
        glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(paint->count * sizeof(vertex)), paint->vertices,
                     GL_STREAM_DRAW);
        glUseProgram(program);
        glUniform2f(glGetUniformLocation(program, "size"), (float)width, (float)height);
        GLint fade = glGetUniformLocation(program, "fade");
        glDepthMask(GL_FALSE);
        if (depth == TAU_PAINT_DEPTH_IGNORED) {
            glDisable(GL_DEPTH_TEST);
        } else {
            glEnable(GL_DEPTH_TEST);
            glDepthFunc(GL_GREATER);
            if (depth == TAU_PAINT_DEPTH_FAINT) draw(paint, fade, FAINT);
            glDepthFunc(GL_LEQUAL);
        }
        draw(paint, fade, 1);
        glDepthMask(GL_TRUE);
        glDisable(GL_DEPTH_TEST);
        glBindVertexArray(0);
    }
    paint->count = 0;
    paint->status = TAU_STATUS_OK;
    return status;
}
