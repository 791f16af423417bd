#include "cli/slice_spec.h"

#include <string.h>

#include "cli/cli.h"
#include "core/log.h"

static const char *const kind_names[] = {"none", "random", "pca", "states", "file"};

/* ---- from the command line ---- */

static tau_status parse_ignore(tau_ignore *out, const char *text) {
    *out = (tau_ignore){0};
    if (strcmp(text, "none") == 0) return TAU_STATUS_OK;
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, ",");
        if (length == 4 && !memcmp(word, "bias", 4))
            out->bias = true;
        else if (length == 2 && !memcmp(word, "bn", 2))
            out->bn = true;
        else
            return tau_fail(TAU_STATUS_USAGE,
                            "--ignore cannot be \"%s\"" TAU_FIX "choose bias, bn, bias,bn or none", text);
        word += length + (word[length] == ',');
    }
    return TAU_STATUS_OK;
}

static tau_status parse_directions(tau_slice_spec *out, const tau_cli_arguments *a,
                                   const tau_subject *subject) {
    const char *text = tau_cli_get(a, "dirs");
    if (!text) {
        bool trajectory = subject->run && tau_run_get_state_count(subject->run) >= 3;
        out->directions = trajectory ? TAU_DIRECTIONS_PCA : TAU_DIRECTIONS_RANDOM;
    } else if (strcmp(text, "random") == 0) {
        out->directions = TAU_DIRECTIONS_RANDOM;
    } else if (strcmp(text, "pca") == 0) {
        out->directions = TAU_DIRECTIONS_PCA;
    } else if (strncmp(text, "states:", 7) == 0) {
        out->directions = TAU_DIRECTIONS_STATES;
        out->states = text + 7;
    } else {
        out->directions = TAU_DIRECTIONS_FILE;
        out->file = text;
    }
    if (out->directions == TAU_DIRECTIONS_PCA && !subject->run)
        return tau_fail(TAU_STATUS_USAGE,
                        "--dirs pca needs a run with several states" TAU_WHY
                        "%s holds one set of weights" TAU_FIX "use --dirs random",
                        subject->path);
    return TAU_STATUS_OK;
}

static tau_status parse_norm(tau_slice_spec *out, const tau_cli_arguments *a) {
    const char *norm = tau_cli_get(a, "norm"), *ignore = tau_cli_get(a, "ignore");
    if (out->directions != TAU_DIRECTIONS_RANDOM) {
        if (norm && strcmp(norm, "none") != 0)
            return tau_fail(TAU_STATUS_USAGE,
                            "--norm goes with random directions only" TAU_WHY
                            "rescaling would turn these axes into others" TAU_FIX "leave --norm out");
        if (ignore && strcmp(ignore, "none") != 0)
            return tau_fail(TAU_STATUS_USAGE,
                            "--ignore goes with random directions only" TAU_FIX "leave --ignore out");
        return TAU_STATUS_OK;
    }
    out->norm = TAU_NORM_FILTER;
    if (norm) TAU_TRY(tau_norm_parse(&out->norm, norm));
    out->ignore = (tau_ignore){.bias = true, .bn = true};
    return ignore ? parse_ignore(&out->ignore, ignore) : TAU_STATUS_OK;
}

static tau_status parse_line(tau_slice_spec *out, const tau_cli_arguments *a) {
    out->line = true;
    out->transform = TAU_TRANSFORM_TAU;
    if (!out->from || !out->to)
        return tau_fail(TAU_STATUS_USAGE,
                        "a line needs two states" TAU_FIX "give both, as in --from first --to last");
    if (tau_cli_has(a, "dirs") || tau_cli_has(a, "norm") || tau_cli_has(a, "center"))
        return tau_fail(TAU_STATUS_USAGE, "--dirs, --norm and --center do not go with --from and --to" TAU_WHY
                                          "the two states fix the line" TAU_FIX "leave them out");
    out->move_buffers = true;
    return TAU_STATUS_OK;
}

static tau_status parse_batch_norm(tau_slice_spec *out, const tau_cli_arguments *a) {
    const char *text = tau_cli_get(a, "bn");
    if (!text) return TAU_STATUS_OK;
    bool move = strcmp(text, "interpolated") == 0;
    if (move && out->transform != TAU_TRANSFORM_TAU)
        return tau_fail(TAU_STATUS_USAGE, "--bn interpolated needs a line between two states" TAU_WHY
                                          "other directions have no batch-norm statistics" TAU_FIX
                                          "use --bn frozen, or --from and --to");
    out->move_buffers = move;
    return TAU_STATUS_OK;
}

