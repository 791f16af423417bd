#include "core/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Bytes of the character that begins here, or 0 where none does. A terminating zero ends a cut one. */
static size_t measure_character(const char *text, uint32_t *character) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = *byte < 0x80 ? 1 : *byte >> 5 == 6 ? 2 : *byte >> 4 == 14 ? 3 : *byte >> 3 == 30 ? 4 : 0;
    if (length == 0) return 0;
    uint32_t value = length == 1 ? *byte : *byte & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (byte[i] >> 6 != 2) return 0;
        value = value << 6 | (byte[i] & 0x3f);
    }
    *character = value;
    bool none = value < least[length] || value > 0x10ffff || value >> 11 == 0x1b || value >> 1 == 0x7fff;
    return none ? 0 : length;
}

static bool is_control(uint32_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

bool tau_text_is_utf8(const char *text) {
    uint32_t character;
    size_t length;
    for (; *text; text += length)
        if ((length = measure_character(text, &character)) == 0) return false;
    return true;
}

static tau_status escape(char **out, const char *text, bool controls) {
    TAU_TRY(TAU_ALLOC(*out, 4 * strlen(text) + 1));
    char *end = *out;
    while (*text) {
        uint32_t character = 0;
        size_t length = measure_character(text, &character);
        bool bad = length == 0 || (controls && is_control(character) && *text != '\n' && *text != '\t');
        if (length == 0) length = 1;
        if (bad)
            for (size_t i = 0; i < length; i++) end += sprintf(end, "\\x%02X", (unsigned char)text[i]);
        else
            end = (char *)memcpy(end, text, length) + length;
        text += length;
    }
    return TAU_STATUS_OK;
}

tau_status tau_text_make_utf8(char **out, const char *text) {
    return escape(out, text, false);
}

tau_status tau_text_make_printable(char **out, const char *text) {
    return escape(out, text, true);
}

/* ---- words of a shell ---- */

static char *quote_bytes(char *end, const char *word) {
    end += sprintf(end, "$'");
    while (*word) {
        uint32_t character = 0;
        size_t length = measure_character(word, &character);
        if (length > 0 && !is_control(character)) {
            if (*word == '\'' || *word == '\\') *end++ = '\\';
            end = (char *)memcpy(end, word, length) + length;
        } else {
            length += length == 0;
            /* octal: three digits end by themselves, whatever stands behind them */
            for (size_t i = 0; i < length; i++) end += sprintf(end, "\\%03o", (unsigned char)word[i]);
        }
        word += length;
    }
    return end + sprintf(end, "'");
}

static char *quote(char *end, const char *word) {
    *end++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            end += sprintf(end, "'\\''");
        else
            *end++ = *word;
    }
    *end++ = '\'';
    return end;
}

static bool is_bare(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:,%=";
    return *word && word[strspn(word, plain)] == '\0';
}

static bool is_printable(const char *word) {
    uint32_t character;
    size_t length;
    for (; *word; word += length) {
        length = measure_character(word, &character);
        if (length == 0 || is_control(character)) return false;
    }
    return true;
}

tau_status tau_text_append_quoted(char **text, const char *word) {
    char *quoted, *longer = NULL;
    TAU_TRY(TAU_ALLOC(quoted, 4 * strlen(word) + 4));
    if (!is_printable(word))
        quote_bytes(quoted, word);
    else if (!is_bare(word))
        quote(quoted, word);
    else
        strcpy(quoted, word);
    tau_status status = tau_string_format(&longer, "%s%s%s", *text ? *text : "", *text ? " " : "", quoted);
    tau_mem_free(quoted);
    if (status != TAU_STATUS_OK) return status;
    tau_mem_free(*text);
    *text = longer;
    return TAU_STATUS_OK;
}

/* ---- numbers ---- */

bool tau_text_read_real(double *out, const char **text) {
    static const char digits[] = "0123456789";
    const char *end = *text + (**text == '-' || **text == '+');
    size_t whole = strspn(end, digits), part = 0;
    end += whole;
    if (*end == '.') {
        part = strspn(end + 1, digits);
        end += 1 + part;
    }
    if (whole + part == 0) return false;
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '-' || end[1] == '+');
        size_t length = strspn(power, digits);
        if (length > 0) end = power + length;
    }
    if (whole == 1 && end[-1] == '0' && (*end == 'x' || *end == 'X')) return false; /* strtod reads on */
    double value = strtod(*text, NULL);
    if (!isfinite(value)) return false;
    *out = value;
    *text = end;
    return true;
}

bool tau_text_parse_real(double *out, const char *text) {
    double value;
    if (!tau_text_read_real(&value, &text) || *text != '\0') return false;
    *out = value;
    return true;
}
