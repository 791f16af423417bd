/** Times of kernels, where the environment asks for them. */
#ifndef TAU_BACKEND_CUDA_PROFILE_H
#define TAU_BACKEND_CUDA_PROFILE_H

/** With TAUSCAPE_CUDA_PROFILE=1 every launch from now on is timed by events; nothing is recorded as a graph
 * then. Launches of one thread at a time. */
void tau_cuda_profile_start(void);

/** Waits for the device and notes "kernel NAME: N launches, T ms" for each kernel since the start, in the
 * log. */
void tau_cuda_profile_report(void);

#endif
