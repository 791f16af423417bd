/* tauscape train: train a network and record its states in a run file. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/subject.h"
#include "cli/train_live.h"
#include "cli/train_weights.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "store/run.h"
#include "train/train.h"

static const tau_cli_option train_options[] = {
    {'o', "output", "RUN", "The run file; an existing file gains a group.", NULL, false},
    {0, "model", "MODEL", "mnist-cnn, mlp:2-16-16-1:tanh, lenet5, resnet20, resnet56 … or FILE.onnx.",
     "mnist-cnn|mlp:|lenet5|resnet20|resnet20-noshort|resnet56|encoder2|*", false},
    {0, "optimizer", "NAME", "sgd, momentum (default), nesterov, adam or rmsprop.",
     "sgd|momentum|nesterov|adam|rmsprop", false},
    {0, "lr", "RATE", "Learning rate: 0.001 for adam and rmsprop, 0.02 with momentum, 0.05 for sgd.", NULL,
     false},
    {0, "momentum", "M", "Momentum (0.9).", NULL, false},
    {0, "weight-decay", "L", "Adds L times the squared norm of the parameters to the loss (0).", NULL, false},
    {0, "class-weights", "balanced|W0,W1,…",
     "How much samples of each class count; balanced: all classes the same together.", NULL, false},
    {0, "schedule", "S", "constant (default), cosine, or step:EPOCHS[,FACTOR].", NULL, false},
    {0, "batch", "N", "Samples a batch (64).", NULL, false},
    {0, "epochs", "N", "Passes over the data (10).", NULL, false},
    {'s', "seed", "N", "Seed of weights, order and dropout (0).", NULL, false},
    {0, "record", "RULE", "every=20 batches, every=1epoch, or max=200 states (default).", NULL, false},
    {0, "group", "NAME", "Name of this training in the file (run).", NULL, false},
    {0, "watch", "[=MODE]",
     "Show the training while it runs: terminal (default), screen or file:DIR, as tauscape watch does. On a "
     "terminal keys change learning rate, weight decay and batch size, pause and stop.",
     NULL, false},
    {0, "control", "PATH",
     "Take changes from a file that is added to or edited, or a FIFO (made where nothing is there): lines lr "
     "X, decay X, batch N, pause, resume, stop; \"at STEP lr X\" waits for that step. Where the training "
     "goes "
     "on, lines of before are not carried out again.",
     NULL, false},
    {0},
};

/* Everything a training holds while it runs. */
typedef struct training {
    tau_cli *cli;
    const char *path, *group;
    tau_model *model; /* as it was given */
    tau_graph *graph; /* of it, its end as the loss takes it */
    tau_dataset data;
    tau_train_options options;
    tau_train_weights weights;
    tau_run_header header;
    tau_run_writer *writer;
    tau_train_state *state;
    tau_evaluator *train, *test;
    double last_test_loss, last_test_accuracy, last_loss;
    size_t recorded, changes;
    tau_live live;
} training;

static void clear(training *t) {
    tau_live_close(&t->live, false);
    tau_evaluator_destroy(t->train);
    tau_evaluator_destroy(t->test);
    tau_run_abandon(t->writer);
    tau_train_state_destroy(t->state);
    tau_run_header_clear(&t->header);
    tau_train_weights_clear(&t->weights);
    tau_dataset_clear(&t->data);
    tau_graph_destroy(t->graph);
    tau_model_destroy(t->model);
}

/* ---- preparation ---- */

