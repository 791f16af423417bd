#include "cli/subject.h"

#include <string.h>

#include "cli/files.h"
#include "core/log.h"
#include "core/memory.h"

/* ---- states ---- */

void tau_state_clear(tau_state *state) {
    tau_mem_free(state->theta);
    tau_mem_free(state->buffers);
    *state = (tau_state){0};
}

tau_state_view tau_state_get_view(const tau_state *state) {
    return (tau_state_view){state->theta, state->buffers};
}

static tau_status allocate_state(tau_state *out, const tau_graph *graph) {
    *out = (tau_state){0};
    TAU_TRY(TAU_ALLOC(out->theta, graph->theta_size));
    return TAU_ALLOC(out->buffers, graph->buffer_size);
}

static tau_status read_from_model(const tau_model *model, const char *text, const char *path,
                                  tau_state *out) {
    if (strcmp(text, "last") != 0 && strcmp(text, "first") != 0 && strcmp(text, "0") != 0 &&
        strcmp(text, "best") != 0)
        return tau_fail(TAU_STATUS_MISSING,
                        "there is no state \"%s\" in %s" TAU_WHY "an ONNX file holds one state" TAU_FIX
                        "call it last",
                        text, path);
    memcpy(out->theta, model->theta, model->graph->theta_size * sizeof *out->theta);
    memcpy(out->buffers, model->buffers, model->graph->buffer_size * sizeof *out->buffers);
    return TAU_STATUS_OK;
}

static tau_status read_from_run(tau_run *run, const char *text, tau_state *out) {
    size_t index;
    TAU_TRY(tau_run_find_state(run, text, &index));
    return tau_run_read_state(run, index, out->theta, out->buffers);
}

tau_status tau_subject_check_same_parameters(const tau_graph *graph, const tau_graph *other,
                                             const char *path) {
    bool same = graph->parameter_count == other->parameter_count && graph->buffer_size == other->buffer_size;
    const char *first = "another number of tensors";
    for (int p = 0; same && p < graph->parameter_count; p++) {
        const tau_parameter *a = &graph->parameters[p], *b = &other->parameters[p];
        same = strcmp(a->name, b->name) == 0 && tau_shape_equal(&a->shape, &b->shape);
        if (!same) first = a->name;
    }
    if (same) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISMATCH,
                    "cannot use a state of %s" TAU_WHY
                    "it is of another network: %s (%zu parameters, not %zu)" TAU_FIX
                    "name a state of the same network",
                    path, first, other->theta_size, graph->theta_size);
}

static tau_status read_from_file(const tau_subject *subject, const char *text, const char *at,
                                 tau_state *out) {
    char file[1024] = "";
    if ((size_t)(at - text) >= sizeof file)
        return tau_fail(TAU_STATUS_USAGE, "the state's file name is too long");
    strncat(file, text, (size_t)(at - text));
    char *group = tau_run_cut_group(file);
    tau_subject other;
    TAU_TRY(tau_subject_open(&other, file, group));
    tau_status status = tau_subject_check_same_parameters(subject->graph, other.graph, file);
    if (status == TAU_STATUS_OK)
        status = other.run ? read_from_run(other.run, at + 1, out)
                           : read_from_model(other.model, at + 1, file, out);
    tau_subject_close(&other);
    return status;
}

tau_status tau_subject_read_state(const tau_subject *subject, const char *text, tau_state *out) {
    tau_status status = allocate_state(out, subject->graph);
    const char *at = strrchr(text, '@');
    if (status == TAU_STATUS_OK) {
        if (at)
            status = read_from_file(subject, text, at, out);
        else if (subject->run)
            status = read_from_run(subject->run, text, out);
        else
            status = read_from_model(subject->model, text, subject->path, out);
    }
    if (status != TAU_STATUS_OK) tau_state_clear(out);
    return status;
}

/* ---- opening ---- */

/* The weight decay among a run's hyper-parameters, 0 if there is none. */
static double find_weight_decay(const tau_run *run) {
    const char *text = tau_run_get_header(run)->parameters;
    json_t *parameters = text ? json_loads(text, 0, NULL) : NULL;
    double value = json_number_value(json_object_get(parameters, "weight_decay"));
    json_decref(parameters);
    return value >= 0 ? value : 0;
}

tau_status tau_subject_open(tau_subject *out, const char *path, const char *group) {
    *out = (tau_subject){.path = path};
    tau_file_kind kind;
    TAU_TRY(tau_file_find_kind(&kind, path));
    if (kind == TAU_FILE_KIND_LANDSCAPE)
        return tau_fail(TAU_STATUS_INPUT,
                        "%s holds no network" TAU_WHY "it is a landscape" TAU_FIX
                        "name the run or the ONNX file that it was computed from",
                        path);
    if (kind == TAU_FILE_KIND_RUN) {
        TAU_TRY(tau_run_open(&out->run, path, group));
        out->graph = (tau_graph *)tau_run_get_graph(out->run);
        out->weight_decay = find_weight_decay(out->run);
        return TAU_STATUS_OK;
    }
    if (group)
        return tau_fail(TAU_STATUS_USAGE,
                        "%s has no groups" TAU_WHY "it is not a run file" TAU_FIX "leave the group out",
                        path);
    TAU_TRY(tau_cli_read_network(&out->model, path));
    out->graph = out->model->graph;
    return TAU_STATUS_OK;
}

tau_status tau_subject_open_first(tau_subject *out, const char *path, const char *groups) {
    if (!groups) return tau_subject_open(out, path, NULL);
    char **names;
    *out = (tau_subject){0};
    TAU_TRY(tau_run_split_groups(&names, path, groups));
    tau_status status = tau_subject_open(out, path, names[0] ? names[0] : "");
    tau_run_free_names(names);
    return status;
}

