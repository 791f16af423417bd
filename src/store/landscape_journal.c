/* The journal of a landscape: finished tiles as records of fixed layout, little-endian.
 *   u32 column, row, columns, rows; then per point, row by row:
 *   f64 loss, loss_se, accuracy, regularisation (NaN = none), u32 precision, f64 of each metric of the recipe
 */
#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "core/journal.h"
#include "core/memory.h"
#include "store/landscape_internal.h"

enum { HEAD_BYTES = 16, POINT_BYTES = 36, RECORD_POINTS = 1 << 16 };

tau_status tau_landscape_journal_path(char **out, const char *path) {
    return tau_string_format(out, "%s.journal", path);
}

tau_status tau_landscape_journal_identity(char **out, const tau_landscape *landscape) {
    char *recipe, digest[2][TAU_HASH_TEXT];
    *out = NULL;
    TAU_TRY(tau_recipe_get_identity(&recipe, landscape->recipe));
    const tau_hash_part words = {recipe, strlen(recipe)};
    const tau_hash_part axes[] = {{landscape->alpha, landscape->columns * sizeof(double)},
                                  {landscape->beta, landscape->rows * sizeof(double)}};
    tau_hash_sha256(digest[0], &words, 1);
    tau_hash_sha256(digest[1], axes, 2);
    tau_mem_free(recipe);
    return tau_string_format(out, "landscape %s %s %s %zu %zu recipe %s axes %s", landscape->name,
                             landscape->line ? "line" : "plane", landscape->transform, landscape->columns,
                             landscape->rows, digest[0], digest[1]);
}

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_f64(uint8_t *bytes, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_u32(bytes, (uint32_t)bits);
    put_u32(bytes + 4, (uint32_t)(bits >> 32));
}

