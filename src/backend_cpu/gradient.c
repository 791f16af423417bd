/* Loss and gradient of a batch: all activations are kept, samples pass in fixed chunks, and what needs the
 * whole batch (linear layers, batch norm) stands between the phases. */
#include "backend_cpu/gradient.h"

#include <string.h>

#include "backend/loss.h"
#include "core/memory.h"

static bool takes_batch(const tau_cpu_step *step) {
    return step->operation == &tau_cpu_linear || step->operation == &tau_cpu_batch_norm;
}

tau_cpu_frame tau_cpu_gradient_frame(const tau_cpu_gradient_pass *run, tau_cpu_training *training,
                                     size_t chunk, int worker) {
    const tau_cpu_gradient *memory = run->memory;
    const size_t first = run->batch->count * chunk / run->chunks;
    const size_t end = run->batch->count * (chunk + 1) / run->chunks;
    *training = (tau_cpu_training){run->batch, memory->sums + chunk * memory->sum_size, memory->places,
                                   memory->derivatives, memory->norms};
    return (tau_cpu_frame){.program = memory->program,
                           .kernels = run->plan->kernels,
                           .point = &run->point,
                           .data = memory->data,
                           .scratch = memory->scratch[worker],
                           .first = first,
                           .count = end - first,
                           .training = training};
}

tau_status tau_cpu_gradient_jobs(tau_cpu_gradient_pass *pass, size_t count, tau_pool_job job) {
    if (!pass->alone) return tau_pool_run(pass->plan->request.pool, count, job, pass, NULL);
    for (size_t i = 0; i < count; i++) TAU_TRY(job(pass, i, 0));
    return TAU_STATUS_OK;
}

static tau_status begin_job(void *payload, size_t chunk, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    const tau_samples *samples = run->plan->request.samples;
    tau_cpu_training training;
    const tau_cpu_frame frame = tau_cpu_gradient_frame(run, &training, chunk, worker);
    const size_t size = tau_shape_size(&samples->input_shape);
    for (size_t i = frame.first; i < frame.first + frame.count; i++)
        memcpy(frame.data[frame.program->input] + i * size, samples->inputs + run->batch->indices[i] * size,
               size * sizeof(float));
    memset(training.gradient, 0, run->memory->sum_size * sizeof(float));
    return TAU_STATUS_OK;
}

static tau_status prepare_job(void *payload, size_t index, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    const tau_cpu_step *step = &run->memory->program->steps[index];
    tau_cpu_training training;
    const tau_cpu_frame frame = tau_cpu_gradient_frame(run, &training, 0, worker);
    if (step->operation->prepare && !takes_batch(step)) step->operation->prepare(step, &frame);
    return TAU_STATUS_OK;
}

static tau_status forward_job(void *payload, size_t chunk, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    tau_cpu_training training;
    const tau_cpu_frame frame = tau_cpu_gradient_frame(run, &training, chunk, worker);
    for (int s = run->from; s < run->to; s++)
        frame.program->steps[s].operation->run(&frame.program->steps[s], &frame);
    return TAU_STATUS_OK;
}

static tau_status backward_job(void *payload, size_t chunk, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    tau_cpu_training training;
    const tau_cpu_frame frame = tau_cpu_gradient_frame(run, &training, chunk, worker);
    for (int s = run->to - 1; s >= run->from; s--) {
        const tau_cpu_step *step = &frame.program->steps[s];
        if (run->memory->needed[step->output]) step->operation->run_backward(step, &frame);
    }
    return TAU_STATUS_OK;
}

static tau_status run_phase(tau_cpu_gradient_pass *run, int from, int to, tau_pool_job job) {
    run->from = from;
    run->to = to;
    return from < to ? tau_cpu_gradient_jobs(run, run->chunks, job) : TAU_STATUS_OK;
}

static tau_status run_forward(tau_cpu_gradient_pass *run) {
    const tau_cpu_program *program = run->memory->program;
    int from = 0;
    for (int s = 0; s < program->step_count; s++) {
        const tau_cpu_step *step = &program->steps[s];
        if (!takes_batch(step)) continue;
        TAU_TRY(run_phase(run, from, s, forward_job));
        from = s + 1;
        if (step->operation == &tau_cpu_linear) {
            TAU_TRY(tau_cpu_gradient_linear(run, step));
        } else {
            TAU_TRY(tau_cpu_gradient_norm(run, step));
            from = s;
        }
    }
    return run_phase(run, from, program->step_count, forward_job);
}