static tau_status read_options(training *t) {
    const tau_cli_arguments *a = &t->cli->arguments;
    tau_train_options *o = &t->options;
    *o = (tau_train_options){.optimizer = TAU_OPTIMIZER_MOMENTUM, .momentum = 0.9, .batch = 64, .epochs = 10};
    t->path = tau_cli_get(a, "output");
    t->group = tau_cli_get(a, "group");
    if (!t->group) t->group = "run";
    if (!t->path) return tau_fail(TAU_STATUS_USAGE, "no run file was named" TAU_FIX "add -o FILE.run.h5");
    if (*t->group == '\0' || strchr(t->group, '/') || strcmp(t->group, ".") == 0)
        return tau_fail(TAU_STATUS_USAGE, "--group cannot be \"%s\"" TAU_FIX "use a name without slashes",
                        t->group);
    const char *optimizer = tau_cli_get(a, "optimizer"), *schedule = tau_cli_get(a, "schedule");
    const char *record = tau_cli_get(a, "record");
    if (optimizer) TAU_TRY(tau_optimizer_parse(&o->optimizer, optimizer));
    if (schedule) TAU_TRY(tau_schedule_parse(&o->schedule, schedule));
    TAU_TRY(tau_record_rule_parse(&o->record, record ? record : "max=200"));
    o->rate = tau_optimizer_default_rate(o->optimizer);
    TAU_TRY(tau_cli_get_real(a, "lr", &o->rate, 0, 1e6));
    TAU_TRY(tau_cli_get_real(a, "momentum", &o->momentum, 0, 1));
    TAU_TRY(tau_cli_get_real(a, "weight-decay", &o->weight_decay, 0, 1e6));
    uint64_t batch = o->batch, epochs = o->epochs;
    TAU_TRY(tau_cli_get_count(a, "batch", &batch, 1, 1u << 20));
    TAU_TRY(tau_cli_get_count(a, "epochs", &epochs, 1, 1000000));
    TAU_TRY(tau_cli_get_count(a, "seed", &o->seed, 0, INT64_MAX));
    o->batch = batch;
    o->epochs = epochs;
    return TAU_STATUS_OK;
}

static tau_status load_model(training *t) {
    const char *name = tau_cli_get(&t->cli->arguments, "model");
    if (!name)
        return tau_fail(TAU_STATUS_USAGE,
                        "no model was named" TAU_FIX
                        "add --model mnist-cnn, --model mlp:2-16-16-1:tanh or --model FILE.onnx");
    const char *dot = strrchr(name, '.');
    if (dot && strcmp(dot, ".onnx") == 0) return tau_model_read_onnx(&t->model, name);
    return tau_model_builtin(&t->model, name, t->options.seed);
}

/* One such number makes every loss and then every parameter a NaN. */
static tau_status check_inputs(const tau_samples *samples) {
    size_t size = samples->count * tau_shape_size(&samples->input_shape);
    for (size_t i = 0; i < size; i++)
        if (!isfinite(samples->inputs[i]))
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot train on %s" TAU_WHY "some of its inputs are not finite numbers" TAU_FIX
                            "leave those samples out, or replace the numbers",
                            samples->source);
    return TAU_STATUS_OK;
}

static tau_status load_data(training *t) {
    tau_data_options data;
    TAU_TRY(tau_cli_get_data_options(t->cli, 0.1, &data));
    if (!data.data)
        return tau_fail(TAU_STATUS_USAGE, "no data were named" TAU_FIX
                                          "add --data FILE --labels FILE, or a set such as --data digits");
    const tau_graph *graph = t->model->graph;
    if (tau_shape_size(&graph->values[graph->output].shape) == 1) data.values_wanted = true;
    TAU_TRY(tau_data_load(&t->data, &data));
    TAU_TRY(check_inputs(t->data.train));
    TAU_TRY(tau_train_weights_read(&t->weights, tau_cli_get(&t->cli->arguments, "class-weights"), graph,
                                   t->data.train));
    t->options.class_weights = t->weights.use;
    const char *loss = tau_cli_get(&t->cli->arguments, "loss");
    if (loss) {
        TAU_TRY(tau_loss_parse(&t->options.loss, loss));
    } else {
        t->options.loss = tau_subject_infer_loss(graph, t->data.train);
        tau_cli_say(t->cli, "loss       %s (from the last operator and the labels)",
                    tau_loss_name(t->options.loss));
    }
    TAU_TRY(tau_graph_copy(&t->graph, graph));
    return tau_loss_fit_graph(t->options.loss, t->graph);
}

