/** Memory that things with lifetimes share: two things have the same place only if they are never alive at
 * the same time. */
#ifndef TAU_BACKEND_CUDA_ARENA_H
#define TAU_BACKEND_CUDA_ARENA_H

#include <stddef.h>

/** One thing: alive from step `first` to step `last`, both included. */
typedef struct tau_cuda_life {
    size_t size; /**< in any unit; a size of 0 takes no place */
    int first, last;
    size_t offset; /**< its place, in the same unit */
} tau_cuda_life;

/** Gives each thing the lowest place that is free for its whole life, in the order of the array: the same
 * places for the same lives. @return the size of the arena */
size_t tau_cuda_arena_place(tau_cuda_life *lives, int count);

#endif
