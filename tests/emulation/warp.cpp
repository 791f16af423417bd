// Warp-wide instructions: lanes wait for each other, and the last one does the work of all.
#include "runtime.hpp"

namespace emulation {

void warp_reset(unsigned index, unsigned live_lanes) {
    warp *warp = &block.warps[index];
    warp->exited = live_lanes == WARP ? 0 : ~((1u << live_lanes) - 1);
    for (auto &entry : warp->meetings) entry.second.arrived = 0;
}

static bool is_complete(const warp *warp, const rendezvous *meeting) {
    return ((meeting->arrived | warp->exited) & meeting->mask) == meeting->mask;
}

// Runs in the last lane, or in a lane whose exit left nobody to wait for.
static void complete(unsigned index, rendezvous *meeting) {
    order *order = &meeting->orders[meeting->generation & 1];
    order_acquire(order);
    unsigned lanes = meeting->arrived;
    meeting->arrived = 0;
    meeting->generation++;
    meeting->work(meeting->operands, lanes, meeting->at);
    order_release(order);
    for (unsigned lane = 0; lane < WARP; lane++) {
        thread *waiting = &block.all[index * WARP + lane];
        if ((lanes >> lane & 1) && waiting != block.current) wake(waiting);
        meeting->operands[lane] = nullptr;
    }
}

void wait_warp(unsigned mask, const char *name, void *operand, warp_work *work, site at) {
    quiet quiet;
    unsigned index = warp_index(), lane = lane_index();
    warp *warp = &block.warps[index];
    if (!(mask >> lane & 1)) fault(at, "%s: the mask 0x%08x lacks the calling lane %u", name, mask, lane);
    rendezvous *meeting = &warp->meetings[mask];
    meeting->mask = mask;
    if (meeting->arrived != 0 && meeting->work != work) {
        fault(at, "%s meets %s (%s:%d) in one warp", name, meeting->name, meeting->at.file, meeting->at.line);
    }
    meeting->name = name;
    meeting->work = work;
    meeting->at = at;
    meeting->operands[lane] = operand;
    meeting->arrived |= 1u << lane;
    order *order = &meeting->orders[meeting->generation & 1];
    order_release(order);
    if (is_complete(warp, meeting)) {
        complete(index, meeting);
    } else {
        sleep(name, at);
        order_acquire(order);
    }
}

void warp_exit(thread *thread) {
    unsigned index = thread->index / WARP;
    warp *warp = &block.warps[index];
    warp->exited |= 1u << thread->index % WARP;
    for (auto &entry : warp->meetings) {
        if (entry.second.arrived != 0 && is_complete(warp, &entry.second)) complete(index, &entry.second);
    }
}

void work_nothing(void *const *, unsigned, site) {}

void work_vote(void *const operands[32], unsigned lanes, site) {
    unsigned ballot = 0;
    for (unsigned lane = 0; lane < WARP; lane++) {
        if ((lanes >> lane & 1) && ((vote *)operands[lane])->predicate) ballot |= 1u << lane;
    }
    for (unsigned lane = 0; lane < WARP; lane++) {
        if (lanes >> lane & 1) ((vote *)operands[lane])->ballot = ballot;
    }
}

} // namespace emulation
