/** Pictures of trainings from numbers made by hand, and ugly ones, for tests of layout and output. */
#ifndef TESTS_FIGURE_REPLAYS_H
#define TESTS_FIGURE_REPLAYS_H

#include "figure/fields.h"
#include "figure/picture.h"

typedef enum replay_kind {
    REPLAY_FEATURES,
    REPLAY_FEATURES_PCA,
    REPLAY_FEATURES_SPACE,
    REPLAY_FEATURES_UNIT,
    REPLAY_FEATURES_REGRESSION,
    REPLAY_BOUNDARY_MANY,
    REPLAY_PROBABILITY,
    REPLAY_PROBABILITY_MANY,
    REPLAY_DISTRIBUTION,
    REPLAY_LOSS_METRIC,
    REPLAY_METRICS,
    REPLAY_LOSS_LOG,
    REPLAY_LOSS_HISTOGRAM,
    REPLAY_VIOLINS,
    REPLAY_LEARNER,
    REPLAY_CONFUSION,
    REPLAY_CONFUSION_MANY,
    REPLAY_CANONICAL,
    REPLAY_DASHBOARD,
    REPLAY_NAN,
    REPLAY_ONE_SAMPLE,
    REPLAY_ONE_CLASS,
    REPLAY_CONSTANT,
    REPLAY_HUGE,
    REPLAY_COUNT,
} replay_kind;

/** Pictures and the memory behind them. */
typedef struct replay {
    tau_picture pictures[8];
    size_t count;
    int rows, columns;
    field_memory memory;
} replay;

const char *replay_get_name(replay_kind kind);

/** @param[in] progress  of the training, 0..1 */
void replay_create(replay *out, replay_kind kind, double progress);
void replay_release(replay *r);

#endif
