/* A recursive descent over the text leaves a program for a stack of numbers, so that a metric of thousands of
 * states is parsed once. */
#include "replay/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { TEXT_MOST = 4096, DEPTH_MOST = 64, NAMES_MOST = 64, NAME_MOST = 32, STACK = 2 * DEPTH_MOST + 200 };

typedef enum code {
    CODE_NUMBER,
    CODE_VARIABLE,
    CODE_ADD,
    CODE_SUBTRACT,
    CODE_MULTIPLY,
    CODE_DIVIDE,
    CODE_POWER,
    CODE_NEGATE,
    CODE_SQRT,
    CODE_LOG,
    CODE_LOG10,
    CODE_EXP,
    CODE_ABS,
    CODE_MIN,
    CODE_MAX,
} code;

typedef struct instruction {
    code code;
    int variable;
    double number;
} instruction;

struct tau_expression {
    char *text;
    instruction *program;
    size_t length, capacity;
};

static const struct {
    const char *name;
    code code;
    int arguments;
} functions[] = {
    {"sqrt", CODE_SQRT, 1}, {"log", CODE_LOG, 1}, {"log10", CODE_LOG10, 1}, {"exp", CODE_EXP, 1},
    {"abs", CODE_ABS, 1},   {"min", CODE_MIN, 2}, {"max", CODE_MAX, 2},     {"pow", CODE_POWER, 2},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

typedef struct parser {
    tau_expression *out;
    const char *text, *at;
    const char *const *names;
    int depth;  /* of nested parentheses and operators */
    int height; /* of the stack at this point of the program */
} parser;

static tau_status bad(const parser *p, const char *expected) {
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot read the expression '%.200s'" TAU_WHY "at column %zu: %s" TAU_FIX
                    "write it like 2*tp/(2*tp + fp + fn)",
                    p->text, (size_t)(p->at - p->text) + 1, expected);
}

static void skip_space(parser *p) {
    while (*p->at == ' ' || *p->at == '\t') p->at++;
}

static bool take(parser *p, char c) {
    skip_space(p);
    if (*p->at != c) return false;
    p->at++;
    return true;
}

/* @param[in] effect  what the instruction does to the height of the stack */
static tau_status emit(parser *p, instruction made, int effect) {
    tau_expression *out = p->out;
    p->height += effect;
    if (p->height > STACK) return bad(p, "too many numbers wait for their operators");
    TAU_TRY(TAU_GROW(out->program, out->capacity, out->length + 1));
    out->program[out->length++] = made;
    return TAU_STATUS_OK;
}

static tau_status parse_sum(parser *p);

/* ---- names ---- */

static tau_status parse_call(parser *p, int function) {
    const char *name = functions[function].name;
    char expected[64];
    for (int i = 0; i < functions[function].arguments; i++) {
        if (i > 0 && !take(p, ',')) {
            snprintf(expected, sizeof expected, "%s needs %d numbers", name, functions[function].arguments);
            return bad(p, expected);
        }
        TAU_TRY(parse_sum(p));
    }
    if (!take(p, ')')) return bad(p, *p->at == ',' ? "too many numbers for this function" : "expected ')'");
    return emit(p, (instruction){.code = functions[function].code}, 1 - functions[function].arguments);
}

static bool is_name(const char *known, const char *name, size_t length) {
    return strlen(known) == length && !memcmp(known, name, length);
}

