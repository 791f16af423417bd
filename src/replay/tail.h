/** The part of a network behind one of its values, as a network of its own. For this module. */
#ifndef TAU_REPLAY_TAIL_H
#define TAU_REPLAY_TAIL_H

#include "model/graph.h"

/** A piece of the whole's parameters or buffers that the part has too. */
typedef struct tau_tail_piece {
    size_t from, to, size;
} tau_tail_piece;

typedef struct tau_tail {
    bool possible;    /**< false: the network goes around the value */
    tau_graph *graph; /**< NULL where the value is the output itself */
    tau_tail_piece *theta, *buffers;
    size_t theta_count, buffer_count, theta_capacity, buffer_capacity;
} tau_tail;

/** @param[in] value  an activation of the graph */
TAU_CHECK tau_status tau_tail_create(tau_tail *out, const tau_graph *graph, int value);
void tau_tail_clear(tau_tail *tail);

/** The part's parameters. @param[out] to_theta, to_buffers  of tail->graph's sizes */
void tau_tail_take(const tau_tail *tail, const float *theta, const float *buffers, float *to_theta,
                   float *to_buffers);

#endif
