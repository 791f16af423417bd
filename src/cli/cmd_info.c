/* tauscape info: what a file holds, and what is remarkable about it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/remarks.h"
#include "cli/subject.h"
#include "core/memory.h"
#include "store/landscape.h"
#include "sweep/sweep.h"

/* ---- landscapes ---- */

/* How many points were computed in each precision: {"fast": 2590, "exact": 11}. A point that overflowed was
 * computed again in a more exact one. */
static json_t *count_precisions(const tau_cli *cli, const tau_landscape *l) {
    size_t counts[TAU_PRECISION_FAST + 1] = {0};
    for (size_t i = 0; i < l->rows * l->columns; i++)
        if (l->precision[i] <= TAU_PRECISION_FAST) counts[l->precision[i]]++;
    json_t *object = json_object();
    for (int p = TAU_PRECISION_EXACT; p <= TAU_PRECISION_FAST; p++) {
        const char *name = tau_precision_name((tau_precision)p);
        if (!counts[p]) continue;
        tau_cli_say(cli, "precision  %s: %zu points", name, counts[p]);
        json_object_set_new(object, name, json_integer((json_int_t)counts[p]));
    }
    return object;
}

/* {"mcc": {"lowest": 0.1, "highest": 0.98, "centre": 0.97, "undefined": 0}} */
static json_t *describe_metrics(const tau_cli *cli, const tau_landscape *l) {
    json_t *object = json_object();
    size_t centre;
    const bool has_centre = tau_remarks_find_centre(&centre, l);
    for (int m = 0; m < l->metric_count; m++) {
        const tau_landscape_metric *metric = &l->metrics[m];
        double lowest = NAN, highest = NAN;
        size_t undefined = 0;
        for (size_t i = 0; i < l->rows * l->columns; i++) {
            if (l->done[i] == TAU_DONE_NOT) continue;
            undefined += isnan(metric->values[i]) != 0;
            lowest = fmin(lowest, metric->values[i]), highest = fmax(highest, metric->values[i]);
        }
        char middle[48] = "", gaps[48] = "";
        if (has_centre && !isnan(metric->values[centre]))
            snprintf(middle, sizeof middle, "; %.4g at the centre", metric->values[centre]);
        if (undefined) snprintf(gaps, sizeof gaps, "; not defined at %zu points", undefined);
        if (isnan(lowest))
            tau_cli_say(cli, "metric     %s: not defined", metric->name);
        else
            tau_cli_say(cli, "metric     %s: %.4g to %.4g%s%s", metric->name, lowest, highest, middle, gaps);
        json_object_set_new(object, metric->name,
                            json_pack("{so so so sI}", "lowest", tau_cli_json_real(lowest), "highest",
                                      tau_cli_json_real(highest), "centre",
                                      has_centre ? tau_cli_json_real(metric->values[centre]) : json_null(),
                                      "undefined", (json_int_t)undefined));
    }
    return object;
}

/* What the open points of a landscape are left for, in words. */
static void explain_open(char out[96], const tau_landscape *l, const json_t *provenance) {
    const json_t *shard = json_object_get(provenance, "shard");
    const int index = (int)json_integer_value(json_array_get(shard, 0)),
              count = (int)json_integer_value(json_array_get(shard, 1));
    size_t open = 0;
    for (size_t i = 0; i < l->rows * l->columns; i++)
        open += l->done[i] == TAU_DONE_NOT &&
                tau_sweep_in_shard(i % l->columns, i / l->columns, l->columns, index - 1, count);
    if (count > 1 && open == 0)
        snprintf(out, 96, ": all of shard %d of %d; tauscape merge joins the shards", index, count);
    else
        snprintf(out, 96, ": the same command goes on");
}

