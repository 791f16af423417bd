/** Landscapes, `*.land.h5`, in memory and on disk (docs/formats.md, section 2). */
#ifndef TAU_STORE_LANDSCAPE_H
#define TAU_STORE_LANDSCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cancel.h"
#include "core/status.h"
#include "sweep/sweep.h"

/** A trajectory relative to the landscape's slice: eq:project eq:offplane. */
typedef struct tau_landscape_projection {
    char *group;           /**< name of the run's group */
    size_t count;          /**< T */
    double *coords;        /**< [T, 2] */
    double *residual;      /**< [T]: distance from the slice */
    double *distance;      /**< [T]: distance from the origin */
    double *loss_true;     /**< [T]: L(theta_t); NaN = not evaluated */
    double *loss_in_plane; /**< [T]: L(theta* + a·delta + b·eta) */
    int64_t *step;         /**< [T] */
    double explained;      /**< share of the movement that lies in the slice */
} tau_landscape_projection;

/** Makes room for `count` states. */
TAU_CHECK tau_status tau_landscape_projection_create(tau_landscape_projection *out, const char *group,
                                                     size_t count);
void tau_landscape_projection_clear(tau_landscape_projection *projection);

enum { TAU_LANDSCAPE_METRICS_MAX = 32, TAU_LANDSCAPE_METRIC_NAME = 32 };

/** A metric of every point. */
typedef struct tau_landscape_metric {
    char name[TAU_LANDSCAPE_METRIC_NAME]; /**< "mcc", "macro-f1" */
    double *values;                       /**< [ny, nx]; NaN where not done or not defined */
} tau_landscape_metric;

enum { TAU_DONE_NOT = 0, TAU_DONE_FINITE = 1, TAU_DONE_NOT_FINITE = 2 };

typedef struct tau_landscape {
    char *name;      /**< of the group in the file */
    char *transform; /**< tau_transform_name */
    bool line;
    char *recipe;         /**< JSON: {"identity": {…}, "provenance": {…}} */
    size_t columns, rows; /**< nx, ny */
    double *alpha, *beta; /**< [nx], [ny] */
    size_t theta_size;    /**< P of the stored directions; 0 = none stored */
    float *delta, *eta;   /**< [P] each; NULL = not stored (eta also on a line) */
    double *loss, *loss_se, *accuracy, *regularisation; /**< [ny, nx], row = beta; NaN where not done */
    tau_landscape_metric *metrics;                      /**< those that the recipe names, in its order */
    int metric_count;
    uint8_t *done;       /**< [ny, nx]: TAU_DONE_* */
    uint8_t *precision;  /**< [ny, nx]: tau_precision of each point */
    double explained[2]; /**< variance explained by the axes (PCA), NaN otherwise */
    tau_landscape_projection *projections;
    int projection_count;
} tau_landscape;

/** An empty landscape over a grid: nothing done, values NaN. Its metrics are those that the recipe's identity
 * names. @param[in] recipe  copied   @errors TAU_STATUS_INPUT: no names of metrics, or too many */
TAU_CHECK tau_status tau_landscape_create(tau_landscape **out, const char *name, const char *transform,
                                          bool line, const tau_grid *grid, const char *recipe);
void tau_landscape_destroy(tau_landscape *landscape);

/** Copies directions into the landscape. @param[in] eta  NULL = none */
TAU_CHECK tau_status tau_landscape_set_directions(tau_landscape *landscape, const float *delta,
                                                  const float *eta, size_t theta_size);

/** Adds a projection, or replaces that of the same group. Takes over the parts of `projection` and zeroes it.
 */
TAU_CHECK tau_status tau_landscape_set_projection(tau_landscape *landscape,
                                                  tau_landscape_projection *projection);

/** The metric of a name, or the average that the bare name means: "f1" also finds "macro-f1" and "binary-f1".
 *  @return NULL = there is none */
const tau_landscape_metric *tau_landscape_find_metric(const tau_landscape *landscape, const char *name);

/** Stores the points of a tile; those of precision NONE, which were not computed, are left out. @param[in]
 * tile  with the metrics of the landscape; those that it lacks are NaN */
void tau_landscape_put(tau_landscape *landscape, const tau_sweep_tile *tile);

/** How much is there. */
typedef struct tau_landscape_summary {
    size_t points, done, infinite, nan; /**< infinite and nan are parts of done */
    double lowest, highest;             /**< of the finite losses; NaN if none */
    size_t lowest_column, lowest_row;
} tau_landscape_summary;
tau_landscape_summary tau_landscape_summarize(const tau_landscape *landscape);

/** Reads a landscape with its journal, so that what a killed job had finished is there.
 *  @param[in] name  NULL = the only one in the file
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_landscape_read(tau_landscape **out, const char *path, const char *name);

/** Names of the landscapes in a file; none for a run file. @param[out] names  NULL-terminated, freed with
 *  tau_landscape_free_names */
TAU_CHECK tau_status tau_landscape_list(char ***names, const char *path);
void tau_landscape_free_names(char **names);

/** Writes the whole file atomically; it holds this landscape alone.
 *  @errors TAU_STATUS_IO, TAU_STATUS_EXISTS: another process is computing it (what was there is intact) */
TAU_CHECK tau_status tau_landscape_write(const tau_landscape *landscape, const char *path);

/** Compares the identity of two recipes, members in the order of their names.
 *  @param[in] recipe  of this command   @param[in] other  that of the file `path`
 *  @errors TAU_STATUS_MISMATCH: "cannot resume PATH", naming the first difference and both values */
TAU_CHECK tau_status tau_recipe_compare(const char *recipe, const char *other, const char *path);

/** Joins shards or partial files of one landscape: same recipe and grid, every point from the part that has
 * it. Points that two parts have must agree bit for bit.
 *  @errors TAU_STATUS_MISMATCH */
TAU_CHECK tau_status tau_landscape_merge(tau_landscape *into, const tau_landscape *part,
                                         const char *part_path);

/** A landscape that grows safely on disk: finished tiles go to OUT.journal, OUT is rewritten at the start,
 * every 60 s and at the end, when the journal goes. */
typedef struct tau_landscape_writer tau_landscape_writer;

/** Opens OUT for a landscape. If OUT or its journal exist with the same identity, their points are taken into
 *  `landscape` (that is how a job is resumed). @param[in,out] landscape  borrowed until close
 *  OUT with all its points is opened like any other: the landscape then has nothing left to do.
 *  @param[in] overwrite  drop what is there instead (--force); a run file is never dropped
 *  @errors TAU_STATUS_MISMATCH (other identity or grid: "cannot resume"), TAU_STATUS_EXISTS (another writer),
 *          TAU_STATUS_IO */
TAU_CHECK tau_status tau_landscape_writer_open(tau_landscape_writer **out, const char *path,
                                               tau_landscape *landscape, bool overwrite);

/** Where a sweep puts its tiles: journal first, then memory. */
tau_sweep_sink tau_landscape_writer_get_sink(tau_landscape_writer *writer);

/** Writes OUT, unless it has everything already, and removes the journal. NULL is legal.
 *  @errors TAU_STATUS_IO: the journal stays and has what OUT lacks */
TAU_CHECK tau_status tau_landscape_writer_close(tau_landscape_writer *writer);

#endif
