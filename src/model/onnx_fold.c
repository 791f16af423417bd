/* Shapes that a file computes: exporters write x.view(x.size(0), -1) as Shape, Gather, Unsqueeze and Concat.
 * The number of samples goes through as TAU_ONNX_BATCH. F.pad turns its list of paddings around: it makes a
 * table with two columns, reads its rows backwards and transposes it. */
#include <string.h>

#include "model/onnx_import.h"

typedef tau_onnx_integers integers;

/* Sizes never come near; beyond it arithmetic on them is nonsense. */
static const int64_t magnitude_limit = INT64_C(1) << 40;

/* A place in a list of `count`, counted from the end when negative. */
static int64_t clamp_place(int64_t place, int count) {
    if (place < 0) place = place < -(int64_t)count ? 0 : place + count;
    return place > count ? count : place;
}

/* Input 0 as known integers of any rank. */
static tau_status read_table(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, 0);
    *out = (integers){0};
    if (!symbol || symbol->kind != TAU_ONNX_KIND_INTEGERS)
        return tau_onnx_unsupported(import, node, "its operand must be known beforehand");
    *out = *symbol->integers;
    return TAU_STATUS_OK;
}

/* The sizes of all axes of a symbol, those of an activation with the batch. */
static integers sizes_of(const tau_onnx_import *import, const tau_onnx_symbol *symbol) {
    integers sizes = {.rank = 1};
    if (symbol->kind == TAU_ONNX_KIND_INTEGERS) {
        const integers *known = symbol->integers;
        const int columns = known->rank == 2 ? known->columns : 1;
        sizes.count = known->rank;
        sizes.item[0] = columns > 0 ? known->count / columns : 0;
        sizes.item[1] = columns;
        return sizes;
    }
    const bool sample = symbol->kind == TAU_ONNX_KIND_SAMPLE;
    const tau_shape *shape = sample ? tau_builder_shape(import->builder, symbol->value) : &symbol->shape;
    if (sample) sizes.item[sizes.count++] = TAU_ONNX_BATCH;
    for (int i = 0; i < shape->rank; i++) sizes.item[sizes.count++] = shape->dim[i];
    return sizes;
}

static tau_status fold_shape(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, 0);
    if (!symbol ||
        (symbol->kind == TAU_ONNX_KIND_STORED && symbol->tensor && !tau_onnx_tensor_is_float(symbol->tensor)))
        return tau_onnx_unsupported(import, node, "its operand is neither a float tensor nor a short list");
    const integers sizes = sizes_of(import, symbol);
    const int64_t end = clamp_place(tau_onnx_attribute_int(node, "end", sizes.count), sizes.count);
    *out = (integers){.rank = 1};
    for (int64_t i = clamp_place(tau_onnx_attribute_int(node, "start", 0), sizes.count); i < end; i++)
        out->item[out->count++] = sizes.item[i];
    return TAU_STATUS_OK;
}

static tau_status fold_fill(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, "value");
    integers shape, value;
    TAU_TRY(tau_onnx_integers_of(import, node, 0, &shape));
    if (shape.count != 1 || shape.item[0] < 0 || shape.item[0] > TAU_ONNX_MAX_INTEGERS || !attribute ||
        !attribute->t || !tau_onnx_tensor_is_integer(attribute->t))
        return tau_onnx_unsupported(import, node, "it makes something else than a short list of integers");
    TAU_TRY(tau_onnx_tensor_integers(&value, attribute->t));
    *out = (integers){.rank = 1, .count = (int)shape.item[0]};
    if (value.count != 1) return tau_onnx_unsupported(import, node, "its value is not one integer");
    for (int i = 0; i < out->count; i++) out->item[i] = value.item[0];
    return TAU_STATUS_OK;
}

/* Rows and columns that a Reshape wants for `count` integers; one may be left open as -1. Whether they fit.
 */
static bool find_sides(int64_t side[2], const integers *wanted, int count) {
    side[0] = side[1] = 1;
    if (wanted->rank != 1 || wanted->count < 1 || wanted->count > 2) return false;
    for (int i = 0; i < wanted->count; i++) {
        side[i] = wanted->item[i];
        if (side[i] != -1 && (side[i] < 1 || side[i] > TAU_ONNX_MAX_INTEGERS)) return false;
    }
    for (int i = 0; i < 2; i++)
        if (side[i] == -1 && side[1 - i] > 0) side[i] = count / side[1 - i];
    return side[0] > 0 && side[1] > 0 && side[0] * side[1] == count;
}

