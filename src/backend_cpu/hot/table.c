#include "backend_cpu/hot/vector.h"

#define TEXT(isa)   #isa
#define EXPAND(isa) TEXT(isa)

const tau_cpu_kernels HOT(kernels) = {
    .instruction_set = EXPAND(TAU_CPU_ISA),
    .product = HOT(product),
    .apply = HOT(apply),
    .apply_backward = HOT(apply_backward),
    .normalise = HOT(normalise),
    .mix = HOT(mix),
    .largest = HOT(largest),
    .add = HOT(add),
    .winograd_filters = HOT(winograd_filters),
    .winograd = HOT(winograd),
    .tiny = HOT(tiny),
    .tiny_loss = HOT(tiny_loss),
};
