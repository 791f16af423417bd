/** One member of a ZIP archive, unpacked: what NumPy's NPZ files need. Private to this module. */
#ifndef TAU_DATA_ZIP_H
#define TAU_DATA_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** @param[in]  name  of the member, with or without ".npy"; NULL = the only one
 *  @param[out] out   its bytes, freed with tau_mem_free
 *  @errors TAU_STATUS_MISSING (with the names there are), TAU_STATUS_INPUT (damaged, checksum),
 * TAU_STATUS_UNSUPPORTED (encrypted, packed otherwise than by deflate, 4 GiB and more), TAU_STATUS_IO */
TAU_CHECK tau_status tau_zip_read(uint8_t **out, size_t *size, const char *path, const char *name);

#endif
