#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "backend/loss.h"
#include "core/memory.h"

struct tau_evaluator {
    const tau_backend *backend;
    tau_plan_request request;
    tau_plan *plan;
    bool has_basis;
    char instruction_set[32]; /* of the plan's device: a backend tells that of the last one that was opened */
};

/* What to do about images whose channels stand at the other end than they were read. */
static const char *fix_shape(const tau_shape *given, const tau_shape *wanted) {
    const int64_t *g = given->dim, *w = wanted->dim;
    if (given->rank == 3 && wanted->rank == 3) {
        if (w[0] == g[2] && w[1] == g[0] && w[2] == g[1])
            return "the channels stand last: read the file with --data-layout nhwc";
        if (w[0] == g[1] && w[1] == g[2] && w[2] == g[0])
            return "the channels stand first: leave --data-layout nhwc out";
    }
    return "choose other data, or a model for these";
}

static tau_status check_samples(const tau_graph *graph, const tau_samples *samples) {
    const tau_shape *wanted = &graph->values[graph->input].shape;
    if (samples->count == 0)
        return tau_fail(TAU_STATUS_SHAPE, "the data hold no samples" TAU_FIX "choose other data");
    if (tau_shape_serves(&samples->input_shape, wanted)) return TAU_STATUS_OK;
    char a[TAU_SHAPE_TEXT], b[TAU_SHAPE_TEXT];
    return tau_fail(TAU_STATUS_SHAPE,
                    "the data do not fit the network" TAU_WHY "a sample is %s, the network takes %s" TAU_FIX
                    "%s",
                    tau_shape_format(a, &samples->input_shape), tau_shape_format(b, wanted),
                    fix_shape(&samples->input_shape, wanted));
}

static tau_status check_classes(const tau_samples *samples, size_t outputs) {
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->classes[i] >= 0 && (size_t)samples->classes[i] < outputs) continue;
        return tau_fail(TAU_STATUS_SHAPE,
                        "the labels do not fit the network" TAU_WHY "sample %zu has class %" PRId32
                        ", the network has %zu outputs" TAU_FIX
                        "choose a model with an output for each class",
                        i, samples->classes[i], outputs);
    }
    return TAU_STATUS_OK;
}

static tau_status check_targets(const tau_graph *graph, const tau_samples *samples, tau_loss loss) {
    size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    if (tau_loss_takes_classes(loss)) {
        if (!samples->classes)
            return tau_fail(TAU_STATUS_SHAPE,
                            "the loss %s needs class numbers" TAU_WHY "the targets are values" TAU_FIX
                            "choose --loss mse, mae, huber, bce or bce-logits",
                            tau_loss_name(loss));
        return check_classes(samples, outputs);
    }
    if (!samples->values)
        return tau_fail(TAU_STATUS_SHAPE,
                        "the loss %s needs values" TAU_WHY "the targets are class numbers" TAU_FIX
                        "choose --loss nll or cross-entropy",
                        tau_loss_name(loss));
    if (samples->target_size != outputs)
        return tau_fail(TAU_STATUS_SHAPE,
                        "the targets do not fit the network" TAU_WHY
                        "a sample has %zu target values, the network %zu outputs" TAU_FIX
                        "choose other labels or another model",
                        samples->target_size, outputs);
    return TAU_STATUS_OK;
}

static size_t class_count(const tau_graph *graph, tau_loss loss) {
    return tau_loss_class_count(loss, tau_shape_size(&graph->values[graph->output].shape));
}

static tau_status check_confusion(const tau_graph *graph, tau_loss loss) {
    if (class_count(graph, loss) > 1) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "there are no confusion counts" TAU_WHY
                    "the loss %s of %zu outputs tells no classes apart" TAU_FIX
                    "choose a network that decides between classes, or ask for the loss alone",
                    tau_loss_name(loss), tau_shape_size(&graph->values[graph->output].shape));
}

