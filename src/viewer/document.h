/** What is open: a landscape, the trainings of a run file, an exploration, or the difference of two
 * landscapes, as a scene that can be drawn. */
#ifndef TAU_VIEWER_DOCUMENT_H
#define TAU_VIEWER_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "scene/scene.h"
#include "store/landscape.h"
#include "viewer/viewer.h"

typedef enum tau_document_kind {
    TAU_DOCUMENT_KIND_LANDSCAPE,
    TAU_DOCUMENT_KIND_RUN,
    TAU_DOCUMENT_KIND_EXPLORATION,
    TAU_DOCUMENT_KIND_DIFFERENCE,
} tau_document_kind;

/** A number over the states of a training, for the curves under the timeline. */
typedef struct tau_series {
    char *label; /**< "run: loss" */
    size_t count;
    double *place; /**< [count], in states, between them too; ascending */
    double *value; /**< [count] */
} tau_series;

/** What is known of one place. */
typedef struct tau_reading {
    bool inside;
    double coords[2];                          /**< asked for */
    double loss, loss_se, accuracy;            /**< NaN = not known */
    double metrics[TAU_LANDSCAPE_METRICS_MAX]; /**< [metric_count] of a landscape */
    int metric_count;
    int state;  /**< tau_field_state of the nearest point; 3 = preview */
    bool exact; /**< at a computed point, otherwise between points */
} tau_reading;

enum { TAU_DOCUMENT_TEXT = 320 };

typedef struct tau_document {
    tau_document_kind kind;
    char *path, *group; /**< NULL where there is none */
    char *title;
    tau_scene scene;      /**< borrows from the document; without marks */
    bool line;            /**< curves over one axis */
    bool growing;         /**< the file is not complete: it is looked at again by itself */
    bool stopped;         /**< with growing: the writer of a training has stopped: tau_run_has_stopped */
    size_t states;        /**< of the longest trajectory */
    const int64_t *steps; /**< [states] of that trajectory, or NULL */
    tau_series *series;
    size_t series_count;
    int quantity;                              /**< what is shown, see tau_document_get_quantity */
    char honesty[TAU_DOCUMENT_TEXT];           /**< what the plane shows of the training */
    char summary[TAU_DOCUMENT_TEXT];           /**< points, samples, device */
    struct tau_document_content *content;      /**< the arrays behind the scene */
    const tau_viewer_exploration *exploration; /**< borrowed, or NULL */
} tau_document;

/** Opens "FILE" or "FILE#GROUP": each landscape of the file is a document of its own, the trainings of a run
 * file are one.
 *  @param[out] out  [capacity], each freed with tau_document_close   @param[out] count  how many
 *  @errors those of store; TAU_STATUS_UNSUPPORTED for a file that needs more than opening (a network) */
TAU_CHECK tau_status tau_document_open(tau_document **out, int capacity, int *count, const char *path);

/** A document of an explorer, empty until it is refreshed. @lifetime borrows the exploration */
TAU_CHECK tau_status tau_document_open_exploration(tau_document **out,
                                                   const tau_viewer_exploration *exploration);

/** a - b, point by point. @errors TAU_STATUS_MISMATCH: not on the same grid */
TAU_CHECK tau_status tau_document_open_difference(tau_document **out, const tau_document *a,
                                                  const tau_document *b);

void tau_document_close(tau_document *document);

/** The place of a state on the timeline: first, last, step:S (the last recorded not after it, of the longest
 * training); epoch:E and best by the run file, of which a landscape knows the path.
 *  @errors TAU_STATUS_MISSING, and those of tau_run_find_state */
TAU_CHECK tau_status tau_document_find_state(const tau_document *document, const char *text, double *out);

/** Whether the file, or what an explorer knows, has changed since it was read. Looks at names and times only.
 * A training whose file has not changed for a while is stale too, for its writer may have died. */
bool tau_document_is_stale(const tau_document *document);

/** Reads a file as a document of one kind; what `tau_document_renew` takes. @threads any, one at a time */
TAU_CHECK tau_status tau_document_read_file(tau_document **out, tau_document_kind kind, const char *path,
                                            const char *group);

/** Takes over what was read of its file again, and keeps what is shown of it.
 *  @param[in] fresh  is closed in any case */
TAU_CHECK tau_status tau_document_renew(tau_document *document, tau_document *fresh);

/** The file as it is now counts as read. */
void tau_document_mark_read(tau_document *document);
/** The file that counts as read could not be: only a change of it makes the document stale. */
void tau_document_mark_unreadable(tau_document *document);

/** Reads again. On failure the document stays as it was, and the same file is not tried again until it
 * changes. @errors as tau_document_open */
TAU_CHECK tau_status tau_document_refresh(tau_document *document);

/** What can be shown: loss, accuracy …; the metrics of a run, or of the points of a plane. @return NULL past
 * the last. @lifetime until the next refresh */
const char *tau_document_get_quantity(const tau_document *document, int index);
TAU_CHECK tau_status tau_document_set_quantity(tau_document *document, int index);

/** Reads a place of a plane, or the place coords[0] of a line. */
tau_reading tau_document_read(const tau_document *document, const double coords[2]);

/** "α 0.12  β −0.5  loss 0.031 ± 0.002  accuracy 98.1 %  mcc 0.97". @param[out] out  [TAU_DOCUMENT_TEXT] */
void tau_reading_format(char *out, const tau_reading *reading, const tau_document *document);

/** The lowest point. @return false = there is none */
bool tau_document_find_minimum(const tau_document *document, double coords[2]);

/** Extent of the data. @return false = there is none */
bool tau_document_get_extent(const tau_document *document, double lo[2], double hi[2]);

#endif
