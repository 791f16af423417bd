#include <stdlib.h>
#include <unistd.h>

#include "cli/computation.h"
#include "cli/version.h"
#include "core/memory.h"

static json_t *describe_identity(const tau_computation *c) {
    char model[TAU_HASH_TEXT], data[TAU_HASH_TEXT], slice[TAU_HASH_TEXT];
    tau_graph_digest(c->subject.graph, model);
    tau_samples_digest(c->subject.samples, data);
    tau_slice_digest(c->made.slice, slice);
    tau_evaluator_identity evaluator = tau_evaluator_get_identity(c->evaluator);
    json_t *identity =
        json_pack("{ss ss sI ss ss ss ss si ss sf}", "model", model, "data", data, "samples",
                  (json_int_t)c->subject.samples->count, "loss", tau_loss_name(c->subject.loss),
                  "slice_digest", slice, "backend", evaluator.backend, "instruction_set",
                  evaluator.instruction_set, "kernel_version", evaluator.kernel_version, "precision",
                  tau_precision_name(evaluator.precision), "weight_decay", c->subject.weight_decay);
    json_object_set_new(identity, "slice", tau_slice_spec_to_json(&c->spec));
    /* Only where there are any: landscapes without metrics have the identity that they always had. */
    json_t *metrics = c->metric_count > 0 ? json_array() : NULL;
    for (size_t m = 0; m < c->metric_count; m++) {
        char name[TAU_METRIC_NAME];
        tau_computation_name_metric(c, m, name);
        json_array_append_new(metrics, json_string(name));
    }
    if (metrics) json_object_set_new(identity, "metrics", metrics);
    return identity;
}

static json_t *describe_provenance(const tau_computation *c) {
    char now[32], host[256] = "";
    tau_cli_format_time(now);
    gethostname(host, sizeof host - 1);
    const tau_samples *samples = c->subject.samples;
    json_t *provenance =
        json_pack("{ss ss ss ss so so so* so sI si}", "command", c->cli->command_line, "created", now, "host",
                  host, "version", TAU_VERSION, "source", tau_cli_json_text(c->subject.path), "network",
                  tau_cli_json_text(c->subject.graph->name), "group",
                  c->subject.run ? tau_cli_json_text(tau_run_get_group(c->subject.run)) : NULL, "data",
                  tau_cli_json_text(samples->source), "samples_available",
                  (json_int_t)c->subject.samples_available, "classes", samples->class_count);
    if (c->sweep.shard_count > 1)
        json_object_set_new(provenance, "shard",
                            json_pack("[ii]", c->sweep.shard_index + 1, c->sweep.shard_count));
    return provenance;
}

tau_status tau_computation_describe(const tau_computation *c, char **recipe) {
    *recipe = NULL;
    json_t *object = json_object();
    json_object_set_new(object, "identity", describe_identity(c));
    json_object_set_new(object, "provenance", describe_provenance(c));
    char *text = json_dumps(object, JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    json_decref(object);
    if (!text)
        return tau_fail(TAU_STATUS_INPUT, "cannot describe the landscape" TAU_WHY
                                          "a name in it is not valid UTF-8" TAU_FIX "rename the files");
    tau_status status = tau_string_copy(recipe, text);
    free(text);
    return status;
}
