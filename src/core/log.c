#include "core/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static tau_log_sink installed;
static void *installed_payload;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void tau_log_set_sink(tau_log_sink sink, void *payload) {
    installed = sink;
    installed_payload = payload;
}

void tau_log(tau_log_level level, const char *format, ...) {
    if (!installed) return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&mutex);
    installed(installed_payload, level, message);
    pthread_mutex_unlock(&mutex);
}
