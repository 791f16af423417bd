/* glTF 2.0 in one binary file: a description in JSON, then the numbers. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "figure/series.h"
#include "scene/mesh_job.h"

enum { BYTE_ARRAY = 34962, BYTE_ELEMENTS = 34963 }; /* what a part of the numbers is for */
enum { TYPE_UINT16 = 5123, TYPE_UINT32 = 5125, TYPE_FLOAT = 5126 };
enum { MODE_LINE_STRIP = 3, MODE_TRIANGLES = 4 };

#define UNLIT "KHR_materials_unlit"

#define MAGIC      0x46546C67u
#define CHUNK_JSON 0x4E4F534Au
#define CHUNK_BIN  0x004E4942u

/* World units by which lines are raised, so that the surface they lie on does not swallow them. */
#define LIFT 0.005

/* A part of a path without gaps. */
typedef struct strip {
    size_t first, count; /* of `places` */
    size_t path;
} strip;

typedef struct glb {
    const tau_mesh_job *job;
    const tau_triangles *triangles;
    float (*places)[3]; /* of all paths */
    strip *strips;
    size_t place_count, strip_count;
    json_t *views, *accessors, *meshes, *materials, *nodes, *children;
    uint64_t size; /* of the numbers */
} glb;

/* ---- paths ---- */

static tau_status find_strips(glb *g) {
    const tau_scene *scene = g->job->scene;
    size_t states = 0, place_capacity = 0, strip_capacity = 0;
    for (size_t p = 0; g->job->view->paths && p < scene->path_count; p++) {
        bool open = false;
        states += scene->paths[p].count;
        TAU_TRY(TAU_GROW(g->places, place_capacity, states + 1));
        for (size_t state = 0; state < scene->paths[p].count; state++) {
            double world[3];
            bool there = tau_mesh_get_path_place(g->job, &scene->paths[p], state, world);
            if (there && !open) {
                TAU_TRY(TAU_GROW(g->strips, strip_capacity, g->strip_count + 1));
                g->strips[g->strip_count++] = (strip){g->place_count, 0, p};
            }
            open = there;
            if (!there) continue;
            for (int i = 0; i < 3; i++)
                g->places[g->place_count][i] = (float)(world[i] + (i == 2 ? LIFT : 0));
            g->place_count++;
            g->strips[g->strip_count - 1].count++;
        }
    }
    return TAU_STATUS_OK;
}

/* ---- description ---- */

/* A run of `count` elements behind all before it. @return its accessor */
static json_int_t add_accessor(glb *g, size_t count, size_t size, int component, const char *type, int target,
                               bool normalized) {
    json_array_append_new(g->views, json_pack("{si sI sI si}", "buffer", 0, "byteOffset", (json_int_t)g->size,
                                              "byteLength", (json_int_t)(count * size), "target", target));
    json_t *accessor = json_pack("{sI si sI ss}", "bufferView", (json_int_t)json_array_size(g->views) - 1,
                                 "componentType", component, "count", (json_int_t)count, "type", type);
    if (normalized) json_object_set_new(accessor, "normalized", json_true());
    json_array_append_new(g->accessors, accessor);
    g->size += count * size;
    return (json_int_t)json_array_size(g->accessors) - 1;
}

/* Readers place cameras by the bounds of positions. @param[in] stride  bytes from one to the next */
static json_int_t add_positions(glb *g, const void *first, size_t count, size_t stride) {
    json_int_t index = add_accessor(g, count, 3 * sizeof(float), TYPE_FLOAT, "VEC3", BYTE_ARRAY, false);
    json_t *accessor = json_array_get(g->accessors, (size_t)index), *lo = json_array(), *hi = json_array();
    for (int axis = 0; axis < 3; axis++) {
        float least = INFINITY, most = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            float position[3];
            memcpy(position, (const char *)first + i * stride, sizeof position);
            least = fminf(least, position[axis]);
            most = fmaxf(most, position[axis]);
        }
        json_array_append_new(lo, json_real((double)least));
        json_array_append_new(hi, json_real((double)most));
    }
    json_object_set_new(accessor, "min", lo);
    json_object_set_new(accessor, "max", hi);
    return index;
}

