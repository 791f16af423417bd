#include "model/loss.h"

#include <string.h>

static const char *const names[TAU_LOSS_COUNT] = {
    [TAU_LOSS_NLL] = "nll",
    [TAU_LOSS_CROSS_ENTROPY] = "cross-entropy",
    [TAU_LOSS_MSE] = "mse",
    [TAU_LOSS_MAE] = "mae",
    [TAU_LOSS_HUBER] = "huber",
    [TAU_LOSS_BCE] = "bce",
    [TAU_LOSS_BCE_LOGITS] = "bce-logits",
};

const char *tau_loss_name(tau_loss loss) {
    return loss >= 0 && loss < TAU_LOSS_COUNT ? names[loss] : "unknown";
}

tau_status tau_loss_parse(tau_loss *out, const char *name) {
    for (int i = 0; i < TAU_LOSS_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (tau_loss)i;
            return TAU_STATUS_OK;
        }
    }
    return tau_fail(TAU_STATUS_USAGE,
                    "'%.64s' is not a loss" TAU_WHY
                    "there are nll, cross-entropy, mse, mae, huber, bce and bce-logits",
                    name);
}
