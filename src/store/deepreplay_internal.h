/** What deepreplay.c and deepreplay_samples.c share. */
#ifndef TAU_STORE_DEEPREPLAY_INTERNAL_H
#define TAU_STORE_DEEPREPLAY_INTERNAL_H

#include "h5/dataset.h"
#include "store/deepreplay.h"
#include "store/groups.h"
#include "store/keras.h"

struct tau_deepreplay {
    tau_h5 *file;
    char *group;
    tau_keras_model *model;
    size_t count;    /* states */
    int64_t batches; /* of an epoch; 0 = not recorded */
    char **series;   /* names, NULL-terminated */
    size_t series_count, series_capacity;
};

#endif
