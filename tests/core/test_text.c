#include "core/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

Test(text, utf8_is_what_json_and_xml_carry) {
    static const char *const good[] = {"", "plain", "caf\xc3\xa9", "\xce\xb1 \xf0\x9f\x98\x80", "\x1b[0m"};
    static const char *const bad[] = {"\xe9",         "caf\xc3",          "\x80",
                                      "\xc0\xaf",     "\xed\xa0\x80",     "\xef\xbf\xbf",
                                      "\xef\xbf\xbe", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) cr_assert(tau_text_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(tau_text_is_utf8(bad[i]), "number %zu", i);
}

static void check(tau_status (*make)(char **, const char *), const char *text, const char *wanted) {
    char *made;
    cr_assert_eq(make(&made, text), TAU_STATUS_OK);
    cr_assert_str_eq(made, wanted);
    tau_mem_free(made);
}

Test(text, what_is_no_utf8_is_escaped) {
    check(tau_text_make_utf8, "caf\xc3\xa9 \xe9.h5", "caf\xc3\xa9 \\xE9.h5");
    check(tau_text_make_utf8, "\x1b[0m", "\x1b[0m");
}

Test(text, nothing_printable_is_obeyed_by_a_terminal) {
    check(tau_text_make_printable, "a\x1b[2J\tb\r\n\x7f", "a\\x1B[2J\tb\\x0D\n\\x7F");
    check(tau_text_make_printable,
          "\x9b"
          "2J \xc2\x9b"
          "2J",
          "\\x9B2J \\xC2\\x9B2J");
}

static char *run_shell(const char *command) {
    static char out[256];
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    out[fread(out, 1, sizeof out - 1, pipe)] = '\0';
    cr_assert_eq(pclose(pipe), 0);
    return out;
}

Test(text, a_shell_gets_the_words_that_were_quoted) {
    static const char *const words[] = {"plain-1.5_x/y",
                                        "",
                                        "a b",
                                        "it's",
                                        "`id`",
                                        "$(id)",
                                        "!x",
                                        "[ab]*",
                                        "~",
                                        "{1,2}",
                                        "\\",
                                        "caf\xe9'",
                                        "\x1b[1m"
                                        "9\\",
                                        "\xce\xb1 \xe2\x80\x99"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *command = NULL, *call, *whole;
        cr_assert_eq(tau_text_append_quoted(&command, words[i]), TAU_STATUS_OK);
        cr_assert(tau_text_is_utf8(command));
        cr_assert_eq(tau_string_format(&call, "printf '%%s.' %s", command), TAU_STATUS_OK);
        whole = NULL;
        cr_assert_eq(tau_text_append_quoted(&whole, "bash"), TAU_STATUS_OK);
        cr_assert_eq(tau_text_append_quoted(&whole, "-c"), TAU_STATUS_OK);
        cr_assert_eq(tau_text_append_quoted(&whole, call), TAU_STATUS_OK);
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%s.", words[i]);
        cr_assert_str_eq(run_shell(whole), wanted, "%s", command);
        tau_mem_free(command);
        tau_mem_free(call);
        tau_mem_free(whole);
    }
}

Test(text, numbers_are_decimal_and_finite) {
    static const char *const bad[] = {"",    "0x10", "-0X1p3", "inf", "nan", "1e999", " 1", "1 ",
                                      "1e+", ".",    "-",      "e5",  "1,5", "--1",   "+"};
    double value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_not(tau_text_parse_real(&value, bad[i]), "\"%s\"", bad[i]);
        cr_assert_eq(value, 7);
    }
    cr_assert(tau_text_parse_real(&value, "-1.5e-3"));
    cr_assert_eq(value, -1.5e-3);
    cr_assert(tau_text_parse_real(&value, "+.5"));
    cr_assert_eq(value, .5);
    const char *rest = "0.25,7";
    cr_assert(tau_text_read_real(&value, &rest));
    cr_assert_eq(value, .25);
    cr_assert_str_eq(rest, ",7");
}
