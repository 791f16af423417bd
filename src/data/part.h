/** One part of the data (training or test) as its files hold it: inputs and labels, not yet samples. Private
 * to this module. */
#ifndef TAU_DATA_PART_H
#define TAU_DATA_PART_H

#include "data/array.h"
#include "data/data.h"

typedef struct tau_part {
    tau_array inputs; /**< [N, …] */
    tau_array labels; /**< [N] or [N, K]; not used where there are words */
    char **words;     /**< [N] labels that are words, or NULL */
    size_t word_count;
    char *source;       /**< the inputs' file without its folder, "x.npz:a" */
    char *label_source; /**< the labels' file, likewise; NULL where it is the inputs' */
} tau_part;

/** Reads inputs and labels. @param[in] labels  FILE[:NAME], a column of a CSV file, or NULL: the last column
 * of a CSV file, or the labels that belong to an IDX file of images by its name
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT, TAU_STATUS_IO, TAU_STATUS_USAGE (no labels) */
TAU_CHECK tau_status tau_part_read(tau_part *out, const char *data, const char *labels);
void tau_part_clear(tau_part *part);

/** Gives words numbers, the same in all parts: the places of the sorted words. Parts without words are left
 * alone.
 *  @errors TAU_STATUS_MISMATCH: one part has words and another numbers */
TAU_CHECK tau_status tau_part_number_words(tau_part *const *parts, int count);

/** Samples of a part: inputs normalised and in channels-first order, labels as classes or values. The part's
 * inputs are taken.
 *  @errors TAU_STATUS_SHAPE: inputs and labels differ in number; TAU_STATUS_INPUT: labels that are no classes
 */
TAU_CHECK tau_status tau_part_samples(tau_samples **out, tau_part *part, const tau_data_options *options);

#endif
