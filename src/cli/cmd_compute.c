/* tauscape compute: the loss along a line or over a plane of parameter space. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/computation.h"
#include "cli/files.h"
#include "cli/tracing.h"
#include "core/file.h"
#include "core/log.h"

static const tau_cli_option output_options[] = {
    {'o', "output", "LAND", "The landscape file; a partial one is continued.", NULL, false},
    {'m', "metric", "LIST",
     "Metrics of every point, beside the accuracy: precision, recall, specificity, f1, balanced-accuracy, "
     "mcc; "
     "of several classes the mean over them, with micro- before the name that of all counts together.",
     NULL, false},
    {0, "samples", "N|all", "Evaluate on N samples, a prefix of a fixed permutation; all by default.", NULL,
     false},
    {0, "precision", "MODE",
     "exact, fine (default on processors) or fast (GPU only; default there): see help concepts.",
     "exact|fine|fast", false},
    {0, "tile", "N|auto", "Points between two looks at the clock (auto); never changes a value.", NULL,
     false},
    {0, "order", "ORDER", "centre-out (default) or rows.", "centre-out|rows", false},
    {0, "shard", "I/N|auto", "Compute share I of N; auto reads a Slurm array.", NULL, false},
    {0, "store-directions", NULL, "Keep random directions in the file too.", NULL, false},
    {0, "no-trace", NULL, "Do not project the run's states onto the plane.", NULL, false},
    {0},
};

const tau_cli_option tau_cli_slice_options[] = {
    {0, "from", "STATE", "A line: its start, alpha = 0. States are explained in help concepts.", NULL, false},
    {0, "to", "STATE", "A line: its end, alpha = 1.", NULL, false},
    {'g', "grid", "NxM",
     "Points: 51x51 for a plane (default), 201 for a line between states (default), 201x1 for a line along "
     "the first direction.",
     NULL, false},
    {'x', "x", "LO:HI|auto",
     "Range of alpha. By default -0.5:1.5 between states, -1:1 along filter-normalised directions, the "
     "states and 20 % more for pca and states, otherwise auto: until the loss has risen tenfold. What "
     "is not given as LO:HI is moved so that the centre is a point of the grid.",
     NULL, false},
    {'y', "y", "LO:HI|auto", "Range of beta, likewise.", NULL, false},
    {0, "transform", "NAME", "tau with --from and --to, otherwise tau_2d (default), radial or radial+.",
     "tau|tau_2d|radial|radial+", false},
    {0, "dirs", "DIRS",
     "random, pca, states:A,B,C or a landscape FILE; by default pca where a run has 3 states or more, else "
     "random.",
     "random|pca|states:|*", false},
    {0, "center", "STATE", "The plane's origin (last).", NULL, false},
    {0, "norm", "NORM", "Random directions: filter (default), layer, model, weight or none.",
     "filter|layer|model|weight|none", false},
    {0, "ignore", "WHAT", "Random directions: leave bias,bn (default) where they are; or bias, bn, none.",
     NULL, false},
    {0, "bn", "HOW", "Batch-norm statistics: interpolated (lines) or frozen (planes).", "frozen|interpolated",
     false},
    {'s', "seed", "N", "Seed of random directions (0).", NULL, false},
    {0, "group", "A,B", "Group of the run; several for a joint PCA.", NULL, false},
    {0},
};

static void clear(tau_computation *c) {
    tau_evaluator_destroy(c->evaluator);
    tau_grid_destroy(c->grid);
    tau_landscape_destroy(c->landscape);
    tau_made_slice_clear(&c->made);
    tau_subject_close(&c->subject);
}

/* ---- what is asked ---- */

static tau_status environment_count(const char *name, uint64_t *out) {
    const char *text = getenv(name);
    if (!text)
        return tau_fail(TAU_STATUS_USAGE,
                        "--shard auto finds no array" TAU_WHY "%s is not set" TAU_FIX
                        "run it in a Slurm array, or say --shard I/N",
                        name);
    return tau_cli_parse_count(out, text, name);
}

