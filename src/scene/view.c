#include "scene/view.h"

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* More text than any view has. */
#define TEXT_MAX ((size_t)1 << 20)

typedef enum kind {
    KIND_REAL,
    KIND_REAL_OR_NONE, /* null for NaN */
    KIND_COUNT,
    KIND_SWITCH,
    KIND_TEXT,
    KIND_VIEW,
} kind;

/* One setting: its key, its place in the struct, and what it may be. */
typedef struct setting {
    const char *key;
    kind kind;
    int values;
    size_t offset;
    double lo, hi;
} setting;

static const char *const view_kinds[] = {"surface", "map", "line"};

#define AT(member)        offsetof(tau_view, member)
#define IN_CAMERA(member) offsetof(tau_camera, member)
#define ANY               -INFINITY, INFINITY

static const setting view_settings[] = {
    {"kind", KIND_VIEW, 1, AT(kind), ANY},
    {"map_lo", KIND_REAL_OR_NONE, 2, AT(map_lo), ANY},
    {"map_hi", KIND_REAL_OR_NONE, 2, AT(map_hi), ANY},
    {"log", KIND_SWITCH, 1, AT(log), ANY},
    {"range_lo", KIND_REAL_OR_NONE, 1, AT(range_lo), ANY},
    {"range_hi", KIND_REAL_OR_NONE, 1, AT(range_hi), ANY},
    {"clip", KIND_REAL_OR_NONE, 1, AT(clip), ANY},
    {"stretch", KIND_REAL, 1, AT(stretch), 0.01, 20},
    {"colormap", KIND_TEXT, 1, AT(colormap), ANY},
    {"isolines", KIND_SWITCH, 1, AT(isolines), ANY},
    {"level_count", KIND_COUNT, 1, AT(level_count), 0, 200},
    {"wireframe", KIND_SWITCH, 1, AT(wireframe), ANY},
    {"light", KIND_SWITCH, 1, AT(light), ANY},
    {"shading", KIND_SWITCH, 1, AT(shading), ANY},
    {"axes", KIND_SWITCH, 1, AT(axes), ANY},
    {"colorbar", KIND_SWITCH, 1, AT(colorbar), ANY},
    {"dark", KIND_SWITCH, 1, AT(dark), ANY},
    {"paths", KIND_SWITCH, 1, AT(paths), ANY},
    {"stems", KIND_SWITCH, 1, AT(stems), ANY},
    {"time", KIND_REAL_OR_NONE, 1, AT(time), 0, 1e15},
    {"comet", KIND_COUNT, 1, AT(comet), 0, 1000000000},
};

static const setting camera_settings[] = {
    {"target", KIND_REAL, 3, IN_CAMERA(target), -50, 50},
    {"yaw", KIND_REAL, 1, IN_CAMERA(yaw), -360, 360},
    {"pitch", KIND_REAL, 1, IN_CAMERA(pitch), -90, 90},
    {"roll", KIND_REAL, 1, IN_CAMERA(roll), -360, 360},
    {"distance", KIND_REAL, 1, IN_CAMERA(distance), 0.002, 200},
    {"field_of_view", KIND_REAL, 1, IN_CAMERA(field_of_view), 1, 120},
    {"orthographic", KIND_SWITCH, 1, IN_CAMERA(orthographic), ANY},
};

#define COUNT(settings) (sizeof(settings) / sizeof *(settings))

tau_view tau_view_get_default(tau_view_kind view_kind) {
    return (tau_view){.kind = view_kind,
                      .camera = tau_camera_get_preset(TAU_CAMERA_PRESET_ISO),
                      .map_lo = {NAN, NAN},
                      .map_hi = {NAN, NAN},
                      .range_lo = NAN,
                      .range_hi = NAN,
                      .clip = NAN,
                      .stretch = 1,
                      .colormap = "viridis",
                      .isolines = true,
                      .light = true,
                      .shading = true,
                      .axes = true,
                      .colorbar = true,
                      .paths = true,
                      .stems = true,
                      .time = NAN};
}

/* ---- writing ---- */

static json_t *write_value(const setting *s, const char *place) {
    switch (s->kind) {
    case KIND_REAL:
    case KIND_REAL_OR_NONE:
        return isfinite(*(const double *)place) ? json_real(*(const double *)place) : json_null();
    case KIND_COUNT:
        return json_integer(*(const int *)place);
    case KIND_SWITCH:
        return json_boolean(*(const bool *)place);
    case KIND_TEXT:
        return json_string(place);
    case KIND_VIEW:
        return json_string(view_kinds[*(const tau_view_kind *)place]);
    }
    return NULL;
}

static json_t *write_settings(const setting *settings, size_t count, const void *values) {
    json_t *object = json_object();
    for (size_t i = 0; object && i < count; i++) {
        const setting *s = &settings[i];
        const char *place = (const char *)values + s->offset;
        json_t *value = s->values > 1 ? json_array() : write_value(s, place);
        for (int k = 0; s->values > 1 && k < s->values; k++)
            json_array_append_new(value, write_value(s, place + (size_t)k * sizeof(double)));
        json_object_set_new(object, s->key, value);
    }
    return object;
}

