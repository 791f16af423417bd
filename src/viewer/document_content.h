/** The arrays behind a document's scene, for this module. */
#ifndef TAU_VIEWER_DOCUMENT_CONTENT_H
#define TAU_VIEWER_DOCUMENT_CONTENT_H

#include <sys/types.h>
#include <time.h>

#include "store/run.h"
#include "viewer/document.h"

/** What a file looked like when it was read. */
typedef struct tau_document_stamp {
    off_t size, journal_size;
    struct timespec time, journal_time;
    ino_t inode;
} tau_document_stamp;

tau_document_stamp tau_document_get_stamp(const char *path);

/** One metric of one group of a run. */
typedef struct tau_document_metric {
    char *group, *name;
    tau_metric *records;
    size_t count;
} tau_document_metric;

typedef struct tau_document_content {
    tau_document_stamp stamp;
    double looked;            /**< when the file of a training was looked into */
    bool unreadable;          /**< as it is now: looking again would bring nothing else */
    tau_landscape *landscape; /**< also of a difference */
    tau_explore_picture picture;
    tau_field field;
    tau_curve *curves;
    size_t curve_count;
    double **arrays; /**< [array_count], behind curves of a run */
    size_t array_count, array_capacity;
    tau_path *paths;
    size_t path_count;
    char **labels; /**< [label_count], of curves */
    size_t label_count, label_capacity;
    char axes[2][96];
    tau_document_metric *metrics;
    size_t metric_count, metric_capacity;
    char **metric_names; /**< [metric_name_count], each once */
    size_t metric_name_count, metric_name_capacity;
    int64_t *steps;      /**< of a run's states */
    int trainings;       /**< of a run's file */
    tau_run_pulse pulse; /**< of the one that was written to last, if some are unfinished */
    uint64_t explore_version;
} tau_document_content;

/** Writes behind what is there, as far as there is room. @param[in,out] out  [TAU_DOCUMENT_TEXT] */
void tau_document_append_text(char *out, const char *format, ...) TAU_PRINTF(2, 3);

void tau_document_content_destroy(tau_document_content *content);

/** A fresh array of `count` numbers, kept with the content. */
TAU_CHECK tau_status tau_document_add_array(tau_document_content *content, double **out, size_t count);
TAU_CHECK tau_status tau_document_add_label(tau_document_content *content, char **out, const char *a,
                                            const char *b);

/** Room for one more series of the timeline. @param[out] out  zeroed */
TAU_CHECK tau_status tau_document_add_series(tau_document *document, tau_series **out, size_t count,
                                             const char *group, const char *name);
void tau_document_clear_series(tau_document *document);

/** Fills the document from the landscape in its content. */
TAU_CHECK tau_status tau_document_take_landscape(tau_document *document);

/** Fills the document from the paths of `projections`. */
TAU_CHECK tau_status tau_document_take_paths(tau_document *document,
                                             const tau_landscape_projection *projections, int count);

/** Says what the plane shows. @param[in] angle  degrees, NaN = not known */
void tau_document_describe_honesty(tau_document *document, const double explained[2], double angle,
                                   const tau_landscape_projection *projections, int count);

/** Reads the trainings of a run file into the document. */
TAU_CHECK tau_status tau_document_read_run(tau_document *document);
/** Says of a run that was read anew whether its writer has stopped, by what was seen of it before. */
void tau_document_follow_writer(tau_document *document, const tau_document *before);

/** Makes the curves of the quantity that is shown. */
TAU_CHECK tau_status tau_document_take_metrics(tau_document *document);

/** Moves what is in `from` to `to`, which keeps its title, path and quantity; `from` is closed. */
void tau_document_replace(tau_document *to, tau_document *from);

#endif
