/* NumPy's NPY: "\x93NUMPY", version, length of the header, a header that is a Python dictionary, numbers. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/array.h"

typedef struct header {
    tau_array_format format;
    bool fortran;
    int rank;
    int64_t dim[TAU_ARRAY_MAX_RANK];
    bool has_format, has_order, has_shape;
} header;

static void skip_spaces(const char **at) {
    while (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r') ++*at;
}

static bool take(const char **at, const char *text) {
    skip_spaces(at);
    size_t length = strlen(text);
    if (strncmp(*at, text, length) != 0) return false;
    *at += length;
    return true;
}

/* A quoted word of up to 30 characters without escapes. */
static bool take_word(const char **at, char out[32]) {
    skip_spaces(at);
    char quote = **at;
    if (quote != '\'' && quote != '"') return false;
    const char *end = strchr(*at + 1, quote);
    if (!end || end - *at > 31) return false;
    size_t length = (size_t)(end - *at - 1);
    memcpy(out, *at + 1, length);
    out[length] = '\0';
    *at = end + 1;
    return true;
}

static bool parse_format(tau_array_format *out, const char *text) {
    if (strlen(text) != 3 || !strchr("<>|=", text[0]) || !strchr("fiub", text[1]) || !strchr("1248", text[2]))
        return false;
    *out = (tau_array_format){text[1], text[2] - '0', text[0] == '>'};
    if (out->kind == 'f') return out->size >= 4;
    return out->kind != 'b' || out->size == 1;
}

/* "(3, 28, 28)", "(5,)", "()" */
static bool parse_shape(header *out, const char **at) {
    if (!take(at, "(")) return false;
    for (out->rank = 0; !take(at, ")"); out->rank++) {
        skip_spaces(at);
        char *end;
        if (out->rank == TAU_ARRAY_MAX_RANK || **at < '0' || **at > '9') return false;
        long long dim = strtoll(*at, &end, 10);
        if (end - *at > 15) return false;
        *at = end;
        out->dim[out->rank] = dim;
        if (take(at, ",")) continue;
        if (out->rank == 0 || !take(at, ")")) return false; /* a tuple of one has its comma */
        out->rank++;
        return true;
    }
    return true;
}

static bool parse_entry(header *out, const char **at) {
    char key[32], word[32];
    if (!take_word(at, key) || !take(at, ":")) return false;
    if (!strcmp(key, "descr") && !out->has_format)
        return out->has_format = take_word(at, word) && parse_format(&out->format, word);
    if (!strcmp(key, "fortran_order") && !out->has_order) {
        out->fortran = take(at, "True");
        return out->has_order = out->fortran || take(at, "False");
    }
    return !strcmp(key, "shape") && !out->has_shape && (out->has_shape = parse_shape(out, at));
}

static bool parse_header(header *out, const char *text) {
    *out = (header){0};
    if (!take(&text, "{")) return false;
    while (!take(&text, "}")) {
        if (!parse_entry(out, &text)) return false;
        if (take(&text, ",")) continue;
        if (!take(&text, "}")) return false;
        break;
    }
    skip_spaces(&text);
    return !*text && out->has_format && out->has_order && out->has_shape;
}

tau_status tau_array_read_npy(tau_array *array, tau_stream *stream) {
    const char *path = tau_stream_path(stream);
    uint8_t head[8] = {0}; /* "PY", major, minor, length */
    TAU_TRY(tau_stream_read(stream, head, 6));
    if (head[0] != 'P' || head[1] != 'Y' || head[2] < 1 || head[2] > 3)
        return tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "it is no NPY file of version 1 to 3",
                        path);
    if (head[2] > 1) TAU_TRY(tau_stream_read(stream, head + 6, 2));
    size_t length = (size_t)head[4] | (size_t)head[5] << 8 | (size_t)head[6] << 16 | (size_t)head[7] << 24;
    if (length > 1 << 16)
        return tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "its header claims %zu bytes", path,
                        length);
    char *text;
    header parsed;
    TAU_TRY(TAU_ALLOC(text, length + 1));
    tau_status status = tau_stream_read(stream, text, length);
    if (status == TAU_STATUS_OK && !parse_header(&parsed, text))
        status = tau_fail(TAU_STATUS_INPUT,
                          "cannot read %s" TAU_WHY "its header is damaged or its type is none of f4, f8, "
                          "u1-u8, i1-i8, b1: %.80s" TAU_FIX "save it again, for instance as float32",
                          path, text);
    tau_mem_free(text);
    if (status != TAU_STATUS_OK) return status;
    if (parsed.fortran)
        for (int i = 0; i < parsed.rank / 2; i++) {
            int64_t dim = parsed.dim[i];
            parsed.dim[i] = parsed.dim[parsed.rank - 1 - i];
            parsed.dim[parsed.rank - 1 - i] = dim;
        }
    TAU_TRY(tau_array_set_shape(array, parsed.rank, parsed.dim, path));
    TAU_TRY(tau_array_read_values(array, stream, parsed.format));
    return parsed.fortran ? tau_array_reverse_axes(array) : TAU_STATUS_OK;
}
