#include "train/weights.h"

#include "core/memory.h"
#include "core/rng.h"

void tau_class_weights_balance(double *weight, const int32_t *classes, size_t count, int class_count) {
    for (int c = 0; c < class_count; c++) {
        size_t members = 0;
        for (size_t i = 0; i < count; i++) members += classes[i] == c;
        weight[c] = members ? (double)count / ((double)class_count * (double)members) : 0;
    }
}

/* The part of the batch that belongs to one class, in its order. */
static size_t select_class(const tau_class_weights *weights, int class, const tau_batch *batch,
                           uint32_t *indices) {
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (weights->of[batch->indices[i]] == class) indices[count++] = batch->indices[i];
    return count;
}

static tau_status add_classes(const tau_class_weights *weights, tau_evaluator *evaluator, const float *theta,
                              float *buffers, const tau_batch *batch, uint32_t *indices, float *part,
                              float *gradient, tau_batch_result *out) {
    *out = (tau_batch_result){0, 0};
    for (size_t p = 0; p < weights->parameter_count; p++) gradient[p] = 0;
    for (int c = 0; c < weights->class_count; c++) {
        tau_batch of_class = *batch;
        tau_batch_result result;
        of_class.indices = indices;
        of_class.count = select_class(weights, c, batch, indices);
        /* Masks are numbered by the place in a batch: with one seed the parts would share theirs. */
        of_class.seed ^= (uint64_t)c * tau_rng_stream("class weights");
        if (of_class.count == 0) continue;
        TAU_TRY(tau_evaluator_gradient(evaluator, theta, buffers, &of_class, part, &result));
        const double share = (double)of_class.count / (double)batch->count;
        for (size_t p = 0; p < weights->parameter_count; p++)
            gradient[p] += (float)(share * weights->weight[c] * part[p]);
        out->loss += share * result.loss;
        out->accuracy += share * result.accuracy;
    }
    return TAU_STATUS_OK;
}

tau_status tau_class_weights_gradient(const tau_class_weights *weights, tau_evaluator *evaluator,
                                      const float *theta, float *buffers, const tau_batch *batch,
                                      float *gradient, tau_batch_result *out) {
    if (weights->class_count == 0)
        return tau_evaluator_gradient(evaluator, theta, buffers, batch, gradient, out);
    uint32_t *indices = NULL;
    float *part = NULL;
    tau_status status = TAU_ALLOC(indices, batch->count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(part, weights->parameter_count);
    if (status == TAU_STATUS_OK)
        status = add_classes(weights, evaluator, theta, buffers, batch, indices, part, gradient, out);
    tau_mem_free(indices);
    tau_mem_free(part);
    return status;
}