static double get_f64(const uint8_t *bytes) {
    const uint64_t bits = get_u32(bytes) | (uint64_t)get_u32(bytes + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t point_bytes(size_t metrics) {
    return POINT_BYTES + 8 * metrics;
}

static tau_status encode_one(const tau_sweep_tile *tile, tau_landscape_emit emit, void *payload) {
    const size_t count = tile->columns * tile->rows, stride = point_bytes(tile->metric_count),
                 size = HEAD_BYTES + count * stride;
    uint8_t *bytes;
    TAU_TRY(TAU_ALLOC(bytes, size));
    const size_t head[] = {tile->column, tile->row, tile->columns, tile->rows};
    for (int i = 0; i < 4; i++) put_u32(bytes + 4 * i, (uint32_t)head[i]);
    for (size_t i = 0; i < count; i++) {
        uint8_t *place = bytes + HEAD_BYTES + i * stride;
        put_f64(place, tile->points[i].loss);
        put_f64(place + 8, tile->points[i].loss_se);
        put_f64(place + 16, tile->points[i].accuracy);
        put_f64(place + 24, tile->regularisation ? tile->regularisation[i] : NAN);
        put_u32(place + 32, (uint32_t)tile->points[i].precision);
        for (size_t m = 0; m < tile->metric_count; m++)
            put_f64(place + POINT_BYTES + 8 * m, tile->metrics[i * tile->metric_count + m]);
    }
    tau_status status = emit(payload, bytes, size);
    tau_mem_free(bytes);
    return status;
}

/* A record must stay far below the journal's limit: a tile is cut by rows, and a single row by columns, so
 * that each part's points still lie in one piece. */
tau_status tau_landscape_encode(const tau_sweep_tile *tile, tau_landscape_emit emit, void *payload) {
    if (tile->columns * tile->rows <= RECORD_POINTS) return encode_one(tile, emit, payload);
    tau_sweep_tile first = *tile, rest = *tile;
    if (tile->rows > 1) {
        first.rows = tile->rows / 2;
        rest.row += first.rows;
        rest.rows -= first.rows;
    } else {
        first.columns = tile->columns / 2;
        rest.column += first.columns;
        rest.columns -= first.columns;
    }
    rest.points += first.columns * first.rows;
    if (rest.regularisation) rest.regularisation += first.columns * first.rows;
    if (rest.metrics) rest.metrics += first.columns * first.rows * rest.metric_count;
    TAU_TRY(tau_landscape_encode(&first, emit, payload));
    return tau_landscape_encode(&rest, emit, payload);
}

static tau_status bad_record(const char *why) {
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot use a journal" TAU_WHY "%s" TAU_FIX
                    "remove the journal; what the landscape itself holds is kept",
                    why);
}

/* Reads the head and checks that the whole record fits the landscape. */
static tau_status parse_head(tau_sweep_tile *out, const tau_landscape *landscape, const uint8_t *bytes,
                             size_t size) {
    if (size < HEAD_BYTES) return bad_record("a record is too short to be a tile");
    *out = (tau_sweep_tile){.column = get_u32(bytes),
                            .row = get_u32(bytes + 4),
                            .columns = get_u32(bytes + 8),
                            .rows = get_u32(bytes + 12),
                            .metric_count = (size_t)landscape->metric_count};
    if (out->column >= landscape->columns || out->columns > landscape->columns - out->column ||
        out->row >= landscape->rows || out->rows > landscape->rows - out->row)
        return bad_record("a tile lies outside the grid");
    /* Both factors are at most 2^31, the product of a grid's axes. */
    const size_t count = out->columns * out->rows, stride = point_bytes(out->metric_count);
    if (count == 0 || (size - HEAD_BYTES) % stride != 0 || (size - HEAD_BYTES) / stride != count)
        return bad_record("a tile has not as many points as it claims");
    for (size_t i = 0; i < count; i++)
        if (get_u32(bytes + HEAD_BYTES + i * stride + 32) > TAU_PRECISION_FAST)
            return bad_record("a point has an unknown precision");
    return TAU_STATUS_OK;
}

static void decode_points(const tau_sweep_tile *tile, const uint8_t *bytes, tau_point *points,
                          double *regularisation, double *metrics) {
    const size_t stride = point_bytes(tile->metric_count);
    for (size_t i = 0; i < tile->columns * tile->rows; i++) {
        const uint8_t *place = bytes + HEAD_BYTES + i * stride;
        points[i] = (tau_point){.loss = get_f64(place),
                                .loss_se = get_f64(place + 8),
                                .accuracy = get_f64(place + 16),
                                .precision = (tau_precision)get_u32(place + 32)};
        regularisation[i] = get_f64(place + 24);
        for (size_t m = 0; m < tile->metric_count; m++)
            metrics[i * tile->metric_count + m] = get_f64(place + POINT_BYTES + 8 * m);
    }
}

tau_status tau_landscape_replay(void *payload, const void *record, size_t size) {
    tau_landscape *landscape = payload;
    tau_sweep_tile tile;
    TAU_TRY(parse_head(&tile, landscape, record, size));
    const size_t count = tile.columns * tile.rows;
    tau_point *points;
    double *regularisation = NULL, *metrics = NULL;
    TAU_TRY(TAU_ALLOC(points, count));
    tau_status status = TAU_ALLOC(regularisation, count);
    if (status == TAU_STATUS_OK && tile.metric_count > 0)
        status = tau_mem_alloc((void **)&metrics, count, tile.metric_count * sizeof *metrics);
    if (status == TAU_STATUS_OK) {
        decode_points(&tile, record, points, regularisation, metrics);
        tile.points = points;
        tile.regularisation = regularisation;
        tile.metrics = metrics;
        tau_landscape_put(landscape, &tile);
    }
    tau_mem_free(metrics);
    tau_mem_free(regularisation);
    tau_mem_free(points);
    return status;
}

static tau_status note_record(void *payload, const void *bytes, size_t size) {
    (void)bytes, (void)size;
    *(bool *)payload = true;
    return TAU_STATUS_OK;
}

tau_status tau_landscape_journal_has_records(bool *out, const char *journal_path) {
    *out = false;
    return tau_journal_read(journal_path, NULL, note_record, out);
}
