// Shared memory and its two proxies, from inside.
#pragma once

#include "device.hpp"
#include "ptx.h"

namespace emulation {

bool is_dynamic_shared(const void *pointer, size_t bytes);
/** The host's pointer of a shared address; faults unless `bytes` from there lie in dynamic shared memory. */
uint8_t *shared_pointer(uint32_t address, size_t bytes, const char *what, site at);
void proxies_reset();
void note_store_by(thread *owner, const void *pointer, unsigned bytes);
/** Faults where the async proxy would not see what is in memory. */
void check_async_read(const void *pointer, unsigned bytes, const char *what, site at);

} // namespace emulation
