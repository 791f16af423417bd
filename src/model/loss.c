#include "model/loss.h"

#include <string.h>

#include "core/log.h"

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

/* ---- what a loss takes ---- */

/* Whether the outputs of a sample are one distribution, not several side by side. */
static bool is_whole(const tau_graph *graph, const tau_node *softmax) {
    const tau_shape *shape = &graph->values[softmax->output].shape;
    return (size_t)shape->dim[softmax->attributes.axis] == tau_shape_size(shape);
}

static tau_status refuse(tau_op end, tau_loss loss) {
    const bool classes = tau_loss_takes_classes(loss);
    return tau_fail(TAU_STATUS_MISMATCH,
                    "cannot evaluate the network with the loss %s" TAU_WHY
                    "it takes %s, but the network ends in %s%s" TAU_FIX "%s",
                    tau_loss_name(loss), loss == TAU_LOSS_NLL ? "log-probabilities" : "logits",
                    tau_op_name(end), end == TAU_OP_SOFTMAX && classes ? " over a part of its outputs" : "",
                    classes ? "choose another loss, or end the network in Softmax over all classes"
                            : "choose --loss bce");
}

tau_status tau_loss_fit_graph(tau_loss loss, tau_graph *graph) {
    tau_node *end = tau_graph_find_end(graph);
    const bool probabilities = tau_graph_gives_probabilities(graph);
    if (loss == TAU_LOSS_NLL && !probabilities && !(end && end->op == TAU_OP_LOG_SOFTMAX))
        tau_log(TAU_LOG_LEVEL_WARNING,
                "the loss nll takes log-probabilities, but the network does not end in "
                "LogSoftmax or Softmax; for logits: --loss cross-entropy");
    if (loss == TAU_LOSS_BCE && !probabilities)
        tau_log(TAU_LOG_LEVEL_WARNING, "the loss bce takes probabilities, but the network does not end in "
                                       "Sigmoid; for logits: --loss bce-logits");
    if (!probabilities || (!tau_loss_takes_classes(loss) && loss != TAU_LOSS_BCE_LOGITS))
        return TAU_STATUS_OK;
    if (end->op != TAU_OP_SOFTMAX || loss == TAU_LOSS_BCE_LOGITS || !is_whole(graph, end))
        return refuse(end->op, loss);
    tau_log(TAU_LOG_LEVEL_DEBUG, "the last Softmax is part of the loss %s", tau_loss_name(loss));
    end->op = TAU_OP_LOG_SOFTMAX;
    return TAU_STATUS_OK;
}

tau_status tau_loss_check_graph(tau_loss loss, const tau_graph *graph) {
    tau_graph *copy;
    TAU_TRY(tau_graph_copy(&copy, graph));
    tau_status status = tau_loss_fit_graph(loss, copy);
    tau_graph_destroy(copy);
    return status;
}
