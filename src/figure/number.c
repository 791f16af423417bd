#include "figure/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUS "\u2212"
#define TIMES "\u00d7"

/* Plain decimals between these, powers of ten outside. */
#define PLAIN_EXPONENT_LOW  -4
#define PLAIN_EXPONENT_HIGH 5

static const char *const superscript[10] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                            "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};

/* Copies ASCII digits and turns a leading hyphen into a minus sign. */
static void copy_with_minus(char out[TAU_NUMBER_TEXT], const char *text) {
    snprintf(out, TAU_NUMBER_TEXT, "%s%s", text[0] == '-' ? MINUS : "", text + (text[0] == '-'));
}

static void append_power(char out[TAU_NUMBER_TEXT], int exponent) {
    char digits[16];
    snprintf(digits, sizeof digits, "%d", abs(exponent));
    strncat(out, exponent < 0 ? "10\u207b" : "10", TAU_NUMBER_TEXT - strlen(out) - 1);
    for (const char *d = digits; *d; d++)
        strncat(out, superscript[*d - '0'], TAU_NUMBER_TEXT - strlen(out) - 1);
}

static void strip_zeros(char *mantissa) {
    if (!strchr(mantissa, '.')) return;
    char *end = mantissa + strlen(mantissa);
    while (end[-1] == '0') *--end = '\0';
    if (end[-1] == '.') end[-1] = '\0';
}

void tau_number_format_power(char out[TAU_NUMBER_TEXT], int exponent) {
    out[0] = '\0';
    append_power(out, exponent);
}

int tau_number_exponent(double value) {
    if (value == 0 || !isfinite(value)) return 0;
    char text[40];
    snprintf(text, sizeof text, "%.15e", value); /* exact where log10 may round across a power */
    return atoi(strchr(text, 'e') + 1);
}

void tau_number_format(char out[TAU_NUMBER_TEXT], double value, int digits) {
    if (!isfinite(value)) {
        snprintf(out, TAU_NUMBER_TEXT, "%s", isnan(value) ? "NaN" : value > 0 ? "\u221e" : MINUS "\u221e");
        return;
    }
    char text[48];
    snprintf(text, sizeof text, "%.*e", digits - 1, value == 0 ? 0.0 : value);
    char *e = strchr(text, 'e');
    int exponent = atoi(e + 1);
    if (exponent > PLAIN_EXPONENT_LOW && exponent < PLAIN_EXPONENT_HIGH) {
        int decimals = digits - 1 - exponent;
        snprintf(text, sizeof text, "%.*f", decimals > 0 ? decimals : 0, strtod(text, NULL));
        strip_zeros(text);
        copy_with_minus(out, text);
        return;
    }
    *e = '\0';
    strip_zeros(text);
    bool one = strcmp(text, "1") == 0, minus_one = strcmp(text, "-1") == 0;
    copy_with_minus(out, one ? "" : minus_one ? "-" : text);
    if (!one && !minus_one) strncat(out, TIMES, TAU_NUMBER_TEXT - strlen(out) - 1);
    append_power(out, exponent);
}

void tau_number_format_fixed(char out[TAU_NUMBER_TEXT], double value, int decimals) {
    char text[400];
    snprintf(text, sizeof text, "%.*f", decimals, value);
    if (strtod(text, NULL) == 0 && text[0] == '-') memmove(text, text + 1, strlen(text));
    if (strlen(text) + 3 > TAU_NUMBER_TEXT)
        tau_number_format(out, value, 6);
    else
        copy_with_minus(out, text);
}

int tau_number_get_digits(double value, double span) {
    int digits = tau_number_exponent(value) - tau_number_exponent(span) + 3;
    return digits < 3 ? 3 : digits > 15 ? 15 : digits;
}

double tau_number_floor_nice(double value) {
    double power = pow(10, tau_number_exponent(value));
    double mantissa = value / power * (1 + 1e-12);
    return (mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1) * power;
}

double tau_number_ceil_nice(double value) {
    double power = pow(10, tau_number_exponent(value));
    double mantissa = value / power * (1 - 1e-12);
    return (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10) * power;
}