void tau_subject_close(tau_subject *subject) {
    tau_run_close(subject->run);
    tau_model_destroy(subject->model);
    tau_samples_destroy(subject->samples);
    *subject = (tau_subject){0};
}

/* ---- samples and loss ---- */

static bool values_are_binary(const tau_samples *samples) {
    size_t count = samples->count * samples->target_size;
    for (size_t i = 0; i < count; i++)
        if (samples->values[i] != 0.0f && samples->values[i] != 1.0f) return false;
    return true;
}

tau_loss tau_subject_infer_loss(const tau_graph *graph, const tau_samples *samples) {
    const tau_node *end = tau_graph_find_end(graph);
    if (samples->classes) return end && end->op == TAU_OP_LOG_SOFTMAX ? TAU_LOSS_NLL : TAU_LOSS_CROSS_ENTROPY;
    if (!values_are_binary(samples)) return TAU_LOSS_MSE;
    return tau_graph_gives_probabilities(graph) ? TAU_LOSS_BCE : TAU_LOSS_BCE_LOGITS;
}

static tau_status load_named_data(tau_subject *subject, tau_cli *cli) {
    tau_data_options options;
    TAU_TRY(tau_cli_get_data_options(cli, 0, &options));
    if (tau_shape_size(&subject->graph->values[subject->graph->output].shape) == 1)
        options.values_wanted = true;
    tau_dataset data = {0};
    TAU_TRY(tau_data_load(&data, &options));
    subject->samples = data.train;
    data.train = NULL;
    tau_dataset_clear(&data);
    return TAU_STATUS_OK;
}

/* A landscape's sample is a prefix of one fixed permutation, so that a larger sample contains the smaller. */
static tau_status take_sample(tau_subject *subject, const tau_cli *cli) {
    subject->samples_available = subject->samples->count;
    const char *text = tau_cli_get(&cli->arguments, "samples");
    if (!text || strcmp(text, "all") == 0) return TAU_STATUS_OK;
    uint64_t count;
    TAU_TRY(tau_cli_parse_count(&count, text, "--samples"));
    tau_samples *chosen;
    TAU_TRY(tau_samples_take(&chosen, subject->samples, count, 0));
    tau_samples_destroy(subject->samples);
    subject->samples = chosen;
    return TAU_STATUS_OK;
}

/* Options that say how data are read would do nothing where no data are read. */
static tau_status check_data_options(const tau_cli *cli) {
    static const char *const names[] = {"labels", "test-data", "test-labels", "test-fraction",
                                        "mean",   "std",       "data-layout", "data-seed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tau_cli_has(&cli->arguments, names[i]))
            return tau_fail(TAU_STATUS_USAGE,
                            "--%s goes with --data" TAU_WHY
                            "without --data the samples are those that the run has recorded" TAU_FIX
                            "add --data FILE, or leave --%s out",
                            names[i], names[i]);
    return TAU_STATUS_OK;
}

static tau_status choose_loss(tau_subject *subject, const tau_cli *cli) {
    const char *name = tau_cli_get(&cli->arguments, "loss");
    if (!name && subject->run) name = tau_run_get_header(subject->run)->loss;
    if (name && *name) {
        TAU_TRY(tau_loss_parse(&subject->loss, name));
    } else {
        subject->loss = tau_subject_infer_loss(subject->graph, subject->samples);
        tau_log(TAU_LOG_LEVEL_NOTE,
                "loss %s, inferred from the last operator and the labels; --loss chooses another",
                tau_loss_name(subject->loss));
    }
    return tau_loss_fit_graph(subject->loss, subject->graph);
}

tau_status tau_subject_load_samples(tau_subject *subject, tau_cli *cli) {
    bool named = tau_cli_has(&cli->arguments, "data");
    if (!named) TAU_TRY(check_data_options(cli));
    if (named)
        TAU_TRY(load_named_data(subject, cli));
    else if (subject->run)
        TAU_TRY(tau_run_read_samples(subject->run, &subject->samples));
    else
        return tau_fail(TAU_STATUS_USAGE,
                        "no data were named" TAU_WHY "%s holds a network but no samples" TAU_FIX
                        "add --data FILE --labels FILE, or a set such as --data digits",
                        subject->path);
    TAU_TRY(take_sample(subject, cli));
    return choose_loss(subject, cli);
}

tau_status tau_subject_create_evaluator(const tau_subject *subject, tau_cli *cli, const json_t *identity,
                                        bool confusion, tau_evaluator **out) {
    *out = NULL;
    tau_evaluator_options options = {
        .backend = tau_cli_get(&cli->arguments, "device"), .loss = subject->loss, .confusion = confusion};
    const char *precision = tau_cli_get(&cli->arguments, "precision");
    const char *backend_before = json_string_value(json_object_get(identity, "backend")),
               *precision_before = json_string_value(json_object_get(identity, "precision"));
    if (backend_before && (!options.backend || strcmp(options.backend, "auto") == 0))
        options.backend = backend_before;
    tau_precision found;
    if (precision) TAU_TRY(tau_precision_parse(&options.precision, precision));
    if (!precision && precision_before && tau_precision_parse(&found, precision_before) == TAU_STATUS_OK)
        options.precision = found;
    tau_pool *pool;
    TAU_TRY(tau_cli_get_pool(cli, &pool));
    return tau_evaluator_create(out, subject->graph, subject->samples, &options, pool);
}
