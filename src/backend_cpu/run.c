#include "backend_cpu/program.h"

const float *tau_cpu_stored(const tau_cpu_frame *frame, int value) {
    const tau_graph *graph = frame->program->graph;
    const tau_value *v = &graph->values[value];
    switch (v->kind) {
    case TAU_VALUE_KIND_PARAMETER:
        return frame->point->theta + v->offset;
    case TAU_VALUE_KIND_BUFFER:
        return frame->point->buffers + v->offset;
    default:
        return graph->constants + v->offset;
    }
}

float *tau_cpu_stored_gradient(const tau_cpu_frame *frame, int value) {
    const tau_value *v = &frame->program->graph->values[value];
    return v->kind == TAU_VALUE_KIND_PARAMETER ? frame->training->gradient + frame->training->places[value]
                                               : NULL;
}

void tau_cpu_program_prepare(const tau_cpu_frame *frame) {
    for (int s = 0; s < frame->program->step_count; s++) {
        const tau_cpu_step *step = &frame->program->steps[s];
        if (step->operation->prepare) step->operation->prepare(step, frame);
    }
}

/* Work between two looks at the cancel token: a few milliseconds on any core. */
static const double poll_cost = 1e8;

static tau_status run_segment(const tau_cpu_frame *frame, int from, int to, const tau_cancel *cancel) {
    const size_t group = frame->program->steps[from].group;
    tau_cpu_frame part = *frame;
    double work = 0;
    for (size_t first = 0; first < frame->count; first += group) {
        part.first = first;
        part.count = frame->count - first < group ? frame->count - first : group;
        for (int s = from; s < to; s++) {
            const tau_cpu_step *step = &frame->program->steps[s];
            step->operation->run(step, &part);
            work += step->cost * (double)part.count;
            if (work < poll_cost) continue;
            work = 0;
            if (tau_cancel_requested(cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        }
    }
    return TAU_STATUS_OK;
}

tau_status tau_cpu_program_run(const tau_cpu_frame *frame, const tau_cancel *cancel) {
    const tau_cpu_program *program = frame->program;
    for (int from = 0, to; from < program->step_count; from = to) {
        for (to = from + 1; to < program->step_count; to++)
            if (program->steps[to].group != program->steps[from].group) break;
        TAU_TRY(run_segment(frame, from, to, cancel));
    }
    return TAU_STATUS_OK;
}
