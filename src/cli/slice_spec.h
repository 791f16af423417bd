/** Which slice a command line or a recipe asks for, and how to make it. */
#ifndef TAU_CLI_SLICE_SPEC_H
#define TAU_CLI_SLICE_SPEC_H

#include "cli/subject.h"
#include "slice/directions.h"
#include "slice/slice.h"
#include "store/landscape.h"

/** How the directions of a plane are found. */
typedef enum tau_directions_kind {
    TAU_DIRECTIONS_NONE, /**< tau and radial slices need none */
    TAU_DIRECTIONS_RANDOM,
    TAU_DIRECTIONS_PCA,
    TAU_DIRECTIONS_STATES,
    TAU_DIRECTIONS_FILE,
} tau_directions_kind;

/** A slice in words; strings are borrowed from the command line or the recipe. */
typedef struct tau_slice_spec {
    tau_transform transform;
    bool line;
    const char *from, *to; /**< states, for tau */
    const char *centre;    /**< state */
    tau_directions_kind directions;
    const char *states; /**< "A,B,C" */
    const char *file;   /**< landscape whose directions are taken */
    const char *groups; /**< "a,b": joint PCA; NULL = the subject's group */
    uint64_t seed;
    tau_norm norm;
    tau_ignore ignore;
    bool move_buffers;
} tau_slice_spec;

/** Reads the options of compute. @errors TAU_STATUS_USAGE for options that exclude each other */
TAU_CHECK tau_status tau_slice_spec_parse(tau_slice_spec *out, const tau_cli *cli, const tau_subject *subject,
                                          bool one_row);

/** A slice with what is known of its axes. */
typedef struct tau_made_slice {
    tau_slice *slice;
    double explained[2]; /**< by the axes (PCA), NaN otherwise */
    bool has_range;      /**< the states it was made from span a range */
    double lo[2], hi[2]; /**< that range + 20 % */
} tau_made_slice;

TAU_CHECK tau_status tau_slice_spec_make(tau_made_slice *out, const tau_slice_spec *spec,
                                         const tau_subject *subject, const tau_cancel *cancel);
void tau_made_slice_clear(tau_made_slice *made);

/** The spec as an object of the recipe's identity. */
json_t *tau_slice_spec_to_json(const tau_slice_spec *spec);

/** Back from a recipe. @lifetime strings are borrowed from the object */
TAU_CHECK tau_status tau_slice_spec_from_json(tau_slice_spec *out, const json_t *object);

/** SHA-256 over everything that spans the slice: two slices with one digest are the same points. */
void tau_slice_digest(const tau_slice *slice, char out[TAU_HASH_TEXT]);

#endif
