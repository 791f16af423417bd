/** Networks of the parity table with parameters, directions and samples: every case twice (alone, and with a
 *  scaled input, so that gradients pass through operators that have no parameters), the sequences, and
 *  built-in models. */
#ifndef PARITY_NETWORKS_H
#define PARITY_NETWORKS_H

#include "data/samples.h"
#include "model/loss.h"
#include "parity/cases.h"

enum { PARITY_BASIS = 3 };

typedef struct parity_network {
    char name[64];
    tau_graph *graph;
    float *theta[PARITY_BASIS];   /**< theta*, delta, eta; [P] */
    float *buffers[PARITY_BASIS]; /**< [Q] */
    tau_samples *samples;
    tau_loss loss;
    double tolerance; /**< see parity_case */
    bool large;       /**< a built-in model, slow in the reference */
} parity_network;

int parity_network_count(void);

TAU_CHECK tau_status parity_network_create(parity_network *out, int index);
void parity_network_clear(parity_network *network);

/** The graph of one case. @param[in] scaled  the input is first multiplied by a parameter of its shape */
TAU_CHECK tau_status parity_case_build(tau_graph **out, const parity_case *entry, bool scaled);

/** A number in [-1, 1), a multiple of 2^-23, that any language computes alike. */
float parity_value(uint32_t stream, uint32_t index);

/** Fills theta (with `stream` of its own for each tensor) and the buffers: weights keep away from 0 and are
 *  scaled by a power of two so that sums over them stay near 1; variances lie in [0.25, 2.25). */
void parity_fill(const tau_graph *graph, float *theta, float *buffers);

#endif