/* A list becomes a table, a table a list. */
static tau_status fold_reshape(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    integers wanted;
    int64_t side[2];
    TAU_TRY(read_table(out, import, node));
    TAU_TRY(tau_onnx_integers_of(import, node, 1, &wanted));
    if (!find_sides(side, &wanted, out->count))
        return tau_onnx_unsupported(import, node, "it makes something else than a list or a table");
    out->rank = wanted.count;
    out->columns = wanted.count == 2 ? (int)side[1] : 0;
    return TAU_STATUS_OK;
}

static tau_status fold_transpose(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    integers table;
    int64_t order[2] = {1, 0};
    TAU_TRY(read_table(&table, import, node));
    if (tau_onnx_attribute(node, "perm")) TAU_TRY(tau_onnx_attribute_ints(node, "perm", order, 2, 0));
    if (table.rank != 2 || table.count == 0 || order[0] != 1 || order[1] != 0)
        return tau_onnx_unsupported(import, node, "of integers only tables can be transposed");
    const int rows = table.count / table.columns;
    *out = (integers){.rank = 2, .columns = rows, .count = table.count};
    for (int i = 0; i < table.count; i++)
        out->item[(i % table.columns) * rows + i / table.columns] = table.item[i];
    return TAU_STATUS_OK;
}

static tau_status fold_gather(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    integers list, places;
    TAU_TRY(tau_onnx_integers_of(import, node, 0, &list));
    TAU_TRY(tau_onnx_integers_of(import, node, 1, &places));
    const int64_t axis = tau_onnx_attribute_int(node, "axis", 0);
    if (list.rank != 1 || (axis != 0 && axis != -1))
        return tau_onnx_unsupported(import, node, "it gathers from something else than a list");
    *out = (integers){.rank = places.rank, .count = places.count};
    for (int i = 0; i < places.count; i++) {
        const int64_t place = places.item[i] < 0 ? places.item[i] + list.count : places.item[i];
        if (place < 0 || place >= list.count)
            return tau_onnx_unsupported(import, node, "it gathers beyond the end of a shape");
        out->item[i] = list.item[place];
    }
    return TAU_STATUS_OK;
}

static tau_status fold_concat(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    *out = (integers){.rank = 1};
    for (size_t i = 0; i < node->n_input; i++) {
        integers list;
        TAU_TRY(tau_onnx_integers_of(import, node, (int)i, &list));
        if (out->count + list.count > TAU_ONNX_MAX_INTEGERS)
            return tau_onnx_unsupported(import, node, "it makes too long a list");
        memcpy(out->item + out->count, list.item, (size_t)list.count * sizeof *list.item);
        out->count += list.count;
    }
    return TAU_STATUS_OK;
}

/* Squeeze, Unsqueeze, Cast: the numbers stay, the rank may change. */
static tau_status fold_rank(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    TAU_TRY(read_table(out, import, node));
    if (node->op_type[0] == 'C') return TAU_STATUS_OK;
    const int wanted = node->op_type[0] == 'U' ? 1 : 0;
    if (out->count != 1 || out->rank != 1 - wanted)
        return tau_onnx_unsupported(import, node, "it makes a list of lists");
    out->rank = wanted;
    return TAU_STATUS_OK;
}

/* One number of a slice: attribute before opset 10, then an input. */
static tau_status slice_end(int64_t *out, const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                            const char *name) {
    integers list;
    if (import->opset >= 10) {
        TAU_TRY(tau_onnx_integers_of(import, node, i, &list));
        if (list.count != 1) return tau_onnx_unsupported(import, node, "it slices more than one axis");
        *out = list.item[0];
        return TAU_STATUS_OK;
    }
    return tau_onnx_attribute_ints(node, name, out, 1, 0);
}

/* Along the first axis, the numbers of a list or the rows of a table, in either direction. */
static tau_status fold_slice(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    integers list;
    int64_t begin, end, step = 1, axis = 0;
    TAU_TRY(read_table(&list, import, node));
    TAU_TRY(slice_end(&begin, import, node, 1, "starts"));
    TAU_TRY(slice_end(&end, import, node, 2, "ends"));
    if (import->opset >= 10 ? tau_onnx_input(import, node, 3) != NULL
                            : tau_onnx_attribute(node, "axes") != NULL)
        TAU_TRY(slice_end(&axis, import, node, 3, "axes"));
    if (import->opset >= 10 && tau_onnx_input(import, node, 4))
        TAU_TRY(slice_end(&step, import, node, 4, "steps"));
    if (list.rank < 1 || (axis != 0 && axis != -list.rank) || (step != 1 && step != -1))
        return tau_onnx_unsupported(import, node,
                                    "shapes are sliced along their first axis in single steps only");
    const int width = list.rank == 2 ? list.columns : 1, rows = list.count / width;
    int64_t first = clamp_place(begin, rows), last = clamp_place(end, rows);
    if (step < 0) { /* from `begin` down to the one after `end` */
        const int64_t top = first < rows ? first + 1 : rows;
        first = end < -(int64_t)rows ? 0 : last + 1;
        last = top;
    }
    *out = (integers){.rank = list.rank, .columns = list.columns};
    for (int64_t i = first; i < last; i++, out->count += width)
        memcpy(out->item + out->count, list.item + width * (step < 0 ? first + last - 1 - i : i),
               (size_t)width * sizeof *list.item);
    return TAU_STATUS_OK;
}

