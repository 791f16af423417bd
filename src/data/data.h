/** From what a user names on the command line to samples. */
#ifndef TAU_DATA_DATA_H
#define TAU_DATA_DATA_H

#include "data/samples.h"

/** The data options of train, compute and view. Strings may be NULL where an option was not given. */
typedef struct tau_data_options {
    const char *data;      /**< FILE[:NAME], or a synthetic set "digits", "moons:n=500,noise=0.1" */
    const char *labels;    /**< FILE[:NAME]; for CSV a column name */
    const char *test_data; /**< held-out data; else test_fraction of `data` */
    const char *test_labels;
    double test_fraction; /**< 0.1 by default */
    bool has_mean, has_std;
    double mean, std;   /**< bytes are divided by 255 first */
    bool nhwc;          /**< images are stored [H,W,C] and are turned to [C,H,W] */
    bool values_wanted; /**< targets are values (regression, bce) even if they look like classes */
    uint64_t seed;      /**< of synthetic sets and of the split */
} tau_data_options;

typedef struct tau_dataset {
    tau_samples *train;
    tau_samples *test; /**< NULL when nothing was held out */
} tau_dataset;

/** Loads or makes the data. @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT, TAU_STATUS_SHAPE, TAU_STATUS_USAGE
 */
TAU_CHECK tau_status tau_data_load(tau_dataset *out, const tau_data_options *options);
void tau_dataset_clear(tau_dataset *dataset);

/** Synthetic sets with one line each: NULL-terminated pairs of name and description. @lifetime static */
const char *const *tau_data_synthetic_list(void);

/** Makes a synthetic set, the same bytes on every machine. @param[in] spec  "NAME[:key=value,…]" */
TAU_CHECK tau_status tau_data_synthetic(tau_dataset *out, const char *spec, uint64_t seed,
                                        double test_fraction);

#endif
