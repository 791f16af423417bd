/* Pools against the reference backend: windows that reach into padding, overlap, leave gaps or end beyond it.
 */
#include "kernels/rows.h"

#define SHAPE(...)                                                                                           \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {                                                \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

typedef struct pool_case {
    tau_shape x, y;
    tau_window window;
} pool_case;

static const pool_case pools[] = {
    {SHAPE(2, 4, 6), SHAPE(2, 2, 3), {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}}},
    {SHAPE(3, 7, 5), SHAPE(3, 4, 3), {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, false, false}},
    {SHAPE(3, 7, 5), SHAPE(3, 4, 3), {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, true, false}},
    {SHAPE(1, 5, 5), SHAPE(1, 5, 5), {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 0, true, false}},
    {SHAPE(2, 6, 6), SHAPE(2, 2, 2), {{2, 1}, {3, 4}, {1, 1}, {0, 0, 0, 0}, 0, false, false}},
    {SHAPE(2, 5, 5), SHAPE(2, 3, 3), {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, true, true}},
    {SHAPE(2, 5, 4), SHAPE(2, 3, 3), {{3, 2}, {2, 2}, {1, 1}, {1, 0, 1, 2}, 0, true, false}},
    {SHAPE(2, 5, 4), SHAPE(2, 3, 3), {{3, 2}, {2, 2}, {1, 1}, {1, 0, 1, 2}, 0, false, false}},
    {SHAPE(4, 9), SHAPE(4, 5), {{1, 3}, {1, 2}, {1, 1}, {0, 1, 0, 1}, 0, false, false}},
    {SHAPE(2, 3, 4), SHAPE(2, 1, 1), {{3, 4}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 0, false, false}},
};
enum { POOLS = sizeof pools / sizeof pools[0] };

static const pool_case dilated[] = {
    {SHAPE(2, 7, 8), SHAPE(2, 3, 4), {{3, 2}, {1, 2}, {2, 3}, {0, 1, 0, 1}, 0, false, false}},
    {SHAPE(2, 7, 7), SHAPE(2, 4, 4), {{3, 3}, {2, 2}, {2, 2}, {2, 2, 2, 2}, 0, false, false}},
};

static rows_case pool(const pool_case *of, bool maximum) {
    return (rows_case){.name = maximum ? "max pool" : "average pool",
                       .op = maximum ? TAU_OP_MAX_POOL : TAU_OP_AVERAGE_POOL,
                       .forward = maximum ? tau_cuda_max_pool_forward : tau_cuda_average_pool_forward,
                       .backward = maximum ? tau_cuda_max_pool_backward : tau_cuda_average_pool_backward,
                       .operands = {{ROWS_ACTIVATION, of->x}},
                       .operand_count = 1,
                       .shape = of->y,
                       .attributes = {.window = of->window}};
}

Test(pool, maxima_agree_with_the_reference) {
    for (int i = 0; i < POOLS; i++) {
        const rows_case c = pool(&pools[i], true);
        rows_check(&c);
    }
    for (int i = 0; i < 2; i++) {
        const rows_case c = pool(&dilated[i], true);
        rows_check(&c);
    }
}

Test(pool, averages_agree_with_the_reference) {
    for (int i = 0; i < POOLS; i++) {
        const rows_case c = pool(&pools[i], false);
        rows_check(&c);
    }
    for (int i = 0; i < 2; i++) {
        const rows_case c = pool(&dilated[i], false);
        rows_check(&c);
    }
}

Test(pool, gradients_of_equal_maxima_go_to_the_first) {
    for (int i = 0; i < POOLS; i++) {
        const rows_case c = pool(&pools[i], true);
        rows_check_backward(&c, ROWS_TIES, 5);
    }
}

Test(pool, data_is_pooled_once_for_every_network) {
    rows_case c = pool(&pools[1], true);
    c.operands[0].kind = ROWS_DATA;
    rows_check_forward(&c, ROWS_SPECIALS, 3, 5);
}

static rows_case global_pool(tau_shape x) {
    rows_case c = {.name = "global average pool",
                   .op = TAU_OP_GLOBAL_AVERAGE_POOL,
                   .forward = tau_cuda_global_average_pool_forward,
                   .backward = tau_cuda_global_average_pool_backward,
                   .operands = {{ROWS_ACTIVATION, x}},
                   .operand_count = 1,
                   .shape = x};
    for (int i = 1; i < x.rank; i++) c.shape.dim[i] = 1;
    return c;
}

Test(pool, global_averages_agree_with_the_reference) {
    static const tau_shape shapes[] = {SHAPE(3, 1), SHAPE(5, 7), SHAPE(2, 4, 4), SHAPE(3, 9, 11)};
    for (int i = 0; i < 4; i++) {
        rows_case c = global_pool(shapes[i]);
        rows_check(&c);
        c.operands[0].kind = ROWS_DATA;
        rows_check_forward(&c, ROWS_PLAIN, 3, 5);
    }
}

Test(pool, no_result_depends_on_the_order_of_threads) {
    const rows_case cases[] = {pool(&pools[1], true), pool(&pools[1], false),
                               global_pool((tau_shape)SHAPE(3, 9, 11))};
    rows_schedule("shuffled:3");
    for (int i = 0; i < 3; i++) rows_check(&cases[i]);
}
