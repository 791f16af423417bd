/** The table of operators × awkward shapes that every backend is held to. A new operator is one entry. */
#ifndef PARITY_CASES_H
#define PARITY_CASES_H

#include "model/builder.h"

/** What a case's operator reads beside the network's input. */
typedef enum parity_kind {
    PARITY_KIND_END = 0,
    PARITY_KIND_OMITTED,     /**< an optional input left out */
    PARITY_KIND_PARAMETER,   /**< of `role` and `shape` */
    PARITY_KIND_CONSTANT,    /**< of `shape` */
    PARITY_KIND_SIGMOID,     /**< sigmoid of the input */
    PARITY_KIND_RELU,        /**< relu of the input */
    PARITY_KIND_GLOBAL_POOL, /**< mean over the positions of the input, [C,1,…] */
    PARITY_KIND_TRANSPOSED,  /**< the input with its last two axes exchanged */
} parity_kind;

typedef struct parity_operand {
    parity_kind kind;
    tau_role role;
    tau_shape shape;
} parity_operand;

enum { PARITY_OPERANDS_MAX = 5 };

typedef struct parity_case {
    const char *name;
    tau_op op;
    tau_shape input;                              /**< of one sample */
    parity_operand operands[PARITY_OPERANDS_MAX]; /**< after the input, up to END */
    bool input_last;                              /**< the input is the second operand */
    tau_attributes attributes;
    tau_shape shape;  /**< RESHAPE: wanted */
    double tolerance; /**< of outputs and gradients in FP32, relative to the largest; 0 = PARITY_TOLERANCE */
    const char *reason; /**< of a tolerance of its own */
} parity_case;

/** A few hundred terms an element, each rounded to 2^-24: errors add up to some 1e-6 of the largest. */
#define PARITY_TOLERANCE 3e-6

/** Case number `index`, or NULL past the last one. */
const parity_case *parity_case_get(int index);

/** A short chain of operators that backends like to fuse. */
typedef struct parity_sequence {
    const char *name;
    tau_shape input;
    tau_status (*build)(tau_builder *builder, int input, int *output);
} parity_sequence;

const parity_sequence *parity_sequence_get(int index);

#endif
