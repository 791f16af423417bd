/** Programs of the fast engine as text, and what must hold of every one of them. */
#ifndef BACKEND_CUDA_FAST_PROGRAM_H
#define BACKEND_CUDA_FAST_PROGRAM_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "backend_cuda/fast.h"
#include "core/memory.h"
#include "model/layers.h"
#include "model/model.h"

static inline void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static inline bool every_block_fits(int channels, int height, int width, int parts) {
    return height == width && channels * height == 512 && parts == 1;
}

/** A card that can do everything, with room for everything. */
static inline tau_fast_options everything(void) {
    return (tau_fast_options){1, 100, (size_t)1 << 40, true, every_block_fits};
}

/** The generic kernels only. */
static inline tau_fast_options generic(void) {
    return (tau_fast_options){1, 100, (size_t)1 << 40, false, NULL};
}

/** Steps in order: what runs once is marked !, what runs for shared or unshared parameters =s or =u, a sum +,
 * the functions after the layers :Name, and a layer that gives rows >. */
static inline void describe(char *out, size_t size, const tau_fast_program *program) {
    out[0] = '\0';
    for (int s = 0; s < program->step_count; s++) {
        static const char *const when[] = {"", "!", "=s", "=u"};
        const tau_fast_step *step = &program->steps[s];
        const bool node = step->operation == &tau_fast_op_node;
        const size_t used = strlen(out);
        int end = snprintf(out + used, size - used, "%s%s%s%s", used ? " " : "",
                           node ? tau_op_name(program->graph->nodes[step->node].op) : step->operation->name,
                           when[step->when], step->residual >= 0 ? "+" : "");
        for (int i = 0; i < 2; i++)
            if (step->activation[i].op != TAU_OP_COUNT)
                end += snprintf(out + used + end, size - used - (size_t)end, ":%s",
                                tau_op_name(step->activation[i].op));
        if (step->operation == &tau_fast_op_conv && program->places[step->y].layout == TAU_FAST_LAYOUT_ROWS)
            snprintf(out + used + end, size - used - (size_t)end, ">");
    }
}

/** What memory holds while a program runs. */
typedef struct replay {
    const tau_fast_program *program;
    bool intact[256]; /* [places] written, and not written over since */
} replay;

static inline void replay_read(const replay *r, int place, int step) {
    if (place < 0) return;
    cr_assert(r->intact[place] || r->program->places[place].value == r->program->graph->input,
              "step %d reads place %d, which does not hold its value", step, place);
}

static inline void replay_write(replay *r, int place) {
    const tau_cuda_life *y = &r->program->places[place].life;
    for (int p = 0; p < r->program->place_count; p++) {
        const tau_cuda_life *other = &r->program->places[p].life;
        if (y->offset < other->offset + other->size && other->offset < y->offset + y->size)
            r->intact[p] = false;
    }
    cr_assert_leq(y->offset + y->size, r->program->arena_size);
    r->intact[place] = true;
}

static inline void replay_step(replay *r, int s) {
    const tau_fast_step *step = &r->program->steps[s];
    replay_read(r, step->x, s);
    replay_read(r, step->residual, s);
    if (step->operation == &tau_fast_op_node) {
        const tau_node *node = &r->program->graph->nodes[step->node];
        for (int i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0 && r->program->vector_of[node->inputs[i]] == SIZE_MAX &&
                r->program->graph->values[node->inputs[i]].kind != TAU_VALUE_KIND_CONSTANT) {
                cr_assert_geq(tau_fast_find_rows(r->program, node->inputs[i]), 0);
                replay_read(r, tau_fast_find_rows(r->program, node->inputs[i]), s);
            }
    }
    /* A concatenation adds to what its earlier parts wrote. */
    if (step->operation != &tau_fast_op_concat || step->channel == 0)
        replay_write(r, step->y);
    else
        replay_read(r, step->y, s);
}

/** Every value is read while its memory holds it, with shared parameters and without. */
static inline void check_memory(const tau_fast_program *program) {
    cr_assert_leq(program->place_count, 256);
    for (int shared = 0; shared < 2; shared++) {
        replay r = {.program = program};
        for (int s = 0; s < program->step_count; s++)
            if (program->steps[s].when == TAU_FAST_WHEN_ONCE) replay_step(&r, s);
        for (int p = 0; p < program->place_count; p++)
            if (program->places[p].resident && !program->places[p].kept) r.intact[p] = false;
        for (int s = 0; s < program->step_count; s++)
            if (tau_fast_runs(&program->steps[s], shared)) replay_step(&r, s);
        replay_read(&r, program->output, program->step_count);
        cr_assert(!program->places[program->output].resident);
        cr_assert_eq(program->places[program->output].layout, TAU_FAST_LAYOUT_ROWS);
    }
}

/** Parameters of a network have places of their own, all within `parameter_size`. */
static inline void check_parameters(const tau_fast_program *program) {
    size_t end = 0;
    for (int i = 0; i < program->packing_count; i++) {
        cr_assert_geq(program->packings[i].offset, end);
        end = program->packings[i].offset + program->packings[i].size;
    }
    for (int i = 0; i < program->affine_count; i++) {
        cr_assert_geq(program->affines[i].offset, end);
        end = program->affines[i].offset + tau_fast_affine_size(program->affines[i].outputs);
    }
    cr_assert_geq(program->vectors_at, end);
    size_t at = 0;
    for (int i = 0; i < program->range_count; i++) {
        cr_assert_eq(program->ranges[i].at, at);
        at += program->ranges[i].size;
    }
    cr_assert_eq(at, program->vector_count);
    cr_assert_geq(program->parameter_size, program->vectors_at + at * sizeof(float));
}

static inline tau_fast_program *lower_graph(const tau_graph *graph, tau_fast_options options,
                                            const char *wanted) {
    static char text[8192];
    tau_fast_program *program;
    succeed(tau_fast_program_create(&program, graph, &options));
    describe(text, sizeof text, program);
    cr_expect_str_eq(text, wanted, "%s", text);
    check_memory(program);
    check_parameters(program);
    return program;
}

/** What a built-in network becomes, unchecked; `program` and `model` are the caller's. */
typedef struct lowered_model {
    tau_model *model;
    tau_fast_program *program;
} lowered_model;

static inline lowered_model lower_model(const char *name, tau_fast_options options) {
    lowered_model out;
    succeed(tau_model_builtin(&out.model, name, 1));
    succeed(tau_fast_program_create(&out.program, out.model->graph, &options));
    return out;
}

static inline void lowered_model_destroy(lowered_model *lowered) {
    tau_fast_program_destroy(lowered->program);
    tau_model_destroy(lowered->model);
}

static inline void expect_lowered(const char *model, tau_fast_options options, const char *wanted) {
    tau_model *m;
    succeed(tau_model_builtin(&m, model, 1));
    tau_fast_program_destroy(lower_graph(m->graph, options, wanted));
    tau_model_destroy(m);
}

#endif
