#include "data/array.h"

#include <string.h>

#include "core/memory.h"

void tau_array_clear(tau_array *array) {
    tau_mem_free(array->value);
    *array = (tau_array){0};
}

tau_status tau_array_set_shape(tau_array *array, int rank, const int64_t *dim, const char *name) {
    const uint64_t limit = UINT64_C(1) << 40;
    if (rank < 0 || rank > TAU_ARRAY_MAX_RANK)
        return tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "it has %d axes, at most %d are possible",
                        name, rank, TAU_ARRAY_MAX_RANK);
    uint64_t count = 1;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0 || (dim[i] && count > limit / (uint64_t)dim[i]))
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot read %s" TAU_WHY "its dimensions are damaged or too large", name);
        count *= (uint64_t)dim[i];
        array->dim[i] = dim[i];
    }
    array->rank = rank;
    array->count = (size_t)count;
    return TAU_STATUS_OK;
}

static float number(const uint8_t *bytes, tau_array_format format) {
    uint64_t bits = 0;
    for (int i = 0; i < format.size; i++)
        bits |= (uint64_t)bytes[format.big_endian ? format.size - 1 - i : i] << 8 * i;
    if (format.kind == 'f' && format.size == 4) {
        uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        return value;
    }
    if (format.kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return (float)value;
    }
    if (format.kind == 'b') return bits != 0;
    if (format.kind == 'u') return (float)bits;
    int unused = 64 - 8 * format.size;
    return (float)((int64_t)(bits << unused) >> unused);
}

tau_status tau_array_read_values(tau_array *array, tau_stream *stream, tau_array_format format) {
    enum { BLOCK = 4096 };
    uint8_t bytes[BLOCK * 8];
    if (format.kind == 'f')
        array->kind = TAU_ARRAY_KIND_REALS;
    else
        array->kind = format.kind == 'u' && format.size == 1 ? TAU_ARRAY_KIND_BYTES : TAU_ARRAY_KIND_INTEGERS;
    TAU_TRY(tau_stream_expect(stream, (uint64_t)array->count * (uint64_t)format.size));
    TAU_TRY(TAU_ALLOC(array->value, array->count));
    for (size_t done = 0; done < array->count;) {
        size_t part = array->count - done < BLOCK ? array->count - done : BLOCK;
        TAU_TRY(tau_stream_read(stream, bytes, part * (size_t)format.size));
        for (size_t i = 0; i < part; i++)
            array->value[done + i] = number(bytes + i * (size_t)format.size, format);
        done += part;
    }
    return tau_stream_expect_end(stream);
}

tau_status tau_array_reverse_axes(tau_array *array) {
    if (array->rank < 2 || array->count == 0) {
        for (int i = 0; i < array->rank / 2; i++) {
            int64_t dim = array->dim[i];
            array->dim[i] = array->dim[array->rank - 1 - i];
            array->dim[array->rank - 1 - i] = dim;
        }
        return TAU_STATUS_OK;
    }
    float *turned;
    TAU_TRY(TAU_ALLOC(turned, array->count));
    int64_t dim[TAU_ARRAY_MAX_RANK], index[TAU_ARRAY_MAX_RANK] = {0};
    size_t stride[TAU_ARRAY_MAX_RANK], at = 0;
    for (int i = 0; i < array->rank; i++) dim[i] = array->dim[array->rank - 1 - i];
    stride[0] = 1; /* new axis i is old axis rank-1-i */
    for (int i = 1; i < array->rank; i++) stride[i] = stride[i - 1] * (size_t)dim[i - 1];
    for (size_t k = 0; k < array->count; k++) {
        turned[k] = array->value[at];
        for (int i = array->rank - 1; i >= 0; i--) {
            at += stride[i];
            if (++index[i] < dim[i]) break;
            at -= stride[i] * (size_t)dim[i];
            index[i] = 0;
        }
    }
    tau_mem_free(array->value);
    array->value = turned;
    memcpy(array->dim, dim, sizeof dim[0] * (size_t)array->rank);
    return TAU_STATUS_OK;
}

static bool idx_format(tau_array_format *out, uint8_t type) {
    switch (type) {
    case 0x08:
        *out = (tau_array_format){'u', 1, true};
        return true;
    case 0x09:
        *out = (tau_array_format){'i', 1, true};
        return true;
    case 0x0B:
        *out = (tau_array_format){'i', 2, true};
        return true;
    case 0x0C:
        *out = (tau_array_format){'i', 4, true};
        return true;
    case 0x0D:
        *out = (tau_array_format){'f', 4, true};
        return true;
    case 0x0E:
        *out = (tau_array_format){'f', 8, true};
        return true;
    default:
        return false;
    }
}

tau_status tau_array_read_idx(tau_array *array, tau_stream *stream, const uint8_t magic[4]) {
    tau_array_format format;
    int64_t dim[TAU_ARRAY_MAX_RANK];
    int rank = magic[3];
    if (magic[0] || magic[1] || !idx_format(&format, magic[2]) || rank > TAU_ARRAY_MAX_RANK)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read %s" TAU_WHY "its IDX header is damaged (%02x %02x %02x %02x)",
                        tau_stream_path(stream), magic[0], magic[1], magic[2], magic[3]);
    for (int i = 0; i < rank; i++) {
        uint8_t bytes[4];
        TAU_TRY(tau_stream_read(stream, bytes, 4));
        dim[i] = (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
    }
    TAU_TRY(tau_array_set_shape(array, rank, dim, tau_stream_path(stream)));
    return tau_array_read_values(array, stream, format);
}
