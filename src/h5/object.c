/* Groups and data sets as named objects. */
#include <string.h>

#include "core/memory.h"
#include "h5/internal.h"

/* A path exists when every link on it does and the last leads to an object. */
static bool path_exists(const tau_h5 *file, const char *path) {
    char prefix[1024];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof prefix) return false;
    for (size_t i = 1; i <= length; i++) {
        bool ends = (path[i] == '/' || path[i] == '\0') && path[i - 1] != '/';
        if (!ends) continue;
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        if (H5Lexists(file->id, prefix, tau_h5_link_access()) <= 0) return false;
    }
    return H5Oexists_by_name(file->id, path, tau_h5_link_access()) > 0;
}

bool tau_h5_exists(tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    return path_exists(file, path);
}

tau_status tau_h5_open_object(hid_t *out, const tau_h5 *file, const char *path) {
    *out = -1;
    if (!path_exists(file, path))
        return tau_fail(TAU_STATUS_MISSING, "%s has no %s" TAU_WHY "there is no object of this name",
                        file->path, path);
    *out = H5Oopen(file->id, path, tau_h5_link_access());
    return *out < 0 ? tau_h5_fail(TAU_STATUS_INPUT, file, "open", path) : TAU_STATUS_OK;
}

bool tau_h5_is_group(tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    hid_t object;
    if (tau_h5_open_object(&object, file, path) != TAU_STATUS_OK) return false;
    bool group = H5Iget_type(object) == H5I_GROUP;
    tau_h5_release(object);
    return group;
}

/* Data that lies in other files could be any file of the machine. */
static bool lies_elsewhere(hid_t dataset) {
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0) return true;
    bool elsewhere = H5Pget_layout(creation) == H5D_VIRTUAL || H5Pget_external_count(creation) > 0;
    tau_h5_release(creation);
    return elsewhere;
}

tau_status tau_h5_open_dataset(hid_t *out, const tau_h5 *file, const char *path) {
    TAU_TRY(tau_h5_open_object(out, file, path));
    tau_status status = TAU_STATUS_OK;
    if (H5Iget_type(*out) != H5I_DATASET)
        status = tau_fail(TAU_STATUS_INPUT,
                          "%s of %s is no data set" TAU_WHY "it is a group or a type" TAU_FIX
                          "name a data set inside it",
                          path, file->path);
    else if (lies_elsewhere(*out))
        status = tau_fail(TAU_STATUS_UNSUPPORTED,
                          "cannot read %s of %s" TAU_WHY
                          "its data lies in other files (external or virtual storage)",
                          path, file->path);
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_h5_release(*out);
    *out = -1;
    return status;
}

/* Property list that makes missing parents. */
static hid_t with_parents(void) {
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    H5Pset_char_encoding(links, H5T_CSET_UTF8);
    return links;
}

static tau_status taken(const tau_h5 *file, const char *path) {
    return tau_fail(TAU_STATUS_EXISTS, "cannot make %s in %s" TAU_WHY "there is one of this name", path,
                    file->path);
}

tau_status tau_h5_create_dataset(hid_t *out, const tau_h5 *file, const char *path, hid_t type, hid_t space,
                                 hid_t creation) {
    *out = -1;
    if (path_exists(file, path)) return taken(file, path);
    hid_t links = with_parents();
    *out = H5Dcreate2(file->id, path, type, space, links, creation, H5P_DEFAULT);
    tau_status status = *out < 0 ? tau_h5_fail(TAU_STATUS_IO, file, "make", path) : TAU_STATUS_OK;
    tau_h5_release(links);
    return status;
}

tau_status tau_h5_make_group(tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    if (!strcmp(path, "/")) return TAU_STATUS_OK;
    if (path_exists(file, path)) return tau_h5_is_group(file, path) ? TAU_STATUS_OK : taken(file, path);
    hid_t links = with_parents();
    hid_t group = H5Gcreate2(file->id, path, links, H5P_DEFAULT, H5P_DEFAULT);
    tau_status status = group < 0 ? tau_h5_fail(TAU_STATUS_IO, file, "make", path) : TAU_STATUS_OK;
    tau_h5_release(group);
    tau_h5_release(links);
    return status;
}

typedef struct listing {
    char **name;
    size_t count, capacity;
} listing;

/* Only hard links: a soft or external one repeats what another name holds, or leads out of the file. */
static herr_t note_name(hid_t group, const char *name, const H5L_info_t *info, void *payload) {
    (void)group;
    listing *list = payload;
    if (info->type != H5L_TYPE_HARD) return 0;
    if (TAU_GROW(list->name, list->capacity, list->count + 1) != TAU_STATUS_OK) return -1;
    if (tau_string_copy(&list->name[list->count], name) != TAU_STATUS_OK) return -1;
    list->count++;
    return 0;
}

static bool member_is_group(hid_t group, const char *name) {
    hid_t object = H5Oopen(group, name, tau_h5_link_access());
    bool is_group = object >= 0 && H5Iget_type(object) == H5I_GROUP;
    tau_h5_release(object);
    return is_group;
}

tau_status tau_h5_list(tau_h5 *file, const char *path, tau_h5_visit visit, void *payload) {
    TAU_H5_LOCKED;
    listing list = {0};
    hid_t group;
    TAU_TRY(tau_h5_open_object(&group, file, path));
    tau_status status = TAU_STATUS_OK;
    if (H5Iget_type(group) != H5I_GROUP)
        status =
            tau_fail(TAU_STATUS_INPUT, "cannot list %s of %s" TAU_WHY "it is no group", path, file->path);
    else if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, note_name, &list) < 0)
        status = tau_h5_fail(TAU_STATUS_INPUT, file, "list", path);
    for (size_t i = 0; i < list.count && status == TAU_STATUS_OK; i++)
        status = visit(payload, list.name[i], member_is_group(group, list.name[i]));
    for (size_t i = 0; i < list.count; i++) tau_mem_free(list.name[i]);
    tau_mem_free(list.name);
    tau_h5_release(group);
    return status;
}

tau_status tau_h5_copy(tau_h5 *to, const char *to_path, tau_h5 *from, const char *from_path) {
    TAU_H5_LOCKED;
    if (path_exists(to, to_path)) return taken(to, to_path);
    if (!path_exists(from, from_path))
        return tau_fail(TAU_STATUS_MISSING, "%s has no %s" TAU_WHY "there is no object of this name",
                        from->path, from_path);
    hid_t links = with_parents();
    herr_t result = H5Ocopy(from->id, from_path, to->id, to_path, H5P_DEFAULT, links);
    tau_status status = result < 0 ? tau_h5_fail(TAU_STATUS_INPUT, from, "copy", from_path) : TAU_STATUS_OK;
    tau_h5_release(links);
    return status;
}
