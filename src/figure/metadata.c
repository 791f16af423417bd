#include "figure/metadata.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/memory.h"
#include "core/text.h"

#define INCH_METRES    0.0254
#define PNG_HEADER_END 33 /* signature and IHDR, which always comes first */
#define SOFTWARE       "tauscape"

tau_status tau_bytes_append(tau_bytes *bytes, const void *data, size_t size) {
    TAU_TRY(TAU_GROW(bytes->data, bytes->capacity, bytes->size + size));
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return TAU_STATUS_OK;
}

static tau_status insert(tau_bytes *bytes, size_t place, const tau_bytes *inserted) {
    size_t tail = bytes->size - place;
    TAU_TRY(TAU_GROW(bytes->data, bytes->capacity, bytes->size + inserted->size));
    memmove(bytes->data + place + inserted->size, bytes->data + place, tail);
    if (inserted->size) memcpy(bytes->data + place, inserted->data, inserted->size);
    bytes->size += inserted->size;
    return TAU_STATUS_OK;
}

/* ---- PNG ---- */

static void put_big_endian(uint8_t out[4], uint32_t value) {
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static tau_status append_chunk(tau_bytes *out, const char type[4], const tau_bytes *body) {
    uint8_t word[4];
    put_big_endian(word, (uint32_t)body->size);
    TAU_TRY(tau_bytes_append(out, word, 4));
    size_t checked = out->size;
    TAU_TRY(tau_bytes_append(out, type, 4));
    TAU_TRY(tau_bytes_append(out, body->data, body->size));
    put_big_endian(word, (uint32_t)crc32(0, out->data + checked, (uInt)(out->size - checked)));
    return tau_bytes_append(out, word, 4);
}

static tau_status append_text(tau_bytes *out, const char *keyword, const char *text) {
    if (!text || !text[0]) return TAU_STATUS_OK;
    static const uint8_t plain[4] = {0, 0, 0, 0}; /* not compressed, no language, no translated keyword */
    tau_bytes body = {0};
    char *clean;
    TAU_TRY(tau_text_make_utf8(&clean, text)); /* iTXt is UTF-8, and the command line is what one types */
    tau_status status = tau_bytes_append(&body, keyword, strlen(keyword) + 1);
    if (status == TAU_STATUS_OK) status = tau_bytes_append(&body, plain, 4);
    if (status == TAU_STATUS_OK) status = tau_bytes_append(&body, clean, strlen(clean));
    if (status == TAU_STATUS_OK) status = append_chunk(out, "iTXt", &body);
    tau_mem_free(clean);
    tau_mem_free(body.data);
    return status;
}

static tau_status append_resolution(tau_bytes *out, double dpi) {
    uint8_t body[9] = {0};
    put_big_endian(body, (uint32_t)lround(dpi / INCH_METRES));
    put_big_endian(body + 4, (uint32_t)lround(dpi / INCH_METRES));
    body[8] = 1; /* pixels a metre */
    return append_chunk(out, "pHYs", &(tau_bytes){body, sizeof body, sizeof body});
}

tau_status tau_metadata_add_png(tau_bytes *png, double dpi, const char *title, const char *recipe) {
    tau_bytes chunks = {0};
    tau_status status = dpi > 0 ? append_resolution(&chunks, dpi) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK) status = append_text(&chunks, "Software", SOFTWARE);
    if (status == TAU_STATUS_OK) status = append_text(&chunks, "Title", title);
    if (status == TAU_STATUS_OK) status = append_text(&chunks, "Description", recipe);
    if (status == TAU_STATUS_OK) status = insert(png, PNG_HEADER_END, &chunks);
    tau_mem_free(chunks.data);
    return status;
}

/* ---- GIF ---- */

/* A comment is blocks of up to 255 bytes, an empty one ends it. */
static tau_status append_comment(tau_bytes *out, const char *text) {
    TAU_TRY(tau_bytes_append(out, "\x21\xfe", 2));
    for (size_t left = strlen(text), size; left > 0; left -= size, text += size) {
        size = left < 255 ? left : 255;
        const uint8_t length = (uint8_t)size;
        TAU_TRY(tau_bytes_append(out, &length, 1));
        TAU_TRY(tau_bytes_append(out, text, size));
    }
    return tau_bytes_append(out, "\0;", 2);
}

