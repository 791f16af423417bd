/* What losses make of a network's end. */
#include "model/loss.h"

#include <criterion/criterion.h>
#include <string.h>

#include "core/log.h"
#include "model/layers.h"

static int warnings;

static void count_warnings(void *payload, tau_log_level level, const char *text) {
    (void)payload;
    warnings += level == TAU_LOG_LEVEL_WARNING;
    cr_assert(*text);
}

/* Four inputs, four outputs, then the operators up to TAU_OP_COUNT. */
static tau_graph *make(const tau_op *ops) {
    static const int64_t four = 4;
    tau_layers net;
    tau_graph *graph;
    tau_layers_begin(&net, "net", 1, &four);
    tau_layers_linear(&net, "fc", 4, 4);
    for (int i = 0; ops[i] != TAU_OP_COUNT; i++) {
        char name[8] = {'n', (char)('0' + i), 0};
        if (ops[i] == TAU_OP_RESHAPE)
            tau_layers_flatten(&net, name);
        else
            tau_layers_apply(&net, ops[i], name, 0);
    }
    cr_assert_eq(tau_layers_finish(&net, &graph), TAU_STATUS_OK);
    return graph;
}

/* What becomes of the node after the linear layer; TAU_OP_COUNT: it is refused. */
static void check(const tau_op *ops, tau_loss loss, tau_op expected, int warned) {
    tau_graph *graph = make(ops);
    const int nodes = graph->node_count;
    warnings = 0;
    const tau_status status = tau_loss_fit_graph(loss, graph);
    cr_assert_eq(status, expected == TAU_OP_COUNT ? TAU_STATUS_MISMATCH : TAU_STATUS_OK, "%s: %d",
                 tau_loss_name(loss), status);
    cr_assert_eq(warnings, warned, "%s", tau_loss_name(loss));
    cr_assert_eq(graph->node_count, nodes);
    cr_assert_eq(graph->nodes[1].op, expected == TAU_OP_COUNT ? ops[0] : expected, "%s", tau_loss_name(loss));
    if (status != TAU_STATUS_OK) {
        cr_assert(strstr(tau_error_last()->what, tau_loss_name(loss)));
        cr_assert(strstr(tau_error_last()->why, tau_op_name(ops[0])));
        cr_assert(*tau_error_last()->fix);
    }
    tau_graph_destroy(graph);
}

Test(loss, the_end_of_a_network_becomes_what_the_loss_takes) {
    static const tau_loss losses[] = {TAU_LOSS_NLL, TAU_LOSS_CROSS_ENTROPY, TAU_LOSS_BCE, TAU_LOSS_BCE_LOGITS,
                                      TAU_LOSS_MSE};
    static const struct {
        tau_op end, become[5];
        int warned[5];
    } rows[] = {
        {TAU_OP_SOFTMAX,
         {TAU_OP_LOG_SOFTMAX, TAU_OP_LOG_SOFTMAX, TAU_OP_SOFTMAX, TAU_OP_COUNT, TAU_OP_SOFTMAX},
         {0, 0, 0, 0, 0}},
        {TAU_OP_SIGMOID,
         {TAU_OP_COUNT, TAU_OP_COUNT, TAU_OP_SIGMOID, TAU_OP_COUNT, TAU_OP_SIGMOID},
         {0, 0, 0, 0, 0}},
        {TAU_OP_LOG_SOFTMAX,
         {TAU_OP_LOG_SOFTMAX, TAU_OP_LOG_SOFTMAX, TAU_OP_LOG_SOFTMAX, TAU_OP_LOG_SOFTMAX, TAU_OP_LOG_SOFTMAX},
         {0, 0, 1, 0, 0}},
        {TAU_OP_TANH, {TAU_OP_TANH, TAU_OP_TANH, TAU_OP_TANH, TAU_OP_TANH, TAU_OP_TANH}, {1, 0, 1, 0, 0}},
    };
    tau_log_set_sink(count_warnings, NULL);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int l = 0; l < 5; l++) {
            const tau_op plain[] = {rows[r].end, TAU_OP_COUNT},
                         laid[] = {rows[r].end, TAU_OP_RESHAPE, TAU_OP_COUNT};
            check(plain, losses[l], rows[r].become[l], rows[r].warned[l]);
            check(laid, losses[l], rows[r].become[l], rows[r].warned[l]);
        }
}

/* Only a Softmax that ends the network belongs to the loss. */
Test(loss, a_softmax_within_a_network_stays) {
    static const tau_op within[] = {TAU_OP_SOFTMAX, TAU_OP_TANH, TAU_OP_COUNT};
    tau_log_set_sink(count_warnings, NULL);
    check(within, TAU_LOSS_CROSS_ENTROPY, TAU_OP_SOFTMAX, 0);
    check(within, TAU_LOSS_NLL, TAU_OP_SOFTMAX, 1);
}

Test(loss, a_softmax_over_a_part_of_the_outputs_is_refused) {
    static const int64_t dim[] = {2, 3};
    const tau_shape weights = {2, {3, 3}};
    tau_builder *builder;
    tau_graph *graph;
    int inputs[2], value;
    cr_assert_eq(tau_builder_create(&builder, "rows"), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_input(builder, &inputs[0], "x", &(tau_shape){2, {dim[0], dim[1]}}),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_builder_parameter(builder, &inputs[1], "w", TAU_ROLE_WEIGHT, &weights), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_LINEAR, "fc", inputs, 2, NULL, NULL),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_SOFTMAX, "shares", &value, 1,
                                  &(tau_attributes){.axis = 1}, NULL),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_builder_finish(builder, &graph, value), TAU_STATUS_OK);
    cr_assert_eq(tau_loss_fit_graph(TAU_LOSS_NLL, graph), TAU_STATUS_MISMATCH);
    cr_assert(strstr(tau_error_last()->why, "a part of its outputs"));
    tau_graph_destroy(graph);
    tau_builder_destroy(builder);
}
