/* The head of a group: attributes, status, number of states. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/memory.h"
#include "h5/attribute.h"
#include "store/run_internal.h"

enum { TEXT_COUNT = 6 };

/* The texts of a header with the attributes that hold them. */
typedef struct header_text {
    const char *name;
    char **text;
} header_text;

static void header_texts(header_text out[TEXT_COUNT], tau_run_header *header) {
    out[0] = (header_text){"created", &header->created};
    out[1] = (header_text){"command", &header->command};
    out[2] = (header_text){"framework", &header->framework};
    out[3] = (header_text){"loss", &header->loss};
    out[4] = (header_text){"optimizer", &header->optimizer};
    out[5] = (header_text){"hyper_parameters", &header->parameters};
}

void tau_run_header_clear(tau_run_header *header) {
    header_text texts[TEXT_COUNT];
    header_texts(texts, header);
    for (int i = 0; i < TEXT_COUNT; i++) tau_mem_free(*texts[i].text);
    *header = (tau_run_header){0};
}

tau_status tau_run_write_header(tau_h5 *file, const char *group, const tau_run_header *header) {
    char path[TAU_STORE_PATH], created[32];
    tau_run_header copy = *header;
    header_text texts[TEXT_COUNT];
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (!copy.created) copy.created = created;
    header_texts(texts, &copy);
    tau_store_path(path, group, NULL);
    for (int i = 0; i < TEXT_COUNT; i++)
        TAU_TRY(tau_h5_set_text(file, path, texts[i].name, *texts[i].text ? *texts[i].text : ""));
    return tau_h5_set_i64(file, path, "seed", header->seed);
}

/* Recorders of other programs may leave any of these out. */
static tau_status read_texts(tau_run_header *out, tau_h5 *file, const char *path) {
    header_text texts[TEXT_COUNT];
    header_texts(texts, out);
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (tau_h5_has_attribute(file, path, texts[i].name))
            TAU_TRY(tau_h5_get_text(texts[i].text, file, path, texts[i].name));
        else
            TAU_TRY(tau_string_copy(texts[i].text, ""));
    }
    if (!tau_h5_has_attribute(file, path, "seed")) return TAU_STATUS_OK;
    return tau_h5_get_i64(&out->seed, file, path, "seed");
}

tau_status tau_run_read_header(tau_run_header *out, tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH];
    *out = (tau_run_header){0};
    tau_status status = read_texts(out, file, tau_store_path(path, group, NULL));
    if (status != TAU_STATUS_OK) tau_run_header_clear(out);
    return status;
}

tau_status tau_run_compare_headers(const tau_run_header *ours, const tau_run_header *theirs,
                                   const tau_recipe_words *words) {
    enum { SEED_TEXT = 32 };
    char our_seed[SEED_TEXT], their_seed[SEED_TEXT];
    const char *our_loss = ours->loss ? ours->loss : "",
               *our_optimizer = ours->optimizer ? ours->optimizer : "";
    const char *our_parameters = ours->parameters && *ours->parameters ? ours->parameters : "{}";
    TAU_TRY(
        tau_recipe_compare_objects(our_parameters, *theirs->parameters ? theirs->parameters : "{}", words));
    if (strcmp(our_loss, theirs->loss) != 0) return tau_recipe_differ(words, "loss", our_loss, theirs->loss);
    if (strcmp(our_optimizer, theirs->optimizer) != 0)
        return tau_recipe_differ(words, "optimizer", our_optimizer, theirs->optimizer);
    if (ours->seed == theirs->seed) return TAU_STATUS_OK;
    snprintf(our_seed, SEED_TEXT, "%" PRId64, ours->seed);
    snprintf(their_seed, SEED_TEXT, "%" PRId64, theirs->seed);
    return tau_recipe_differ(words, "seed", our_seed, their_seed);
}

tau_status tau_run_read_sign(tau_run_sign *out, tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH];
    *out = (tau_run_sign){.status = TAU_RUN_STATUS_FINISHED};
    if (!tau_h5_exists(file, tau_store_path(path, group, "status"))) return TAU_STATUS_OK;
    TAU_TRY(tau_h5_read_records(file, path, &TAU_RUN_SIGN, 0, 1, out));
    if (out->status >= TAU_RUN_STATUS_RUNNING && out->status <= TAU_RUN_STATUS_FAILED) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT, "cannot read %s of %s" TAU_WHY "%" PRId64 " is no known status", path,
                    tau_h5_path(file), out->status);
}

tau_status tau_run_count_states(size_t *out, tau_h5 *file, const char *group, bool has_buffers) {
    static const char *const members[] = {"states/theta", "states/step", "states/epoch", "states/wall_time",
                                          "states/buffers"};
    *out = SIZE_MAX;
    for (int i = 0; i < (has_buffers ? 5 : 4); i++) {
        char path[TAU_STORE_PATH];
        size_t rows;
        TAU_TRY(tau_h5_count_rows(&rows, file, tau_store_path(path, group, members[i])));
        if (rows < *out) *out = rows;
    }
    return TAU_STATUS_OK;
}
