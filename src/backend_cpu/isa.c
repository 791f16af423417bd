#include <stdlib.h>
#include <string.h>

#include "backend_cpu/kernels.h"

extern const tau_cpu_kernels tau_cpu_kernels_portable;
#if defined(__x86_64__)
extern const tau_cpu_kernels tau_cpu_kernels_avx2, tau_cpu_kernels_avx512;
#endif

/* Tables that run here, the best one last. */
static int collect(const tau_cpu_kernels *usable[3]) {
    int count = 0;
    usable[count++] = &tau_cpu_kernels_portable;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    if (avx2) usable[count++] = &tau_cpu_kernels_avx2;
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd"))
        usable[count++] = &tau_cpu_kernels_avx512;
#endif
    return count;
}

static const tau_cpu_kernels *wished_for(const char *wish) {
    const tau_cpu_kernels *usable[3];
    const int count = collect(usable);
    if (!wish || !*wish) return usable[count - 1];
    for (int i = 0; i < count; i++)
        if (strcmp(usable[i]->instruction_set, wish) == 0) return usable[i];
    return NULL;
}

const tau_cpu_kernels *tau_cpu_kernels_get(void) {
    const tau_cpu_kernels *wished = wished_for(getenv("TAUSCAPE_CPU_ISA"));
    return wished ? wished : wished_for(NULL);
}

tau_status tau_cpu_kernels_check(void) {
    const char *wish = getenv("TAUSCAPE_CPU_ISA");
    if (wished_for(wish)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_DEVICE,
                    "the instruction set \"%.32s\" cannot be used" TAU_WHY
                    "TAUSCAPE_CPU_ISA names it, but this processor has no better one than %s" TAU_FIX
                    "set it to portable, avx2 or avx512, or unset it",
                    wish, tau_cpu_kernels_get()->instruction_set);
}
