#include "store/recipe.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { NAME_TEXT = 256, VALUE_TEXT = 200 };
static const size_t CANONICAL = JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY;

static tau_status parse_object(json_t **out, const char *text, const char *what) {
    json_error_t error;
    *out = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(*out)) return TAU_STATUS_OK;
    const bool parsed = *out != NULL;
    json_decref(*out);
    *out = NULL;
    return tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "%s", what,
                    parsed ? "it is no JSON object" : error.text);
}

/* Takes the identity out of the text of a recipe. */
static tau_status parse_identity(json_t **out, const char *recipe) {
    json_t *whole;
    *out = NULL;
    TAU_TRY(parse_object(&whole, recipe, "a recipe"));
    json_t *identity = json_object_get(whole, "identity");
    tau_status status = TAU_STATUS_OK;
    if (json_is_object(identity))
        *out = json_incref(identity);
    else
        status = tau_fail(TAU_STATUS_INPUT, "cannot read a recipe" TAU_WHY "it has no identity");
    json_decref(whole);
    return status;
}

tau_status tau_recipe_get_identity(char **out, const char *recipe) {
    json_t *identity;
    *out = NULL;
    TAU_TRY(parse_identity(&identity, recipe));
    char *text = json_dumps(identity, CANONICAL);
    json_decref(identity);
    if (!text) return tau_fail(TAU_STATUS_MEMORY, "cannot write a recipe" TAU_WHY "out of memory");
    tau_status status = tau_string_copy(out, text);
    free(text);
    return status;
}

/* Data sets of a landscape have names of their own; a metric's is one of those that need no quoting. */
static bool is_metric_name(const char *name) {
    static const char *const taken[] = {"alpha",     "beta",      "directions",     "loss",
                                        "loss_se",   "accuracy",  "regularisation", "done",
                                        "precision", "projection"};
    if (!name || !*name || strlen(name) >= TAU_LANDSCAPE_METRIC_NAME) return false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0) return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name);
}

static tau_status take_metrics(char names[TAU_LANDSCAPE_METRICS_MAX][TAU_LANDSCAPE_METRIC_NAME], int *count,
                               const json_t *list) {
    if (list && (!json_is_array(list) || json_array_size(list) > TAU_LANDSCAPE_METRICS_MAX))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read a recipe" TAU_WHY "its metrics are no list of at most %d",
                        TAU_LANDSCAPE_METRICS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        bool fits = is_metric_name(name);
        for (int k = 0; k < *count && fits; k++) fits = strcmp(names[k], name) != 0;
        if (!fits)
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot read a recipe" TAU_WHY "its metric %zu has no name of its own", i);
        snprintf(names[(*count)++], TAU_LANDSCAPE_METRIC_NAME, "%s", name);
    }
    return TAU_STATUS_OK;
}

tau_status tau_recipe_get_metrics(char names[TAU_LANDSCAPE_METRICS_MAX][TAU_LANDSCAPE_METRIC_NAME],
                                  int *count, const char *recipe) {
    *count = 0;
    json_t *whole = json_loads(recipe, 0, NULL);
    tau_status status =
        take_metrics(names, count, json_object_get(json_object_get(whole, "identity"), "metrics"));
    json_decref(whole);
    return status;
}

/* The fewest digits that give the number back. */
static void format_number(char out[VALUE_TEXT], double value) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, VALUE_TEXT, "%.*g", digits, value);
        if (strtod(out, NULL) == value) return;
    }
}

/* Text of a value as people write it: strings without quotes, long values cut. */
static void format_value(char out[VALUE_TEXT], const json_t *value) {
    if (json_is_real(value)) {
        format_number(out, json_real_value(value));
        return;
    }
    char *text = json_is_string(value) ? NULL : json_dumps(value, CANONICAL);
    const char *shown = json_is_string(value) ? json_string_value(value) : text ? text : "?";
    const int length = snprintf(out, VALUE_TEXT, "%s", shown);
    if (length >= VALUE_TEXT) memcpy(out + VALUE_TEXT - 4, "...", 4);
    free(text);
}

