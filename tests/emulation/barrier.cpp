// Barriers of a block: __syncthreads and its kin, and the named ones of PTX.
#include "runtime.hpp"
#include <cstring>

namespace emulation {

static void reset(barrier *barrier) {
    barrier->arrived = barrier->expected = barrier->predicates = 0;
    barrier->waiting.clear();
}

void barriers_reset() {
    reset(&block.whole);
    for (auto &entry : block.named) reset(&entry.second);
}

void barriers_exit(thread *) {
    if (block.whole.arrived > 0) {
        fault(block.whole.at, "divergent __syncthreads: a thread left the kernel while %u wait here",
              block.whole.arrived);
    }
}

// The last one to arrive opens the barrier for all that wait.
static void open(barrier *barrier) {
    barrier->last_predicates = barrier->predicates;
    barrier->arrived = barrier->predicates = 0;
    barrier->generation++;
    for (thread *waiting : barrier->waiting) wake(waiting);
    barrier->waiting.clear();
}

static void arrive(barrier *barrier, const char *name, site at) {
    order *order = &barrier->orders[barrier->generation & 1];
    order_release(order);
    barrier->arrived++;
    if (barrier->arrived == barrier->expected) {
        open(barrier);
    } else {
        barrier->waiting.push_back(block.current);
        sleep(name, at);
    }
    order_acquire(order);
}

unsigned wait_block(int predicate, site at) {
    quiet quiet;
    barrier *whole = &block.whole;
    if (block.live < block.threads) {
        fault(at, "divergent __syncthreads: %u of %u threads have left the kernel",
              block.threads - block.live, block.threads);
    }
    if (whole->arrived > 0 && (whole->at.line != at.line || strcmp(whole->at.file, at.file) != 0)) {
        fault(at, "divergent __syncthreads: %u threads wait in the one at %s:%d", whole->arrived,
              whole->at.file, whole->at.line);
    }
    whole->at = at;
    whole->expected = block.threads;
    whole->predicates += predicate != 0;
    arrive(whole, "__syncthreads", at);
    return whole->last_predicates;
}

void wait_named_barrier(unsigned id, unsigned threads, site at) {
    quiet quiet;
    if (id == 0 || id > 15) fault(at, "bar.sync of barrier %u: 1 to 15 are free, 0 is __syncthreads", id);
    if (threads == 0 || threads % WARP != 0 || threads > block.threads) {
        fault(at, "bar.sync for %u threads in a block of %u", threads, block.threads);
    }
    barrier *named = &block.named[id];
    if (named->arrived > 0 && named->expected != threads) {
        fault(at, "bar.sync %u for %u threads meets one for %u (%s:%d)", id, threads, named->expected,
              named->at.file, named->at.line);
    }
    named->at = at;
    named->expected = threads;
    arrive(named, "bar.sync", at);
}

} // namespace emulation