tau_status tau_view_write_json(const tau_view *view, char **text) {
    *text = NULL;
    json_t *object = write_settings(view_settings, COUNT(view_settings), view);
    json_object_set_new(object, "camera",
                        write_settings(camera_settings, COUNT(camera_settings), &view->camera));
    char *dumped = json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(object);
    if (!dumped)
        return tau_fail(TAU_STATUS_INPUT, "cannot write the view as text" TAU_WHY
                                          "the name of its colour map is not UTF-8, or memory is short");
    tau_status status = tau_string_copy(text, dumped);
    free(dumped);
    return status;
}

/* ---- reading ---- */

static tau_status refuse(const char *key, const char *why) {
    return tau_fail(TAU_STATUS_INPUT, "cannot take over the view" TAU_WHY "its \"%s\" %s", key, why);
}

static tau_status read_number(const setting *s, const json_t *json, char *place) {
    if (s->kind == KIND_REAL_OR_NONE && json_is_null(json)) {
        *(double *)place = NAN;
        return TAU_STATUS_OK;
    }
    double value = json_number_value(json);
    if (s->kind == KIND_COUNT ? !json_is_integer(json) : !json_is_number(json))
        return refuse(s->key, s->kind == KIND_COUNT ? "is not a whole number" : "is not a number");
    if (!isfinite(value) || value < s->lo || value > s->hi)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot take over the view" TAU_WHY "its \"%s\" is %g" TAU_FIX
                        "write a number from %g to %g",
                        s->key, value, s->lo, s->hi);
    if (s->kind == KIND_COUNT)
        *(int *)place = (int)value;
    else
        *(double *)place = value;
    return TAU_STATUS_OK;
}

static tau_status read_text(const setting *s, const json_t *json, char *place) {
    const char *text = json_string_value(json);
    if (!text) return refuse(s->key, "is not a text");
    if (s->kind == KIND_TEXT) {
        size_t size = sizeof((tau_view *)NULL)->colormap, length = json_string_length(json);
        if (length == 0 || length >= size) return refuse(s->key, "is empty or too long");
        memcpy(place, text, length + 1);
        return TAU_STATUS_OK;
    }
    for (size_t i = 0; i < COUNT(view_kinds); i++) {
        if (strcmp(text, view_kinds[i]) != 0) continue;
        *(tau_view_kind *)place = (tau_view_kind)i;
        return TAU_STATUS_OK;
    }
    return refuse(s->key, "is none of surface, map, line");
}

static tau_status read_value(const setting *s, const json_t *json, char *place) {
    if (s->kind == KIND_TEXT || s->kind == KIND_VIEW) return read_text(s, json, place);
    if (s->kind != KIND_SWITCH) return read_number(s, json, place);
    if (!json_is_boolean(json)) return refuse(s->key, "is neither true nor false");
    *(bool *)place = json_is_true(json);
    return TAU_STATUS_OK;
}

static tau_status read_setting(const setting *s, const json_t *json, void *values) {
    char *place = (char *)values + s->offset;
    if (s->values == 1) return read_value(s, json, place);
    if (!json_is_array(json) || json_array_size(json) != (size_t)s->values)
        return refuse(s->key, s->values == 2 ? "is not a list of 2 numbers" : "is not a list of 3 numbers");
    for (int k = 0; k < s->values; k++)
        TAU_TRY(read_value(s, json_array_get(json, (size_t)k), place + (size_t)k * sizeof(double)));
    return TAU_STATUS_OK;
}

static tau_status read_settings(const setting *settings, size_t count, json_t *object, void *values) {
    const char *key;
    json_t *json;
    json_object_foreach(object, key, json) {
        size_t i = 0;
        while (i < count && strcmp(settings[i].key, key) != 0) i++;
        if (i == count)
            return tau_fail(
                TAU_STATUS_INPUT,
                "cannot take over the view" TAU_WHY "it has a setting \"%.80s\", which is unknown here", key);
        TAU_TRY(read_setting(&settings[i], json, values));
    }
    return TAU_STATUS_OK;
}

/* What no single setting can say. */
static tau_status check_together(const tau_view *view) {
    if (view->range_lo >= view->range_hi) return refuse("range_hi", "is not above \"range_lo\"");
    for (int i = 0; i < 2; i++)
        if (view->map_lo[i] >= view->map_hi[i]) return refuse("map_hi", "is not above \"map_lo\"");
    return TAU_STATUS_OK;
}

static tau_status read_object(tau_view *view, json_t *object) {
    if (!json_is_object(object))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot take over the view" TAU_WHY "its text is not one JSON object");
    json_t *camera = json_incref(json_object_get(object, "camera"));
    json_object_del(object, "camera");
    tau_status status = read_settings(view_settings, COUNT(view_settings), object, view);
    if (status == TAU_STATUS_OK && camera)
        status = json_is_object(camera)
                     ? read_settings(camera_settings, COUNT(camera_settings), camera, &view->camera)
                     : refuse("camera", "is not an object");
    json_decref(camera);
    if (status != TAU_STATUS_OK) return status;
    return check_together(view);
}

tau_status tau_view_read_json(tau_view *view, const char *text, size_t size) {
    json_error_t error;
    json_t *object = size <= TEXT_MAX ? json_loadb(text, size, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (size > TEXT_MAX)
        return tau_fail(TAU_STATUS_INPUT, "cannot take over the view" TAU_WHY "its text has %zu bytes", size);
    if (!object)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot take over the view" TAU_WHY "its text is not JSON: %s, line %d", error.text,
                        error.line);
    tau_view taken = *view;
    tau_status status = read_object(&taken, object);
    if (status == TAU_STATUS_OK) *view = taken;
    json_decref(object);
    return status;
}
