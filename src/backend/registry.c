#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend_impl.h"

enum { BACKENDS_MAX = 8 };
static const tau_backend *registered[BACKENDS_MAX];
static int registered_count;

void tau_backend_register(const tau_backend *backend) {
    for (int i = 0; i < registered_count; i++)
        if (registered[i] == backend) return;
    assert(registered_count < BACKENDS_MAX);
    registered[registered_count++] = backend;
}

const tau_backend *tau_backend_get(int index) {
    return index < registered_count ? registered[index] : NULL;
}

/* Takes "NAME:INDEX" apart. @return false: not of this form */
static bool split(char *name, size_t size, int *device, const char *text) {
    const size_t length = strcspn(text, ":");
    *device = 0;
    if (length >= size) return false;
    memcpy(name, text, length);
    name[length] = '\0';
    if (text[length] == '\0') return true;
    const char *digits = text + length + 1;
    const size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 4 || digits[count] != '\0') return false;
    for (size_t i = 0; i < count; i++) *device = 10 * *device + (digits[i] - '0');
    return true;
}

static tau_status fail_unknown(const char *name) {
    char known[256] = "auto";
    for (int i = 0; i < registered_count; i++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, ", %s", registered[i]->name);
    }
    return tau_fail(TAU_STATUS_DEVICE,
                    "there is no device \"%s\"" TAU_WHY "this build has %s" TAU_FIX
                    "choose one of these with --device",
                    name, known);
}

static int count_devices(const tau_backend *backend) {
    int count = 0;
    while (backend->describe && backend->describe(count)) count++;
    return count > 0 ? count : 1;
}

/* Whether the backend can run on that one of its devices; the plan looks at the device itself. */
static tau_status check_device(const tau_backend *backend, int device) {
    if (device == 0) return backend->available();
    if (backend->describe && backend->describe(device)) return TAU_STATUS_OK;
    TAU_TRY(backend->available());
    const int count = count_devices(backend);
    return tau_fail(TAU_STATUS_DEVICE,
                    "there is no device \"%s:%d\"" TAU_WHY "%s has %d device%s here, counted from 0" TAU_FIX
                    "choose --device %s",
                    backend->name, device, backend->name, count, count == 1 ? "" : "s", backend->name);
}

tau_status tau_backend_find(const tau_backend **out, int *device, const char *name) {
    char base[64];
    *out = NULL;
    const bool any = strcmp(name, "auto") == 0;
    if (!split(base, sizeof base, device, name)) return fail_unknown(name);
    for (int i = 0; i < registered_count; i++) {
        const tau_backend *backend = registered[i];
        if (any && backend->available() != TAU_STATUS_OK) continue;
        if (!any && strcmp(base, backend->name) != 0) continue;
        if (!any) TAU_TRY(check_device(backend, *device));
        *out = backend;
        return TAU_STATUS_OK;
    }
    return fail_unknown(name);
}

const char *tau_precision_name(tau_precision precision) {
    static const char *const names[] = {"none", "exact", "fine", "fast"};
    return names[precision];
}

tau_status tau_precision_parse(tau_precision *out, const char *name) {
    for (tau_precision p = TAU_PRECISION_EXACT; p <= TAU_PRECISION_FAST; p++) {
        if (strcmp(name, tau_precision_name(p)) == 0) {
            *out = p;
            return TAU_STATUS_OK;
        }
    }
    return tau_fail(TAU_STATUS_USAGE, "there is no precision \"%s\"" TAU_FIX "choose exact, fine or fast",
                    name);
}