static json_t *describe_landscape(const tau_cli *cli, const char *path, const tau_landscape *l) {
    tau_landscape_summary s = tau_landscape_summarize(l);
    json_t *recipe = json_loads(l->recipe, 0, NULL), *remarks = tau_remarks_find(l, recipe);
    const json_t *identity = json_object_get(recipe, "identity"),
                 *provenance = json_object_get(recipe, "provenance");
    const char *command = json_string_value(json_object_get(provenance, "command"));
    const char *loss = json_string_value(json_object_get(identity, "loss"));
    char place[64] = "", rest[96] = "";
    if (s.done < s.points) explain_open(rest, l, provenance);
    if (!l->line) snprintf(place, sizeof place, ", beta %.4g", l->beta[s.lowest_row]);
    tau_cli_say(cli, "landscape  %s, %s, %zu x %zu points", l->name, l->transform, l->columns, l->rows);
    tau_cli_say(cli, "alpha      %.6g to %.6g", l->alpha[0], l->alpha[l->columns - 1]);
    if (!l->line) tau_cli_say(cli, "beta       %.6g to %.6g", l->beta[0], l->beta[l->rows - 1]);
    tau_cli_say(cli, "done       %zu of %zu points%s", s.done, s.points, rest);
    if (s.done > s.infinite + s.nan)
        tau_cli_say(cli, "%-10s %.6g to %.6g; lowest at alpha %.4g%s", loss ? loss : "loss", s.lowest,
                    s.highest, l->alpha[s.lowest_column], place);
    if (s.infinite + s.nan)
        tau_cli_say(cli, "not finite %zu points (%.1f %%): %zu infinite, %zu not a number",
                    s.infinite + s.nan, 100.0 * (double)(s.infinite + s.nan) / (double)s.done, s.infinite,
                    s.nan);
    json_t *metrics = describe_metrics(cli, l), *precisions = count_precisions(cli, l);
    for (int p = 0; p < l->projection_count; p++)
        tau_cli_say(cli, "path       %s: %zu states, %.1f %% of the movement in the slice",
                    l->projections[p].group, l->projections[p].count, 100 * l->projections[p].explained);
    if (command) tau_cli_say(cli, "command    %s", command);
    for (size_t i = 0; i < json_array_size(remarks); i++)
        tau_cli_say(cli, "remark     %s", json_string_value(json_array_get(remarks, i)));
    json_t *object =
        json_pack("{so ss ss sI sI sI sI sI so so so so so so}", "file", tau_cli_json_text(path), "kind",
                  l->line ? "line" : "plane", "transform", l->transform, "columns", (json_int_t)l->columns,
                  "rows", (json_int_t)l->rows, "done", (json_int_t)s.done, "infinite", (json_int_t)s.infinite,
                  "nan", (json_int_t)s.nan, "lowest", tau_cli_json_real(s.lowest), "highest",
                  tau_cli_json_real(s.highest), "metrics", metrics, "precision", precisions, "remarks",
                  remarks, "recipe", recipe ? recipe : json_null());
    return object;
}

/* ---- runs ---- */

static const char *status_text(const tau_run *run) {
    static char text[96];
    switch (tau_run_get_status(run)) {
    case TAU_RUN_STATUS_FINISHED:
        return "finished";
    case TAU_RUN_STATUS_FAILED:
        return "failed";
    default:
        snprintf(text, sizeof text, "unfinished; last sign of life %.0f s ago", tau_run_get_silence(run));
        return text;
    }
}

static tau_status describe_group(const tau_cli *cli, const char *path, const char *group, json_t *groups) {
    tau_run *run;
    TAU_TRY(tau_run_open(&run, path, group));
    const tau_run_header *header = tau_run_get_header(run);
    const tau_graph *graph = tau_run_get_graph(run);
    size_t states = tau_run_get_state_count(run);
    tau_cli_say(cli, "group      %s: %s", group, status_text(run));
    tau_cli_say(cli, "  network  %s, %zu parameters in %d tensors", graph->name, graph->theta_size,
                graph->parameter_count);
    /* A recording without an optimizer has no seed of it to tell either. */
    if (*header->optimizer && strcmp(header->optimizer, "unknown") != 0)
        tau_cli_say(cli, "  training %s, %s, seed %lld", header->loss, header->optimizer,
                    (long long)header->seed);
    else
        tau_cli_say(cli, "  training %s; optimizer not recorded", header->loss);
    if (states)
        tau_cli_say(cli, "  states   %zu: step %lld to %lld, epoch %.3g to %.3g", states,
                    (long long)tau_run_get_step(run, 0), (long long)tau_run_get_step(run, states - 1),
                    tau_run_get_epoch(run, 0), tau_run_get_epoch(run, states - 1));
    json_t *metrics = json_object();
    for (const char *const *name = tau_run_get_metric_names(run); *name; name++) {
        tau_metric *records = NULL;
        size_t count = 0;
        tau_status status = tau_run_read_metric(run, *name, &records, &count);
        if (status == TAU_STATUS_OK && count > 0) {
            tau_cli_say(cli, "  %-14s %zu values, last %.6g", *name, count, records[count - 1].value);
            json_object_set_new(metrics, *name, tau_cli_json_real(records[count - 1].value));
        }
        tau_mem_free(records);
    }
    json_array_append_new(groups, json_pack("{so so sI sI so}", "group", tau_cli_json_text(group), "network",
                                            tau_cli_json_text(graph->name), "parameters",
                                            (json_int_t)graph->theta_size, "states", (json_int_t)states,
                                            "metrics", metrics));
    tau_run_close(run);
    return TAU_STATUS_OK;
}

