#include "core/memory.h"
#include "train/train.h"

tau_status tau_train_state_create(tau_train_state **out, size_t theta_size, size_t buffer_size) {
    *out = NULL;
    tau_train_state *state;
    TAU_TRY(TAU_ALLOC(state, 1));
    state->theta_size = theta_size;
    state->buffer_size = buffer_size;
    tau_status status = TAU_ALLOC(state->theta, theta_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(state->buffers, buffer_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(state->moment1, theta_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(state->moment2, theta_size);
    if (status != TAU_STATUS_OK) {
        tau_train_state_destroy(state);
        return status;
    }
    *out = state;
    return TAU_STATUS_OK;
}

void tau_train_state_destroy(tau_train_state *state) {
    if (!state) return;
    tau_mem_free(state->theta);
    tau_mem_free(state->buffers);
    tau_mem_free(state->moment1);
    tau_mem_free(state->moment2);
    tau_mem_free(state);
}
