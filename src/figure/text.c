#include "figure/text.h"

#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/memory.h"

#define BYTES_MAX     1000
#define RAISED_SIZE   0.68
#define RAISED_HEIGHT 0.36
#define ELLIPSIS      "\u2026"
#define REPLACEMENT   "\ufffd"

static const struct {
    const char *raised, *plain;
} superscripts[] = {
    {"\u2070", "0"}, {"\u00b9", "1"}, {"\u00b2", "2"}, {"\u00b3", "3"}, {"\u2074", "4"},      {"\u2075", "5"},
    {"\u2076", "6"}, {"\u2077", "7"}, {"\u2078", "8"}, {"\u2079", "9"}, {"\u207b", "\u2212"},
};

/* Part of a text in one size. */
typedef struct run {
    char text[BYTES_MAX + 4];
    bool raised;
} run;

tau_status tau_text_check_family(const char *family) {
    FcPattern *pattern = FcPatternCreate();
    FcPatternAddString(pattern, FC_FAMILY, (const FcChar8 *)family);
    FcPatternAddBool(pattern, FC_SCALABLE, FcTrue);
    FcFontSet *found = NULL;
    FcObjectSet *objects = FcObjectSetBuild(FC_FAMILY, (char *)NULL);
    if (pattern && objects) found = FcFontList(NULL, pattern, objects);
    bool known = found && found->nfont > 0;
    if (found) FcFontSetDestroy(found);
    if (objects) FcObjectSetDestroy(objects);
    if (pattern) FcPatternDestroy(pattern);
    if (known) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot find the font %s" TAU_WHY "no scalable font of that family is installed" TAU_FIX
                    "choose one of those that fc-list names, or install it",
                    family);
}

/* Bytes of the valid UTF-8 character at text; 0 if it is broken. */
static size_t character_length(const unsigned char *text) {
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (text[0] < 0x80) return 1;
    size_t length = text[0] >= 0xf0 && text[0] < 0xf8   ? 4
                    : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
                    : text[0] >= 0xc0 && text[0] < 0xe0 ? 2
                                                        : 0;
    if (length == 0) return 0;
    uint32_t code = text[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < smallest[length] || code > 0x10ffff || surrogate ? 0 : length;
}

static tau_status clean_up_to(char **out, const char *text, size_t limit) {
    TAU_TRY(TAU_ALLOC(*out, limit + 1));
    size_t used = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c && used + 4 <= limit;) {
        size_t length = character_length(c);
        if (length == 1) {
            (*out)[used++] = *c < 0x20 || *c == 0x7f ? ' ' : (char)*c;
        } else {
            memcpy(*out + used, length ? (const char *)c : REPLACEMENT, length ? length : 3);
            used += length ? length : 3;
        }
        c += length ? length : 1;
    }
    return TAU_STATUS_OK;
}

tau_status tau_text_clean(char **out, const char *text) {
    return clean_up_to(out, text ? text : "", BYTES_MAX);
}

tau_status tau_text_clean_all(char **out, const char *text) {
    /* A broken byte takes three. */
    return clean_up_to(out, text ? text : "", 3 * strlen(text ? text : "") + 4);
}

void tau_text_set_options(cairo_t *cr) {
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
}

/* The plain character of a superscript at text, or NULL. */
static const char *find_plain(const char *text) {
    for (size_t i = 0; i < sizeof superscripts / sizeof superscripts[0]; i++)
        if (strncmp(text, superscripts[i].raised, strlen(superscripts[i].raised)) == 0)
            return superscripts[i].plain;
    return NULL;
}

/* Takes characters of one size off the text; false at its end. */
static bool next_run(run *out, const char **text) {
    if (!**text) return false;
    out->raised = find_plain(*text) != NULL;
    size_t used = 0;
    while (**text && used < BYTES_MAX) {
        const char *plain = find_plain(*text);
        if ((plain != NULL) != out->raised) break;
        size_t length = character_length((const unsigned char *)*text);
        if (length == 0) length = 1;
        const char *source = plain ? plain : *text;
        size_t copied = plain ? strlen(plain) : length;
        memcpy(out->text + used, source, copied);
        used += copied;
        *text += length;
    }
    out->text[used] = '\0';
    return true;
}

static void select_font(cairo_t *cr, const tau_text_font *font, bool raised) {
    cairo_select_font_face(cr, font->family, CAIRO_FONT_SLANT_NORMAL,
                           font->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, font->size * (raised ? RAISED_SIZE : 1));
}

tau_text_extent tau_text_measure(cairo_t *cr, const tau_text_font *font, const char *text) {
    /* Every text has the height of capitals and descenders, so that baselines align. */
    cairo_text_extents_t extents;
    select_font(cr, font, false);
    cairo_text_extents(cr, "Hg", &extents);
    tau_text_extent out = {0, -extents.y_bearing, extents.height + extents.y_bearing};
    run part;
    while (next_run(&part, &text)) {
        select_font(cr, font, part.raised);
        cairo_text_extents(cr, part.text, &extents);
        double rise = part.raised ? RAISED_HEIGHT * font->size : 0;
        out.width += extents.x_advance;
        out.ascent = fmax(out.ascent, rise - extents.y_bearing);
        out.descent = fmax(out.descent, extents.height + extents.y_bearing - rise);
    }
    return out;
}

static void put_runs(cairo_t *cr, const tau_text_font *font, const char *text, bool as_path) {
    run part;
    double x = 0;
    while (next_run(&part, &text)) {
        cairo_text_extents_t extents;
        select_font(cr, font, part.raised);
        cairo_text_extents(cr, part.text, &extents);
        cairo_move_to(cr, x, part.raised ? -RAISED_HEIGHT * font->size : 0);
        if (as_path) {
            cairo_text_path(cr, part.text);
        } else {
            cairo_show_text(cr, part.text);
            cairo_new_path(cr);
        }
        x += extents.x_advance;
    }
}

void tau_text_draw(cairo_t *cr, const tau_text_font *font, const char *text) {
    put_runs(cr, font, text, false);
}

void tau_text_add_path(cairo_t *cr, const tau_text_font *font, const char *text) {
    put_runs(cr, font, text, true);
}

/* The first `bytes` of a text and an ellipsis; never half a character. */
static void cut(char *out, const char *text, size_t bytes) {
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xc0) == 0x80) bytes--;
    while (bytes > 0 && text[bytes - 1] == ' ') bytes--;
    memcpy(out, text, bytes);
    strcpy(out + bytes, ELLIPSIS);
}

tau_status tau_text_fit(cairo_t *cr, const tau_text_font *font, char **text, double width) {
    if (tau_text_measure(cr, font, *text).width <= width) return TAU_STATUS_OK;
    char *shorter;
    TAU_TRY(TAU_ALLOC(shorter, strlen(*text) + 4));
    size_t fits = 0, too_long = strlen(*text);
    while (too_long - fits > 1) {
        size_t middle = fits + (too_long - fits) / 2;
        cut(shorter, *text, middle);
        if (tau_text_measure(cr, font, shorter).width <= width)
            fits = middle;
        else
            too_long = middle;
    }
    cut(shorter, *text, fits);
    if (tau_text_measure(cr, font, shorter).width > width) shorter[0] = '\0';
    tau_mem_free(*text);
    *text = shorter;
    return TAU_STATUS_OK;
}