static void add_node(glb *g, json_t *primitives, const char *name) {
    json_array_append_new(g->meshes, json_pack("{so}", "primitives", primitives));
    json_t *node = json_pack("{sI}", "mesh", (json_int_t)json_array_size(g->meshes) - 1);
    json_t *text = name ? json_string(name) : NULL; /* NULL where it is not UTF-8 */
    if (text) json_object_set_new(node, "name", text);
    json_array_append_new(g->children, json_integer((json_int_t)json_array_size(g->nodes)));
    json_array_append_new(g->nodes, node);
}

static void describe_surface(glb *g) {
    const tau_triangles *t = g->triangles;
    json_int_t position = add_positions(g, t->vertices[0].position, t->vertex_count, sizeof *t->vertices);
    json_int_t normal =
        add_accessor(g, t->vertex_count, 3 * sizeof(float), TYPE_FLOAT, "VEC3", BYTE_ARRAY, false);
    json_int_t color =
        add_accessor(g, t->vertex_count, 4 * sizeof(uint16_t), TYPE_UINT16, "VEC4", BYTE_ARRAY, true);
    json_int_t corners =
        add_accessor(g, 3 * t->count, sizeof(uint32_t), TYPE_UINT32, "SCALAR", BYTE_ELEMENTS, false);
    json_t *primitive =
        json_pack("{s{sI sI sI} sI si si}", "attributes", "POSITION", position, "NORMAL", normal, "COLOR_0",
                  color, "indices", corners, "material", 0, "mode", MODE_TRIANGLES);
    add_node(g, json_pack("[o]", primitive), "landscape");
}