static bool compute(int64_t *out, char op, int64_t a, int64_t b) {
    const bool sized =
        a > -magnitude_limit && a < magnitude_limit && b > -magnitude_limit && b < magnitude_limit;
    *out = a;
    if (op != 'S' && b == 1 && op != 'A') return true; /* times or over one: the batch may stay */
    if (op == 'M' && a == 1) {
        *out = b;
        return true;
    }
    if (!sized || (op == 'D' && b == 0)) return false;
    switch (op) {
    case 'A':
        *out = a + b;
        break;
    case 'S':
        *out = a - b;
        break;
    case 'D':
        *out = a / b;
        break;
    default:
        if (__builtin_mul_overflow(a, b, out)) return false;
    }
    return *out > -magnitude_limit && *out < magnitude_limit;
}

static tau_status fold_arithmetic(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node) {
    integers a, b;
    TAU_TRY(tau_onnx_integers_of(import, node, 0, &a));
    TAU_TRY(tau_onnx_integers_of(import, node, 1, &b));
    if (a.count != b.count && a.count != 1 && b.count != 1)
        return tau_onnx_unsupported(import, node, "it works on lists of different lengths");
    const int count = a.count == 1 ? b.count : a.count;
    *out = (integers){.rank = a.rank > b.rank ? a.rank : b.rank, .count = count};
    for (int i = 0; i < count; i++)
        if (!compute(&out->item[i], node->op_type[0], a.item[a.count == 1 ? 0 : i],
                     b.item[b.count == 1 ? 0 : i]))
            return tau_onnx_unsupported(import, node,
                                        "it computes with the number of samples, or beyond all sizes");
    return TAU_STATUS_OK;
}

static const struct {
    const char *type;
    tau_status (*fold)(integers *out, const tau_onnx_import *import, const Onnx__NodeProto *node);
} folds[] = {
    {"Gather", fold_gather},       {"Concat", fold_concat},
    {"Squeeze", fold_rank},        {"Unsqueeze", fold_rank},
    {"Cast", fold_rank},           {"Slice", fold_slice},
    {"Add", fold_arithmetic},      {"Sub", fold_arithmetic},
    {"Mul", fold_arithmetic},      {"Div", fold_arithmetic},
    {"Shape", fold_shape},         {"Reshape", fold_reshape},
    {"Transpose", fold_transpose}, {"ConstantOfShape", fold_fill},
};

/* A Cast of an activation between widths of floating point changes nothing here. */
static tau_status pass_cast(tau_onnx_import *import, const Onnx__NodeProto *node,
                            const tau_onnx_symbol *symbol) {
    const Onnx__TensorProto like = {.data_type = (int32_t)tau_onnx_attribute_int(node, "to", 0)};
    if (!tau_onnx_tensor_is_float(&like))
        return tau_onnx_unsupported(import, node, "activations stay floating-point numbers");
    return tau_onnx_alias(import, node->output[0], symbol);
}

tau_status tau_onnx_fold(tau_onnx_import *import, const Onnx__NodeProto *node, bool *folded) {
    const tau_onnx_symbol *first = tau_onnx_input(import, node, 0);
    integers result;
    *folded = false;
    if (!first) return TAU_STATUS_OK;
    if (strcmp(node->op_type, "Cast") == 0 && first->kind != TAU_ONNX_KIND_INTEGERS) {
        *folded = true;
        return pass_cast(import, node, first);
    }
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        if (strcmp(folds[i].type, node->op_type) != 0) continue;
        if (folds[i].fold != fold_shape && first->kind != TAU_ONNX_KIND_INTEGERS) return TAU_STATUS_OK;
        *folded = true;
        TAU_TRY(folds[i].fold(&result, import, node));
        return tau_onnx_define_integers(import, node->output[0], &result);
    }
    return TAU_STATUS_OK;
}
