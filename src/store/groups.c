#include "store/groups.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "h5/attribute.h"

const tau_store_kind TAU_STORE_LANDSCAPES = {"landscape", "loss"};
const tau_store_kind TAU_STORE_RUNS = {"run", "states"};

enum { NAME_MAX_BYTES = 200, LIST_TEXT = 300 };

/* Why no group of a file can be called so, or NULL. */
static const char *find_fault(const char *name) {
    const size_t length = strlen(name);
    const char *why = NULL;
    if (length == 0) why = "it is empty";
    if (length > NAME_MAX_BYTES) why = "it is longer than 200 bytes";
    if (strchr(name, '/')) why = "it contains '/'";
    if (!strcmp(name, ".") || !strcmp(name, "..")) why = "dots alone name no group";
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 127) why = "it contains control characters";
    return why;
}

static tau_status refuse_name(const char *name, const char *why) {
    if (!why) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot name a group '%.*s'" TAU_WHY "%s" TAU_FIX "choose letters, digits, '-' and '_'",
                    NAME_MAX_BYTES, name, why);
}

tau_status tau_store_check_name(const char *name) {
    return refuse_name(name, find_fault(name));
}

tau_status tau_store_check_new_name(const char *name) {
    const char *why = find_fault(name);
    if (strchr(name, ',')) why = "it contains ',', which stands between names";
    if (strchr(name, '#')) why = "it contains '#', which stands before a name";
    if (!tau_text_is_utf8(name)) why = "it is not UTF-8";
    return refuse_name(name, why);
}

const char *tau_store_path(char out[TAU_STORE_PATH], const char *group, const char *member) {
    snprintf(out, TAU_STORE_PATH, "/%s%s%s", group, member ? "/" : "", member ? member : "");
    return out;
}

tau_status tau_store_set_format(tau_h5 *file) {
    TAU_TRY(tau_h5_set_i64(file, "/", "tauscape_format", TAU_STORE_FORMAT));
    return tau_h5_set_text(file, "/", "creator", "tauscape " TAU_STORE_VERSION);
}

tau_status tau_store_check_format(tau_h5 *file) {
    int64_t format;
    if (!tau_h5_has_attribute(file, "/", "tauscape_format"))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot use %s" TAU_WHY "it is an HDF5 file, but not one of tauscape's" TAU_FIX
                        "tauscape import reads files of other programs",
                        tau_h5_path(file));
    TAU_TRY(tau_h5_get_i64(&format, file, "/", "tauscape_format"));
    if (format == TAU_STORE_FORMAT) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "cannot use %s" TAU_WHY "its format is %lld; this version of tauscape reads %d" TAU_FIX
                    "use the tauscape that wrote it, or a later one",
                    tau_h5_path(file), (long long)format, TAU_STORE_FORMAT);
}

typedef struct listing {
    tau_h5 *file;
    const char *member;
    char **names; /* one more than `count`, the last NULL */
    size_t count, capacity;
} listing;

static tau_status note_group(void *payload, const char *name, bool is_group) {
    listing *list = payload;
    char path[TAU_STORE_PATH];
    if (!is_group || tau_store_check_name(name) != TAU_STATUS_OK) return TAU_STATUS_OK;
    if (!tau_h5_exists(list->file, tau_store_path(path, name, list->member))) return TAU_STATUS_OK;
    TAU_TRY(TAU_GROW(list->names, list->capacity, list->count + 2));
    TAU_TRY(tau_string_copy(&list->names[list->count], name));
    list->count++;
    return TAU_STATUS_OK;
}

tau_status tau_store_list_groups(char ***names, tau_h5 *file, const tau_store_kind *kind) {
    listing list = {.file = file, .member = kind->member};
    *names = NULL;
    tau_status status = TAU_GROW(list.names, list.capacity, 1);
    if (status == TAU_STATUS_OK) status = tau_h5_list(file, "/", note_group, &list);
    if (status != TAU_STATUS_OK) {
        tau_store_free_names(list.names);
        return status;
    }
    *names = list.names;
    return TAU_STATUS_OK;
}

void tau_store_free_names(char **names) {
    for (size_t i = 0; names && names[i]; i++) tau_mem_free(names[i]);
    tau_mem_free(names);
}

/* "a, b, c", cut where there are many. */
static const char *join(char out[LIST_TEXT], char *const *names) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; names[i]; i++) {
        if (used + strlen(names[i]) + 8 >= LIST_TEXT) {
            snprintf(out + used, LIST_TEXT - used, ", …");
            break;
        }
        used += (size_t)snprintf(out + used, LIST_TEXT - used, "%s%s", i ? ", " : "", names[i]);
    }
    return out;
}

static tau_status no_choice(const tau_h5 *file, const tau_store_kind *kind, const char *wanted,
                            char *const *names) {
    char list[LIST_TEXT];
    const char *path = tau_h5_path(file);
    if (!names[0])
        return tau_fail(TAU_STATUS_MISSING,
                        "%s has no %s" TAU_WHY "none of its groups has a '%s'" TAU_FIX
                        "tauscape info %s says what it holds",
                        path, kind->noun, kind->member, path);
    if (wanted)
        return tau_fail(TAU_STATUS_MISSING,
                        "%s has no %s '%s'" TAU_WHY "there is: %s" TAU_FIX "name one of these", path,
                        kind->noun, wanted, join(list, names));
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot tell which %s of %s is meant" TAU_WHY "it has several: %s" TAU_FIX
                    "name one of them: --group %s, or %s#%s",
                    kind->noun, path, join(list, names), names[0], path, names[0]);
}

tau_status tau_store_choose_group(char **out, tau_h5 *file, const tau_store_kind *kind, const char *wanted) {
    char **names;
    *out = NULL;
    TAU_TRY(tau_store_list_groups(&names, file, kind));
    size_t at = 0;
    while (wanted && names[at] && strcmp(names[at], wanted) != 0) at++;
    tau_status status = names[at] && (wanted || !names[1]) ? tau_string_copy(out, names[at])
                                                           : no_choice(file, kind, wanted, names);
    tau_store_free_names(names);
    return status;
}
