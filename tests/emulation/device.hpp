// The emulated card and the state of the runtime's C interface, from inside.
#pragma once

#include "runtime.hpp"

namespace emulation {

struct card {
    int devices = 1;
    bool driver = true;
    int major = 9, minor = 0;
    int multiprocessors = 3;
    size_t memory = (size_t)1 << 30;
    bool eager = false;
};
extern card current_card;

/** Largest dynamic shared memory of a block of this card, in bytes, after cudaFuncSetAttribute. */
size_t card_shared_optin();
/** The device of the calling host thread. */
int current_device();

/** Begins a call of the runtime: takes the lock and finds whether the call has to fail before it does
 * anything. */
class call {
  public:
    explicit call(const char *function);
    /** Ends the call with `error`, which becomes the last error unless it is success or not-ready. */
    cudaError_t end(cudaError_t error);
    cudaError_t refusal; // cudaSuccess, or what the call must answer at once

  private:
    std::unique_lock<std::recursive_mutex> lock;
};

// Memory.
bool is_device_range(const void *pointer, size_t bytes);
/** With ASan the card's memory is out of bounds except while the card works. */
void expose_card_memory(bool exposed);
bool is_pinned(const void *pointer);
size_t pinned_blocks();

// Streams: work is a closure. Answers cudaSuccess, or why the stream does not take it.
cudaError_t stream_enqueue(cudaStream_t stream, std::function<void()> work);
/** Does all work of the stream; of all streams. */
void stream_finish(cudaStream_t stream);
void streams_finish_all();
/** What calls that wait for the whole device must answer while a stream is captured; invalidates that
 * capture. */
cudaError_t capture_forbids();
/** Whether this stream is being captured. */
bool stream_is_captured(cudaStream_t stream);
size_t stream_handles();

} // namespace emulation

// Starts a function of the C interface: returns at once where the call must fail.
#define EMULATION_CALL(name)                                                                                 \
    emulation::call call(#name);                                                                             \
    if (call.refusal != cudaSuccess) return call.end(call.refusal)
