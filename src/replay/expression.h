/** User-defined metrics: arithmetic over named numbers, such as "(tp + tn)/(tp + tn + fp + fn)". */
#ifndef TAU_REPLAY_EXPRESSION_H
#define TAU_REPLAY_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct tau_expression tau_expression;

/** Compiles an expression. From loose to tight: + -; * /; unary -; ^ (to the right). Numbers as in C,
 * parentheses, the variables given, the constants pi and e, and sqrt, log, log10, exp, abs, min, max, pow.
 *  @param[in] names  the variables, NULL-terminated, at most 64; copied
 *  @errors TAU_STATUS_USAGE naming the column (from 1) and what was expected there: also unknown names, the
 *          wrong number of arguments, more than 4096 characters, parentheses nested deeper than 64 */
TAU_CHECK tau_status tau_expression_compile(tau_expression **out, const char *text, const char *const *names);
void tau_expression_destroy(tau_expression *expression);

/** @param[in] values  one per name   @param[out] undefined  a denominator was 0 (the value is then 0, as in
 * tau_measure), or the result is not a number; may be NULL */
double tau_expression_evaluate(const tau_expression *expression, const double *values, bool *undefined);

/** The text it was made from. */
const char *tau_expression_get_text(const tau_expression *expression);

#endif