static tau_status parse_name(parser *p) {
    const char *name = p->at;
    while (isalnum((unsigned char)*p->at) || *p->at == '_') p->at++;
    const size_t length = (size_t)(p->at - name);
    for (int v = 0; p->names[v]; v++)
        if (is_name(p->names[v], name, length))
            return emit(p, (instruction){.code = CODE_VARIABLE, .variable = v}, 1);
    if (is_name("pi", name, length))
        return emit(p, (instruction){.code = CODE_NUMBER, .number = 3.14159265358979323846}, 1);
    if (is_name("e", name, length))
        return emit(p, (instruction){.code = CODE_NUMBER, .number = 2.71828182845904523536}, 1);
    for (int f = 0; f < FUNCTIONS; f++) {
        if (!is_name(functions[f].name, name, length)) continue;
        if (!take(p, '(')) return bad(p, "expected '(' behind the function");
        return parse_call(p, f);
    }
    char expected[300];
    size_t used = (size_t)snprintf(expected, sizeof expected, "'%.*s' is not known; there are",
                                   (int)(length < NAME_MOST ? length : NAME_MOST), name);
    for (int v = 0; p->names[v] && used + strlen(p->names[v]) + 3 < sizeof expected; v++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s %s", v ? "," : "", p->names[v]);
    p->at = name;
    return bad(p, expected);
}

/* ---- the grammar, from tight to loose ---- */

static tau_status parse_number(parser *p) {
    double number;
    if (!tau_text_read_real(&number, &p->at)) return bad(p, "this is no number");
    return emit(p, (instruction){.code = CODE_NUMBER, .number = number}, 1);
}

static tau_status parse_primary(parser *p) {
    if (take(p, '(')) {
        TAU_TRY(parse_sum(p));
        return take(p, ')') ? TAU_STATUS_OK : bad(p, "expected ')' or an operator");
    }
    const unsigned char c = (unsigned char)*p->at;
    if (isdigit(c) || (c == '.' && isdigit((unsigned char)p->at[1]))) return parse_number(p);
    if (isalpha(c) || c == '_') return parse_name(p);
    return bad(p, c ? "expected a number, a name or '('" : "it ends where a number is expected");
}

/* -x^2 is -(x^2), and 2^-1 is a half. */
static tau_status parse_unary(parser *p) {
    if (p->depth >= DEPTH_MOST) return bad(p, "it is nested too deeply");
    p->depth++;
    tau_status status;
    if (take(p, '-')) {
        status = parse_unary(p);
        if (status == TAU_STATUS_OK) status = emit(p, (instruction){.code = CODE_NEGATE}, 0);
    } else {
        status = parse_primary(p);
        if (status == TAU_STATUS_OK && take(p, '^')) {
            status = parse_unary(p);
            if (status == TAU_STATUS_OK) status = emit(p, (instruction){.code = CODE_POWER}, -1);
        }
    }
    p->depth--;
    return status;
}

static tau_status parse_product(parser *p) {
    TAU_TRY(parse_unary(p));
    for (;;) {
        const code made = take(p, '*') ? CODE_MULTIPLY : take(p, '/') ? CODE_DIVIDE : CODE_NUMBER;
        if (made == CODE_NUMBER) return TAU_STATUS_OK;
        TAU_TRY(parse_unary(p));
        TAU_TRY(emit(p, (instruction){.code = made}, -1));
    }
}

static tau_status parse_sum(parser *p) {
    TAU_TRY(parse_product(p));
    for (;;) {
        const code made = take(p, '+') ? CODE_ADD : take(p, '-') ? CODE_SUBTRACT : CODE_NUMBER;
        if (made == CODE_NUMBER) return TAU_STATUS_OK;
        TAU_TRY(parse_product(p));
        TAU_TRY(emit(p, (instruction){.code = made}, -1));
    }
}

static tau_status parse(parser *p) {
    if (strlen(p->text) > TEXT_MOST) return bad(p, "it is longer than 4096 characters");
    TAU_TRY(parse_sum(p));
    skip_space(p);
    return *p->at ? bad(p, "expected an operator or the end") : TAU_STATUS_OK;
}

tau_status tau_expression_compile(tau_expression **out, const char *text, const char *const *names) {
    tau_expression *expression;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(expression, 1));
    parser p = {.out = expression, .text = text, .at = text, .names = names};
    tau_status status = parse(&p);
    if (status == TAU_STATUS_OK) status = tau_string_copy(&expression->text, text);
    if (status == TAU_STATUS_OK)
        *out = expression;
    else
        tau_expression_destroy(expression);
    return status;
}

void tau_expression_destroy(tau_expression *expression) {
    if (!expression) return;
    tau_mem_free(expression->text);
    tau_mem_free(expression->program);
    tau_mem_free(expression);
}

const char *tau_expression_get_text(const tau_expression *expression) {
    return expression->text;
}

/* ---- evaluating ---- */

/* fmin and fmax would hide a NaN. */
static double lesser(double a, double b) {
    return isnan(a) || a < b ? a : b;
}
static double greater(double a, double b) {
    return isnan(a) || a > b ? a : b;
}

static double apply_one(code made, double a) {
    switch (made) {
    case CODE_NEGATE:
        return -a;
    case CODE_SQRT:
        return sqrt(a);
    case CODE_LOG:
        return log(a);
    case CODE_LOG10:
        return log10(a);
    case CODE_EXP:
        return exp(a);
    default:
        return fabs(a);
    }
}

static double apply_two(code made, double a, double b) {
    switch (made) {
    case CODE_ADD:
        return a + b;
    case CODE_SUBTRACT:
        return a - b;
    case CODE_MULTIPLY:
        return a * b;
    case CODE_DIVIDE:
        return a / b;
    case CODE_POWER:
        return pow(a, b);
    case CODE_MIN:
        return lesser(a, b);
    default:
        return greater(a, b);
    }
}

static bool takes_two(code made) {
    return (made >= CODE_ADD && made <= CODE_POWER) || made >= CODE_MIN;
}

double tau_expression_evaluate(const tau_expression *expression, const double *values, bool *undefined) {
    double stack[STACK + 1];
    int top = 0;
    bool by_zero = false;
    for (size_t i = 0; i < expression->length; i++) {
        const instruction *step = &expression->program[i];
        if (step->code == CODE_NUMBER) {
            stack[top++] = step->number;
        } else if (step->code == CODE_VARIABLE) {
            stack[top++] = values[step->variable];
        } else if (takes_two(step->code)) {
            top--;
            by_zero |= step->code == CODE_DIVIDE && stack[top] == 0;
            stack[top - 1] = apply_two(step->code, stack[top - 1], stack[top]);
        } else {
            stack[top - 1] = apply_one(step->code, stack[top - 1]);
        }
    }
    const double result = by_zero ? 0 : stack[0];
    if (undefined) *undefined = by_zero || isnan(result);
    return result;
}