tau_status tau_slice_spec_parse(tau_slice_spec *out, const tau_cli *cli, const tau_subject *subject,
                                bool one_row) {
    const tau_cli_arguments *a = &cli->arguments;
    const char *transform = tau_cli_get(a, "transform"), *centre = tau_cli_get(a, "center");
    *out = (tau_slice_spec){.transform = TAU_TRANSFORM_TAU_2D,
                            .line = one_row,
                            .from = tau_cli_get(a, "from"),
                            .to = tau_cli_get(a, "to"),
                            .centre = centre ? centre : "last",
                            .groups = tau_cli_get(a, "group")};
    if (transform) TAU_TRY(tau_transform_parse(&out->transform, transform));
    TAU_TRY(tau_cli_get_count(a, "seed", &out->seed, 0, INT64_MAX));
    if (out->from || out->to || out->transform == TAU_TRANSFORM_TAU) {
        TAU_TRY(parse_line(out, a));
    } else if (out->transform == TAU_TRANSFORM_TAU_2D) {
        TAU_TRY(parse_directions(out, a, subject));
        TAU_TRY(parse_norm(out, a));
        if (out->directions == TAU_DIRECTIONS_STATES && one_row)
            return tau_fail(TAU_STATUS_USAGE, "a plane through three states has two axes" TAU_FIX
                                              "use --grid NxM, or --from and --to for a line");
    } else if (tau_cli_has(a, "dirs") || tau_cli_has(a, "norm")) {
        return tau_fail(TAU_STATUS_USAGE,
                        "--transform %s has no directions" TAU_WHY "it scales theta* itself" TAU_FIX
                        "leave --dirs and --norm out",
                        transform);
    }
    return parse_batch_norm(out, a);
}

/* ---- recipe ---- */

json_t *tau_slice_spec_to_json(const tau_slice_spec *spec) {
    json_t *object =
        json_pack("{ss sb ss sb}", "transform", tau_transform_name(spec->transform), "line", spec->line,
                  "dirs", kind_names[spec->directions], "interpolated_bn", spec->move_buffers);
    if (spec->transform == TAU_TRANSFORM_TAU) {
        json_object_set_new(object, "from", tau_cli_json_text(spec->from));
        json_object_set_new(object, "to", tau_cli_json_text(spec->to));
    } else {
        json_object_set_new(object, "center", tau_cli_json_text(spec->centre));
    }
    if (spec->states) json_object_set_new(object, "states", tau_cli_json_text(spec->states));
    if (spec->directions == TAU_DIRECTIONS_RANDOM) {
        json_object_set_new(object, "seed", json_integer((json_int_t)spec->seed));
        json_object_set_new(object, "norm", json_string(tau_norm_name(spec->norm)));
        json_object_set_new(object, "ignore_bias", json_boolean(spec->ignore.bias));
        json_object_set_new(object, "ignore_bn", json_boolean(spec->ignore.bn));
    }
    return object;
}

tau_status tau_slice_spec_from_json(tau_slice_spec *out, const json_t *object) {
    *out = (tau_slice_spec){0};
    const char *transform = json_string_value(json_object_get(object, "transform"));
    const char *kind = json_string_value(json_object_get(object, "dirs"));
    const char *norm = json_string_value(json_object_get(object, "norm"));
    if (!transform || !kind)
        return tau_fail(TAU_STATUS_INPUT, "the recipe does not say which slice it is of");
    TAU_TRY(tau_transform_parse(&out->transform, transform));
    if (norm) TAU_TRY(tau_norm_parse(&out->norm, norm));
    for (size_t k = 0; k < sizeof kind_names / sizeof *kind_names; k++)
        if (strcmp(kind_names[k], kind) == 0) out->directions = (tau_directions_kind)k;
    out->line = json_is_true(json_object_get(object, "line"));
    out->from = json_string_value(json_object_get(object, "from"));
    out->to = json_string_value(json_object_get(object, "to"));
    out->centre = json_string_value(json_object_get(object, "center"));
    out->states = json_string_value(json_object_get(object, "states"));
    out->seed = (uint64_t)json_integer_value(json_object_get(object, "seed"));
    out->ignore.bias = json_is_true(json_object_get(object, "ignore_bias"));
    out->ignore.bn = json_is_true(json_object_get(object, "ignore_bn"));
    out->move_buffers = json_is_true(json_object_get(object, "interpolated_bn"));
    bool complete = out->transform == TAU_TRANSFORM_TAU ? out->from && out->to : out->centre != NULL;
    if (!complete) return tau_fail(TAU_STATUS_INPUT, "the recipe does not name the states of its slice");
    return TAU_STATUS_OK;
}

void tau_slice_digest(const tau_slice *slice, char out[TAU_HASH_TEXT]) {
    tau_hash_part parts[2 * TAU_BASIS_MAX + 1];
    size_t count = 0;
    parts[count++] = (tau_hash_part){&slice->transform, sizeof slice->transform};
    for (int k = 0; k < slice->count; k++) {
        parts[count++] = (tau_hash_part){slice->theta[k], slice->theta_size * sizeof(float)};
        if (slice->buffers[k])
            parts[count++] = (tau_hash_part){slice->buffers[k], slice->buffer_size * sizeof(float)};
    }
    tau_hash_sha256(out, parts, count);
}
