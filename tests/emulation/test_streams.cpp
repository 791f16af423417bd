// Streams, events and graphs: what is ordered is done in order, and what nobody waited for is not there yet.
#include "test_support.hpp"
#include <criterion/criterion.h>

static __global__ void set(float *x, float value) {
    x[threadIdx.x] = value;
}
static __global__ void twice(const float *x, float *y) {
    y[threadIdx.x] = 2 * x[threadIdx.x];
}
static __global__ void increment(float *x) {
    x[threadIdx.x] += 1;
}

static cudaStream_t new_stream() {
    cudaStream_t stream;
    cr_assert_eq(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    return stream;
}

static cudaEvent_t new_event() {
    cudaEvent_t event;
    cr_assert_eq(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
    return event;
}

struct pinned {
    float *data;
    explicit pinned(size_t count) {
        cr_assert_eq(cudaMallocHost((void **)&data, count * sizeof(float)), cudaSuccess);
    }
    ~pinned() { cudaFreeHost(data); }
};

Test(streams, pinned_results_are_there_only_after_a_wait) {
    on_card<float> x(4);
    pinned host(4);
    cudaStream_t stream = new_stream();
    host.data[0] = -1;
    cr_assert_eq(launch(set, dim3(1), dim3(4), 0, stream, x.data, 5.0f), cudaSuccess);
    cr_assert_eq(cudaMemcpyAsync(host.data, x.data, 16, cudaMemcpyDeviceToHost, stream), cudaSuccess);
    cr_assert_eq(host.data[0], -1.0f);
    cr_assert_eq(cudaStreamQuery(stream), cudaErrorNotReady);
    cr_assert_eq(cudaPeekAtLastError(), cudaSuccess, "not ready is no error");
    cr_assert_eq(cudaStreamSynchronize(stream), cudaSuccess);
    cr_assert_eq(host.data[0], 5.0f);
    cr_assert_eq(cudaStreamQuery(stream), cudaSuccess);
    cudaStreamDestroy(stream);
}

Test(streams, polling_a_stream_or_event_gets_on) {
    on_card<float> x(std::vector<float>(4, 0.0f));
    cudaStream_t stream = new_stream();
    cudaEvent_t event = new_event();
    for (int i = 0; i < 5; i++)
        cr_assert_eq(launch(increment, dim3(1), dim3(4), 0, stream, x.data), cudaSuccess);
    cr_assert_eq(cudaEventRecord(event, stream), cudaSuccess);
    int polls = 0;
    while (cudaEventQuery(event) == cudaErrorNotReady) polls++;
    cr_assert_eq(polls, 6);
    cr_assert_eq(x.read()[0], 5.0f);
    cudaEventDestroy(event);
    cudaStreamDestroy(stream);
}

Test(streams, pageable_sources_are_taken_at_the_call_and_pinned_ones_later) {
    on_card<float> from_pageable(1), from_pinned(1);
    float ordinary = 1;
    pinned host(1);
    *host.data = 1;
    cudaStream_t stream = new_stream();
    cudaMemcpyAsync(from_pageable.data, &ordinary, 4, cudaMemcpyHostToDevice, stream);
    cudaMemcpyAsync(from_pinned.data, host.data, 4, cudaMemcpyHostToDevice, stream);
    ordinary = *host.data = 2;
    cudaStreamSynchronize(stream);
    cr_assert_eq(from_pageable.read()[0], 1.0f);
    cr_assert_eq(from_pinned.read()[0], 2.0f, "a pinned buffer was reused too early");
    cudaStreamDestroy(stream);
}

static float stream_sees_default(bool wait, void (*write)(float *)) {
    on_card<float> x(std::vector<float>(4, 1.0f)), y(4);
    cudaStream_t stream = new_stream();
    write(x.data);
    if (wait) cudaStreamSynchronize(nullptr);
    launch(twice, dim3(1), dim3(4), 0, stream, x.data, y.data);
    cudaStreamSynchronize(stream);
    float seen = y.read()[0];
    cudaStreamDestroy(stream);
    return seen;
}

/* Both calls may return before the card is done, and no stream but the blocking ones waits for it. */
Test(streams, uploads_and_fills_without_a_stream_must_be_waited_for) {
    auto upload = [](float *x) {
        const float fives[4] = {5, 5, 5, 5};
        cudaMemcpy(x, fives, sizeof fives, cudaMemcpyHostToDevice);
    };
    auto fill = [](float *x) { cudaMemset(x, 0, 4 * sizeof *x); };
    cr_assert_eq(stream_sees_default(true, upload), 10.0f);
    cr_assert_eq(stream_sees_default(false, upload), 2.0f, "a forgotten wait must show");
    cr_assert_eq(stream_sees_default(true, fill), 0.0f);
    cr_assert_eq(stream_sees_default(false, fill), 2.0f, "a forgotten wait must show");
}

static float other_stream_sees(bool wait) {
    on_card<float> x(std::vector<float>(4, 1.0f)), y(4);
    cudaStream_t first = new_stream(), second = new_stream();
    cudaEvent_t event = new_event();
    launch(set, dim3(1), dim3(4), 0, first, x.data, 5.0f);
    cudaEventRecord(event, first);
    if (wait) cudaStreamWaitEvent(second, event, 0);
    launch(twice, dim3(1), dim3(4), 0, second, x.data, y.data);
    cudaStreamSynchronize(second);
    float seen = y.read()[0];
    cudaDeviceSynchronize();
    cudaEventDestroy(event);
    cudaStreamDestroy(first);
    cudaStreamDestroy(second);
    return seen;
}

Test(streams, another_stream_must_wait_for_an_event) {
    cr_assert_eq(other_stream_sees(true), 10.0f);
    cr_assert_eq(other_stream_sees(false), 2.0f, "a forgotten event must show");
}

Test(streams, the_default_stream_waits_for_blocking_streams_alone) {
    on_card<float> x(std::vector<float>(4, 0.0f)), y(std::vector<float>(4, 0.0f)), sum(4);
    cudaStream_t blocking, other = new_stream();
    cr_assert_eq(cudaStreamCreate(&blocking), cudaSuccess);
    launch(set, dim3(1), dim3(4), 0, blocking, x.data, 3.0f);
    launch(set, dim3(1), dim3(4), 0, other, y.data, 3.0f);
    cr_assert_eq(x.read()[0], 3.0f);
    cr_assert_eq(y.read()[0], 0.0f);
    cr_assert_eq(cudaDeviceSynchronize(), cudaSuccess);
    cr_assert_eq(y.read()[0], 3.0f);
    cudaStreamDestroy(blocking);
    cudaStreamDestroy(other);
}

Test(streams, events_measure_and_refuse_where_they_cannot) {
    cudaEvent_t start, end, untimed = new_event();
    float ms = -1;
    cr_assert_eq(cudaEventCreate(&start), cudaSuccess);
    cr_assert_eq(cudaEventCreate(&end), cudaSuccess);
    cr_assert_eq(cudaEventElapsedTime(&ms, start, end), cudaErrorInvalidResourceHandle);
    cudaEventRecord(start, nullptr);
    cudaEventRecord(end, nullptr);
    cr_assert_eq(cudaEventElapsedTime(&ms, start, end), cudaErrorNotReady);
    cr_assert_eq(cudaEventSynchronize(end), cudaSuccess);
    cr_assert_eq(cudaEventElapsedTime(&ms, start, end), cudaSuccess);
    cr_assert(ms >= 0);
    cr_assert_eq(cudaEventElapsedTime(&ms, start, untimed), cudaErrorInvalidResourceHandle);
    cudaEventDestroy(start);
    cudaEventDestroy(end);
    cudaEventDestroy(untimed);
}

Test(streams, a_captured_graph_runs_again_and_again) {
    on_card<float> x(std::vector<float>(4, 0.0f)), y(std::vector<float>(4, 0.0f));
    cudaStream_t stream = new_stream(), side = new_stream();
    cudaEvent_t forked = new_event(), joined = new_event();
    cudaGraph_t graph;
    cudaGraphExec_t executable;
    cr_assert_eq(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    launch(increment, dim3(1), dim3(4), 0, stream, x.data);
    cudaEventRecord(forked, stream);
    cudaStreamWaitEvent(side, forked, 0);
    launch(twice, dim3(1), dim3(4), 0, side, x.data, y.data);
    cudaEventRecord(joined, side);
    cudaStreamWaitEvent(stream, joined, 0);
    cr_assert_eq(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    cr_assert_eq(x.read()[0], 0.0f, "a capture runs nothing");
    cr_assert_eq(cudaGraphInstantiate(&executable, graph, 0), cudaSuccess);
    cr_assert_eq(cudaGraphDestroy(graph), cudaSuccess);
    for (int i = 0; i < 3; i++) cr_assert_eq(cudaGraphLaunch(executable, stream), cudaSuccess);
    cr_assert_eq(cudaGraphExecDestroy(executable), cudaSuccess, "launches under way keep what they need");
    cr_assert_eq(cudaStreamSynchronize(stream), cudaSuccess);
    cr_assert_eq(x.read()[0], 3.0f);
    cr_assert_eq(y.read()[0], 6.0f);
    cudaEventDestroy(forked);
    cudaEventDestroy(joined);
    cudaStreamDestroy(stream);
    cudaStreamDestroy(side);
    cr_assert_eq(emulation_handles(), 0);
}

Test(streams, a_capture_forbids_waiting_and_allocating) {
    cudaStream_t stream = new_stream();
    cudaGraph_t graph;
    void *memory;
    cr_assert_eq(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), cudaSuccess);
    cr_assert_eq(cudaMalloc(&memory, 4), cudaErrorStreamCaptureUnsupported);
    cr_assert_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    cr_assert_eq(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), cudaSuccess);
    cr_assert_eq(cudaMalloc(&memory, 4), cudaSuccess);
    cr_assert_eq(cudaFree(memory), cudaSuccess);
    cr_assert_eq(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
    cr_assert_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    cr_assert_eq(cudaStreamEndCapture(stream, &graph), cudaErrorIllegalState);
    cudaStreamDestroy(stream);
}

Test(streams, work_of_a_side_stream_must_be_joined) {
    on_card<float> x(4);
    cudaStream_t stream = new_stream(), side = new_stream();
    cudaEvent_t forked = new_event();
    cudaGraph_t graph;
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
    cudaEventRecord(forked, stream);
    cudaStreamWaitEvent(side, forked, 0);
    launch(set, dim3(1), dim3(4), 0, side, x.data, 1.0f);
    cr_assert_eq(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureUnjoined);
    cr_assert_eq(graph, nullptr);
    cudaEventDestroy(forked);
    cudaStreamDestroy(stream);
    cudaStreamDestroy(side);
}

static void append(void *log) {
    ((std::string *)log)->push_back('h');
}

Test(streams, host_functions_and_fills_keep_their_place) {
    on_card<uint8_t> x(12);
    std::string log;
    cudaStream_t stream = new_stream();
    cudaMemset2DAsync(x.data, 4, 7, 2, 3, stream);
    cudaLaunchHostFunc(stream, append, &log);
    cr_assert_eq(log, "");
    cudaStreamSynchronize(stream);
    cr_assert_eq(log, "h");
    std::vector<uint8_t> bytes = x.read();
    cr_assert(bytes[0] == 7 && bytes[1] == 7 && bytes[2] == 0xff && bytes[9] == 7 && bytes[10] == 0xff);
    uint8_t columns[6];
    cr_assert_eq(cudaMemcpy2DAsync(columns, 2, x.data, 4, 2, 3, cudaMemcpyDeviceToHost, stream), cudaSuccess);
    for (uint8_t byte : columns) cr_assert_eq(byte, 7);
    cudaStreamDestroy(stream);
}

Test(streams, eager_streams_run_at_the_call) {
    on_card<float> x(4);
    pinned host(4);
    cudaStream_t stream = new_stream();
    emulation_set_streams(true);
    launch(set, dim3(1), dim3(4), 0, stream, x.data, 5.0f);
    cudaMemcpyAsync(host.data, x.data, 16, cudaMemcpyDeviceToHost, stream);
    cr_assert_eq(host.data[3], 5.0f);
    cudaStreamDestroy(stream);
}
