/* tauscape trace: project the states of a run onto a landscape. */
#include <stdio.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/slice_spec.h"
#include "cli/tracing.h"
#include "core/file.h"

static const tau_cli_option trace_options[] = {
    {0, "on", "LAND", "The landscape, which gains the projection.", NULL, false},
    {0, "group", "NAME", "Group of the run to trace; the only one by default.", NULL, false},
    {0, "as", "NAME", "Name of the path in the landscape; that of the group by default.", NULL, false},
    {0, "center", "STATE",
     "Where the landscape's centre is, if its source is neither where it was nor beside the landscape: "
     "FILE@last.",
     NULL, false},
    {0, "samples", "N|all", "Samples for both losses; as many as the landscape by default.", NULL, false},
    {0, "precision", "MODE", "exact, fine or fast (GPU only); that of the landscape by default.",
     "exact|fine|fast", false},
    {0},
};

typedef struct trace {
    tau_cli *cli;
    const char *path; /* of the landscape */
    tau_landscape *landscape;
    json_t *recipe;
    tau_subject subject;
    tau_made_slice made;
    tau_evaluator *evaluator;
    char source[1024]; /* the file it was computed from; "" = not found */
    char centre[1200], from[1200], to[1200];
} trace;

static void clear(trace *t) {
    tau_evaluator_destroy(t->evaluator);
    tau_made_slice_clear(&t->made);
    tau_subject_close(&t->subject);
    json_decref(t->recipe);
    tau_landscape_destroy(t->landscape);
}

/* The recipe's path counts from where compute ran. From elsewhere the file is looked for beside the
 * landscape; a wrong one of that name makes another slice, which is noticed. */
static void find_source(trace *t, const char *source) {
    const char *name = strrchr(source, '/'), *slash = strrchr(t->path, '/');
    const int folder = slash ? (int)(slash - t->path) + 1 : 0;
    snprintf(t->source, sizeof t->source, "%s", source);
    if (tau_file_exists(t->source)) return;
    snprintf(t->source, sizeof t->source, "%.*s%s", *source == '/' ? 0 : folder, t->path, source);
    if (tau_file_exists(t->source)) return;
    snprintf(t->source, sizeof t->source, "%.*s%s", folder, t->path, name ? name + 1 : source);
    if (!tau_file_exists(t->source)) t->source[0] = '\0';
}

/* A state of the landscape's recipe lies in the file that it was made from. */
static tau_status name_state(const trace *t, char *out, size_t size, const char *state) {
    const json_t *provenance = json_object_get(t->recipe, "provenance");
    const char *group = json_string_value(json_object_get(provenance, "group"));
    if (!strchr(state, '@') && !*t->source)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot find the slice of %s again" TAU_WHY
                        "%s, which it was computed from, is neither here nor beside it" TAU_FIX
                        "put that file beside the landscape%s%s",
                        t->path, json_string_value(json_object_get(provenance, "source")),
                        t->landscape->line ? "" : ", or name the centre: --center FILE@",
                        t->landscape->line ? "" : state);
    int length = strchr(state, '@') ? snprintf(out, size, "%s", state)
                 : group            ? snprintf(out, size, "%s#%s@%s", t->source, group, state)
                                    : snprintf(out, size, "%s@%s", t->source, state);
    if (length < 0 || (size_t)length >= size)
        return tau_fail(TAU_STATUS_USAGE, "the state's name is too long");
    return TAU_STATUS_OK;
}

/* Makes the landscape's slice again and checks that it is the same one. */
static tau_status rebuild_slice(trace *t) {
    const json_t *identity = json_object_get(t->recipe, "identity"),
                 *provenance = json_object_get(t->recipe, "provenance");
    const char *source = json_string_value(json_object_get(provenance, "source"));
    const char *digest = json_string_value(json_object_get(identity, "slice_digest"));
    const char *centre = tau_cli_get(&t->cli->arguments, "center");
    tau_slice_spec spec;
    TAU_TRY(tau_slice_spec_from_json(&spec, json_object_get(identity, "slice")));
    if (!source || !digest) return tau_fail(TAU_STATUS_INPUT, "%s does not say what it is of", t->path);
    find_source(t, source);
    if (spec.transform == TAU_TRANSFORM_TAU) {
        TAU_TRY(name_state(t, t->from, sizeof t->from, spec.from));
        TAU_TRY(name_state(t, t->to, sizeof t->to, spec.to));
        spec.from = t->from;
        spec.to = t->to;
    } else {
        TAU_TRY(name_state(t, t->centre, sizeof t->centre, centre ? centre : spec.centre));
        spec.centre = t->centre;
    }
    if (t->landscape->delta) {
        if (spec.directions == TAU_DIRECTIONS_STATES) {
            size_t first = strcspn(spec.states, ",");
            char name[1024] = "";
            strncat(name, spec.states, first < sizeof name ? first : sizeof name - 1);
            TAU_TRY(name_state(t, t->centre, sizeof t->centre, centre ? centre : name));
        }
        spec.directions = TAU_DIRECTIONS_FILE;
        spec.file = t->path;
    }
    TAU_TRY(tau_slice_spec_make(&t->made, &spec, &t->subject, t->cli->cancel));
    char made[TAU_HASH_TEXT];
    tau_slice_digest(t->made.slice, made);
    if (strcmp(made, digest) == 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISMATCH,
                    "cannot find the slice of %s again" TAU_WHY
                    "the states it was made from have changed" TAU_FIX
                    "name its centre with --center FILE@STATE",
                    t->path);
}

