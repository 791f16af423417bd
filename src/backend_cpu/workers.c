#include "backend_cpu/plan.h"
#include "core/memory.h"

static size_t larger_of(size_t a, size_t b) {
    return a > b ? a : b;
}

void tau_cpu_sizes_cover(tau_cpu_sizes *sizes, const tau_cpu_program *program) {
    if (!program) return;
    sizes->packed = larger_of(sizes->packed, program->packed_size);
    sizes->arena = larger_of(sizes->arena, program->arena_size);
    sizes->scratch = larger_of(sizes->scratch, program->scratch_size);
    sizes->tensors = larger_of(sizes->tensors, (size_t)program->tensor_count);
}

static tau_status fill_worker(tau_cpu_worker *worker, const tau_cpu_sizes *sizes) {
    TAU_TRY(TAU_ALLOC(worker->theta, sizes->theta));
    TAU_TRY(TAU_ALLOC(worker->buffers, sizes->buffers));
    TAU_TRY(TAU_ALLOC(worker->packed, sizes->packed));
    TAU_TRY(TAU_ALLOC(worker->arena, sizes->arena));
    TAU_TRY(TAU_ALLOC(worker->scratch, sizes->scratch));
    TAU_TRY(TAU_ALLOC(worker->data, sizes->tensors));
    TAU_TRY(TAU_ALLOC(worker->losses, sizes->samples));
    TAU_TRY(TAU_ALLOC(worker->right, sizes->samples));
    if (sizes->decisions) TAU_TRY(TAU_ALLOC(worker->decided, sizes->samples));
    return TAU_ALLOC(worker->outputs, sizes->outputs);
}

tau_status tau_cpu_workers_create(tau_cpu_worker **out, int count, const tau_cpu_sizes *sizes) {
    tau_cpu_worker *workers;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(workers, (size_t)count));
    for (int i = 0; i < count; i++) {
        const tau_status status = fill_worker(&workers[i], sizes);
        if (status == TAU_STATUS_OK) continue;
        tau_cpu_workers_destroy(workers, count);
        return status;
    }
    *out = workers;
    return TAU_STATUS_OK;
}

void tau_cpu_workers_destroy(tau_cpu_worker *workers, int count) {
    for (int i = 0; workers && i < count; i++) {
        tau_mem_free(workers[i].theta);
        tau_mem_free(workers[i].buffers);
        tau_mem_free(workers[i].packed);
        tau_mem_free(workers[i].arena);
        tau_mem_free(workers[i].scratch);
        tau_mem_free(workers[i].data);
        tau_mem_free(workers[i].losses);
        tau_mem_free(workers[i].right);
        tau_mem_free(workers[i].decided);
        tau_mem_free(workers[i].outputs);
    }
    tau_mem_free(workers);
}

void tau_cpu_worker_bind(tau_cpu_worker *worker, const tau_cpu_program *program, const float *input) {
    for (int t = 0; t < program->tensor_count; t++) {
        const int root = program->tensors[t].alias;
        worker->data[t] =
            root == program->input ? (float *)input : worker->arena + program->tensors[root].offset;
    }
}
