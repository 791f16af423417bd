// Streams keep their work until a call of the host waits for it: what nobody waits for is visibly not there
// yet.
#include "stream.hpp"
#include <algorithm>
#include <ctime>

namespace emulation {

static stream *make_legacy() {
    stream *legacy = immortal(new stream());
    legacy->blocking = true;
    return legacy;
}
std::vector<stream *> all_streams = {make_legacy()};
static std::map<event *, bool> all_events;
size_t live_events, live_graphs;

size_t stream_handles() {
    return all_streams.size() - 1 + live_events + live_graphs;
}

stream *stream_of(cudaStream_t handle) {
    if (handle == nullptr || handle == cudaStreamLegacy || handle == cudaStreamPerThread)
        return all_streams[0];
    auto found = std::find(all_streams.begin(), all_streams.end(), (stream *)handle);
    return found == all_streams.end() ? nullptr : *found;
}

event *event_of(cudaEvent_t handle) {
    return all_events.count((event *)handle) != 0 ? (event *)handle : nullptr;
}

bool is_done(ticket ticket) {
    return ticket.of == nullptr || ticket.of->done >= ticket.count;
}

bool advance(stream *stream) {
    if (stream->queue.empty() || stream->running) return false;
    stream->running = true;
    work next = std::move(stream->queue.front());
    stream->queue.pop_front();
    for (ticket before : next.after) finish(before);
    expose_card_memory(true);
    next.run();
    expose_card_memory(false);
    stream->done++;
    stream->running = false;
    return true;
}

void finish(ticket ticket) {
    while (!is_done(ticket) && advance(ticket.of)) {
    }
}

// Under a random schedule the streams' work is interleaved at random, else one stream is done after the
// other.
void streams_finish_all() {
    std::vector<stream *> busy = all_streams;
    while (!busy.empty()) {
        size_t pick = current_schedule.kind == schedule::ORDERED ? 0 : random_below((unsigned)busy.size());
        if (!advance(busy[pick])) busy.erase(busy.begin() + (ptrdiff_t)pick);
    }
}

void enqueue(stream *stream, std::function<void()> run, std::vector<ticket> after) {
    if (stream->capture != nullptr) {
        stream->capture->nodes.push_back(std::move(run));
        stream->capture->unjoined[stream] = stream->capture->nodes.size();
        return;
    }
    // The legacy default stream waits for all blocking streams, and they for it.
    for (struct stream *other : all_streams) {
        bool ordered =
            stream == all_streams[0] ? other->blocking : other == all_streams[0] && stream->blocking;
        if (other != stream && ordered) after.push_back({other, other->enqueued});
    }
    stream->enqueued++;
    stream->queue.push_back({std::move(run), std::move(after)});
    if (current_card.eager) finish({stream, stream->enqueued});
}

cudaError_t stream_enqueue(cudaStream_t handle, std::function<void()> run) {
    stream *stream = stream_of(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr && stream->capture->invalid) return cudaErrorStreamCaptureInvalidated;
    if (stream == all_streams[0]) {
        for (struct capture *capture : all_captures) {
            if (capture->origin->blocking) return invalidate(capture, cudaErrorStreamCaptureImplicit);
        }
    }
    enqueue(stream, std::move(run), {});
    return cudaSuccess;
}

void stream_finish(cudaStream_t handle) {
    stream *stream = stream_of(handle);
    finish({stream, stream->enqueued});
}

void retire_capture(struct capture *capture) {
    for (auto &entry : all_events) {
        if (entry.first->capture != capture) continue;
        entry.first->capture = nullptr;
        entry.first->recorded = false;
    }
    delete capture;
}

static double now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

} // namespace emulation

using namespace emulation;

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *pStream, unsigned int flags) {
    EMULATION_CALL(cudaStreamCreateWithFlags);
    if ((flags & ~(unsigned)cudaStreamNonBlocking) != 0) return call.end(cudaErrorInvalidValue);
    stream *created = new stream();
    created->blocking = (flags & cudaStreamNonBlocking) == 0;
    all_streams.push_back(created);
    *pStream = (cudaStream_t)created;
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *pStream) {
    return cudaStreamCreateWithFlags(pStream, cudaStreamDefault);
}