tau_status tau_evaluator_create(tau_evaluator **out, const tau_graph *graph, const tau_samples *samples,
                                const tau_evaluator_options *options, tau_pool *pool) {
    *out = NULL;
    TAU_TRY(check_samples(graph, samples));
    TAU_TRY(check_targets(graph, samples, options->loss));
    if (options->confusion) TAU_TRY(check_confusion(graph, options->loss));
    const tau_backend *backend;
    int device;
    TAU_TRY(tau_backend_find(&backend, &device, options->backend ? options->backend : "auto"));
    tau_precision precision = options->precision ? options->precision : backend->default_precision;
    TAU_TRY(backend->supports(graph, precision));
    tau_evaluator *evaluator;
    TAU_TRY(TAU_ALLOC(evaluator, 1));
    evaluator->backend = backend;
    const size_t classes = options->confusion ? class_count(graph, options->loss) : 0;
    evaluator->request = (tau_plan_request){graph, samples, options->loss, precision, pool, device, classes};
    tau_status status = backend->create(&evaluator->plan, &evaluator->request);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(evaluator);
        return status;
    }
    snprintf(evaluator->instruction_set, sizeof evaluator->instruction_set, "%s", backend->instruction_set());
    *out = evaluator;
    return TAU_STATUS_OK;
}

void tau_evaluator_destroy(tau_evaluator *evaluator) {
    if (!evaluator) return;
    evaluator->backend->destroy(evaluator->plan);
    tau_mem_free(evaluator);
}

tau_evaluator_identity tau_evaluator_get_identity(const tau_evaluator *evaluator) {
    return (tau_evaluator_identity){evaluator->backend->name, evaluator->instruction_set,
                                    evaluator->backend->kernel_version, evaluator->request.precision};
}

size_t tau_evaluator_get_classes(const tau_evaluator *evaluator) {
    return class_count(evaluator->request.graph, evaluator->request.loss);
}

static tau_status check_counts_wanted(const tau_evaluator *evaluator, const uint64_t *confusion) {
    if (!confusion || evaluator->request.classes > 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE, "confusion counts need an evaluator that was created for them");
}

tau_status tau_evaluator_set_basis(tau_evaluator *evaluator, const tau_basis *basis) {
    if (basis->count < 1 || basis->count > TAU_BASIS_MAX)
        return tau_fail(TAU_STATUS_USAGE, "a slice is spanned by 1 to %d vectors, not %d", TAU_BASIS_MAX,
                        basis->count);
    TAU_TRY(evaluator->backend->set_basis(evaluator->plan, basis));
    evaluator->has_basis = true;
    return TAU_STATUS_OK;
}

tau_status tau_evaluator_tile(tau_evaluator *evaluator, const tau_tile *tile, tau_point *out,
                              uint64_t *confusion, const tau_cancel *cancel) {
    if (!evaluator->has_basis)
        return tau_fail(TAU_STATUS_USAGE, "a tile needs a basis: call set_basis first");
    TAU_TRY(check_counts_wanted(evaluator, confusion));
    if (tile->columns == 0 || tile->rows == 0) return TAU_STATUS_OK;
    return evaluator->backend->tile(evaluator->plan, tile, out, confusion, cancel);
}

tau_status tau_evaluator_states(tau_evaluator *evaluator, size_t count, const float *const *theta,
                                const float *const *buffers, tau_point *out, uint64_t *confusion,
                                const tau_cancel *cancel) {
    TAU_TRY(check_counts_wanted(evaluator, confusion));
    return evaluator->backend->states(evaluator->plan, count, theta, buffers, out, confusion, cancel);
}

tau_status tau_evaluator_capture(tau_evaluator *evaluator, const float *theta, const float *buffers,
                                 int value, float *out, const tau_cancel *cancel) {
    const tau_graph *graph = evaluator->request.graph;
    if (value < 0 || value >= graph->value_count || graph->values[value].kind == TAU_VALUE_KIND_PARAMETER ||
        graph->values[value].kind == TAU_VALUE_KIND_BUFFER ||
        graph->values[value].kind == TAU_VALUE_KIND_CONSTANT)
        return tau_fail(TAU_STATUS_MISSING, "value %d of the network is no activation", value);
    return evaluator->backend->capture(evaluator->plan, theta, buffers, value, out, cancel);
}

tau_status tau_evaluator_gradient(tau_evaluator *evaluator, const float *theta, float *buffers,
                                  const tau_batch *batch, float *gradient, tau_batch_result *out) {
    if (batch->count == 0) return tau_fail(TAU_STATUS_USAGE, "a gradient needs at least one sample");
    for (size_t i = 0; i < batch->count; i++)
        if (batch->indices[i] >= evaluator->request.samples->count)
            return tau_fail(TAU_STATUS_USAGE, "sample %u of the batch does not exist", batch->indices[i]);
    return evaluator->backend->gradient(evaluator->plan, theta, buffers, batch, gradient, out);
}
