// Runs the threads of a block: sweeps over those that can run, in the order of the schedule.
#include "runtime.hpp"
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace emulation {

running_block block;
long launches, switches;

static fiber scheduler;             // the stack of the host thread that launched
static std::vector<fiber *> idle;   // fibers with no thread on them
static unsigned sweep[MAX_THREADS]; // the order of this sweep
static unsigned cursor;             // next place in it
static bool spared, desperate;      // a starved thread was passed over; nobody else could run
static order block_begin, block_end;

unsigned thread_index() {
    return block.current->index;
}
void *dynamic_shared() {
    return block.shared;
}

void fault(site at, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "emulation: %s:%d: %s", at.file, at.line, text);
    if (block.current != nullptr) {
        uint3 thread = block.current->position;
        fprintf(stderr, " [block %u,%u,%u of %u,%u,%u, thread %u,%u,%u of %u,%u,%u]", blockIdx.x, blockIdx.y,
                blockIdx.z, gridDim.x, gridDim.y, gridDim.z, thread.x, thread.y, thread.z, blockDim.x,
                blockDim.y, blockDim.z);
    }
    fputc('\n', stderr);
    abort();
}

// ---- the sweep ------------------------------------------------------------------------------------------
static void begin_sweep() {
    cursor = 0;
    if (current_schedule.kind == schedule::ORDERED) return;
    for (unsigned i = block.threads - 1; i > 0; i--) std::swap(sweep[i], sweep[random_below(i + 1)]);
}

static bool is_spared(const thread *thread) {
    if (current_schedule.kind != schedule::STARVE || desperate) return false;
    if (thread->index < current_schedule.first || thread->index > current_schedule.last) return false;
    return random_below(64) != 0;
}

// The next thread of this sweep that can run, without moving past it.
static thread *peek() {
    for (; cursor < block.threads; cursor++) {
        thread *next = &block.all[sweep[cursor]];
        if (next->state != state::READY && next->state != state::UNSTARTED) continue;
        if (!is_spared(next)) return next;
        spared = true;
    }
    return nullptr;
}

// ---- threads on fibers ----------------------------------------------------------------------------------
static void set_current(thread *thread) {
    block.current = thread;
    threadIdx = thread->position;
}

static void finish(thread *thread) {
    quiet quiet;
    thread->state = state::DONE;
    block.live--;
    barriers_exit(thread);
    warp_exit(thread);
    order_release(&block_end);
}

static void run_here(fiber *self) {
    thread *thread = block.current;
    thread->own_fiber = self;
    thread->state = state::RUNNING;
    order_acquire(&block_begin);
    (*block.body)();
    finish(thread);
}

// TSan knows threads by their fibers, so there each thread keeps to its own.
static bool goes_on_here() {
    if (EMULATION_TSAN) return false;
    thread *next = peek();
    if (next == nullptr || next->state != state::UNSTARTED) return false;
    cursor++;
    set_current(next);
    return true;
}

static void fiber_body() {
    for (;;) {
        fiber *self = block.current->own_fiber;
        do {
            run_here(self);
        } while (goes_on_here());
        if (!EMULATION_TSAN) idle.push_back(self);
        switches++;
        fiber_switch(self, &scheduler);
    }
}

static fiber *borrow(const thread *thread) {
    if (EMULATION_TSAN) {
        static fiber *dedicated[MAX_THREADS];
        if (dedicated[thread->index] == nullptr) dedicated[thread->index] = fiber_create(fiber_body);
        return dedicated[thread->index];
    }
    if (idle.empty()) return fiber_create(fiber_body);
    fiber *last = idle.back();
    idle.pop_back();
    return last;
}

static void resume(thread *thread) {
    set_current(thread);
    if (thread->state == state::UNSTARTED) thread->own_fiber = borrow(thread);
    thread->state = state::RUNNING;
    fiber_switch(&scheduler, thread->own_fiber);
}

void sleep(const char *what, site at) {
    thread *self = block.current;
    self->state = state::WAITING;
    self->waits_for = what;
    self->at = at;
    switches++;
    fiber_switch(self->own_fiber, &scheduler);
}

void wake(thread *thread) {
    thread->state = state::READY;
}

