#include <string.h>

#include "train/train.h"

static const char *const names[] = {"sgd", "momentum", "nesterov", "adam", "rmsprop"};

const char *tau_optimizer_name(tau_optimizer optimizer) {
    return names[optimizer];
}

tau_status tau_optimizer_parse(tau_optimizer *out, const char *name) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (tau_optimizer)i;
            return TAU_STATUS_OK;
        }
    }
    return tau_fail(TAU_STATUS_USAGE,
                    "there is no optimizer \"%s\"" TAU_FIX "choose sgd, momentum, nesterov, adam or rmsprop",
                    name);
}

double tau_optimizer_default_rate(tau_optimizer optimizer) {
    switch (optimizer) {
    case TAU_OPTIMIZER_ADAM:
    case TAU_OPTIMIZER_RMSPROP:
        return 0.001;
    case TAU_OPTIMIZER_SGD:
        return 0.05;
    default:
        return 0.02; /* momentum of 0.9 makes steps ten times as long in the end */
    }
}
