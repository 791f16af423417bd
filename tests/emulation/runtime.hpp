// The emulation from inside: threads, fibers, the running block. Not for kernels, and not for tests.
//
// Host threads take turns: whoever is inside the runtime holds its lock, also while a kernel runs. Within a
// kernel each CUDA thread that ever waits lives on a fiber of its own; a thread that runs through without
// waiting borrows one.
#pragma once

#include "cuda_runtime.h"
#include "emulated_device.h"
#include "emulation.h"
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

// The runtime itself is compiled without that instrumentation, so the build says whether the kernels have it.
#ifndef EMULATION_TSAN
#define EMULATION_TSAN 0
#endif
#if EMULATION_TSAN
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void __tsan_read_range(void *address, unsigned long size);
void __tsan_write_range(void *address, unsigned long size);
}
#endif
#if defined(__SANITIZE_ADDRESS__)
#define EMULATION_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#else
#define EMULATION_ASAN 0
#endif

namespace emulation {

/** An object that lives as long as the process, also where its module is unloaded: no leak. */
template <typename T> T *immortal(T *object) {
#if EMULATION_ASAN
    __lsan_ignore_object(object);
#endif
    return object;
}

constexpr unsigned WARP = 32, MAX_THREADS = 1024, MAX_WARPS = MAX_THREADS / WARP;

// ---- fibers: a stack and what it needs to go on ---------------------------------------------------------
struct fiber {
    void *stack = nullptr; // lowest address; null for the stack that the host thread brought
    size_t stack_bytes = 0;
    void *context = nullptr;         // saved stack pointer, or a ucontext_t
    void *fake_stack = nullptr;      // of ASan
    void *sanitizer_fiber = nullptr; // of TSan
};

/** A fiber that starts in `entry`, which must never return. Lives until the process ends. */
fiber *fiber_create(void (*entry)());
/** Makes `host` stand for the stack of the caller. */
void fiber_adopt(fiber *host);
void fiber_switch(fiber *from, fiber *to);

// The order that a barrier of the kernel creates, told to TSan; else nothing.
struct order {
    char tag;
};
inline void order_release(order *order) {
#if EMULATION_TSAN
    __tsan_release(order);
#else
    (void)order;
#endif
}
inline void order_acquire(order *order) {
#if EMULATION_TSAN
    __tsan_acquire(order);
#else
    (void)order;
#endif
}

// Every function that a kernel calls is quiet: TSan sees memory calls and templates in it that are the
// runtime's and not the kernel's. note_read and note_write tell it of accesses that are made for the kernel.
// Quiet does not nest.
class quiet {
  public:
    quiet() { begin(); }
    ~quiet() { end(); }
    quiet(const quiet &) = delete;
#if EMULATION_TSAN
    static void begin() {
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    }
    static void end() {
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    }
#else
    static void begin() {}
    static void end() {}
#endif
};
inline void note_read(const void *pointer, size_t bytes) {
#if EMULATION_TSAN
    quiet::end();
    __tsan_read_range(const_cast<void *>(pointer), bytes);
    quiet::begin();
#else
    (void)pointer, (void)bytes;
#endif
}
inline void note_write(void *pointer, size_t bytes) {
#if EMULATION_TSAN
    quiet::end();
    __tsan_write_range(pointer, bytes);
    quiet::begin();
#else
    (void)pointer, (void)bytes;
#endif
}

// ---- the threads of the running block -------------------------------------------------------------------
enum class state { UNSTARTED, READY, RUNNING, WAITING, DONE };

struct copy_operation { // one cp.async
    void *to;
    const void *from;
    unsigned bytes;
};

struct matrix_operation { // one wgmma of one thread
    float *d;
    unsigned values; // accumulators of a thread: N / 2
    bool accumulate;
    uint32_t a[4];
    uint64_t descriptor;
    site at;
};

struct accumulator { // a tile that wgmma is working on; the kernel's registers hold poison meanwhile
    float *d;
    unsigned values;
    std::vector<float> sums;
    unsigned pending; // operations not yet done
};

struct thread {
    unsigned index;
    uint3 position;
    enum state state;
    fiber *own_fiber; // from the first wait on
    const char *waits_for;
    site at;
    std::vector<std::vector<copy_operation>> copies; // the last group is open
    std::vector<std::vector<matrix_operation>> products;
    std::vector<accumulator> accumulators;
    std::vector<uint32_t> unfenced; // granules of dynamic shared memory stored and not yet fenced
    bool products_fenced;
    unsigned products_issued;
    unsigned registers; // what setmaxnreg made of them; 0 = as launched
};

struct rendezvous { // lanes that meet in one warp-wide instruction
    unsigned mask, arrived;
    const char *name;
    warp_work *work;
    site at;
    void *operands[WARP];
    unsigned generation;
    order orders[2]; // alternate, or a fast lane's next arrival would order it before a slow lane's departure
};

struct warp {
    unsigned exited;                         // lanes that have left the kernel, or never existed
    std::map<unsigned, rendezvous> meetings; // by mask
};

struct barrier {
    unsigned arrived, expected;
    unsigned predicates, last_predicates;
    unsigned generation;
    site at;
    order orders[2];
    std::vector<thread *> waiting;
};

struct running_block {
    unsigned threads, live;
    thread all[MAX_THREADS];
    warp warps[MAX_WARPS];
    barrier whole;
    std::map<unsigned, barrier> named;
    thread *current;
    const std::function<void()> *body;
    uint8_t *shared; // dynamic shared memory, dirty at the start
    size_t shared_bytes;
};

extern running_block block;

/** Puts the running thread to sleep until `wake`; `what` appears in the report of a deadlock. */
void sleep(const char *what, site at);
void wake(thread *thread);
inline warp *current_warp() {
    return &block.warps[block.current->index / WARP];
}

/** Runs all blocks of a grid. */
void run_grid(dim3 grid, dim3 threads, size_t shared_bytes, const std::function<void()> &body);

// Called as blocks and threads begin and end.
void warp_reset(unsigned index, unsigned live_lanes);
void warp_exit(thread *thread);
void barriers_reset();
void barriers_exit(thread *thread);
void mbarriers_reset();
void tensor_reset();
void tensor_block_end();
void copies_reset();

// ---- schedule -------------------------------------------------------------------------------------------
struct schedule {
    enum { ORDERED, SHUFFLED, STARVE } kind = ORDERED;
    unsigned first = 0, last = 0; // starved threads
    uint64_t seed = 1;
};
extern schedule current_schedule;
bool schedule_parse(const char *text, schedule *schedule);
/** Uniform in [0, bound), from the schedule's generator. */
unsigned random_below(unsigned bound);

// ---- counters and the lock ------------------------------------------------------------------------------
extern long launches, switches;
std::recursive_mutex &runtime_lock();

} // namespace emulation
