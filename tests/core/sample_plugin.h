/** What the sample plugin offers: enough to see whether it shares the program's state. */
#ifndef TAU_TESTS_SAMPLE_PLUGIN_H
#define TAU_TESTS_SAMPLE_PLUGIN_H

#include "core/plugin.h"

typedef struct sample_interface {
    int answer;
    tau_status (*fail)(void);        /**< sets an error */
    const tau_error *(*error)(void); /**< the last error as the plugin sees it */
} sample_interface;

#endif
