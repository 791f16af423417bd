// What the emulation's own tests share: arrays on the card, and children that are expected to fail.
#pragma once

#include "emulation/emulation.h"
#include "kernels/device.cuh"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

static const char *const SCHEDULES[] = {"ordered", "shuffled:1", "shuffled:2", "starve:0-31:3",
                                        "starve:32-127:4"};

template <typename T> struct on_card {
    T *data = nullptr;
    size_t count;
    explicit on_card(size_t size) : count(size) {
        if (cudaMalloc(&data, size * sizeof(T)) != cudaSuccess) abort();
    }
    explicit on_card(const std::vector<T> &values) : on_card(values.size()) {
        if (cudaMemcpy(data, values.data(), count * sizeof(T), cudaMemcpyHostToDevice) != cudaSuccess ||
            cudaStreamSynchronize(nullptr) != cudaSuccess)
            abort();
    }
    on_card(const on_card &) = delete;
    ~on_card() { cudaFree(data); }
    std::vector<T> read() const {
        std::vector<T> values(count);
        if (cudaMemcpy(values.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost) != cudaSuccess)
            abort();
        return values;
    }
};

/** Small whole numbers, exact in every precision: sums of products have no rounding. */
static inline float whole(size_t i, int range) {
    return (float)((int)(i * 2654435761u >> 7) % range - range / 2);
}

/** Runs `kernel_run` in a child. @return what it wrote to stderr if it aborted, else "" */
static inline std::string fault_of(void (*kernel_run)()) {
    int channel[2];
    if (pipe(channel) != 0) abort();
    fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], STDERR_FILENO);
        kernel_run();
        cudaDeviceSynchronize();
        _exit(0);
    }
    close(channel[1]);
    std::string text;
    char part[512];
    for (ssize_t got; (got = read(channel[0], part, sizeof part)) > 0;) text.append(part, (size_t)got);
    close(channel[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? text : "";
}