static tau_status parse_shard(tau_computation *c) {
    const char *text = tau_cli_get(&c->cli->arguments, "shard");
    c->sweep.shard_count = 1;
    if (!text) return TAU_STATUS_OK;
    uint64_t index, count;
    if (strcmp(text, "auto") == 0) {
        uint64_t id, lowest;
        TAU_TRY(environment_count("SLURM_ARRAY_TASK_ID", &id));
        TAU_TRY(environment_count("SLURM_ARRAY_TASK_MIN", &lowest));
        TAU_TRY(environment_count("SLURM_ARRAY_TASK_COUNT", &count));
        index = id - lowest + 1;
    } else {
        char left[32] = "";
        size_t length = strcspn(text, "/");
        if (text[length] != '/' || length >= sizeof left)
            return tau_fail(TAU_STATUS_USAGE, "--shard: \"%s\" is not a share" TAU_FIX "write I/N, as in 3/8",
                            text);
        strncat(left, text, length);
        TAU_TRY(tau_cli_parse_count(&index, left, "--shard"));
        TAU_TRY(tau_cli_parse_count(&count, text + length + 1, "--shard"));
    }
    if (count < 1 || count > 1000000 || index < 1 || index > count)
        return tau_fail(TAU_STATUS_USAGE,
                        "--shard: there is no share %llu of %llu" TAU_FIX "count from 1 to N",
                        (unsigned long long)index, (unsigned long long)count);
    c->sweep.shard_index = (int)index - 1;
    c->sweep.shard_count = (int)count;
    return TAU_STATUS_OK;
}

static tau_status parse_order(tau_computation *c) {
    const tau_cli_arguments *a = &c->cli->arguments;
    const char *tile = tau_cli_get(a, "tile"), *order = tau_cli_get(a, "order");
    uint64_t points = 0;
    if (tile && strcmp(tile, "auto") != 0) TAU_TRY(tau_cli_get_count(a, "tile", &points, 1, 1u << 20));
    c->sweep.tile_points = points;
    c->sweep.order = order && strcmp(order, "rows") == 0 ? TAU_ORDER_ROWS : TAU_ORDER_CENTRE_OUT;
    return TAU_STATUS_OK;
}

/* ---- preparation ---- */

/* The backend and precision of a partial OUT are taken where the command names none. */
static tau_status create_evaluator(tau_computation *c) {
    json_t *recipe = NULL;
    if (c->path && !c->cli->force && tau_file_exists(c->path)) {
        tau_landscape *partial;
        TAU_TRY(tau_landscape_read(&partial, c->path, NULL));
        recipe = json_loads(partial->recipe, 0, NULL);
        tau_landscape_destroy(partial);
    }
    tau_status status = tau_subject_create_evaluator(&c->subject, c->cli, json_object_get(recipe, "identity"),
                                                     c->metric_count > 0, &c->evaluator);
    json_decref(recipe);
    TAU_TRY(status);
    c->metric_count =
        tau_metric_choices_sort(c->metrics, c->metric_count, tau_evaluator_get_classes(c->evaluator));
    return TAU_STATUS_OK;
}

