/** A request to stop, raised by a signal handler or another thread and polled by long work. */
#ifndef TAU_CORE_CANCEL_H
#define TAU_CORE_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** Zero-initialised = not requested. `reason` is free to the one who asks (a signal number). */
typedef struct tau_cancel {
    atomic_int reason;
} tau_cancel;

/** Asks to stop; async-signal-safe. @param[in] reason  non-zero */
static inline void tau_cancel_request(tau_cancel *cancel, int reason) {
    atomic_store_explicit(&cancel->reason, reason, memory_order_relaxed);
}

/** The reason given, or 0. `cancel` may be NULL: never cancelled. */
static inline int tau_cancel_reason(const tau_cancel *cancel) {
    return cancel ? atomic_load_explicit(&((tau_cancel *)cancel)->reason, memory_order_relaxed) : 0;
}

static inline bool tau_cancel_requested(const tau_cancel *cancel) {
    return tau_cancel_reason(cancel) != 0;
}

#endif
