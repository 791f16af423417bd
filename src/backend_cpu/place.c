/* Where tensors live, and how many samples each step takes at once. */
#include <stdlib.h>

#include "backend_cpu/lower.h"
#include "core/memory.h"

/* Blocks are sized so that the largest tensor of one stays near the second-level cache, groups so that a
 * step's tensors stay well within it. */
enum { BLOCK_FLOATS = 1 << 18, BLOCK_LEAST = 24, BLOCK_MOST = 96, GROUP_FLOATS = 1 << 14 };

static size_t largest_tensor(const tau_cpu_program *program, const tau_cpu_step *step) {
    size_t largest = program->tensors[step->output].stride;
    for (int i = 0; i < step->input_count; i++)
        if (step->inputs[i] >= 0 && program->tensors[step->inputs[i]].stride > largest)
            largest = program->tensors[step->inputs[i]].stride;
    return largest;
}

static size_t group_of(const tau_cpu_program *program, const tau_cpu_step *step) {
    if (step->operation == &tau_cpu_linear || step->operation == &tau_cpu_shared_linear)
        return program->block;
    const size_t fitting = GROUP_FLOATS / largest_tensor(program, step);
    if (fitting < 1) return 1;
    return 2 * fitting >= program->block ? program->block : fitting;
}

static void choose_groups(tau_cpu_program *program) {
    size_t largest = 1;
    for (int t = 0; t < program->tensor_count; t++)
        if (program->tensors[t].stride > largest) largest = program->tensors[t].stride;
    size_t block = BLOCK_FLOATS / largest / BLOCK_LEAST * BLOCK_LEAST;
    if (block < BLOCK_LEAST) block = BLOCK_LEAST;
    program->block = block > BLOCK_MOST ? BLOCK_MOST : block;
    for (int s = 0; s < program->step_count; s++)
        program->steps[s].group = group_of(program, &program->steps[s]);
}

/* [steps] first step of the segment that a step is in; [steps + step_count] its last. */
static void find_segments(const tau_cpu_program *program, int *segments) {
    const int count = program->step_count;
    for (int s = 0; s < count; s++)
        segments[s] = s > 0 && program->steps[s - 1].group == program->steps[s].group ? segments[s - 1] : s;
    for (int s = count - 1; s >= 0; s--)
        segments[count + s] = s + 1 < count && segments[s + 1] == segments[s] ? segments[count + s + 1] : s;
}

static void read_by(tau_cpu_program *program, int tensor, int step, const int *segments) {
    if (tensor < 0) return;
    tau_cpu_tensor *t = &program->tensors[program->tensors[tensor].alias];
    if (step > t->last) t->last = step;
    if (segments[step] != segments[t->first]) t->resident = true;
}

static void find_lives(tau_cpu_program *program, const int *segments) {
    for (int s = 0; s < program->step_count; s++) {
        const tau_cpu_step *step = &program->steps[s];
        program->tensors[step->output].first = program->tensors[step->output].last = s;
        for (int i = 0; i < step->input_count; i++) read_by(program, step->inputs[i], s, segments);
        read_by(program, step->residual, s, segments);
    }
    program->tensors[program->input].resident = true;
    tau_cpu_tensor *output = &program->tensors[program->tensors[program->output].alias];
    output->resident = true;
    if (program->step_count > 0) output->last = program->step_count - 1;
    for (int t = 0; t < program->tensor_count; t++) {
        tau_cpu_tensor *tensor = &program->tensors[t];
        tensor->resident = program->tensors[tensor->alias].resident;
        if (!tensor->resident || program->step_count == 0) continue;
        /* The loop over groups keeps what crosses its end alive from its first step to its last. */
        tensor->first = segments[tensor->first];
        tensor->last = segments[program->step_count + tensor->last];
    }
}

static size_t floats_of(const tau_cpu_program *program, const tau_cpu_tensor *tensor) {
    const size_t samples = tensor->resident ? program->block : program->steps[tensor->first].group;
    return tau_cpu_pad(samples * tensor->stride + TAU_CPU_PANEL);
}

/* The lowest place from `offset` on that no tensor alive at the same time covers. */
static size_t free_place(const tau_cpu_program *program, const int *order, int placed, int tensor) {
    const tau_cpu_tensor *wanted = &program->tensors[tensor];
    const size_t size = floats_of(program, wanted);
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < placed; i++) {
            const tau_cpu_tensor *other = &program->tensors[order[i]];
            const size_t end = other->offset + floats_of(program, other);
            if (other->last < wanted->first || wanted->last < other->first) continue;
            if (offset >= end || offset + size <= other->offset) continue;
            offset = end;
            moved = true;
        }
    }
    return offset;
}

static void place_tensors(tau_cpu_program *program, int *order) {
    int placed = 0;
    for (int t = 0; t < program->tensor_count; t++) {
        tau_cpu_tensor *tensor = &program->tensors[t];
        if (tensor->alias != t || t == program->input) continue;
        tensor->offset = free_place(program, order, placed, t);
        const size_t end = tensor->offset + floats_of(program, tensor);
        if (end > program->arena_size) program->arena_size = end;
        order[placed++] = t;
    }
}

/* The first step in reverse order to reach a tensor writes its derivative, the others add to it. */
static tau_status find_accumulations(tau_cpu_program *program) {
    bool *reached;
    TAU_TRY(TAU_ALLOC(reached, (size_t)program->tensor_count));
    reached[program->tensors[program->output].alias] = true;
    for (int s = program->step_count - 1; s >= 0; s--) {
        tau_cpu_step *step = &program->steps[s];
        for (int i = 0; i < step->input_count; i++) {
            if (step->inputs[i] < 0) continue;
            bool *tensor = &reached[program->tensors[step->inputs[i]].alias];
            step->accumulates[i] = *tensor;
            *tensor = true;
        }
    }
    tau_mem_free(reached);
    return TAU_STATUS_OK;
}

tau_status tau_cpu_program_place(tau_cpu_program *program) {
    int *segments = NULL, *order = NULL;
    tau_status status = TAU_ALLOC(segments, 2 * (size_t)program->step_count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(order, (size_t)program->tensor_count);
    if (status == TAU_STATUS_OK) {
        choose_groups(program);
        find_segments(program, segments);
        find_lives(program, segments);
        place_tensors(program, order);
        for (int s = 0; s < program->step_count; s++)
            program->scratch_size = program->steps[s].scratch_size > program->scratch_size
                                        ? program->steps[s].scratch_size
                                        : program->scratch_size;
        status = find_accumulations(program);
    }
    tau_mem_free(segments);
    tau_mem_free(order);
    return status;
}