/* Colours are linear light in this format. */
static double to_linear(double channel) {
    return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

/* Lines have no normals: they show their colour as it is. @return the material */
static json_int_t add_line_material(glb *g, size_t path) {
    tau_color color = tau_theme_get_series_color(path + 1); /* the first is lost on a blue surface */
    json_array_append_new(
        g->materials, json_pack("{ss s{s[ffff] sf sf} s{s{}}}", "name", "path", "pbrMetallicRoughness",
                                "baseColorFactor", to_linear(color.r), to_linear(color.g), to_linear(color.b),
                                1.0, "metallicFactor", 0.0, "roughnessFactor", 1.0, "extensions", UNLIT));
    return (json_int_t)json_array_size(g->materials) - 1;
}

static void describe_paths(glb *g) {
    for (size_t s = 0; s < g->strip_count;) {
        json_t *primitives = json_array();
        size_t path = g->strips[s].path;
        json_int_t material = add_line_material(g, path);
        for (; s < g->strip_count && g->strips[s].path == path; s++) {
            const strip *part = &g->strips[s];
            if (part->count < 2) continue;
            json_int_t position = add_positions(g, g->places[part->first], part->count, 3 * sizeof(float));
            json_array_append_new(primitives, json_pack("{s{sI} sI si}", "attributes", "POSITION", position,
                                                        "material", material, "mode", MODE_LINE_STRIP));
        }
        if (json_array_size(primitives) > 0)
            add_node(g, primitives, g->job->scene->paths[path].label);
        else
            json_decref(primitives);
    }
}

/* The format's y points upwards: the first node turns the world, whose z does. */
static json_t *describe(glb *g) {
    g->views = json_array(), g->accessors = json_array(), g->meshes = json_array();
    g->materials = json_pack("[{ss sb s{sf sf}}]", "name", "surface", "doubleSided", 1,
                             "pbrMetallicRoughness", "metallicFactor", 0.0, "roughnessFactor", 0.8);
    g->children = json_array();
    g->nodes = json_pack("[{ss s[ffff] sO}]", "name", "z up", "rotation", -sqrt(0.5), 0.0, 0.0, sqrt(0.5),
                         "children", g->children);
    describe_surface(g);
    describe_paths(g);
    json_t *asset = json_pack("{ss ss}", "version", "2.0", "generator", "tauscape");
    json_t *recipe = g->job->recipe ? json_string(g->job->recipe) : NULL;
    if (recipe) json_object_set_new(asset, "extras", json_pack("{so}", "recipe", recipe));
    json_t *all =
        json_pack("{so si s[{s[i]}] so so so so so s[{sI}]}", "asset", asset, "scene", 0, "scenes", "nodes",
                  0, "nodes", g->nodes, "meshes", g->meshes, "materials", g->materials, "accessors",
                  g->accessors, "bufferViews", g->views, "buffers", "byteLength", (json_int_t)g->size);
    if (json_array_size(g->materials) > 1)
        json_object_set_new(all, "extensionsUsed", json_pack("[s]", UNLIT));
    return all;
}

/* ---- numbers ---- */

static void put_numbers(const glb *g, FILE *file) {
    const tau_triangles *t = g->triangles;
    uint16_t linear[256];
    /* Eight bits would be too few for linear light in the dark. */
    for (int i = 0; i < 256; i++) linear[i] = (uint16_t)lround(to_linear(i / 255.0) * UINT16_MAX);
    for (size_t i = 0; i < t->vertex_count; i++) fwrite(t->vertices[i].position, sizeof(float), 3, file);
    for (size_t i = 0; i < t->vertex_count; i++) fwrite(t->vertices[i].normal, sizeof(float), 3, file);
    for (size_t i = 0; i < t->vertex_count; i++) {
        const uint8_t *c = t->vertices[i].color;
        const uint16_t color[4] = {linear[c[0]], linear[c[1]], linear[c[2]], UINT16_MAX};
        fwrite(color, sizeof *color, 4, file);
    }
    fwrite(t->corners, sizeof *t->corners, t->count, file);
    for (size_t s = 0; s < g->strip_count; s++)
        if (g->strips[s].count > 1)
            fwrite(g->places[g->strips[s].first], sizeof *g->places, g->strips[s].count, file);
}

static tau_status put_file(const glb *g, FILE *file, const char *text) {
    uint64_t length = strlen(text), padded = (length + 3) / 4 * 4, whole = 12 + 8 + padded + 8 + g->size;
    if (whole > UINT32_MAX)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "cannot write the surface as glTF" TAU_WHY
                        "its %llu bytes are more than such a file can count" TAU_FIX "write a .ply instead",
                        (unsigned long long)whole);
    const uint32_t head[] = {MAGIC, 2, (uint32_t)whole, (uint32_t)padded, CHUNK_JSON};
    const uint32_t numbers[] = {(uint32_t)g->size, CHUNK_BIN};
    fwrite(head, sizeof *head, 5, file);
    fputs(text, file);
    for (uint64_t i = length; i < padded; i++) fputc(' ', file);
    fwrite(numbers, sizeof *numbers, 2, file);
    put_numbers(g, file);
    return TAU_STATUS_OK;
}

tau_status tau_mesh_write_glb(const tau_mesh_job *job, const tau_triangles *triangles) {
    glb g = {.job = job, .triangles = triangles};
    tau_status status = find_strips(&g);
    if (status == TAU_STATUS_OK) {
        json_t *description = describe(&g);
        char *text = json_dumps(description, JSON_COMPACT | JSON_REAL_PRECISION(17));
        json_decref(description);
        status = text ? put_file(&g, job->file, text)
                      : tau_fail(TAU_STATUS_MEMORY, "cannot describe the surface" TAU_WHY "memory is short");
        free(text);
    }
    json_decref(g.children);
    tau_mem_free(g.places);
    tau_mem_free(g.strips);
    return status;
}
