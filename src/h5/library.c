/* The library as a whole: its lock, its errors, its types. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "h5/internal.h"

static pthread_mutex_t mutex;
static hid_t link_access = -1;

/* An external link would let a file name any other file of the machine. */
static herr_t refuse_link(const char *parent_file, const char *parent_group, const char *file,
                          const char *object, unsigned *flags, hid_t access, void *payload) {
    (void)parent_file, (void)parent_group, (void)file, (void)object, (void)flags, (void)access, (void)payload;
    return -1;
}

static void make_mutex(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* A child must find the library between two calls, and a lock that none of its threads holds. */
static void before_fork(void) {
    pthread_mutex_lock(&mutex);
}
static void after_fork(void) {
    pthread_mutex_unlock(&mutex);
}

static void set_up(void) {
    make_mutex();
    pthread_atfork(before_fork, after_fork, make_mutex);
    H5open();
    H5PLset_loading_state(0); /* a file must not choose code to load */
    link_access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_elink_cb(link_access, refuse_link, NULL);
}

int tau_h5_lock(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
    pthread_mutex_lock(&mutex);
    H5Eset_auto2(H5E_DEFAULT, NULL,
                 NULL); /* a setting of the thread where the library was built with threads */
    return 1;
}

void tau_h5_unlock(int *held) {
    (void)held;
    pthread_mutex_unlock(&mutex);
}

hid_t tau_h5_link_access(void) {
    return link_access;
}

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *payload) {
    (void)n;
    const char **message = payload;
    if (!*message) *message = error->desc;
    return 0;
}

/* What the system said, where the library quotes it among times, addresses and descriptors; else its first
 * line. */
static void copy_reason(char *out, size_t size, const char *message) {
    static const char quote[] = "error message = '";
    const char *said = strstr(message, quote), *end;
    if (said) message = said + strlen(quote);
    end = said ? strchr(message, '\'') : strpbrk(message, "\n");
    size_t length = end ? (size_t)(end - message) : strlen(message);
    snprintf(out, size, "%.*s", (int)(length < size ? length : size - 1), message);
}

const char *tau_h5_why(void) {
    static char text[300];
    const char *message = NULL;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &message);
    copy_reason(text, sizeof text, message && *message ? message : "the HDF5 library gives no reason");
    return text;
}

tau_status tau_h5_fail(tau_status code, const tau_h5 *file, const char *verb, const char *path) {
    const char *why = tau_h5_why();
    if (path) return tau_fail(code, "cannot %s %s of %s" TAU_WHY "%s", verb, path, file->path, why);
    return tau_fail(code, "cannot %s %s" TAU_WHY "%s", verb, file->path, why);
}

void tau_h5_release(hid_t id) {
    if (id >= 0) H5Idec_ref(id);
}

hid_t tau_h5_native(tau_h5_type type) {
    switch (type) {
    case TAU_H5_TYPE_U8:
        return H5T_NATIVE_UINT8;
    case TAU_H5_TYPE_I8:
        return H5T_NATIVE_INT8;
    case TAU_H5_TYPE_I32:
        return H5T_NATIVE_INT32;
    case TAU_H5_TYPE_I64:
        return H5T_NATIVE_INT64;
    case TAU_H5_TYPE_F32:
        return H5T_NATIVE_FLOAT;
    case TAU_H5_TYPE_F64:
        return H5T_NATIVE_DOUBLE;
    default:
        return -1;
    }
}

hid_t tau_h5_text_type(size_t size) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size ? size : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}
