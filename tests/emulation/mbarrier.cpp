// Barriers in shared memory, and the bulk copies that arrive at them.
#include "shared.hpp"

namespace emulation {

struct bulk {
    void *to;
    const void *from;
    uint32_t bytes;
};

struct mbarrier {
    uint32_t count, pending; // arrivals that complete a phase; how many are missing
    int64_t bytes;           // of bulk copies expected and not yet here
    uint32_t phase;
    order orders[2];
    std::vector<thread *> waiting;
    std::vector<bulk> copies; // on their way
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
    fresh->bytes = 0;
    fresh->phase = 0;
    fresh->copies.clear();
}

void mbarrier_invalidate(uint64_t *word, site at) {
    quiet quiet;
    if (!find(word, "mbarrier.inval", at)->waiting.empty()) fault(at, "mbarrier.inval while threads wait");
    barriers.erase(word);
}

static void complete_if_due(mbarrier *barrier) {
    if (barrier->pending > 0 || barrier->bytes != 0) return;
    barrier->pending = barrier->count;
    barrier->phase++;
    for (thread *waiting : barrier->waiting) wake(waiting);
    barrier->waiting.clear();
}

void mbarrier_arrive(uint64_t *word, uint32_t expected_bytes, site at) {
    quiet quiet;
    mbarrier *barrier = find(word, "mbarrier.arrive", at);
    if (barrier->pending == 0)
        fault(at, "mbarrier.arrive: all %u arrivals of this phase are here", barrier->count);
    order_release(&barrier->orders[barrier->phase & 1]);
    barrier->bytes += expected_bytes;
    barrier->pending--;
    complete_if_due(barrier);
}

// Copies land when somebody would otherwise wait for them.
static void land_copies(mbarrier *barrier) {
    std::vector<bulk> copies;
    copies.swap(barrier->copies);
    for (const bulk &copy : copies) {
        order_acquire(&barrier->orders[barrier->phase & 1]);
        note_read(copy.from, copy.bytes);
        note_write(copy.to, copy.bytes);
        memcpy(copy.to, copy.from, copy.bytes);
        note_async_store(copy.to, copy.bytes);
        order_release(&barrier->orders[barrier->phase & 1]);
        barrier->bytes -= copy.bytes;
    }
    if (!copies.empty()) complete_if_due(barrier);
}

static bool has_completed(const mbarrier *barrier, uint32_t parity) {
    return (barrier->phase & 1) != parity;
}

bool mbarrier_test(uint64_t *word, uint32_t parity, site at) {
    quiet quiet;
    mbarrier *barrier = find(word, "mbarrier.test_wait", at);
    if (!has_completed(barrier, parity)) land_copies(barrier);
    if (has_completed(barrier, parity)) {
        order_acquire(&barrier->orders[parity]);
        return true;
    }
    poll(at);
    return false;
}

void mbarrier_wait(uint64_t *word, uint32_t parity, site at) {
    quiet quiet;
    if (parity > 1) fault(at, "mbarrier.try_wait with a parity of %u", parity);
    mbarrier *barrier = find(word, "mbarrier.try_wait", at);
    if (!has_completed(barrier, parity)) land_copies(barrier);
    while (!has_completed(barrier, parity)) {
        barrier->waiting.push_back(block.current);
        sleep("mbarrier.try_wait", at);
    }
    order_acquire(&barrier->orders[parity]);
}

void bulk_copy(void *shared, const void *global, uint32_t bytes, uint64_t *word, site at) {
    quiet quiet;
    require_capability(9, 0, "cp.async.bulk", at);
    check_aligned(shared, 16, "cp.async.bulk to shared memory", at);
    check_aligned(global, 16, "cp.async.bulk from global memory", at);
    if (bytes == 0 || bytes % 16 != 0) fault(at, "cp.async.bulk of %u bytes", bytes);
    check_shared((uint8_t *)shared + bytes - 16, 16, "the end of a cp.async.bulk", at);
    mbarrier *barrier = find(word, "cp.async.bulk", at);
    order_release(&barrier->orders[barrier->phase & 1]);
    note_write(shared, bytes);
    memset(shared, 0xff, bytes);
    barrier->copies.push_back({shared, global, bytes});
}

} // namespace emulation
