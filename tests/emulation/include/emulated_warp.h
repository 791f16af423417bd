// Barriers of a block and instructions of a warp: shuffles, votes. Part of cuda_runtime.h.
#pragma once

inline void __syncthreads(EMULATION_SITE) {
    emulation::wait_block(0, EMULATION_HERE);
}
inline int __syncthreads_count(int predicate, EMULATION_SITE) {
    return (int)emulation::wait_block(predicate, EMULATION_HERE);
}
inline int __syncthreads_or(int predicate, EMULATION_SITE) {
    return emulation::wait_block(predicate, EMULATION_HERE) != 0;
}
inline int __syncthreads_and(int predicate, EMULATION_SITE) {
    return emulation::wait_block(!predicate, EMULATION_HERE) == 0;
}

namespace emulation {

void work_nothing(void *const operands[32], unsigned lanes, site at);
void work_vote(void *const operands[32], unsigned lanes, site at);

struct vote {
    bool predicate;
    unsigned ballot; // result: the lanes whose predicate holds
};

inline unsigned ballot(unsigned mask, const char *name, bool predicate, site at) {
    vote mine = {predicate, 0};
    wait_warp(mask, name, &mine, work_vote, at);
    return mine.ballot;
}

template <typename T> struct shuffle {
    T value;
    unsigned source; // the lane whose value this lane gets
    T result;
};

template <typename T> void work_shuffle(void *const operands[32], unsigned lanes, site at) {
    for (unsigned lane = 0; lane < 32; lane++) {
        if (!(lanes >> lane & 1)) continue;
        shuffle<T> *mine = (shuffle<T> *)operands[lane];
        if (!(lanes >> mine->source & 1)) {
            fault(at, "a shuffle makes lane %u read lane %u, which does not take part", lane, mine->source);
        }
        mine->result = ((shuffle<T> *)operands[mine->source])->value;
    }
}

template <typename T> T exchange(unsigned mask, const char *name, T value, unsigned source, site at) {
    shuffle<T> mine = {value, source, value};
    wait_warp(mask, name, &mine, work_shuffle<T>, at);
    return mine.result;
}

inline void check_width(int width, site at) {
    if (width < 1 || width > 32 || (width & (width - 1)) != 0) fault(at, "shuffle of width %d", width);
}

} // namespace emulation

inline void __syncwarp(unsigned mask = 0xffffffffu, EMULATION_SITE) {
    emulation::wait_warp(mask, "__syncwarp", nullptr, emulation::work_nothing, EMULATION_HERE);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, EMULATION_SITE) {
    return emulation::ballot(mask, "__ballot_sync", predicate != 0, EMULATION_HERE);
}
inline int __any_sync(unsigned mask, int predicate, EMULATION_SITE) {
    return emulation::ballot(mask, "__any_sync", predicate != 0, EMULATION_HERE) != 0;
}
inline int __all_sync(unsigned mask, int predicate, EMULATION_SITE) {
    return emulation::ballot(mask, "__all_sync", predicate == 0, EMULATION_HERE) == 0;
}
inline unsigned __activemask() {
    return 1u << emulation::lane_index();
}

// A lane whose source lies outside of its segment of `width` lanes keeps its own value (up, down, xor) or
// wraps (idx).
template <typename T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATION_SITE) {
    emulation::check_width(width, EMULATION_HERE);
    unsigned lane = emulation::lane_index(), segment = (unsigned)width;
    unsigned from = (lane & ~(segment - 1)) | ((unsigned)source & (segment - 1));
    return emulation::exchange(mask, "__shfl_sync", value, from, EMULATION_HERE);
}
template <typename T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATION_SITE) {
    emulation::check_width(width, EMULATION_HERE);
    unsigned lane = emulation::lane_index(), first = lane & ~((unsigned)width - 1);
    unsigned from = lane - first >= delta ? lane - delta : lane;
    return emulation::exchange(mask, "__shfl_up_sync", value, from, EMULATION_HERE);
}
template <typename T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATION_SITE) {
    emulation::check_width(width, EMULATION_HERE);
    unsigned lane = emulation::lane_index(), last = lane | ((unsigned)width - 1);
    unsigned from = last - lane >= delta ? lane + delta : lane;
    return emulation::exchange(mask, "__shfl_down_sync", value, from, EMULATION_HERE);
}
template <typename T>
inline T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, EMULATION_SITE) {
    emulation::check_width(width, EMULATION_HERE);
    // As the hardware does: a segment may read earlier segments, but not later ones.
    unsigned lane = emulation::lane_index(), last = lane | ((unsigned)width - 1);
    unsigned from = lane ^ (unsigned)lanes;
    return emulation::exchange(mask, "__shfl_xor_sync", value, from <= last ? from : lane, EMULATION_HERE);
}