static tau_status prepare(tau_computation *c, const char *source) {
    const tau_cli_arguments *a = &c->cli->arguments;
    c->path = tau_cli_get(a, "output");
    if (!c->path && !c->cli->dry_run)
        return tau_fail(TAU_STATUS_USAGE, "no landscape file was named" TAU_FIX "add -o FILE.land.h5");
    size_t columns, rows;
    if (c->path) TAU_TRY(tau_cli_check_inputs_differ(c->cli, c->path));
    if (c->path) TAU_TRY(tau_cli_check_output(c->cli, c->path, TAU_FILE_KIND_LANDSCAPE));
    TAU_TRY(parse_shard(c));
    TAU_TRY(parse_order(c));
    TAU_TRY(tau_computation_parse_metrics(c));
    TAU_TRY(tau_computation_parse_size(c, &columns, &rows));
    TAU_TRY(tau_subject_open_first(&c->subject, source, tau_cli_get(a, "group")));
    TAU_TRY(tau_slice_spec_parse(&c->spec, c->cli, &c->subject, rows == 1));
    TAU_TRY(tau_subject_load_samples(&c->subject, c->cli));
    TAU_TRY(tau_computation_check_metrics(c));
    TAU_TRY(create_evaluator(c));
    TAU_TRY(tau_slice_spec_make(&c->made, &c->spec, &c->subject, c->cli->cancel));
    const tau_basis basis = tau_slice_get_basis(c->made.slice);
    TAU_TRY(tau_evaluator_set_basis(c->evaluator, &basis));
    TAU_TRY(tau_computation_create_grid(c, columns, rows));
    return tau_computation_create_landscape(c);
}

/* ---- computing ---- */

static size_t count_open_points(const tau_computation *c) {
    size_t open = 0;
    for (size_t row = 0; row < c->grid->rows; row++)
        for (size_t column = 0; column < c->grid->columns; column++)
            open +=
                !c->landscape->done[row * c->grid->columns + column] &&
                tau_sweep_in_shard(column, row, c->grid->columns, c->sweep.shard_index, c->sweep.shard_count);
    return open;
}

static tau_status sweep(tau_computation *c) {
    c->sweep.done = c->landscape->done;
    c->sweep.weight_decay = c->subject.weight_decay;
    c->sweep.metrics = c->metrics;
    c->sweep.metric_count = c->metric_count;
    c->sweep.threads = tau_pool_size(c->cli->pool);
    c->sweep.progress = c->cli->progress;
    c->sweep.cancel = c->cli->cancel;
    tau_sweep_sink sink = tau_landscape_writer_get_sink(c->writer);
    double start = tau_progress_now();
    tau_status status = tau_sweep_run(c->evaluator, c->made.slice, c->grid, &c->sweep, &sink);
    c->seconds = tau_progress_now() - start;
    return status;
}

/* The states of the run belong on its plane, once the plane is complete. */
static bool is_traced(const tau_computation *c) {
    return c->subject.run && !c->spec.line && c->spec.transform == TAU_TRANSFORM_TAU_2D &&
           c->sweep.shard_count == 1 && !tau_cli_has(&c->cli->arguments, "no-trace");
}

static bool has_projection(const tau_landscape *landscape, const char *group) {
    for (int p = 0; p < landscape->projection_count; p++)
        if (strcmp(landscape->projections[p].group, group) == 0) return true;
    return false;
}

/* Traces the groups that are not on the plane yet. @param[in,out] traced  whether there was one */
static tau_status trace_groups(tau_computation *c, bool *traced) {
    if (!is_traced(c)) return TAU_STATUS_OK;
    const char *groups = c->spec.groups ? c->spec.groups : tau_run_get_group(c->subject.run);
    char **names;
    TAU_TRY(tau_run_split_groups(&names, c->subject.path, groups));
    tau_status status = TAU_STATUS_OK;
    for (size_t i = 0; names[i] && status == TAU_STATUS_OK; i++) {
        if (has_projection(c->landscape, names[i])) continue;
        tau_run *run;
        status = tau_run_open(&run, c->subject.path, names[i]);
        if (status != TAU_STATUS_OK) break;
        status = tau_trace_run(c->landscape, run, c->made.slice, c->evaluator, c->cli->progress, names[i],
                               c->cli->cancel);
        tau_run_close(run);
        *traced = true;
    }
    tau_run_free_names(names);
    return status;
}

static tau_status saved_on_request(const tau_computation *c) {
    tau_landscape_summary s = tau_landscape_summarize(c->landscape);
    return tau_fail(TAU_STATUS_CANCELLED,
                    "the computation was stopped with %zu of %zu points done" TAU_WHY
                    "a signal asked for it" TAU_FIX
                    "everything is saved in %s; the same command goes on from here",
                    s.done, s.points, c->path);
}

