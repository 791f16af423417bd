// Streams, events and captures, from inside.
#pragma once

#include "device.hpp"
#include <deque>

namespace emulation {

struct stream;

/** A place in a stream: done when the stream has done `count` pieces of work. */
struct ticket {
    stream *of = nullptr;
    uint64_t count = 0;
};

struct work {
    std::function<void()> run;
    std::vector<ticket> after; // in other streams
};

/** What a capture collects. The order of the host's calls is one in which the work may be done. */
struct capture {
    stream *origin;
    enum cudaStreamCaptureMode mode;
    std::vector<std::function<void()>> nodes;
    std::vector<stream *> members;
    std::map<stream *, uint64_t>
        unjoined; // by member: number of nodes it has added since it was last waited for
    bool invalid;
};

struct stream {
    bool blocking; // ordered with the legacy default stream
    std::deque<work> queue;
    uint64_t enqueued = 0, done = 0;
    bool running = false;
    struct capture *capture = nullptr;
};

struct event {
    bool timing;
    bool recorded = false;
    ticket at;
    struct capture *capture = nullptr; // set while its last record was a captured one
    stream *capture_stream = nullptr;
    uint64_t capture_nodes = 0;
    double seconds = 0;
};

extern std::vector<stream *> all_streams; // the legacy default stream first
extern std::vector<struct capture *> all_captures;
extern size_t live_events, live_graphs;

/** The stream that a handle means; null where it means none. */
stream *stream_of(cudaStream_t handle);
event *event_of(cudaEvent_t handle);
bool is_done(ticket ticket);
/** Does the work of the stream up to the ticket, and first what that waits for. */
void finish(ticket ticket);
/** Puts the work at the stream's end, or into the graph that the stream is captured into. */
void enqueue(stream *stream, std::function<void()> run, std::vector<ticket> after);
/** Does one piece of work, as time passing would. @return false where none is left */
bool advance(stream *stream);
/** Ends the life of a capture for the events that were recorded in it. */
void retire_capture(struct capture *capture);
/** Marks the capture as failed and answers `error`. */
cudaError_t invalidate(struct capture *capture, cudaError_t error);
void capture_join(struct capture *capture, stream *stream);
void capture_note_wait(struct capture *capture, const event *event);

} // namespace emulation
