// Barriers in shared memory.
#include "shared.hpp"

namespace emulation {

struct mbarrier {
    uint32_t count, pending; // arrivals that complete a phase; how many are missing
    uint32_t phase;
    order orders[2];
    std::vector<thread *> waiting;
};

static std::map<uint64_t *, mbarrier> barriers;
// In the kernel's memory stands only this, so that a store over the barrier is found.
constexpr uint64_t WORD = 0x7265697272616224;

void mbarriers_reset() {
    if (!barriers.empty()) barriers.clear();
}

static mbarrier *find(uint64_t *word, const char *what, site at) {
    auto found = barriers.find(word);
    if (found == barriers.end())
        fault(at, "%s of %p, which is not an initialised mbarrier", what, (void *)word);
    if (*(volatile uint64_t *)word != WORD)
        fault(at, "%s: the mbarrier at %p was overwritten", what, (void *)word);
    return &found->second;
}

void mbarrier_init(uint64_t *word, uint32_t count, site at) {
    quiet quiet;
    check_aligned(word, 8, "mbarrier.init", at);
    if (count == 0 || count >= 1u << 20) fault(at, "mbarrier.init with a count of %u", count);
    note_write(word, 8);
    *word = WORD;
    mbarrier *fresh = &barriers[word];
    if (!fresh->waiting.empty()) fault(at, "mbarrier.init of a barrier that threads wait at");
    fresh->count = fresh->pending = count;
    fresh->phase = 0;
}

void mbarrier_arrive(uint64_t *word, site at) {
    quiet quiet;
    mbarrier *barrier = find(word, "mbarrier.arrive", at);
    order_release(&barrier->orders[barrier->phase & 1]);
    if (--barrier->pending > 0) return;
    barrier->pending = barrier->count;
    barrier->phase++;
    for (thread *waiting : barrier->waiting) wake(waiting);
    barrier->waiting.clear();
}

static bool has_completed(const mbarrier *barrier, uint32_t parity) {
    return (barrier->phase & 1) != parity;
}

void mbarrier_wait(uint64_t *word, uint32_t parity, site at) {
    quiet quiet;
    if (parity > 1) fault(at, "mbarrier.try_wait with a parity of %u", parity);
    mbarrier *barrier = find(word, "mbarrier.try_wait", at);
    while (!has_completed(barrier, parity)) {
        barrier->waiting.push_back(block.current);
        sleep("mbarrier.try_wait", at);
    }
    order_acquire(&barrier->orders[parity]);
}

} // namespace emulation
