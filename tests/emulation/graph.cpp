// Graphs: what a stream is told while it is captured, to be done again and again.
#include "stream.hpp"
#include <algorithm>
#include <memory>

typedef std::vector<std::function<void()>> node_list;
struct CUgraph_st {
    node_list nodes;
};
struct CUgraphExec_st {
    std::shared_ptr<node_list> nodes; // shared with launches that are not done yet
};

namespace emulation {

std::vector<struct capture *> all_captures;

cudaError_t invalidate(struct capture *capture, cudaError_t error) {
    capture->invalid = true;
    return error;
}

bool stream_is_captured(cudaStream_t handle) {
    stream *stream = stream_of(handle);
    return stream != nullptr && stream->capture != nullptr;
}

// A relaxed capture lets the host allocate and wait meanwhile.
cudaError_t capture_forbids() {
    for (struct capture *capture : all_captures) {
        if (capture->mode != cudaStreamCaptureModeRelaxed) {
            return invalidate(capture, cudaErrorStreamCaptureUnsupported);
        }
    }
    return cudaSuccess;
}

void capture_join(struct capture *capture, stream *stream) {
    if (stream->capture == capture) return;
    stream->capture = capture;
    capture->members.push_back(stream);
}

// Waiting for an event joins what its stream had added when it was recorded.
void capture_note_wait(struct capture *capture, const event *event) {
    auto added = capture->unjoined.find(event->capture_stream);
    if (added != capture->unjoined.end() && added->second <= event->capture_nodes)
        capture->unjoined.erase(added);
}

static bool has_unjoined_work(const struct capture *capture) {
    for (const auto &entry : capture->unjoined) {
        if (entry.first != capture->origin) return true;
    }
    return false;
}

} // namespace emulation

using namespace emulation;

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode) {
    EMULATION_CALL(cudaStreamBeginCapture);
    emulation::stream *origin = stream_of(stream);
    if (origin == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    if (origin == all_streams[0]) return call.end(cudaErrorStreamCaptureUnsupported);
    if (origin->capture != nullptr) return call.end(cudaErrorIllegalState);
    struct capture *begun = new capture();
    begun->origin = origin;
    begun->mode = mode;
    all_captures.push_back(begun);
    capture_join(begun, origin);
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *pGraph) {
    EMULATION_CALL(cudaStreamEndCapture);
    *pGraph = nullptr;
    emulation::stream *origin = stream_of(stream);
    if (origin == nullptr) return call.end(cudaErrorInvalidResourceHandle);
    struct capture *ended = origin->capture;
    if (ended == nullptr) return call.end(cudaErrorIllegalState);
    if (ended->origin != origin) return call.end(cudaErrorStreamCaptureUnmatched);
    cudaError_t error = cudaSuccess;
    if (ended->invalid) {
        error = cudaErrorStreamCaptureInvalidated;
    } else if (has_unjoined_work(ended)) {
        error = cudaErrorStreamCaptureUnjoined;
    } else {
        *pGraph = new CUgraph_st{ended->nodes};
        live_graphs++;
    }
    for (emulation::stream *member : ended->members) member->capture = nullptr;
    all_captures.erase(std::find(all_captures.begin(), all_captures.end(), ended));
    retire_capture(ended);
    return call.end(error);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *pGraphExec, cudaGraph_t graph, unsigned long long flags) {
    (void)flags;
    EMULATION_CALL(cudaGraphInstantiate);
    if (graph == nullptr) return call.end(cudaErrorInvalidValue);
    *pGraphExec = new CUgraphExec_st{std::make_shared<node_list>(graph->nodes)};
    live_graphs++;
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream) {
    EMULATION_CALL(cudaGraphLaunch);
    if (graphExec == nullptr) return call.end(cudaErrorInvalidValue);
    std::shared_ptr<node_list> nodes = graphExec->nodes;
    return call.end(stream_enqueue(stream, [nodes] {
        for (const auto &node : *nodes) node();
    }));
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec) {
    EMULATION_CALL(cudaGraphExecDestroy);
    if (graphExec == nullptr) return call.end(cudaErrorInvalidValue);
    live_graphs--;
    delete graphExec;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    EMULATION_CALL(cudaGraphDestroy);
    if (graph == nullptr) return call.end(cudaErrorInvalidValue);
    live_graphs--;
    delete graph;
    return cudaSuccess;
}

} // extern "C"
