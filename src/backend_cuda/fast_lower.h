/** Inside the lowering of the fast engine: patterns of nodes, and the places and parameters that they ask
 * for.
 */
#ifndef TAU_BACKEND_CUDA_FAST_LOWER_H
#define TAU_BACKEND_CUDA_FAST_LOWER_H

#include "backend_cuda/fast.h"

/** ---- fast_lower.c, fast_chain.c and fast_fuse.c: patterns ---- */

/** Convolution or linear layer, batch norm, sum and activation: any of them, in this order, each the only
 * reader of the one before. */
typedef struct tau_fast_chain {
    int head, end; /**< nodes */
    int input;     /**< value that its first node works on */
    const tau_node *layer, *batch_norm;
    int residual; /**< value, -1 = none */
    tau_fast_activation activation;
} tau_fast_chain;

typedef struct tau_fast_lowering {
    tau_fast_program *program;
    const tau_graph *graph;
    int *readers; /**< [values] how often wanted nodes read it */
    int *reader;  /**< [values] the last of them */
    bool *wanted; /**< [nodes] the output depends on it */
    int *claimed; /**< [nodes] the last node of the pattern that it is part of, -1 = none yet */
} tau_fast_lowering;

/** What a pattern found. */
typedef struct tau_fast_match {
    tau_fast_chain chains[2];
    int end; /**< its last node; those between are each the only reader of the one before */
} tau_fast_match;

/** Reads a chain that starts at a node. @return whether there is one; false leaves `out` undefined */
bool tau_fast_chain_match(const tau_fast_lowering *low, int node, tau_fast_chain *out);

/** The only reader of what a node gives, if nothing else needs it and no pattern has it; or -1. */
int tau_fast_sole_reader(const tau_fast_lowering *low, int node);

/** Whether a value lies in blocks; one that nothing has made yet is expected to. */
bool tau_fast_is_blocked(const tau_fast_lowering *low, int value);

/** Whether all that read a value read rows: other layouts would only lose digits. */
bool tau_fast_wants_rows(const tau_fast_lowering *low, int value);

/** A step with nothing in it. */
tau_fast_step tau_fast_step_of(const tau_fast_operation *operation, int node);

/** Asks for the weights of a convolution that reads such images. */
TAU_CHECK tau_status tau_fast_add_layer_weights(tau_fast_lowering *low, const tau_fast_chain *chain,
                                                tau_fast_geometry input, int *packing);

/** The blocked place of what a chain ends in. */
TAU_CHECK tau_status tau_fast_add_output(tau_fast_lowering *low, const tau_fast_chain *chain, int *place);

/** A convolution or linear layer with what its chain adds. */
TAU_CHECK tau_status tau_fast_lower_layer(tau_fast_lowering *low, const tau_fast_match *match);

/** Patterns of the kernels that fuse several layers. */
bool tau_fast_match_cnn(const tau_fast_lowering *low, int node, tau_fast_match *match);
bool tau_fast_match_block(const tau_fast_lowering *low, int node, tau_fast_match *match);
bool tau_fast_match_share(const tau_fast_lowering *low, int node, tau_fast_match *match);
TAU_CHECK tau_status tau_fast_lower_cnn(tau_fast_lowering *low, const tau_fast_match *match);
TAU_CHECK tau_status tau_fast_lower_block(tau_fast_lowering *low, const tau_fast_match *match);
TAU_CHECK tau_status tau_fast_lower_share(tau_fast_lowering *low, const tau_fast_match *match);

/** ---- fast_places.c ---- */

/** Channels, height and width of a shape: [C,H,W], [C,L] = [C,1,L], [F] = [F,1,1].
 *  @return false where the rank is another */
bool tau_fast_geometry_of(tau_fast_geometry *out, const tau_shape *shape);

bool tau_fast_is_activation(const tau_graph *graph, int value);

/** The place of a value blocked in some geometry (NULL = in any), or -1. Any name of the value will do. */
int tau_fast_find_blocked(const tau_fast_program *program, int value, const tau_fast_geometry *geometry);

/** A new place; it is resident if `resident` is set and there is room. @param[out] index  its number */
TAU_CHECK tau_status tau_fast_add_place(tau_fast_program *program, int *index, tau_fast_place place);

/** The place of a value in a layout; a conversion is appended if need be. */
TAU_CHECK tau_status tau_fast_want_rows(tau_fast_program *program, int *place, int value);
TAU_CHECK tau_status tau_fast_want_blocked(tau_fast_program *program, int *place, int value,
                                           tau_fast_geometry geometry);

/** Whether samples alone decide a value, and its rows are resident. */
bool tau_fast_is_resident(const tau_fast_program *program, int value);

/** Whether so many bytes more may be resident. */
bool tau_fast_has_room(const tau_fast_program *program, size_t bytes);

/** Appends a step and notes that its places live then. */
TAU_CHECK tau_status tau_fast_append(tau_fast_program *program, const tau_fast_step *step);

/** Notes that the last step reads a place. */
void tau_fast_read(tau_fast_program *program, int place);

/** ---- fast_parameters.c ---- */

/** Asks for parameters of a layer, formed anew for each chunk. @param[out] index  into the program's array */
TAU_CHECK tau_status tau_fast_want_packing(tau_fast_program *program, int *index,
                                           const tau_fast_weights *weights);
TAU_CHECK tau_status tau_fast_want_affine(tau_fast_program *program, int *index, const tau_fast_chain *chain);

/** Asks for a stored value as f32, once for all who ask. */
TAU_CHECK tau_status tau_fast_want_vector(tau_fast_program *program, int value);

/** Asks for a stored value once more, right after what was asked for last. */
TAU_CHECK tau_status tau_fast_append_vector(tau_fast_program *program, int value);

/** Gives all parameters their places. */
void tau_fast_place_parameters(tau_fast_program *program);

#endif