static void yield() {
    thread *self = block.current;
    self->state = state::READY;
    switches++;
    fiber_switch(self->own_fiber, &scheduler);
}

void perhaps_yield() {
    if (current_schedule.kind != schedule::ORDERED && random_below(6) == 0) yield();
}

// ---- blocks ---------------------------------------------------------------------------------------------
[[noreturn]] static void report_deadlock() {
    fprintf(stderr, "emulation: deadlock in block %u,%u,%u: nobody can go on\n", blockIdx.x, blockIdx.y,
            blockIdx.z);
    for (unsigned i = 0; i < block.threads;) {
        const thread *first = &block.all[i];
        unsigned end = i + 1;
        while (end < block.threads && block.all[end].state == first->state &&
               (first->state == state::DONE ||
                (block.all[end].waits_for == first->waits_for && block.all[end].at.line == first->at.line))) {
            end++;
        }
        if (first->state == state::DONE) {
            fprintf(stderr, "  threads %u to %u have left the kernel\n", i, end - 1);
        } else {
            fprintf(stderr, "  threads %u to %u wait in %s at %s:%d\n", i, end - 1, first->waits_for,
                    first->at.file, first->at.line);
        }
        i = end;
    }
    abort();
}

static void begin_block() {
    unsigned count = block.threads;
    block.live = count;
    for (unsigned i = 0; i < count; i++) {
        thread *thread = &block.all[i];
        thread->index = i;
        thread->position = {i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y)};
        thread->state = state::UNSTARTED;
        thread->own_fiber = nullptr;
        sweep[i] = i;
    }
    for (unsigned w = 0; w * WARP < count; w++) warp_reset(w, std::min(count - w * WARP, WARP));
    if (block.shared_bytes > 0) memset(block.shared, 0xff, block.shared_bytes);
    barriers_reset();
    mbarriers_reset();
    copies_reset();
    tensor_reset();
    order_release(&block_begin);
}

static void run_block() {
    begin_block();
    desperate = false;
    while (block.live > 0) {
        bool ran = false;
        spared = false;
        begin_sweep();
        for (thread *next = peek(); next != nullptr; next = peek()) {
            cursor++;
            resume(next);
            ran = true;
        }
        if (!ran && !spared && block.live > 0) report_deadlock();
        desperate = !ran;
    }
    order_acquire(&block_end);
    tensor_block_end();
    block.current = nullptr;
}

void run_grid(dim3 grid, dim3 threads, size_t shared_bytes, const std::function<void()> &body) {
    gridDim = grid;
    blockDim = threads;
    block.threads = threads.x * threads.y * threads.z;
    block.body = &body;
    // A block of its own from the allocator, so that ASan guards its end. The kernel may count on 128 bytes,
    // not more.
    size_t alignment = 128, rounded = (shared_bytes + alignment - 1) / alignment * alignment;
    void *memory = rounded > 0 ? aligned_alloc(alignment, rounded) : nullptr;
    block.shared = (uint8_t *)memory;
    block.shared_bytes = shared_bytes;
#if EMULATION_ASAN
    if (rounded > shared_bytes)
        __asan_poison_memory_region(block.shared + shared_bytes, rounded - shared_bytes);
#endif
    fiber_adopt(&scheduler);
    size_t blocks = (size_t)grid.x * grid.y * grid.z;
    // Blocks may run in any order: under a random schedule, a stride that visits each once.
    size_t start = 0, stride = 1;
    if (current_schedule.kind != schedule::ORDERED && blocks > 1) {
        start = random_below((unsigned)std::min<size_t>(blocks, 1u << 30));
        stride = blocks - 1;
    }
    for (size_t i = 0, at = start; i < blocks; i++, at = (at + stride) % blocks) {
        blockIdx = {(unsigned)(at % grid.x), (unsigned)(at / grid.x % grid.y),
                    (unsigned)(at / ((size_t)grid.x * grid.y))};
        run_block();
    }
#if EMULATION_ASAN
    if (rounded > shared_bytes)
        __asan_unpoison_memory_region(block.shared + shared_bytes, rounded - shared_bytes);
#endif
    free(memory);
    block.shared = nullptr;
    block.shared_bytes = 0;
}

} // namespace emulation
