/** Status codes and the thread's last error, in three parts: what failed, why, and how to mend it. */
#ifndef TAU_CORE_STATUS_H
#define TAU_CORE_STATUS_H

typedef enum tau_status {
    TAU_STATUS_OK = 0,
    TAU_STATUS_USAGE,       /**< the caller asked for something that makes no sense */
    TAU_STATUS_INPUT,       /**< a file or a value from outside is broken or hostile */
    TAU_STATUS_SHAPE,       /**< tensors that do not fit together */
    TAU_STATUS_UNSUPPORTED, /**< well-formed, but not something tauscape can do */
    TAU_STATUS_MISSING,     /**< a file, group, state or name that does not exist */
    TAU_STATUS_EXISTS,      /**< something is there already and must not be overwritten */
    TAU_STATUS_MISMATCH,    /**< two things that must agree (recipes, shards) differ */
    TAU_STATUS_MEMORY,      /**< an allocation failed or its size overflows */
    TAU_STATUS_IO,          /**< the operating system refused to read or write */
    TAU_STATUS_DEVICE,      /**< a backend or its device is unavailable or failed */
    TAU_STATUS_CANCELLED,   /**< stopped on request; what was finished is kept */
} tau_status;

/** Parts of a thread's last error; strings are empty where a part was not given.
 *  @lifetime borrowed until the next failure in the same thread */
typedef struct tau_error {
    tau_status code;
    const char *what;
    const char *why;
    const char *fix;
} tau_error;

/** Separators inside the format of tau_fail: "what" TAU_WHY "why" TAU_FIX "fix". */
#define TAU_WHY "\x1e"
#define TAU_FIX "\x1f"

#if defined(__GNUC__)
#define TAU_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#define TAU_CHECK                       __attribute__((warn_unused_result))
#else
#define TAU_PRINTF(format_index, first)
#define TAU_CHECK
#endif

/** Records an error for this thread and returns `code`, so that `return tau_fail(...)` reads well.
 *  @param[in] format  printf format "what" TAU_WHY "why" TAU_FIX "fix"; the last two are optional */
tau_status tau_fail(tau_status code, const char *format, ...) TAU_PRINTF(2, 3);

/** Puts a wider "what" before the last error: its former what and why together become the why.
 *  @return the code of the last error, unchanged */
tau_status tau_error_context(const char *format, ...) TAU_PRINTF(1, 2);

/** The last error of this thread. */
const tau_error *tau_error_last(void);

/** A copy of one error that can cross threads. */
typedef struct tau_error_copy {
    tau_status code;
    char text[1024];
} tau_error_copy;

void tau_error_save(tau_error_copy *out);
tau_status tau_error_restore(const tau_error_copy *copy);

/** The one macro that returns: passes a failure on to the caller. */
#define TAU_TRY(call)                                                                                        \
    do {                                                                                                     \
        tau_status tau_try_status = (call);                                                                  \
        if (tau_try_status != TAU_STATUS_OK) return tau_try_status;                                          \
    } while (0)

#endif
