#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local tau_error_copy last_text;
static _Thread_local tau_error last;

/* Cuts `last_text` at the separators; the parts stay in place. */
static void split_parts(void) {
    char *text = last_text.text;
    last = (tau_error){.code = last_text.code, .what = text, .why = "", .fix = ""};
    char *why = strchr(text, TAU_WHY[0]);
    if (why) *why++ = '\0';
    char *fix = strchr(why ? why : text, TAU_FIX[0]);
    if (fix) *fix++ = '\0';
    if (why) last.why = why;
    if (fix) last.fix = fix;
}

tau_status tau_fail(tau_status code, const char *format, ...) {
    char text[sizeof last_text.text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    last_text.code = code;
    memcpy(last_text.text, text, sizeof text);
    split_parts();
    return code;
}

tau_status tau_error_context(const char *format, ...) {
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    tau_error inner = *tau_error_last();
    return tau_fail(inner.code, "%s" TAU_WHY "%s%s%s" TAU_FIX "%s", what, inner.what, *inner.why ? ": " : "",
                    inner.why, inner.fix);
}

const tau_error *tau_error_last(void) {
    if (!last.what) last = (tau_error){.code = TAU_STATUS_OK, .what = "", .why = "", .fix = ""};
    return &last;
}

void tau_error_save(tau_error_copy *out) {
    const tau_error *error = tau_error_last();
    out->code = error->code;
    snprintf(out->text, sizeof out->text, "%s" TAU_WHY "%s" TAU_FIX "%s", error->what, error->why,
             error->fix);
}

tau_status tau_error_restore(const tau_error_copy *copy) {
    last_text = *copy;
    split_parts();
    return copy->code;
}
