#include "cli/cli.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/terminal.h"
#include "core/memory.h"
#include "core/text.h"

const tau_cli_command *const tau_cli_commands[] = {
    &tau_cli_view,    &tau_cli_demo,   &tau_cli_train,      &tau_cli_watch, &tau_cli_compute,
    &tau_cli_trace,   &tau_cli_export, &tau_cli_info,       &tau_cli_merge, &tau_cli_import,
    &tau_cli_devices, &tau_cli_doctor, &tau_cli_completion, &tau_cli_help,  NULL,
};

const tau_cli_command *tau_cli_find_command(const char *name) {
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++)
        if (strcmp((*command)->name, name) == 0) return *command;
    return NULL;
}

tau_status tau_cli_get_pool(tau_cli *cli, tau_pool **pool) {
    uint64_t threads = 0;
    TAU_TRY(tau_cli_get_count(&cli->arguments, "threads", &threads, 1, 4096));
    if (!cli->pool) TAU_TRY(tau_pool_create(&cli->pool, (int)threads));
    *pool = cli->pool;
    return TAU_STATUS_OK;
}

tau_status tau_cli_get_data_options(const tau_cli *cli, double test_fraction, tau_data_options *out) {
    const tau_cli_arguments *arguments = &cli->arguments;
    const char *layout = tau_cli_get(arguments, "data-layout");
    *out = (tau_data_options){.data = tau_cli_get(arguments, "data"),
                              .labels = tau_cli_get(arguments, "labels"),
                              .test_data = tau_cli_get(arguments, "test-data"),
                              .test_labels = tau_cli_get(arguments, "test-labels"),
                              .test_fraction = test_fraction,
                              .has_mean = tau_cli_has(arguments, "mean"),
                              .has_std = tau_cli_has(arguments, "std"),
                              .std = 1,
                              .nhwc = layout && strcmp(layout, "nhwc") == 0};
    TAU_TRY(tau_cli_get_real(arguments, "test-fraction", &out->test_fraction, 0, 0.9));
    TAU_TRY(tau_cli_get_real(arguments, "mean", &out->mean, -1e30, 1e30));
    TAU_TRY(tau_cli_get_real(arguments, "std", &out->std, 1e-30, 1e30));
    TAU_TRY(tau_cli_get_count(arguments, "data-seed", &out->seed, 0, UINT64_MAX));
    const char *loss_name = tau_cli_get(arguments, "loss");
    if (loss_name) {
        tau_loss loss;
        TAU_TRY(tau_loss_parse(&loss, loss_name));
        out->values_wanted = !tau_loss_takes_classes(loss);
    }
    return TAU_STATUS_OK;
}

void tau_cli_say(const tau_cli *cli, const char *format, ...) {
    if (cli->json || cli->quiet) return;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *text;
    if (length >= 0 && TAU_ALLOC(text, (size_t)length + 1) == TAU_STATUS_OK) {
        vsnprintf(text, (size_t)length + 1, format, again);
        tau_terminal_print(stdout, text);
        tau_mem_free(text);
    }
    va_end(again);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static bool object_is_missing;

void tau_cli_print_json(const tau_cli *cli, json_t *object) {
    object_is_missing |= !object;
    if (cli->json && object) {
        json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
        putchar('\n');
    }
    json_decref(object);
}

json_t *tau_cli_json_text(const char *text) {
    char *clean;
    if (!text) return json_null();
    if (tau_text_make_utf8(&clean, text) != TAU_STATUS_OK) return NULL;
    json_t *json = json_string(clean);
    tau_mem_free(clean);
    return json;
}

tau_status tau_cli_finish_output(void) {
    if (fflush(stdout) != 0 || ferror(stdout))
        return tau_fail(TAU_STATUS_IO, "cannot write to the standard output");
    return object_is_missing ? tau_fail(TAU_STATUS_MEMORY, "cannot make the JSON object of the results")
                             : TAU_STATUS_OK;
}

json_t *tau_cli_json_real(double value) {
    if (isnan(value)) return json_string("nan");
    if (isinf(value)) return json_string(value > 0 ? "inf" : "-inf");
    return json_real(value);
}

void tau_cli_format_time(char out[32]) {
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

const char *tau_cli_format_duration(char out[32], double seconds) {
    if (!(seconds < 1e15)) seconds = 1e15;
    unsigned long long whole = (unsigned long long)(seconds + 0.5);
    if (seconds < 9.95)
        snprintf(out, 32, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(out, 32, "%llu s", whole);
    else if (whole < 3600)
        snprintf(out, 32, "%llu min %llu s", whole / 60, whole % 60);
    else
        snprintf(out, 32, "%llu h %llu min", whole / 3600, whole / 60 % 60);
    return out;
}
