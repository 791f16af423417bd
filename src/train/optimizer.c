#include "train/optimizer.h"

#include <math.h>

static void step_sgd(tau_train_state *s, const float *gradient, double decay, double rate) {
    for (size_t i = 0; i < s->theta_size; i++) {
        double g = (double)gradient[i] + decay * (double)s->theta[i];
        s->theta[i] = (float)((double)s->theta[i] - rate * g);
    }
}

static void step_momentum(tau_train_state *s, const float *gradient, double decay, double rate,
                          double momentum, bool nesterov) {
    for (size_t i = 0; i < s->theta_size; i++) {
        double g = (double)gradient[i] + decay * (double)s->theta[i];
        double velocity = momentum * (double)s->moment1[i] + g;
        s->moment1[i] = (float)velocity;
        double along = nesterov ? g + momentum * velocity : velocity;
        s->theta[i] = (float)((double)s->theta[i] - rate * along);
    }
}

static void step_adam(tau_train_state *s, const float *gradient, double decay, double rate) {
    const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double t = (double)s->step + 1;
    double correction1 = 1 - pow(beta1, t), correction2 = sqrt(1 - pow(beta2, t));
    for (size_t i = 0; i < s->theta_size; i++) {
        double g = (double)gradient[i] + decay * (double)s->theta[i];
        double m = beta1 * (double)s->moment1[i] + (1 - beta1) * g;
        double v = beta2 * (double)s->moment2[i] + (1 - beta2) * g * g;
        s->moment1[i] = (float)m;
        s->moment2[i] = (float)v;
        s->theta[i] =
            (float)((double)s->theta[i] - rate / correction1 * m / (sqrt(v) / correction2 + epsilon));
    }
}

static void step_rmsprop(tau_train_state *s, const float *gradient, double decay, double rate) {
    const double alpha = 0.99, epsilon = 1e-8;
    for (size_t i = 0; i < s->theta_size; i++) {
        double g = (double)gradient[i] + decay * (double)s->theta[i];
        double v = alpha * (double)s->moment2[i] + (1 - alpha) * g * g;
        s->moment2[i] = (float)v;
        s->theta[i] = (float)((double)s->theta[i] - rate * g / (sqrt(v) + epsilon));
    }
}

void tau_optimizer_step(tau_train_state *state, const float *gradient, const tau_train_options *options,
                        double rate) {
    double decay = 2 * options->weight_decay;
    switch (options->optimizer) {
    case TAU_OPTIMIZER_SGD:
        step_sgd(state, gradient, decay, rate);
        break;
    case TAU_OPTIMIZER_MOMENTUM:
        step_momentum(state, gradient, decay, rate, options->momentum, false);
        break;
    case TAU_OPTIMIZER_NESTEROV:
        step_momentum(state, gradient, decay, rate, options->momentum, true);
        break;
    case TAU_OPTIMIZER_ADAM:
        step_adam(state, gradient, decay, rate);
        break;
    case TAU_OPTIMIZER_RMSPROP:
        step_rmsprop(state, gradient, decay, rate);
        break;
    }
}
