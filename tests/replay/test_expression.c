#include "replay/expression.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

static const char *const names[] = {"tp", "tn", "fp", "fn", "loss", NULL};
static const double values[] = {6, 3, 1, 2, 0.25};

static double evaluate(const char *text, bool *undefined) {
    tau_expression *expression;
    const tau_status status = tau_expression_compile(&expression, text, names);
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", text, tau_error_last()->why);
    cr_assert_str_eq(tau_expression_get_text(expression), text);
    const double value = tau_expression_evaluate(expression, values, undefined);
    tau_expression_destroy(expression);
    return value;
}

#define IS(text, expected)                                                                                   \
    do {                                                                                                     \
        const double got = evaluate(text, NULL);                                                             \
        cr_assert(fabs(got - (expected)) < 1e-12, "%s = %.15g, not %.15g", text, got, (double)(expected));   \
    } while (0)

Test(expression, operators_bind_as_in_arithmetic) {
    IS("1 + 2*3", 7);
    IS("(1 + 2)*3", 9);
    IS("8 - 4 - 2", 2);
    IS("8/4/2", 1);
    IS("2^3^2", 512);
    IS("-2^2", -4);
    IS("2^-1", 0.5);
    IS("2*-3", -6);
    IS("--3", 3);
    IS("1 - -1", 2);
    IS("6/2*3", 9);
}

Test(expression, numbers_names_and_functions_are_known) {
    IS("2*tp/(2*tp + fp + fn)", 0.8);
    IS("(tp*tn - fp*fn)/sqrt((tp+fp)*(tp+fn)*(tn+fp)*(tn+fn))", 16 / sqrt(1120));
    IS("loss", 0.25);
    IS("1.5e2 + .5", 150.5);
    IS("min(tp, tn) + max(fp, fn)*10", 23);
    IS("pow(2, 10) + abs(-1) + log(exp(2)) + log10(1000)", 1030);
}

Test(expression, pi_and_e_are_constants) {
    IS("pi", 3.14159265358979323846);
    IS("log(e)", 1);
}

static void fails(const char *text, int column, const char *expected) {
    tau_expression *expression;
    char at[32];
    snprintf(at, sizeof at, "at column %d:", column);
    cr_assert_eq(tau_expression_compile(&expression, text, names), TAU_STATUS_USAGE, "%s", text);
    cr_assert_null(expression);
    const char *why = tau_error_last()->why;
    cr_assert(strstr(why, at) && strstr(why, expected), "%s: %s", text, why);
}

Test(expression, an_error_names_its_column_and_what_was_expected) {
    fails("", 1, "ends");
    fails("tp +", 5, "ends");
    fails("tp tn", 4, "operator");
    fails("(tp + 1", 8, "')'");
    fails("tp + tq", 6, "'tq' is not known; there are tp, tn, fp, fn, loss");
    fails("sqrt 2", 6, "'('");
    fails("min(1)", 6, "needs 2 numbers");
    fails("sqrt(1, 2)", 7, "too many");
    fails("2 $ 3", 3, "operator");
    fails("0x10", 1, "number");
    fails("1e999", 1, "number");
    fails("nan", 1, "not known");
    fails("tp = 3", 4, "operator");
    fails("*tp", 1, "number, a name");
}

Test(expression, deep_and_long_ones_are_refused_not_crashed_on) {
    char text[8200];
    memset(text, '(', 8000);
    text[8000] = '\0';
    fails(text, 1, "longer");
    text[4000] = '\0';
    fails(text, 65, "nested");
    memset(text, '-', 4000);
    fails(text, 65, "nested");
    for (int i = 0; i < 2000; i++) memcpy(text + 2 * i, "1+", 2);
    text[3999] = '\0';
    IS(text, 2000);
}

Test(expression, a_zero_denominator_gives_zero_and_says_so) {
    bool undefined;
    cr_assert_eq(evaluate("tp/(tn - 3)", &undefined), 0);
    cr_assert(undefined);
    cr_assert_eq(evaluate("0*tp", &undefined), 0);
    cr_assert_not(undefined);
    evaluate("sqrt(-1)", &undefined);
    cr_assert(undefined);
}
