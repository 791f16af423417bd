// wgmma: issued now, done in the wait. Layouts: PTX ISA, "Asynchronous warpgroup level matrix instructions".
//
// Each warp owns 16 of the 64 rows, so its part of a product needs its own registers and B alone: a warp's
// operations are done when its lanes wait. That all four warps issue the same ones is checked by a common
// log.
#include "fragments.hpp"
#include <algorithm>

namespace emulation {

constexpr unsigned WARPGROUP = 128, MAX_WARPGROUPS = MAX_THREADS / WARPGROUP;
constexpr uint32_t POISON = 0x7fc0dead; // a NaN; in an accumulator until its operations are done

struct issued {
    uint64_t descriptor;
    unsigned values;
    bool accumulate;
    site at;
};
static std::vector<issued> logs[MAX_WARPGROUPS];
static bool used;
static site registers_at;

constexpr unsigned REGISTERS = 65536; // of a multiprocessor

static unsigned launch_registers() {
    return std::min(REGISTERS / block.threads / 8 * 8, 255u);
}

void set_registers(unsigned registers, bool more, site at) {
    quiet quiet;
    require_capability(9, 0, "setmaxnreg", at);
    thread *self = block.current;
    unsigned before = self->registers != 0 ? self->registers : launch_registers();
    if (more ? registers < before : registers > before)
        fault(at, "setmaxnreg.%s from %u registers to %u", more ? "inc" : "dec", before, registers);
    self->registers = registers;
    registers_at = at;
    used = true;
}

static void check_registers() {
    unsigned held = 0, launched = launch_registers() * block.threads;
    for (unsigned i = 0; i < block.threads; i++)
        held += block.all[i].registers != 0 ? block.all[i].registers : launch_registers();
    if (held > launched)
        fault(registers_at, "setmaxnreg waits for ever: %u registers are asked for, the block has %u", held,
              launched);
}

void tensor_reset() {
    proxies_reset();
    if (!used) return;
    used = false;
    for (std::vector<issued> &log : logs) log.clear();
    for (thread &thread : block.all) {
        thread.products.clear();
        thread.accumulators.clear();
        thread.products_fenced = false;
        thread.products_issued = 0;
        thread.registers = 0;
    }
}

void tensor_block_end() {
    if (!used) return;
    check_registers();
    for (unsigned i = 0; i < block.threads; i++) {
        const thread *thread = &block.all[i];
        const std::vector<issued> &log = logs[i / WARPGROUP];
        if (thread->products_issued < log.size()) {
            fault(log[thread->products_issued].at,
                  "wgmma by an incomplete warpgroup: thread %u did not issue it", i);
        }
        if (!thread->accumulators.empty()) {
            fault(log.back().at, "thread %u left the kernel with a wgmma in flight", i);
        }
    }
}

uint64_t matrix_descriptor(uint32_t address, uint32_t leading_bytes, uint32_t stride_bytes, site at) {
    if (address >= 1u << 18) fault(at, "a matrix of wgmma must lie in dynamic shared memory");
    if (address % 16 != 0 || leading_bytes % 16 != 0 || stride_bytes % 16 != 0) {
        fault(at, "a matrix descriptor counts in 16 bytes: address 0x%x, offsets %u and %u", address,
              leading_bytes, stride_bytes);
    }
    if (leading_bytes >= 1u << 18 || stride_bytes >= 1u << 18)
        fault(at, "an offset beyond 18 bits in a descriptor");
    return (uint64_t)(address >> 4) | (uint64_t)(leading_bytes >> 4) << 16 |
           (uint64_t)(stride_bytes >> 4) << 32;
}

// ---- issue ----------------------------------------------------------------------------------------------
void warpgroup_fence() {
    block.current->products_fenced = true;
}

static void log_issue(thread *self, const issued &mine) {
    std::vector<issued> &log = logs[self->index / WARPGROUP];
    if (self->products_issued == log.size()) {
        log.push_back(mine);
    } else {
        const issued &theirs = log[self->products_issued];
        if (theirs.descriptor != mine.descriptor || theirs.values != mine.values ||
            theirs.accumulate != mine.accumulate) {
            fault(mine.at,
                  "the threads of a warpgroup issue different wgmma: another is at %s:%d, descriptors "
                  "0x%llx and 0x%llx",
                  theirs.at.file, theirs.at.line, (unsigned long long)mine.descriptor,
                  (unsigned long long)theirs.descriptor);
        }
    }
    self->products_issued++;
}

// The accumulators of operations in flight are kept aside, and the kernel's are poisoned.
static void take_accumulator(thread *self, float *d, unsigned values) {
    for (accumulator &held : self->accumulators) {
        if (held.d != d) continue;
        held.pending++;
        return;
    }
    self->accumulators.push_back({d, values, std::vector<float>(d, d + values), 1});
    float poison = bits_as<float>(POISON);
    for (unsigned i = 0; i < values; i++) d[i] = poison;
}

void warpgroup_multiply(float *d, unsigned n, bool accumulate, const uint32_t *a, uint64_t descriptor,
                        site at) {
    quiet quiet;
    require_capability(9, 0, "wgmma", at);
    thread *self = block.current;
    if (self->index / WARPGROUP * WARPGROUP + WARPGROUP > block.threads) {
        fault(at, "wgmma by an incomplete warpgroup: the block has %u threads", block.threads);
    }
    if (!self->products_fenced)
        fault(at, "wgmma without wgmma.fence since the registers were last the kernel's");
    used = true;
    log_issue(self, {descriptor, n / 2, accumulate, at});
    take_accumulator(self, d, n / 2);
    if (self->products.empty()) self->products.emplace_back();
    matrix_operation operation = {d, n / 2, accumulate, {a[0], a[1], a[2], a[3]}, descriptor, at};
    self->products.back().push_back(operation);
    perhaps_yield();
}

void warpgroup_commit() {
    quiet quiet;
    thread *self = block.current;
    if (self->products.empty()) self->products.emplace_back();
    self->products.emplace_back();
    used = true;
}

// ---- completion -----------------------------------------------------------------------------------------
// B, 16 x N, as 8 x 8 core matrices of 128 bytes: 8 columns n of 8 consecutive k. The leading offset leads to
// the next 8 k, the stride to the next 8 n.
static void read_b(std::vector<float> &b, const matrix_operation &operation) {
    unsigned n = operation.values * 2;
    uint32_t base = (uint32_t)(operation.descriptor & 0x3fff) << 4;
    uint32_t leading = (uint32_t)(operation.descriptor >> 16 & 0x3fff) << 4;
    uint32_t stride = (uint32_t)(operation.descriptor >> 32 & 0x3fff) << 4;
    if (operation.descriptor >> 49 != 0) fault(operation.at, "a swizzled matrix descriptor");
    b.resize((size_t)16 * n);
    for (unsigned half = 0; half < 2; half++) {
        for (unsigned column = 0; column < n; column++) {
            uint32_t address = base + half * leading + column / 8 * stride + column % 8 * 16;
            const uint8_t *row = shared_pointer(address, 16, "wgmma", operation.at);
            check_async_read(row, 16, "wgmma", operation.at);
            note_read(row, 16);
            uint16_t values[8];
            memcpy(values, row, sizeof values);
            for (unsigned k = 0; k < 8; k++) b[(size_t)(half * 8 + k) * n + column] = half_value(values[k]);
        }
    }
}

static accumulator *accumulator_of(thread *thread, const float *d) {
    for (accumulator &held : thread->accumulators) {
        if (held.d == d) return &held;
    }
    return nullptr;
}

static void give_back(thread *thread, accumulator *held, site at) {
    for (unsigned i = 0; i < held->values; i++) {
        if (bits_as<uint32_t>(held->d[i]) != POISON) {
            fault(at, "thread %u changed accumulator %u of a wgmma in flight", thread->index, i);
        }
    }
    memcpy(held->d, held->sums.data(), held->values * sizeof(float));
    thread->accumulators.erase(thread->accumulators.begin() + (held - thread->accumulators.data()));
}

// Operation `index` of the oldest group, for the 32 lanes of a warp.
static void multiply_warp(thread *lanes, size_t index) {
    const matrix_operation &common = lanes[0].products.front()[index];
    unsigned n = common.values * 2;
    float a[16][16];
    for (unsigned lane = 0; lane < WARP; lane++) unpack_a(a, lane, lanes[lane].products.front()[index].a);
    static std::vector<float> b, row_sums;
    read_b(b, common);
    row_sums.assign((size_t)16 * n, 0.0f);
    for (unsigned row = 0; row < 16; row++) {
        for (unsigned k = 0; k < 16; k++) {
            const float factor = a[row][k], *from = &b[(size_t)k * n];
            float *to = &row_sums[(size_t)row * n];
            for (unsigned column = 0; column < n; column++) to[column] += factor * from[column];
        }
    }
    for (unsigned lane = 0; lane < WARP; lane++) {
        const matrix_operation &mine = lanes[lane].products.front()[index];
        accumulator *held = accumulator_of(&lanes[lane], mine.d);
        for (unsigned i = 0; i < mine.values; i++) {
            unsigned row = lane / 4 + i % 4 / 2 * 8, column = i / 4 * 8 + lane % 4 * 2 + i % 2;
            float sum = row_sums[(size_t)row * n + column];
            held->sums[i] = mine.accumulate ? held->sums[i] + sum : sum;
        }
        if (--held->pending == 0) give_back(&lanes[lane], held, mine.at);
    }
}

static void work_wait(void *const operands[32], unsigned here, site at) {
    if (here != 0xffffffffu)
        fault(at, "wgmma.wait_group needs a whole warp, and lanes 0x%08x are here", here);
    thread *lanes = &block.all[block.current->index / WARP * WARP];
    unsigned pending = *(unsigned *)operands[0];
    for (unsigned lane = 0; lane < WARP; lane++) {
        if (lanes[lane].products.size() != lanes[0].products.size() ||
            lanes[lane].products_issued != lanes[0].products_issued) {
            fault(at, "lanes 0 and %u of a warp have issued different wgmma", lane);
        }
    }
    while (!lanes[0].products.empty() && lanes[0].products.size() - 1 > pending) {
        for (size_t i = 0; i < lanes[0].products.front().size(); i++) multiply_warp(lanes, i);
        for (unsigned lane = 0; lane < WARP; lane++) lanes[lane].products.erase(lanes[lane].products.begin());
    }
    for (unsigned lane = 0; lane < WARP; lane++) lanes[lane].products_fenced = false;
}

void warpgroup_wait(unsigned pending, site at) {
    wait_warp(0xffffffffu, "wgmma.wait_group", &pending, work_wait, at);
    perhaps_yield();
}

} // namespace emulation
