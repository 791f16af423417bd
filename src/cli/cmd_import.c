/* tauscape import: checkpoints of other programs become the states of a run. */
#include <string.h>

#include "cli/cli.h"
#include "cli/export.h"
#include "cli/files.h"
#include "cli/subject.h"
#include "core/memory.h"

static const tau_cli_option import_options[] = {
    {'o', "output", "RUN", "The run file; an existing file gains a group.", NULL, false},
    {0, "model", "MODEL", "A built-in model or FILE.onnx; an ONNX checkpoint brings its own.", NULL, false},
    {0, "group", "NAME", "Name of the group (run).", NULL, false},
    {0, "optimizer", "NAME", "What the checkpoints were trained with, for the record.", NULL, false},
    {0},
};

typedef struct importing {
    tau_cli *cli;
    tau_model *model;
    tau_dataset data;
    tau_loss loss;
    tau_run_header header;
    tau_run_writer *writer;
    tau_train_state *state;
} importing;

static void clear(importing *m) {
    tau_run_abandon(m->writer);
    tau_run_header_clear(&m->header);
    tau_train_state_destroy(m->state);
    tau_dataset_clear(&m->data);
    tau_model_destroy(m->model);
}

static bool is_onnx(const char *path) {
    return strcmp(tau_export_get_extension(path), "onnx") == 0;
}

static tau_status load_model(importing *m) {
    const char *name = tau_cli_get(&m->cli->arguments, "model"), *first = m->cli->arguments.positional[0];
    if (name)
        return is_onnx(name) ? tau_model_read_onnx(&m->model, name) : tau_model_builtin(&m->model, name, 0);
    if (is_onnx(first)) return tau_model_read_onnx(&m->model, first);
    return tau_fail(TAU_STATUS_USAGE,
                    "no model was named" TAU_WHY "%s holds weights but no network" TAU_FIX
                    "add --model NAME or --model FILE.onnx",
                    first);
}

static tau_status load_data(importing *m) {
    tau_data_options options;
    TAU_TRY(tau_cli_get_data_options(m->cli, 0, &options));
    if (!options.data)
        return tau_fail(TAU_STATUS_USAGE,
                        "no data were named" TAU_WHY "a run holds the samples it is evaluated on" TAU_FIX
                        "add --data FILE --labels FILE, or a set such as --data digits");
    const tau_graph *graph = m->model->graph;
    if (tau_shape_size(&graph->values[graph->output].shape) == 1) options.values_wanted = true;
    TAU_TRY(tau_data_load(&m->data, &options));
    const char *loss = tau_cli_get(&m->cli->arguments, "loss");
    m->loss = tau_subject_infer_loss(graph, m->data.train);
    if (loss) TAU_TRY(tau_loss_parse(&m->loss, loss));
    return tau_loss_check_graph(m->loss, graph);
}

static tau_status fill_header(importing *m) {
    char now[32];
    tau_cli_format_time(now);
    const char *optimizer = tau_cli_get(&m->cli->arguments, "optimizer");
    TAU_TRY(tau_string_copy(&m->header.created, now));
    TAU_TRY(tau_string_copy(&m->header.command, m->cli->command_line));
    TAU_TRY(tau_string_copy(&m->header.framework, "imported"));
    TAU_TRY(tau_string_copy(&m->header.loss, tau_loss_name(m->loss)));
    TAU_TRY(tau_string_copy(&m->header.optimizer, optimizer ? optimizer : "unknown"));
    return tau_string_copy(&m->header.parameters, "{}");
}

static tau_status read_onnx_state(importing *m, const char *path) {
    tau_model *other;
    TAU_TRY(tau_model_read_onnx(&other, path));
    tau_status status = tau_subject_check_same_parameters(m->model->graph, other->graph, path);
    if (status == TAU_STATUS_OK) {
        memcpy(m->state->theta, other->theta, m->state->theta_size * sizeof(float));
        memcpy(m->state->buffers, other->buffers, m->state->buffer_size * sizeof(float));
    }
    tau_model_destroy(other);
    return status;
}

static tau_status read_state(importing *m, const char *path) {
    if (is_onnx(path)) return read_onnx_state(m, path);
    return tau_model_read_safetensors(m->model->graph, path, m->state->theta, m->state->buffers);
}

/* All checkpoints are read once before anything is written, so that a bad one leaves no half of a run behind.
 */
static tau_status import_all(importing *m) {
    const tau_cli_arguments *a = &m->cli->arguments;
    const char *out = tau_cli_get(a, "output"), *group = tau_cli_get(a, "group");
    if (!out) return tau_fail(TAU_STATUS_USAGE, "no run file was named" TAU_FIX "add -o FILE.run.h5");
    TAU_TRY(tau_cli_check_inputs_differ(m->cli, out));
    TAU_TRY(tau_cli_check_output(m->cli, out, TAU_FILE_KIND_RUN));
    TAU_TRY(load_model(m));
    TAU_TRY(load_data(m));
    TAU_TRY(fill_header(m));
    TAU_TRY(tau_train_state_create(&m->state, m->model->graph->theta_size, m->model->graph->buffer_size));
    for (int i = 0; i < a->positional_count; i++) TAU_TRY(read_state(m, a->positional[i]));
    if (m->cli->dry_run) return TAU_STATUS_OK;
    TAU_TRY(tau_run_create(&m->writer, out, group ? group : "run", &m->header, m->model, m->data.train));
    for (int i = 0; i < a->positional_count; i++) {
        TAU_TRY(read_state(m, a->positional[i]));
        m->state->step = (uint64_t)i;
        TAU_TRY(tau_run_write_state(m->writer, m->state, i));
    }
    tau_run_writer *writer = m->writer;
    m->writer = NULL;
    TAU_TRY(tau_run_finish(writer, TAU_RUN_STATUS_FINISHED));
    tau_cli_say(m->cli, "imported %d state%s into %s", a->positional_count,
                a->positional_count == 1 ? "" : "s", out);
    tau_cli_print_json(m->cli,
                       json_pack("{so si}", "run", tau_cli_json_text(out), "states", a->positional_count));
    return TAU_STATUS_OK;
}

static tau_status run(tau_cli *cli) {
    importing m = {.cli = cli};
    tau_status status = import_all(&m);
    clear(&m);
    return status;
}

const tau_cli_command tau_cli_import = {
    .name = "import",
    .usage = "CHECKPOINT… --model MODEL --data DATA -o RUN",
    .summary = "make a run of checkpoints that others wrote",
    .description = "Reads safetensors or ONNX checkpoints of one network, in the order given, as the states "
                   "of a run: what "
                   "compute, trace and export take. Tensors are matched by name and shape.",
    .examples =
        "  tauscape import epoch*.safetensors --model net.onnx --data x.npy --labels y.npy -o mine.run.h5\n",
    .sections = {{"Import", import_options}, {"Data", tau_cli_data_options}},
    .arguments_min = 1,
    .arguments_max = -1,
    .run = run,
};
