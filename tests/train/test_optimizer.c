#include <criterion/criterion.h>
#include <math.h>

#include "train/optimizer.h"

/* Three steps on two parameters with fixed gradients, against torch.optim 1.13 in float64:
 * theta = (1, -2), gradients (0.5, -1), (0.25, 2), (-1, 0.125), rate 0.1. */
static const float gradients[3][2] = {{0.5f, -1}, {0.25f, 2}, {-1, 0.125f}};

static void check(tau_optimizer optimizer, double decay, double expected0, double expected1) {
    tau_train_state *state;
    cr_assert_eq(tau_train_state_create(&state, 2, 0), TAU_STATUS_OK);
    state->theta[0] = 1, state->theta[1] = -2;
    const tau_train_options options = {.optimizer = optimizer, .momentum = 0.9, .weight_decay = decay};
    for (int i = 0; i < 3; i++) {
        tau_optimizer_step(state, gradients[i], &options, 0.1);
        state->step++;
    }
    cr_assert_float_eq(state->theta[0], expected0, 3e-7, "%s: %.9g", tau_optimizer_name(optimizer),
                       state->theta[0]);
    cr_assert_float_eq(state->theta[1], expected1, 3e-7, "%s: %.9g", tau_optimizer_name(optimizer),
                       state->theta[1]);
    tau_train_state_destroy(state);
}

Test(optimizer, sgd_steps_against_the_gradient) {
    check(TAU_OPTIMIZER_SGD, 0, 1.025, -2.1125);
}

/* v: 0.5, 0.7, -0.37 and -1, 1.1, 1.115. */
Test(optimizer, momentum_gathers_velocity) {
    check(TAU_OPTIMIZER_MOMENTUM, 0, 0.917, -2.1215);
}

/* g + 0.9 v: 0.95, 0.88, -1.333 and -1.9, 2.99, 1.1285. */
Test(optimizer, nesterov_looks_ahead) {
    check(TAU_OPTIMIZER_NESTEROV, 0, 0.9503, -2.22185);
}

Test(optimizer, adam_corrects_its_bias) {
    check(TAU_OPTIMIZER_ADAM, 0, 0.827417743, -1.968433738);
}

Test(optimizer, rmsprop_divides_by_the_root_mean_square) {
    check(TAU_OPTIMIZER_RMSPROP, 0, 0.425726616, -1.951473880);
}

/* lambda = 0.05: each step shrinks theta by 1 % before the gradient. */
Test(optimizer, weight_decay_adds_twice_lambda_theta) {
    double a = 1, b = -2;
    for (int i = 0; i < 3; i++)
        a -= 0.1 * (gradients[i][0] + 0.1 * a), b -= 0.1 * (gradients[i][1] + 0.1 * b);
    check(TAU_OPTIMIZER_SGD, 0.05, a, b);
}

/* torch.optim with weight_decay = 0.1 = 2·lambda. */
Test(optimizer, weight_decay_passes_through_the_moments) {
    check(TAU_OPTIMIZER_NESTEROV, 0.05, 0.877211146, -2.066647292);
    check(TAU_OPTIMIZER_ADAM, 0.05, 0.812098261, -1.942361458);
}

Test(optimizer, names_are_read_back) {
    for (int i = TAU_OPTIMIZER_SGD; i <= TAU_OPTIMIZER_RMSPROP; i++) {
        tau_optimizer parsed;
        cr_assert_eq(tau_optimizer_parse(&parsed, tau_optimizer_name((tau_optimizer)i)), TAU_STATUS_OK);
        cr_assert_eq((int)parsed, i);
    }
    tau_optimizer parsed;
    cr_assert_eq(tau_optimizer_parse(&parsed, "adamw"), TAU_STATUS_USAGE);
}