static tau_status run_backward(tau_cpu_gradient_pass *run) {
    const tau_cpu_program *program = run->memory->program;
    int to = program->step_count;
    for (int s = program->step_count - 1; s >= 0; s--) {
        const tau_cpu_step *step = &program->steps[s];
        if (!takes_batch(step) || !run->memory->needed[step->output]) continue;
        TAU_TRY(run_phase(run, s + 1, to, backward_job));
        to = s;
        if (step->operation == &tau_cpu_linear) {
            TAU_TRY(tau_cpu_gradient_linear_backward(run, step));
        } else {
            TAU_TRY(tau_cpu_gradient_norm_backward(run, step));
            to = s + 1;
        }
    }
    return run_phase(run, 0, to, backward_job);
}

static tau_status loss_job(void *payload, size_t chunk, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    const tau_cpu_gradient *memory = run->memory;
    const tau_plan_request *request = &run->plan->request;
    tau_cpu_training training;
    const tau_cpu_frame frame = tau_cpu_gradient_frame(run, &training, chunk, worker);
    const tau_cpu_tensor *output = &memory->program->tensors[memory->program->output];
    double *y = memory->outputs + (size_t)worker * 2 * output->size, *dy = y + output->size;
    for (size_t i = frame.first; i < frame.first + frame.count; i++) {
        const tau_target target = tau_target_of(request->samples, run->batch->indices[i]);
        const float *from = memory->data[memory->program->output] + i * output->stride;
        float *to = memory->derivatives[memory->program->output];
        for (size_t o = 0; o < output->size; o++) y[o] = (double)from[o];
        memory->losses[i] = tau_loss_sample(request->loss, y, output->size, target, &memory->right[i]);
        tau_loss_gradient(dy, request->loss, y, output->size, target);
        for (size_t o = 0; to && o < output->size; o++)
            to[i * output->stride + o] = (float)(dy[o] / (double)run->batch->count);
    }
    return TAU_STATUS_OK;
}

/* Sums the chunks' derivatives by a tree over their numbers; jobs are ranges of parameters. */
enum { SUM_RANGE = 1 << 14 };

static tau_status sum_job(void *payload, size_t index, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    const size_t size = run->memory->sum_size, start = index * SUM_RANGE;
    const size_t count = size - start < SUM_RANGE ? size - start : SUM_RANGE;
    (void)worker;
    for (size_t step = 1; step < run->chunks; step *= 2) {
        for (size_t chunk = 0; chunk + step < run->chunks; chunk += 2 * step) {
            float *to = run->memory->sums + chunk * size + start;
            run->plan->kernels->add(to, to, to + step * size, count, false);
        }
    }
    return TAU_STATUS_OK;
}

static tau_status sum_chunks(tau_cpu_gradient_pass *run) {
    const tau_cpu_gradient *memory = run->memory;
    const tau_graph *graph = memory->program->graph;
    TAU_TRY(tau_cpu_gradient_jobs(run, (memory->sum_size + SUM_RANGE - 1) / SUM_RANGE, sum_job));
    for (int p = 0; p < graph->parameter_count; p++) {
        const tau_parameter *parameter = &graph->parameters[p];
        if (memory->direct[parameter->value]) continue;
        const float *from = memory->sums + memory->places[parameter->value];
        float *to = run->gradient + parameter->offset;
        for (size_t i = 0; i < tau_shape_size(&parameter->shape); i++) to[i] += from[i];
    }
    return TAU_STATUS_OK;
}

static void clear_summed(const tau_cpu_gradient_pass *run) {
    const tau_graph *graph = run->memory->program->graph;
    for (int p = 0; p < graph->parameter_count; p++)
        if (!run->memory->direct[graph->parameters[p].value])
            memset(run->gradient + graph->parameters[p].offset, 0,
                   tau_shape_size(&graph->parameters[p].shape) * sizeof(float));
}

tau_status tau_cpu_gradient_pass_run(tau_cpu_gradient_pass *run, const float *theta, tau_batch_result *out) {
    tau_cpu_gradient *memory = run->memory;
    memcpy(memory->theta, theta, memory->program->graph->theta_size * sizeof *theta);
    clear_summed(run);
    TAU_TRY(tau_cpu_gradient_jobs(run, run->chunks, begin_job));
    TAU_TRY(tau_cpu_gradient_jobs(run, (size_t)memory->program->step_count, prepare_job));
    TAU_TRY(run_forward(run));
    TAU_TRY(tau_cpu_gradient_jobs(run, run->chunks, loss_job));
    if (memory->needed[memory->program->output]) TAU_TRY(run_backward(run));
    TAU_TRY(sum_chunks(run));
    const double count = (double)run->batch->count;
    out->loss = tau_loss_sum(memory->losses, run->batch->count) / count;
    out->accuracy = tau_loss_sum(memory->right, run->batch->count) / count;
    return TAU_STATUS_OK;
}