/* The samples of the landscape, so that both losses speak of the same mean. */
static tau_status load_samples(trace *t) {
    const json_t *identity = json_object_get(t->recipe, "identity");
    TAU_TRY(tau_subject_load_samples(&t->subject, t->cli));
    json_int_t wanted = json_integer_value(json_object_get(identity, "samples"));
    if (tau_cli_has(&t->cli->arguments, "samples") || wanted < 1 ||
        (size_t)wanted >= t->subject.samples->count)
        return TAU_STATUS_OK;
    tau_samples *chosen;
    TAU_TRY(tau_samples_take(&chosen, t->subject.samples, (size_t)wanted, 0));
    tau_samples_destroy(t->subject.samples);
    t->subject.samples = chosen;
    return TAU_STATUS_OK;
}

/* Whether the landscape was computed from this very run. */
static bool is_from_source(const trace *t) {
    return *t->source && tau_file_is_same(t->source, t->subject.path);
}

/* Two runs often have groups of one name; a path is not replaced by that of another run. */
static tau_status check_name(const trace *t, const char *name) {
    if (*name == '\0' || strchr(name, '/'))
        return tau_fail(TAU_STATUS_USAGE, "--as cannot be \"%s\"" TAU_FIX "use a name without slashes", name);
    for (int p = 0; p < t->landscape->projection_count && !t->cli->force; p++) {
        const tau_landscape_projection *path = &t->landscape->projections[p];
        if (strcmp(path->group, name) != 0 || is_from_source(t)) continue;
        return tau_fail(TAU_STATUS_EXISTS,
                        "%s has a path \"%s\" already" TAU_WHY "it may be that of another run" TAU_FIX
                        "give this one a name with --as NAME, or replace the path with --force",
                        t->path, name);
    }
    return TAU_STATUS_OK;
}

/* The true losses are computed as the landscape was, so that they can be compared, where its device is at
 * hand. */
static tau_status create_evaluator(trace *t) {
    const json_t *identity = json_object_get(t->recipe, "identity");
    const char *name = json_string_value(json_object_get(identity, "backend"));
    const tau_backend *backend;
    int device;
    bool at_hand = !tau_cli_has(&t->cli->arguments, "device") && name &&
                   tau_backend_find(&backend, &device, name) == TAU_STATUS_OK;
    return tau_subject_create_evaluator(&t->subject, t->cli, at_hand ? identity : NULL, false, &t->evaluator);
}

static tau_status trace_onto(trace *t) {
    const tau_cli_arguments *a = &t->cli->arguments;
    t->path = tau_cli_get(a, "on");
    if (!t->path) return tau_fail(TAU_STATUS_USAGE, "no landscape was named" TAU_FIX "add --on FILE.land.h5");
    TAU_TRY(tau_cli_read_landscape(&t->landscape, t->path, NULL));
    t->recipe = json_loads(t->landscape->recipe, 0, NULL);
    TAU_TRY(tau_subject_open(&t->subject, a->positional[0], tau_cli_get(a, "group")));
    if (!t->subject.run)
        return tau_fail(TAU_STATUS_USAGE, "%s is not a run" TAU_FIX "trace takes a run file",
                        a->positional[0]);
    TAU_TRY(load_samples(t));
    TAU_TRY(create_evaluator(t));
    TAU_TRY(rebuild_slice(t));
    if (t->cli->dry_run) return TAU_STATUS_OK;
    const char *name = tau_cli_get(a, "as");
    if (!name) name = tau_run_get_group(t->subject.run);
    TAU_TRY(check_name(t, name));
    TAU_TRY(tau_trace_run(t->landscape, t->subject.run, t->made.slice, t->evaluator, t->cli->progress, name,
                          t->cli->cancel));
    TAU_TRY(tau_landscape_write(t->landscape, t->path));
    for (int p = 0; p < t->landscape->projection_count; p++) {
        const tau_landscape_projection *projection = &t->landscape->projections[p];
        if (strcmp(projection->group, name) != 0) continue;
        tau_trace_say(t->cli, projection, t->landscape->line);
        tau_cli_print_json(t->cli, json_pack("{so so sI so}", "landscape", tau_cli_json_text(t->path),
                                             "group", tau_cli_json_text(projection->group), "states",
                                             (json_int_t)projection->count, "explained",
                                             tau_cli_json_real(projection->explained)));
    }
    return TAU_STATUS_OK;
}

static tau_status run(tau_cli *cli) {
    trace t = {.cli = cli};
    tau_status status = trace_onto(&t);
    clear(&t);
    return status;
}

const tau_cli_command tau_cli_trace = {
    .name = "trace",
    .usage = "RUN --on LAND [options]",
    .summary = "project the states of a run onto a landscape",
    .description = "Finds for every recorded state the nearest point of the landscape's slice by least "
                   "squares and keeps it with "
                   "its distance from the slice, its true loss and the loss in the slice. compute does this "
                   "for the run it is "
                   "given; trace adds others, of the same network.",
    .examples = "  tauscape trace adam.run.h5 --on plane.land.h5 --as adam\n",
    .sections = {{"Trace", trace_options}, {"Data", tau_cli_data_options}},
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
