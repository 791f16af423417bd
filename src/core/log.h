/** Notes from the library to whoever runs it. The library itself prints nothing: only `cli` installs a sink.
 */
#ifndef TAU_CORE_LOG_H
#define TAU_CORE_LOG_H

#include "core/status.h"

typedef enum tau_log_level {
    TAU_LOG_LEVEL_DEBUG, /**< shown with --verbose */
    TAU_LOG_LEVEL_NOTE,  /**< something the user should know */
    TAU_LOG_LEVEL_WARNING,
} tau_log_level;

typedef void (*tau_log_sink)(void *payload, tau_log_level level, const char *message);

/** Installs the program's sink; NULL silences. Call before threads start. */
void tau_log_set_sink(tau_log_sink sink, void *payload);

/** Sends one message without a newline. @threads any; the sink sees one call at a time */
void tau_log(tau_log_level level, const char *format, ...) TAU_PRINTF(2, 3);

#endif
