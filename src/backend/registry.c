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

tau_status tau_backend_find(const tau_backend **out, const char *name) {
    *out = NULL;
    char known[256] = "auto";
    for (int i = 0; i < registered_count; i++) {
        const tau_backend *backend = registered[i];
        if (strcmp(name, "auto") == 0) {
            if (backend->available() != TAU_STATUS_OK) continue;
        } else if (strcmp(name, backend->name) != 0) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, ", %s", backend->name);
            continue;
        } else {
            TAU_TRY(backend->available());
        }
        *out = backend;
        return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_DEVICE,
                    "there is no device \"%s\"" TAU_WHY "this build has %s" TAU_FIX
                    "choose one of these with --device",
                    name, known);
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
