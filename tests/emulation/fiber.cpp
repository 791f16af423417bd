// Fibers: a switch of stacks in a few instructions on x86-64, ucontext elsewhere. The sanitizers are told.
#include "runtime.hpp"
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emulation {

#if EMULATION_ASAN || EMULATION_TSAN
constexpr size_t STACK_BYTES = 512 << 10; // instrumented frames are larger
#else
constexpr size_t STACK_BYTES = 256 << 10;
#endif

// Stacks are reserved, not committed: memory is used as far as a kernel reaches. The lowest page traps.
static uint8_t *stack_allocate() {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(nullptr, STACK_BYTES + page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) {
        fault(site{__FILE__, __LINE__}, "no memory for the stack of a fiber");
    }
    return (uint8_t *)memory + page;
}

#if defined(__x86_64__)
// Callee-saved registers go onto the old stack and come from the new one.
extern "C" void emulation_switch_stack(void **save_stack_pointer, void *stack_pointer);
asm(R"(
.text
.globl emulation_switch_stack
.type emulation_switch_stack,@function
emulation_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulation_switch_stack, .-emulation_switch_stack
)");

static void prepare(fiber *fiber, void (*entry)()) {
    void **top = (void **)((uint8_t *)fiber->stack + STACK_BYTES);
    *--top = nullptr;       // no return address: `entry` sees the alignment of a called function
    *--top = (void *)entry; // the switch returns into it
    for (int saved = 0; saved < 6; saved++) *--top = nullptr;
    fiber->context = top;
}

static void switch_stacks(fiber *from, fiber *to) {
    emulation_switch_stack(&from->context, to->context);
}
#else
static void prepare(fiber *fiber, void (*entry)()) {
    ucontext_t *context = new ucontext_t();
    getcontext(context);
    context->uc_stack.ss_sp = fiber->stack;
    context->uc_stack.ss_size = STACK_BYTES;
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    fiber->context = context;
}

static void switch_stacks(fiber *from, fiber *to) {
    swapcontext((ucontext_t *)from->context, (ucontext_t *)to->context);
}
#endif

#if EMULATION_ASAN
static fiber *left; // whom finish_switch tells about the stack that was left
static void (*first_entry)();

static void arrive(fiber *self) {
    const void *bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(self == nullptr ? nullptr : self->fake_stack, &bottom, &bytes);
    if (left != nullptr && left->stack == nullptr) { // the host's stack is known only now
        left->stack = (void *)bottom;
        left->stack_bytes = bytes;
    }
}

static void enter() {
    arrive(nullptr);
    first_entry();
}
#endif

fiber *fiber_create(void (*entry)()) {
    fiber *created = immortal(new fiber());
    created->stack = stack_allocate();
    created->stack_bytes = STACK_BYTES;
#if EMULATION_ASAN
    first_entry = entry;
    prepare(created, enter);
#else
    prepare(created, entry);
#endif
#if EMULATION_TSAN
    created->sanitizer_fiber = __tsan_create_fiber(0);
#endif
    return created;
}

void fiber_adopt(fiber *host) {
    *host = fiber();
#if !defined(__x86_64__)
    static ucontext_t context;
    host->context = &context;
#endif
#if EMULATION_TSAN
    host->sanitizer_fiber = __tsan_get_current_fiber();
#endif
}

void fiber_switch(fiber *from, fiber *to) {
#if EMULATION_TSAN
    __tsan_switch_to_fiber(to->sanitizer_fiber, __tsan_switch_to_fiber_no_sync);
#endif
#if EMULATION_ASAN
    left = from;
    __sanitizer_start_switch_fiber(&from->fake_stack, to->stack, to->stack_bytes);
    switch_stacks(from, to);
    arrive(from);
#else
    switch_stacks(from, to);
#endif
}

} // namespace emulation