static tau_status compute(tau_computation *c, size_t open, bool *traced) {
    double seconds;
    if (open || c->cli->dry_run) {
        TAU_TRY(tau_computation_measure_centre(c, &seconds));
        tau_computation_say_centre(c, seconds, open);
    }
    if (c->cli->dry_run) return TAU_STATUS_OK;
    if (open) TAU_TRY(sweep(c));
    return trace_groups(c, traced);
}

/* Whatever happens, what is finished reaches the disk. A file that was complete but for its paths is written
 * once more, because the writer sees no new points. */
static tau_status save(tau_computation *c, size_t open, bool traced) {
    tau_landscape_writer *writer = c->writer;
    c->writer = NULL;
    TAU_TRY(tau_landscape_writer_close(writer));
    return traced && open == 0 ? tau_landscape_write(c->landscape, c->path) : TAU_STATUS_OK;
}

static tau_status run_computation(tau_computation *c) {
    bool traced = false;
    TAU_TRY(prepare(c, c->cli->arguments.positional[0]));
    if (!c->cli->dry_run)
        TAU_TRY(tau_landscape_writer_open(&c->writer, c->path, c->landscape, c->cli->force));
    size_t open = count_open_points(c);
    tau_status status = compute(c, open, &traced);
    if (c->cli->dry_run) return status;
    tau_error_copy error;
    tau_error_save(&error);
    tau_status saved = save(c, open, traced);
    if (status == TAU_STATUS_CANCELLED && saved == TAU_STATUS_OK) return saved_on_request(c);
    if (status != TAU_STATUS_OK) return tau_error_restore(&error);
    TAU_TRY(saved);
    if (open == 0 && !traced) tau_cli_say(c->cli, "nothing to do: %s is complete", c->path);
    tau_computation_say_result(c, open);
    return TAU_STATUS_OK;
}

static tau_status run(tau_cli *cli) {
    tau_computation c = {.cli = cli, .centre = {.loss = NAN, .loss_se = NAN, .accuracy = NAN}};
    for (size_t m = 0; m < TAU_METRIC_CHOICES_MAX; m++) c.centre_metrics[m] = NAN;
    tau_status status = run_computation(&c);
    clear(&c);
    return status;
}

const tau_cli_command tau_cli_compute = {
    .name = "compute",
    .usage = "RUN|MODEL.onnx -o LAND [options]",
    .summary = "evaluate the loss along a line or over a plane",
    .description =
        "Evaluates a network's loss, its standard error, its accuracy and the metrics asked for at every "
        "point of a grid and keeps them in a landscape file. With --from and --to: the line tau between two "
        "states. Otherwise the plane "
        "theta* + alpha*delta + beta*eta through a state.\n\nThe centre is evaluated first and printed with "
        "the time "
        "to come. A job that was stopped or killed goes on where it was when the same command is given "
        "again; the "
        "result is the same bit for bit.\n\nA metric with a zero denominator is not defined, and not 0: NaN "
        "in the "
        "file.\n\nradial (s*theta* with s = alpha*(1+beta)) and radial+ "
        "((1+s)*theta*) "
        "scale the whole network. Such a plane is one-dimensional in truth: the loss depends on s alone.",
    .examples =
        "  tauscape compute run.run.h5 --from first --to last -x -0.5:1.5 -o line.land.h5\n"
        "  tauscape compute run.run.h5 --dirs random -g 25 -o plane.land.h5\n"
        "  tauscape compute run.run.h5 --dirs pca -g 41 --samples 1000 -o path.land.h5\n"
        "  tauscape compute run.run.h5 -m mcc,f1,micro-recall -o metrics.land.h5\n"
        "  tauscape compute net.onnx --data x.npy --labels y.npy -g 51x51 -x auto -y auto -o net.land.h5\n",
    .sections = {{"Slice", tau_cli_slice_options},
                 {"Computation", output_options},
                 {"Data", tau_cli_data_options}},
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
