/** Attributes of groups and data sets. Setting replaces what is there. */
#ifndef TAU_H5_ATTRIBUTE_H
#define TAU_H5_ATTRIBUTE_H

#include <stddef.h>
#include <stdint.h>

#include "h5/file.h"

/** @param[in] path  the group or data set, "/" = the file   @errors TAU_STATUS_MISSING, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_set_text(tau_h5 *file, const char *path, const char *name, const char *text);
TAU_CHECK tau_status tau_h5_set_i64(tau_h5 *file, const char *path, const char *name, int64_t value);
TAU_CHECK tau_status tau_h5_set_f64(tau_h5 *file, const char *path, const char *name, double value);
TAU_CHECK tau_status tau_h5_set_texts(tau_h5 *file, const char *path, const char *name,
                                      const char *const *texts, size_t count);

bool tau_h5_has_attribute(tau_h5 *file, const char *path, const char *name);

/** Text of fixed or variable length; of an array the first. @param[out] out  freed with tau_mem_free
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT (not text, over 64 MiB) */
TAU_CHECK tau_status tau_h5_get_text(char **out, tau_h5 *file, const char *path, const char *name);

/** Array of text. @param[out] out  `count` strings in one block freed with tau_mem_free */
TAU_CHECK tau_status tau_h5_get_texts(char ***out, size_t *count, tau_h5 *file, const char *path,
                                      const char *name);

/** A number of any numeric type; of an array the first. @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_h5_get_i64(int64_t *out, tau_h5 *file, const char *path, const char *name);
TAU_CHECK tau_status tau_h5_get_f64(double *out, tau_h5 *file, const char *path, const char *name);

#endif
