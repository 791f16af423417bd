/** What features.c and features_frame.c share. */
#ifndef TAU_REPLAY_FEATURES_INTERNAL_H
#define TAU_REPLAY_FEATURES_INTERNAL_H

#include "replay/axes.h"
#include "replay/features.h"
#include "replay/replay_internal.h"
#include "replay/tail.h"

/** What the mesh is. */
typedef enum tau_mesh_kind {
    TAU_MESH_KIND_NONE,
    TAU_MESH_KIND_INPUTS, /**< of the inputs: bent in a feature space, straight in the inputs' own */
    TAU_MESH_KIND_LAYER,  /**< of the layer's values, decided from there onward */
} tau_mesh_kind;

struct tau_features {
    tau_replay *replay;
    bool boundary; /* the layer is the input */
    int value;     /* the layer; graph->input of a boundary */
    tau_feature_axes axes;
    char names[TAU_AXES_MOST][32];
    double x[2], y[2]; /* range of the inputs' grid */
    size_t lines, line_points, mesh;
    bool one_scale;

    float *captured; /* [N, width] */
    double *points;  /* [N, dims] */

    bool has_lines;
    size_t line_total;    /* points of all lines */
    double *line_out;     /* [line_total, dims] */
    tau_probe line_probe; /* of a feature space */
    float *line_values;   /* [line_total, width] */

    tau_mesh_kind mesh_kind;
    size_t mesh_total; /* vertices */
    int planes;
    double *mesh_out;     /* [mesh_total, dims] */
    float *mesh_values;   /* [mesh_total, width] */
    float *mesh_outputs;  /* [mesh_total, outputs] */
    float *probability;   /* [planes, mesh_total] */
    int32_t *decision;    /* [mesh_total] */
    double *class_values; /* [classes] of one vertex */
    tau_probe mesh_probe; /* inputs, or values of the layer */
    tau_tail tail;
    float *tail_theta, *tail_buffers;

    size_t limited; /* states that the limits cover; 0 = none yet */
    double low[TAU_AXES_MOST], high[TAU_AXES_MOST];
};

/** Coordinates of the grid's lines: `lines` with x fixed, then `lines` with y fixed. @param[out] out
 * [2·lines, points, 2] */
void tau_features_draw_lines(double *out, const tau_features *f);

/** Coordinates of a mesh. @param[out] out  [mesh, mesh, 2], row = second axis */
void tau_features_draw_mesh(double *out, size_t mesh, const double x[2], const double y[2]);

/** Values of the layer for all samples, and their coordinates. */
TAU_CHECK tau_status tau_features_take_points(tau_features *f, size_t state);

#endif
