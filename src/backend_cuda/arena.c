#include "backend_cuda/arena.h"

#include <stdbool.h>

static bool collide(const tau_cuda_life *a, const tau_cuda_life *b) {
    return a->first <= b->last && b->first <= a->last && a->offset < b->offset + b->size &&
           b->offset < a->offset + a->size;
}

size_t tau_cuda_arena_place(tau_cuda_life *lives, int count) {
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        tau_cuda_life *life = &lives[i];
        life->offset = 0;
        /* Each collision moves it past one earlier thing, so that all of them are looked at again. */
        for (int other = 0; other < i;) {
            const bool collides = collide(life, &lives[other]);
            if (collides) life->offset = lives[other].offset + lives[other].size;
            other = collides ? 0 : other + 1;
        }
        if (life->offset + life->size > size) size = life->offset + life->size;
    }
    return size;
}
