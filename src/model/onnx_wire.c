#include "model/onnx_wire.h"

#include <limits.h>
#include <string.h>

/* Models nest six levels deep; control flow, which is not supported, adds five for each level of its own. */
#define DEPTH_LIMIT   40
#define MESSAGE_LIMIT (1 << 21)

typedef struct region {
    const uint8_t *at, *end;
    int depth;
    int *messages; /* met so far in the whole file */
} region;

static tau_status broken(const char *why) {
    return tau_fail(TAU_STATUS_INPUT,
                    "this is not a sound ONNX file" TAU_WHY "%s" TAU_FIX "export or copy the model again",
                    why);
}

static tau_status read_varint(uint64_t *out, region *walk) {
    *out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (walk->at == walk->end) return broken("it ends in the middle of a number");
        const uint8_t byte = *walk->at++;
        *out |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return TAU_STATUS_OK;
    }
    return broken("a number has more than 64 bits");
}

static tau_status skip(region *walk, uint64_t size) {
    if (size > (uint64_t)(walk->end - walk->at)) return broken("it ends before its last part");
    walk->at += size;
    return TAU_STATUS_OK;
}

static tau_status walk_message(const region *message, const ProtobufCMessageDescriptor *type);

static tau_status walk_block(region *walk, const ProtobufCFieldDescriptor *field) {
    uint64_t size;
    TAU_TRY(read_varint(&size, walk));
    const uint8_t *begin = walk->at;
    TAU_TRY(skip(walk, size));
    if (field && field->type == PROTOBUF_C_TYPE_STRING && memchr(begin, 0, size))
        return broken("a name holds a NUL character");
    if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE) return TAU_STATUS_OK;
    region inner = *walk;
    inner.at = begin;
    inner.end = begin + size;
    inner.depth++;
    return walk_message(&inner, field->descriptor);
}

/* Known fields must have the wire type of their kind; the unpacking library checks the rest. */
static tau_status walk_field(region *walk, const ProtobufCMessageDescriptor *type) {
    uint64_t tag;
    TAU_TRY(read_varint(&tag, walk));
    if (tag >> 3 == 0 || tag >> 3 > INT_MAX) return broken("a field has an impossible number");
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
    uint64_t ignored;
    switch (tag & 7) {
    case 0:
        return read_varint(&ignored, walk);
    case 1:
        return skip(walk, 8);
    case 2:
        return walk_block(walk, field);
    case 5:
        return skip(walk, 4);
    default:
        return broken("a field has an unknown kind");
    }
}

static tau_status walk_message(const region *message, const ProtobufCMessageDescriptor *type) {
    region walk = *message;
    if (walk.depth > DEPTH_LIMIT) return broken("it is nested too deeply");
    if (++*walk.messages > MESSAGE_LIMIT) return broken("it has too many parts");
    while (walk.at < walk.end) TAU_TRY(walk_field(&walk, type));
    return TAU_STATUS_OK;
}

tau_status tau_onnx_unpack(Onnx__ModelProto **out, const uint8_t *bytes, size_t size) {
    int messages = 0;
    const region whole = {bytes, bytes + size, 0, &messages};
    *out = NULL;
    if (size == 0) return broken("it is empty");
    if (size > INT_MAX)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "the ONNX file is too large" TAU_WHY "files of 2 GB and more cannot be parsed" TAU_FIX
                        "export the model with external data");
    TAU_TRY(walk_message(&whole, &onnx__model_proto__descriptor));
    *out = onnx__model_proto__unpack(NULL, size, bytes);
    if (!*out) return broken("its parts do not follow the ONNX schema");
    return TAU_STATUS_OK;
}