/* The trailer ';' makes way; it stands again behind the comment. */
static tau_status replace_trailer(const char *path, const tau_bytes *bytes) {
    FILE *file = fopen(path, "r+b");
    bool done = file && fseek(file, -1, SEEK_END) == 0 && fgetc(file) == ';' &&
                fseek(file, -1, SEEK_END) == 0 && fwrite(bytes->data, bytes->size, 1, file) == 1;
    if (file && fclose(file) != 0) done = false;
    if (done) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_IO, "cannot write the recipe into %s" TAU_FIX "check the space that is left",
                    path);
}

tau_status tau_metadata_add_gif(const char *path, const char *title, const char *recipe) {
    const bool has_title = title && *title, has_recipe = recipe && *recipe;
    if (!has_title && !has_recipe) return TAU_STATUS_OK;
    char *text, *clean;
    tau_bytes comment = {0};
    TAU_TRY(tau_string_format(&text, "%s%s%s", has_title ? title : "", has_title && has_recipe ? "\n" : "",
                              has_recipe ? recipe : ""));
    tau_status status = tau_text_make_utf8(&clean, text);
    tau_mem_free(text);
    TAU_TRY(status);
    status = append_comment(&comment, clean);
    if (status == TAU_STATUS_OK) status = replace_trailer(path, &comment);
    tau_mem_free(comment.data);
    tau_mem_free(clean);
    return status;
}

/* ---- SVG ---- */

static tau_status append_escaped(tau_bytes *out, const char *text) {
    for (; *text; text++) {
        const char *escaped = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
        bool control = (unsigned char)*text < 0x20 && *text != '\n' && *text != '\t';
        if (control) escaped = " ";
        TAU_TRY(escaped ? tau_bytes_append(out, escaped, strlen(escaped)) : tau_bytes_append(out, text, 1));
    }
    return TAU_STATUS_OK;
}

static tau_status append_element(tau_bytes *out, const char *open, const char *text, const char *close) {
    if (!text || !text[0]) return TAU_STATUS_OK;
    char *clean;
    TAU_TRY(tau_bytes_append(out, open, strlen(open)));
    TAU_TRY(tau_text_make_utf8(&clean, text));
    tau_status status = append_escaped(out, clean);
    tau_mem_free(clean);
    TAU_TRY(status);
    return tau_bytes_append(out, close, strlen(close));
}

/* The place behind the opening tag, or 0. */
static size_t find_content(const tau_bytes *svg) {
    for (size_t i = 0; i + 4 < svg->size; i++) {
        if (memcmp(svg->data + i, "<svg", 4) != 0) continue;
        const uint8_t *end = memchr(svg->data + i, '>', svg->size - i);
        return end ? (size_t)(end - svg->data) + 1 : 0;
    }
    return 0;
}

tau_status tau_metadata_add_svg(tau_bytes *svg, const char *title, const char *recipe) {
    size_t place = find_content(svg);
    if (place == 0)
        return tau_fail(TAU_STATUS_IO,
                        "cannot write the recipe into the SVG" TAU_WHY "it has no <svg> element");
    tau_bytes elements = {0};
    tau_status status = append_element(&elements, "\n<title>", title, "</title>");
    if (status == TAU_STATUS_OK) status = append_element(&elements, "\n<desc>", recipe, "</desc>");
    if (status == TAU_STATUS_OK) status = insert(svg, place, &elements);
    tau_mem_free(elements.data);
    return status;
}

/* ---- PDF ---- */

void tau_metadata_drop_pdf_date(tau_bytes *pdf) {
    /* Texts in a PDF escape their parentheses, so that this can only be the entry itself. */
    static const char entry[] = "/CreationDate (";
    for (size_t i = pdf->size; i-- > 0;) {
        if (pdf->size - i < sizeof entry || memcmp(pdf->data + i, entry, sizeof entry - 1) != 0) continue;
        const uint8_t *end = memchr(pdf->data + i, ')', pdf->size - i);
        if (end) memset(pdf->data + i, ' ', (size_t)(end - (pdf->data + i)) + 1);
        return;
    }
}
