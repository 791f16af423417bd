/** Bytes of a file, unpacked on the way where it is gzip, or of memory. Private to this module. */
#ifndef TAU_DATA_STREAM_H
#define TAU_DATA_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct tau_stream tau_stream;

/** @errors TAU_STATUS_MISSING, TAU_STATUS_IO */
TAU_CHECK tau_status tau_stream_open(tau_stream **out, const char *path);

/** A stream over bytes in memory, which are borrowed until it is closed. @param[in] path  for messages */
TAU_CHECK tau_status tau_stream_open_memory(tau_stream **out, const char *path, const void *bytes,
                                            size_t size);
void tau_stream_close(tau_stream *stream);

const char *tau_stream_path(const tau_stream *stream);

/** Reads exactly `size` bytes. @errors TAU_STATUS_INPUT: the file ends before, or its packing is damaged */
TAU_CHECK tau_status tau_stream_read(tau_stream *stream, void *out, size_t size);

/** Reads up to `size` bytes. @param[out] count  fewer only at the end of the file */
TAU_CHECK tau_status tau_stream_read_some(tau_stream *stream, void *out, size_t size, size_t *count);

/** Checks, before memory is taken, that a file of this size on disk can hold `size` bytes more (deflate packs
 * at most 1032 to 1). @errors TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_stream_expect(const tau_stream *stream, uint64_t size);

/** Checks that the file ends here. @errors TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_stream_expect_end(tau_stream *stream);

#endif
