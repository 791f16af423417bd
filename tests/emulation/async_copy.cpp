// Shared memory as other units see it: cp.async writes it late, the async proxy reads what was fenced.
#include "shared.hpp"
#include <cstdlib>

namespace emulation {

// Addresses in the shared window begin at 1 KiB, which the hardware keeps for itself. Static arrays lie
// elsewhere in the host's memory; they get addresses far above, which no matrix descriptor can hold.
constexpr uint32_t WINDOW = 1024, STATIC_WINDOW = 0x40000000;
static char static_anchor;

enum : uint16_t { UNKNOWN = 0, FENCED = 1, STORED = 2 }; // STORED + index of the thread
static std::vector<uint16_t> tags;                       // of each 4 bytes of dynamic shared memory
static std::vector<uint32_t> seen;                       // what the async proxy sees in a fenced granule
static bool tags_used, copies_used;

void require_capability(int major, int minor, const char *what, site at) {
    if (current_card.major * 10 + current_card.minor < major * 10 + minor) {
        fault(at, "%s needs compute capability %d.%d, and the card has %d.%d", what, major, minor,
              current_card.major, current_card.minor);
    }
}

void check_aligned(const void *pointer, unsigned bytes, const char *what, site at) {
    if ((uintptr_t)pointer % bytes != 0) fault(at, "%s: %p is not aligned to %u bytes", what, pointer, bytes);
}

// Static arrays lie below the allocator's memory or far away, so what is a little above the block's is an
// overrun.
void check_shared(const void *pointer, unsigned bytes, const char *what, site at) {
    check_aligned(pointer, bytes, what, at);
    uintptr_t address = (uintptr_t)pointer, base = (uintptr_t)block.shared;
    if (base != 0 && address >= base && address < base + (256 << 10) &&
        address + bytes > base + block.shared_bytes) {
        fault(at, "%s at byte %zu of %zu bytes of dynamic shared memory", what, (size_t)(address - base),
              block.shared_bytes);
    }
}

bool is_dynamic_shared(const void *pointer, size_t bytes) {
    uintptr_t address = (uintptr_t)pointer, base = (uintptr_t)block.shared;
    return address >= base && address + bytes <= base + block.shared_bytes;
}

uint32_t shared_address(const void *pointer, site at) {
    uintptr_t address = (uintptr_t)pointer, base = (uintptr_t)block.shared;
    if (address >= base && address <= base + block.shared_bytes) return WINDOW + (uint32_t)(address - base);
    intptr_t distance = (intptr_t)address - (intptr_t)&static_anchor;
    if (llabs((long long)distance) >= (1 << 30)) fault(at, "%p is not in shared memory", pointer);
    return (uint32_t)(2u * STATIC_WINDOW + (uint32_t)(int32_t)distance);
}

uint8_t *shared_pointer(uint32_t address, size_t bytes, const char *what, site at) {
    if (address < WINDOW || address - WINDOW + bytes > block.shared_bytes) {
        fault(at, "%s: the shared address 0x%x is outside of the block's %zu bytes of dynamic shared memory",
              what, address, block.shared_bytes);
    }
    return block.shared + (address - WINDOW);
}

// ---- proxies --------------------------------------------------------------------------------------------
void proxies_reset() {
    if (tags_used) {
        tags.assign(tags.size(), UNKNOWN);
        for (unsigned i = 0; i < MAX_THREADS; i++) block.all[i].unfenced.clear();
    }
    tags_used = false;
}

static void prepare_tags() {
    tags_used = true;
    size_t granules = (block.shared_bytes + 3) / 4;
    if (tags.size() < granules) {
        tags.resize(granules, UNKNOWN);
        seen.resize(granules);
    }
}

void note_store_by(thread *owner, const void *pointer, unsigned bytes) {
    if (!is_dynamic_shared(pointer, bytes)) return;
    prepare_tags();
    uint32_t first = (uint32_t)((const uint8_t *)pointer - block.shared) / 4;
    for (uint32_t granule = first; granule < first + (bytes + 3) / 4; granule++) {
        tags[granule] = (uint16_t)(STORED + owner->index);
        owner->unfenced.push_back(granule);
    }
}

void note_store(const void *pointer, unsigned bytes) {
    quiet quiet;
    note_store_by(block.current, pointer, bytes);
}

void fence_proxy_async() {
    quiet quiet;
    thread *self = block.current;
    for (uint32_t granule : self->unfenced) {
        if (tags[granule] != STORED + self->index) continue;
        tags[granule] = FENCED;
        memcpy(&seen[granule], block.shared + 4 * (size_t)granule, 4);
    }
    self->unfenced.clear();
}

void check_async_read(const void *pointer, unsigned bytes, const char *what, site at) {
    prepare_tags();
    size_t offset = (size_t)((const uint8_t *)pointer - block.shared);
    for (size_t granule = offset / 4; granule < (offset + bytes) / 4; granule++) {
        uint16_t tag = tags[granule];
        if (tag == UNKNOWN) {
            fault(at,
                  "%s reads byte %zu of dynamic shared memory, which no ptx_store_shared_8 or cp.async wrote",
                  what, 4 * granule);
        }
        if (tag >= STORED) {
            fault(at,
                  "%s reads byte %zu of dynamic shared memory, stored by thread %u without fence.proxy.async",
                  what, 4 * granule, (unsigned)(tag - STORED));
        }
        if (memcmp(&seen[granule], block.shared + 4 * granule, 4) != 0) {
            fault(
                at,
                "%s reads byte %zu of dynamic shared memory, which an ordinary store changed after the fence",
                what, 4 * granule);
        }
    }
}

// ---- cp.async -------------------------------------------------------------------------------------------
void copies_reset() {
    if (!copies_used) return;
    for (unsigned i = 0; i < MAX_THREADS; i++) block.all[i].copies.clear();
    copies_used = false;
}

void copy_async(void *shared, const void *global, unsigned bytes, site at) {
    quiet quiet;
    check_shared(shared, bytes, "cp.async to shared memory", at);
    check_aligned(global, bytes, "cp.async from global memory", at);
    copies_used = true;
    thread *self = block.current;
    if (self->copies.empty()) self->copies.emplace_back();
    self->copies.back().push_back({shared, global, bytes});
    note_write(shared, bytes);
    memset(shared, 0xff, bytes); // whoever reads before the wait sees NaN
    perhaps_yield();
}

void copy_commit() {
    quiet quiet;
    copies_used = true;
    thread *self = block.current;
    if (self->copies.empty()) self->copies.emplace_back();
    self->copies.emplace_back();
}

static void deliver(const std::vector<copy_operation> &group) {
    for (const copy_operation &copy : group) {
        note_read(copy.from, copy.bytes);
        note_write(copy.to, copy.bytes);
        memcpy(copy.to, copy.from, copy.bytes);
        note_store_by(block.current, copy.to, copy.bytes);
    }
}

void copy_wait(unsigned pending) {
    quiet quiet;
    std::vector<std::vector<copy_operation>> &groups = block.current->copies;
    if (groups.empty()) return;
    while (groups.size() - 1 > pending) {
        deliver(groups.front());
        groups.erase(groups.begin());
    }
}

} // namespace emulation
