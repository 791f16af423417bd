/** Numbers as a reader of a paper expects them: few digits, a true minus sign, powers of ten as superscripts.
 */
#ifndef TAU_FIGURE_NUMBER_H
#define TAU_FIGURE_NUMBER_H

/** Bytes of a number as UTF-8 text, the end included. */
#define TAU_NUMBER_TEXT 64

/** The shortest text with at most `digits` significant digits: "2.5", "−0.04", "10³⁵", "3.2×10⁻⁷".
 *  @param[in] digits  1..17 */
void tau_number_format(char out[TAU_NUMBER_TEXT], double value, int digits);

/** value with a fixed count of decimals, for ticks of one axis. @param[in] decimals  0..17 */
void tau_number_format_fixed(char out[TAU_NUMBER_TEXT], double value, int decimals);

/** "10³⁵". */
void tau_number_format_power(char out[TAU_NUMBER_TEXT], int exponent);

/** Decimal exponent of the leading digit; 0 for 0. */
int tau_number_exponent(double value);

/** Significant digits that show `value` to a hundredth of a range of this span: 3..15. */
int tau_number_get_digits(double value, double span);

/** The largest of 1, 2, 5 times a power of ten that is at most value. @param[in] value  positive, finite */
double tau_number_floor_nice(double value);

/** The smallest of 1, 2, 5 times a power of ten that is at least value. @param[in] value  positive, finite */
double tau_number_ceil_nice(double value);

#endif