// The work that is left is done, as by the real one, though after the call has returned.
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    EMULATION_CALL(cudaStreamDestroy);
    emulation::stream *target = stream_of(stream);
    if (target == nullptr || target == all_streams[0]) return call.end(cudaErrorInvalidResourceHandle);
    if (target->capture != nullptr) invalidate(target->capture, cudaErrorStreamCaptureInvalidated);
    finish({target, target->enqueued});
    all_streams.erase(std::find(all_streams.begin(), all_streams.end(), target));
    target->queue.shrink_to_fit();
    immortal(target); // tickets may still point to it
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    EMULATION_CALL(cudaStreamSynchronize);
    emulation::stream *target = stream_of(stream);
    if (target == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (target->capture != nullptr)
        return call.end(invalidate(target->capture, cudaErrorStreamCaptureUnsupported));
    finish({target, target->enqueued});
    return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    EMULATION_CALL(cudaStreamQuery);
    emulation::stream *target = stream_of(stream);
    if (target == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (target->capture != nullptr)
        return call.end(invalidate(target->capture, cudaErrorStreamCaptureUnsupported));
    if (is_done({target, target->enqueued})) return cudaSuccess;
    advance(target);
    return cudaErrorNotReady;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int flags) {
    EMULATION_CALL(cudaStreamWaitEvent);
    emulation::stream *target = stream_of(stream);
    emulation::event *waited = event_of(event);
    if (target == nullptr || waited == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (flags != cudaEventWaitDefault) return call.end(cudaErrorInvalidValue);
    if (waited->capture != nullptr) {
        if (target->capture != nullptr && target->capture != waited->capture) {
            return call.end(invalidate(target->capture, cudaErrorStreamCaptureMerge));
        }
        capture_join(waited->capture, target);
        capture_note_wait(waited->capture, waited);
        return cudaSuccess;
    }
    if (!waited->recorded) return cudaSuccess;
    if (target->capture != nullptr) {
        return call.end(invalidate(target->capture, cudaErrorStreamCaptureIsolation));
    }
    enqueue(target, [] {}, {waited->at});
    return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void *userData) {
    EMULATION_CALL(cudaLaunchHostFunc);
    return call.end(stream_enqueue(stream, [fn, userData] { fn(userData); }));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned int flags) {
    EMULATION_CALL(cudaEventCreateWithFlags);
    emulation::event *created = new emulation::event();
    created->timing = (flags & cudaEventDisableTiming) == 0;
    all_events[created] = true;
    live_events++;
    *event = (cudaEvent_t)created;
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    EMULATION_CALL(cudaEventDestroy);
    emulation::event *target = event_of(event);
    if (target == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (target->capture == nullptr) finish(target->at); // its time stamp is written there
    all_events.erase(target);
    live_events--;
    delete target;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    EMULATION_CALL(cudaEventRecord);
    emulation::stream *target = stream_of(stream);
    emulation::event *recorded = event_of(event);
    if (target == nullptr || recorded == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    finish(recorded->at);
    recorded->recorded = true;
    recorded->capture = target->capture;
    recorded->capture_stream = target;
    if (target->capture != nullptr) {
        recorded->at = ticket();
        recorded->capture_nodes = target->capture->nodes.size();
        return cudaSuccess;
    }
    recorded->at = {target, target->enqueued + 1};
    return call.end(stream_enqueue(stream, [recorded] { recorded->seconds = now(); }));
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    EMULATION_CALL(cudaEventSynchronize);
    emulation::event *target = event_of(event);
    if (target == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (target->capture != nullptr) return call.end(invalidate(target->capture, cudaErrorCapturedEvent));
    finish(target->at);
    return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    EMULATION_CALL(cudaEventQuery);
    emulation::event *target = event_of(event);
    if (target == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (target->capture != nullptr) return call.end(invalidate(target->capture, cudaErrorCapturedEvent));
    if (is_done(target->at)) return cudaSuccess;
    advance(target->at.of);
    return cudaErrorNotReady;
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end) {
    EMULATION_CALL(cudaEventElapsedTime);
    emulation::event *first = event_of(start), *last = event_of(end);
    if (first == nullptr || last == nullptr || !first->timing || !last->timing || !first->recorded ||
        !last->recorded) {
        return call.end(cudaErrorInvalidResourceHandle);
    }
    if (!is_done(first->at) || !is_done(last->at)) return cudaErrorNotReady;
    *ms = (float)(1e3 * (last->seconds - first->seconds));
    return cudaSuccess;
}

} // extern "C"