tau_status tau_recipe_differ(const tau_recipe_words *words, const char *name, const char *ours,
                             const char *theirs) {
    return tau_fail(TAU_STATUS_MISMATCH, "cannot %s %s" TAU_WHY "%s with %s %s; %s %s %s" TAU_FIX "%s",
                    words->verb, words->path, words->theirs, name, theirs, words->ours, name, ours,
                    words->fix);
}

/* A member that differs, or that only one side has (NULL). */
static tau_status member_differs(const tau_recipe_words *words, const char *name, const json_t *ours,
                                 const json_t *theirs) {
    char our_value[VALUE_TEXT], their_value[VALUE_TEXT];
    if (ours) format_value(our_value, ours);
    if (theirs) format_value(their_value, theirs);
    if (ours && theirs) return tau_recipe_differ(words, name, our_value, their_value);
    if (theirs)
        return tau_fail(TAU_STATUS_MISMATCH, "cannot %s %s" TAU_WHY "%s with %s %s; %s no %s" TAU_FIX "%s",
                        words->verb, words->path, words->theirs, name, their_value, words->ours, name,
                        words->fix);
    return tau_fail(TAU_STATUS_MISMATCH, "cannot %s %s" TAU_WHY "%s without %s; %s %s %s" TAU_FIX "%s",
                    words->verb, words->path, words->theirs, name, words->ours, name, our_value, words->fix);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of members of either object, sorted; names that both have stand twice. */
static tau_status member_names(const char ***out, size_t *count, json_t *ours, json_t *theirs) {
    *count = 0;
    TAU_TRY(TAU_ALLOC(*out, json_object_size(ours) + json_object_size(theirs)));
    const char *name;
    json_t *value;
    json_object_foreach(ours, name, value)(*out)[(*count)++] = name;
    json_object_foreach(theirs, name, value)(*out)[(*count)++] = name;
    qsort(*out, *count, sizeof **out, by_name);
    return TAU_STATUS_OK;
}

static tau_status compare(json_t *ours, json_t *theirs, const char *prefix, const tau_recipe_words *words) {
    const char **names;
    size_t count;
    TAU_TRY(member_names(&names, &count, ours, theirs));
    tau_status status = TAU_STATUS_OK;
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) {
        char name[NAME_TEXT];
        snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", names[i]);
        json_t *our_value = json_object_get(ours, names[i]), *their_value = json_object_get(theirs, names[i]);
        if (json_is_object(our_value) && json_is_object(their_value))
            status = compare(our_value, their_value, name, words);
        else if (!our_value || !their_value || !json_equal(our_value, their_value))
            status = member_differs(words, name, our_value, their_value);
    }
    tau_mem_free(names);
    return status;
}

tau_status tau_recipe_compare_objects(const char *ours, const char *theirs, const tau_recipe_words *words) {
    json_t *our_object, *their_object = NULL;
    TAU_TRY(parse_object(&our_object, ours, "the settings of this command"));
    tau_status status = parse_object(&their_object, theirs, words->path);
    if (status == TAU_STATUS_OK) status = compare(our_object, their_object, "", words);
    json_decref(their_object);
    json_decref(our_object);
    return status;
}

tau_status tau_recipe_compare_identities(const char *ours, const char *theirs,
                                         const tau_recipe_words *words) {
    json_t *our_identity, *their_identity = NULL;
    TAU_TRY(parse_identity(&our_identity, ours));
    tau_status status = parse_identity(&their_identity, theirs);
    if (status == TAU_STATUS_OK) status = compare(our_identity, their_identity, "", words);
    json_decref(their_identity);
    json_decref(our_identity);
    return status;
}

tau_status tau_recipe_compare(const char *recipe, const char *other, const char *path) {
    const tau_recipe_words words = {
        .verb = "resume",
        .path = path,
        .theirs = "it was computed",
        .ours = "this command says",
        .fix = "repeat the earlier command, write elsewhere with -o, or start afresh with --force",
    };
    return tau_recipe_compare_identities(recipe, other, &words);
}