/* What must agree when an unfinished group is continued. */
static tau_status format_parameters(const training *t, char **out) {
    const tau_train_options *o = &t->options;
    char model[TAU_HASH_TEXT], data[TAU_HASH_TEXT];
    tau_graph_digest(t->model->graph, model);
    tau_samples_digest(t->data.train, data);
    json_t *json =
        json_pack("{ss ss sf sf sf sI sI sI si sf sf sI sf sI}", "model", model, "data", data, "rate",
                  o->rate, "momentum", o->momentum, "weight_decay", o->weight_decay, "batch",
                  (json_int_t)o->batch, "epochs", (json_int_t)o->epochs, "seed", (json_int_t)o->seed,
                  "schedule", (int)o->schedule.kind, "schedule_every", o->schedule.every, "schedule_factor",
                  o->schedule.factor, "record_steps", (json_int_t)o->record.every_steps, "record_epochs",
                  o->record.every_epochs, "record_max", (json_int_t)o->record.max_states);
    if (json && t->weights.count)
        json_object_set_new(json, "class_weights", tau_train_weights_describe(&t->weights));
    char *text = json ? json_dumps(json, JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(json);
    if (!text) return tau_fail(TAU_STATUS_MEMORY, "cannot describe the training");
    tau_status status = tau_string_copy(out, text);
    free(text);
    return status;
}

static tau_status fill_header(training *t) {
    char now[32];
    tau_cli_format_time(now);
    TAU_TRY(tau_string_copy(&t->header.created, now));
    TAU_TRY(tau_string_copy(&t->header.command, t->cli->command_line));
    TAU_TRY(tau_string_copy(&t->header.framework, "tauscape"));
    TAU_TRY(tau_string_copy(&t->header.loss, tau_loss_name(t->options.loss)));
    TAU_TRY(tau_string_copy(&t->header.optimizer, tau_optimizer_name(t->options.optimizer)));
    TAU_TRY(format_parameters(t, &t->header.parameters));
    t->header.seed = (int64_t)t->options.seed;
    return TAU_STATUS_OK;
}

static tau_status group_exists(const training *t, bool *out) {
    *out = false;
    TAU_TRY(tau_cli_check_inputs_differ(t->cli, t->path));
    TAU_TRY(tau_cli_check_output(t->cli, t->path, TAU_FILE_KIND_RUN));
    if (!tau_file_exists(t->path)) return TAU_STATUS_OK;
    char **names;
    TAU_TRY(tau_run_list_groups(&names, t->path));
    for (char **name = names; *name; name++) *out |= strcmp(*name, t->group) == 0;
    tau_run_free_names(names);
    return TAU_STATUS_OK;
}

/* What was changed while it ran is not in the command: it is taken from the run. */
static tau_status continue_run(training *t) {
    tau_live_record record;
    tau_status status = tau_live_read_record(&record, t->path, t->group);
    if (status == TAU_STATUS_OK)
        status = tau_run_continue(&t->writer, &t->state, t->path, t->group, &t->header, t->model);
    size_t changes = 0;
    if (status == TAU_STATUS_OK) changes = tau_live_apply_record(&record, t->state, t->data.train->count);
    tau_live_record_clear(&record);
    TAU_TRY(status);
    if (t->live.control) tau_control_go_on(t->live.control);
    tau_cli_say(t->cli, "continuing %s from step %llu", t->group, (unsigned long long)t->state->step);
    const tau_train_changes *c = &t->state->changes;
    if (changes)
        tau_cli_say(t->cli, "with what was changed while it ran: rate %g, weight decay %g, batch %zu",
                    c->has_rate ? c->rate : t->options.rate,
                    c->has_weight_decay ? c->weight_decay : t->options.weight_decay,
                    c->has_batch ? c->batch : t->options.batch);
    t->changes = changes;
    return TAU_STATUS_OK;
}

static tau_status open_run(training *t) {
    bool exists;
    TAU_TRY(group_exists(t, &exists));
    if (exists) return continue_run(t);
    const tau_graph *graph = t->model->graph;
    TAU_TRY(tau_train_state_create(&t->state, graph->theta_size, graph->buffer_size));
    memcpy(t->state->theta, t->model->theta, graph->theta_size * sizeof(float));
    memcpy(t->state->buffers, t->model->buffers, graph->buffer_size * sizeof(float));
    return tau_run_create(&t->writer, t->path, t->group, &t->header, t->model, t->data.train);
}

static tau_status create_evaluators(training *t) {
    /* Gradients are FP32 on every device; test losses are recorded as exactly as landscapes may be. */
    tau_evaluator_options options = {.backend = tau_cli_get(&t->cli->arguments, "device"),
                                     .precision = TAU_PRECISION_FINE,
                                     .loss = t->options.loss};
    tau_pool *pool;
    TAU_TRY(tau_cli_get_pool(t->cli, &pool));
    TAU_TRY(tau_evaluator_create(&t->train, t->graph, t->data.train, &options, pool));
    return t->data.test ? tau_evaluator_create(&t->test, t->graph, t->data.test, &options, pool)
                        : TAU_STATUS_OK;
}

/* ---- while it runs ---- */

static tau_status on_state(void *payload, const tau_train_state *state, double epoch) {
    training *t = payload;
    t->recorded++;
    return tau_run_write_state(t->writer, state, epoch);
}

static tau_status on_metric(void *payload, const char *name, uint64_t step, double epoch, double value) {
    training *t = payload;
    if (strcmp(name, "test_loss") == 0) t->last_test_loss = value;
    if (strcmp(name, "test_accuracy") == 0) t->last_test_accuracy = value;
    if (strcmp(name, "epoch_loss") == 0) t->last_loss = value;
    if (strncmp(name, "set_", 4) == 0) t->changes++;
    return tau_run_write_metric(t->writer, name, step, epoch, value);
}

static tau_status on_turn(void *payload, const tau_train_state *state, double epoch, tau_train_knobs *knobs) {
    training *t = payload;
    return tau_live_turn(&t->live, t->writer, state, epoch, knobs);
}

/* ---- start and end ---- */

static void say_start(const training *t) {
    const tau_graph *graph = t->model->graph;
    const tau_samples *train = t->data.train;
    tau_cli_say(t->cli, "model      %s, %zu parameters, %.3g MFLOP a sample", graph->name, graph->theta_size,
                tau_graph_flops(graph) / 1e6);
    tau_cli_say(t->cli, "data       %s: %zu to train, %zu held out", train->source, train->count,
                t->data.test ? t->data.test->count : 0);
    tau_cli_say(t->cli, "training   %s, rate %g, batch %zu, %zu epochs",
                tau_optimizer_name(t->options.optimizer), t->options.rate, t->options.batch,
                t->options.epochs);
}

static void say_end(const training *t, double seconds) {
    char duration[32];
    tau_cli_say(t->cli, "trained in %s; %zu states recorded in %s#%s",
                tau_cli_format_duration(duration, seconds), t->recorded, t->path, t->group);
    if (t->changes)
        tau_cli_say(t->cli,
                    "changed while it ran: %zu times; the series set_lr, set_weight_decay and set_batch "
                    "say when, the command alone does not repeat this training",
                    t->changes);
    if (t->data.test && isnan(t->last_test_accuracy))
        tau_cli_say(t->cli, "held out: loss %.4g", t->last_test_loss);
    else if (t->data.test)
        tau_cli_say(t->cli, "held out: loss %.4g, accuracy %.2f %%", t->last_test_loss,
                    100 * t->last_test_accuracy);
    tau_cli_print_json(t->cli,
                       json_pack("{so so sI sI sI so so so sf}", "run", tau_cli_json_text(t->path), "group",
                                 tau_cli_json_text(t->group), "states", (json_int_t)t->recorded, "changes",
                                 (json_int_t)t->changes, "parameters", (json_int_t)t->state->theta_size,
                                 "epoch_loss", tau_cli_json_real(t->last_loss), "test_loss",
                                 tau_cli_json_real(t->last_test_loss), "test_accuracy",
                                 tau_cli_json_real(t->last_test_accuracy), "seconds", seconds));
}

/* Ends the file according to how the training ended; keeps the first error. */
static tau_status end_run(training *t, tau_status status) {
    tau_run_writer *writer = t->writer;
    t->writer = NULL;
    if (status == TAU_STATUS_OK) return tau_run_finish(writer, TAU_RUN_STATUS_FINISHED);
    tau_error_copy error;
    tau_error_save(&error);
    if (status == TAU_STATUS_CANCELLED && tau_run_write_resume(writer, t->state) == TAU_STATUS_OK) {
        tau_run_abandon(writer);
        return tau_fail(TAU_STATUS_CANCELLED,
                        "the training was stopped at step %llu" TAU_WHY "%s asked for it" TAU_FIX
                        "everything is saved; the same command goes on from here",
                        (unsigned long long)t->state->step,
                        tau_cancel_requested(t->cli->cancel) ? "a signal" : "its user");
    }
    if (status == TAU_STATUS_INPUT)
        (void)!tau_run_finish(writer, TAU_RUN_STATUS_FAILED);
    else
        tau_run_abandon(writer);
    return tau_error_restore(&error);
}

static tau_status train(training *t) {
    TAU_TRY(read_options(t));
    TAU_TRY(load_model(t));
    TAU_TRY(load_data(t));
    say_start(t);
    if (t->cli->dry_run) return TAU_STATUS_OK;
    TAU_TRY(tau_live_open(&t->live, t->cli));
    TAU_TRY(create_evaluators(t));
    TAU_TRY(fill_header(t));
    TAU_TRY(open_run(t));
    tau_live_start(&t->live, t->path, t->group);
    const tau_train_observer observer = {on_state, on_metric, t->live.control ? on_turn : NULL, t};
    double start = tau_progress_now();
    tau_status status = tau_train_run(t->state, t->train, t->data.train->count, t->test, &t->options,
                                      &observer, t->live.in_place ? NULL : t->cli->progress, t->cli->cancel);
    status = end_run(t, status);
    tau_live_close(&t->live, status == TAU_STATUS_OK);
    TAU_TRY(status);
    say_end(t, tau_progress_now() - start);
    return TAU_STATUS_OK;
}

static tau_status run(tau_cli *cli) {
    training t = {.cli = cli, .last_test_loss = NAN, .last_test_accuracy = NAN, .last_loss = NAN};
    tau_status status = train(&t);
    clear(&t);
    return status;
}

const tau_cli_command tau_cli_train = {
    .name = "train",
    .usage = "--model MODEL --data DATA -o RUN [options]",
    .summary = "train a network and record its states in a run file",
    .description =
        "Trains a built-in network or an ONNX file and records parameters and metrics as it goes: "
        "the state before "
        "training, states by --record, and the last one. Everything that compute, trace and "
        "export need is in the run "
        "file.\n\nInterrupted (Ctrl-C, TERM), it saves and stops; the same command goes on, bit "
        "for bit as if "
        "nothing had happened. A finished group is never overwritten.\n\nWhat is changed while it "
        "runs, by keys of --watch or lines of --control, holds from the next batch on and is recorded "
        "at its step: series set_lr, set_weight_decay, set_batch and lr. The same command takes these "
        "changes up again where it goes on. The dashboard of --watch is another process that reads the "
        "run file: with and without it the numbers are the same.",
    .examples =
        "  tauscape train --model mnist-cnn --data digits --epochs 3 --record every=20 -o run.run.h5\n"
        "  tauscape train --model mlp:2-16-16-1:tanh --data moons --epochs 50 -o moons.run.h5\n"
        "  tauscape train --model net.onnx --data x.npy --labels y.npy --optimizer adam -o mine.run.h5\n"
        "  tauscape train --model mlp:2-16-16-1:tanh --data moons --watch --control knobs -o moons.run.h5\n",
    .sections = {{"Training", train_options}, {"Data", tau_cli_data_options}},
    .arguments_max = 0,
    .run = run,
};
