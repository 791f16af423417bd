/* Learning rates over time, and which states are recorded: both written as short texts. */
#include <math.h>
#include <string.h>

#include "core/reproducible.h"
#include "core/text.h"
#include "train/train.h"

/* A positive number at the start of `text`; `rest` is what follows it. */
static bool read_positive(double *out, const char *text, const char **rest) {
    *rest = text;
    return tau_text_read_real(out, rest) && *out > 0;
}

tau_status tau_schedule_parse(tau_schedule *out, const char *text) {
    *out = (tau_schedule){.kind = TAU_SCHEDULE_CONSTANT, .factor = 0.1};
    if (strcmp(text, "constant") == 0) return TAU_STATUS_OK;
    if (strcmp(text, "cosine") == 0) {
        out->kind = TAU_SCHEDULE_COSINE;
        return TAU_STATUS_OK;
    }
    const char *rest = "";
    bool good = strncmp(text, "step:", 5) == 0 && read_positive(&out->every, text + 5, &rest);
    if (good && *rest == ',') good = read_positive(&out->factor, rest + 1, &rest);
    if (!good || *rest)
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no schedule \"%s\"" TAU_FIX
                        "write constant, cosine, or step:EPOCHS[,FACTOR] as in "
                        "step:10,0.1",
                        text);
    out->kind = TAU_SCHEDULE_STEP;
    return TAU_STATUS_OK;
}

double tau_schedule_factor(const tau_schedule *schedule, double epoch, double epochs) {
    switch (schedule->kind) {
    case TAU_SCHEDULE_STEP:
        return pow(schedule->factor, floor(epoch / schedule->every));
    case TAU_SCHEDULE_COSINE:
        return 0.5 * (1 + tau_repro_cos_turn(0.5 * epoch / epochs));
    default:
        return 1;
    }
}

tau_status tau_record_rule_parse(tau_record_rule *out, const char *text) {
    *out = (tau_record_rule){0};
    double number = 0;
    const char *rest = "";
    bool every = strncmp(text, "every=", 6) == 0, most = strncmp(text, "max=", 4) == 0;
    bool good = (every || most) && read_positive(&number, text + (every ? 6 : 4), &rest) && number < 1e15;
    bool epochs = every && (strcmp(rest, "epoch") == 0 || strcmp(rest, "epochs") == 0);
    if (good && epochs)
        out->every_epochs = number;
    else if (good && *rest == '\0' && number == floor(number) && (every || number >= 2))
        *(every ? &out->every_steps : &out->max_states) = (uint64_t)number;
    else
        return tau_fail(TAU_STATUS_USAGE,
                        "\"%s\" does not say when to record" TAU_FIX
                        "write every=20 (batches), every=1epoch, or max=200 (states, at least 2)",
                        text);
    return TAU_STATUS_OK;
}

bool tau_record_rule_crosses(const tau_record_rule *rule, double before, double epoch) {
    const double rounding = 1e-9; /* of epochs, which are quotients of steps */
    return floor(epoch / rule->every_epochs + rounding) > floor(before / rule->every_epochs + rounding);
}

uint64_t tau_record_rule_stride(const tau_record_rule *rule, uint64_t steps, uint64_t recorded) {
    const uint64_t room = rule->max_states > recorded ? rule->max_states - recorded : 1;
    uint64_t stride = 1;
    if (rule->every_steps)
        stride = rule->every_steps;
    else if (rule->max_states > 0)
        stride = steps / room + (steps % room > 0);
    if (stride < 1 || steps == 0) return 1;
    return stride < steps ? stride : steps;
}
