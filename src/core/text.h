/** Text from outside: names and paths that may hold any bytes, numbers, words of a shell. */
#ifndef TAU_CORE_TEXT_H
#define TAU_CORE_TEXT_H

#include <stdbool.h>

#include "core/status.h"

/** Whether the text is UTF-8 of characters that JSON and XML can carry: no overlong forms, surrogates, U+FFFE
 *  or U+FFFF. */
bool tau_text_is_utf8(const char *text);

/** A copy in UTF-8: what is none (tau_text_is_utf8) becomes "\xE9".
 *  @param[out] out  freed with tau_mem_free   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_text_make_utf8(char **out, const char *text);

/** The same, and control characters other than newline and tab, those of U+0080 to U+009F too, become "\x1B":
 *  a terminal obeys nothing in it. */
TAU_CHECK tau_status tau_text_make_printable(char **out, const char *text);

/** Appends a blank, where `*text` is not NULL, and a word as a shell must be given it: bare, in '…', or,
 * where it is not printable UTF-8, in $'…'. `*text` is freed with tau_mem_free, and is as it was on failure.
 */
TAU_CHECK tau_status tau_text_append_quoted(char **text, const char *word);

/** Reads a decimal number, as "-0.5" or "1e-3", and moves `*text` behind it. No blanks before it, no
 *  hexadecimal digits, no "inf" or "nan".
 *  @return false = there is none, or a double cannot hold it; `*text` and `*out` are as they were */
bool tau_text_read_real(double *out, const char **text);

/** The whole text is one such number. */
bool tau_text_parse_real(double *out, const char *text);

#endif