static tau_status describe_run(const tau_cli *cli, const char *path, json_t *found) {
    char **names;
    TAU_TRY(tau_run_list_groups(&names, path));
    json_t *groups = json_array();
    tau_cli_say(cli, "run file   %s", path);
    tau_status status = TAU_STATUS_OK;
    for (char **name = names; *name && status == TAU_STATUS_OK; name++)
        status = describe_group(cli, path, *name, groups);
    tau_run_free_names(names);
    if (status != TAU_STATUS_OK) {
        json_decref(groups);
        return status;
    }
    json_array_append_new(found, json_pack("{so so}", "file", tau_cli_json_text(path), "groups", groups));
    return TAU_STATUS_OK;
}

/* ---- networks ---- */

static tau_status describe_network(const tau_cli *cli, const char *path, json_t *found) {
    tau_model *model;
    TAU_TRY(tau_cli_read_network(&model, path));
    const tau_graph *graph = model->graph;
    char input[TAU_SHAPE_TEXT], output[TAU_SHAPE_TEXT];
    tau_shape_format(input, &graph->values[graph->input].shape);
    tau_shape_format(output, &graph->values[graph->output].shape);
    tau_cli_say(cli, "network    %s: %s -> %s", graph->name, input, output);
    tau_cli_say(cli, "parameters %zu in %d tensors; %zu batch-norm statistics; %.3g MFLOP a sample",
                graph->theta_size, graph->parameter_count, graph->buffer_size, tau_graph_flops(graph) / 1e6);
    int counts[TAU_OP_COUNT] = {0};
    json_t *operators = json_object();
    for (int n = 0; n < graph->node_count; n++) counts[graph->nodes[n].op]++;
    for (int op = 0; op < TAU_OP_COUNT; op++) {
        if (!counts[op]) continue;
        tau_cli_say(cli, "  %-20s %d", tau_op_name((tau_op)op), counts[op]);
        json_object_set_new(operators, tau_op_name((tau_op)op), json_integer(counts[op]));
    }
    json_array_append_new(found, json_pack("{so so ss ss sI sf so}", "file", tau_cli_json_text(path),
                                           "network", tau_cli_json_text(graph->name), "input", input,
                                           "output", output, "parameters", (json_int_t)graph->theta_size,
                                           "flop", tau_graph_flops(graph), "operators", operators));
    tau_model_destroy(model);
    return TAU_STATUS_OK;
}

static tau_status describe_landscapes(const tau_cli *cli, const char *path, char **names, json_t *found) {
    for (; *names; names++) {
        tau_landscape *landscape;
        TAU_TRY(tau_landscape_read(&landscape, path, *names));
        json_array_append_new(found, describe_landscape(cli, path, landscape));
        tau_landscape_destroy(landscape);
    }
    return TAU_STATUS_OK;
}

/* The content decides what a file is, not its name. @param[in,out] found  gains objects for --json */
static tau_status describe(const tau_cli *cli, const char *path, json_t *found) {
    tau_file_kind kind;
    char **names;
    TAU_TRY(tau_file_find_kind(&kind, path));
    if (kind == TAU_FILE_KIND_OTHER) return describe_network(cli, path, found);
    if (kind == TAU_FILE_KIND_RUN) return describe_run(cli, path, found);
    TAU_TRY(tau_landscape_list(&names, path));
    tau_status status = describe_landscapes(cli, path, names, found);
    tau_landscape_free_names(names);
    return status;
}

static tau_status run(tau_cli *cli) {
    json_t *found = json_array();
    const int count = cli->arguments.positional_count;
    tau_status status = TAU_STATUS_OK;
    for (int i = 0; i < count && status == TAU_STATUS_OK; i++)
        status = describe(cli, cli->arguments.positional[i], found);
    const bool one = count == 1 && json_array_size(found) == 1;
    if (status == TAU_STATUS_OK) tau_cli_print_json(cli, json_incref(one ? json_array_get(found, 0) : found));
    json_decref(found);
    return status;
}

const tau_cli_command tau_cli_info = {
    .name = "info",
    .usage = "FILE…",
    .summary = "what a file holds, and what is remarkable about it",
    .description =
        "Describes run files, landscapes and ONNX networks: contents, completeness, recipe. "
        "Remarks point at what may be wrong with a landscape: a centre that no point lies on, that is not "
        "its "
        "lowest "
        "point, or far above the loss that its training recorded, accuracy at chance, points that "
        "are not finite, contour lines closer than the standard error, a path far from the plane.\n\n"
        "With --json a file is one object, and several files are one array of them.",
    .examples = "  tauscape info run.run.h5 plane.land.h5\n  tauscape info --json net.onnx\n",
    .arguments_min = 1,
    .arguments_max = -1,
    .run = run,
};
