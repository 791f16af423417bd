/* tauscape merge: join the shards of one landscape. */
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "core/file.h"
#include "core/memory.h"

static const tau_cli_option merge_options[] = {
    {'o', "output", "LAND", "The landscape that holds them all.", NULL, false},
    {0},
};

static tau_status add_part(tau_landscape **whole, const char *path) {
    tau_landscape *part;
    TAU_TRY(tau_cli_read_landscape(&part, path, NULL));
    if (!*whole) {
        *whole = part;
        return TAU_STATUS_OK;
    }
    tau_status status = tau_landscape_merge(*whole, part, path);
    tau_landscape_destroy(part);
    return status;
}

/* The whole was made by this command and is no shard; how the first part was computed stays known. */
static tau_status tell_origin(const tau_cli *cli, tau_landscape *whole) {
    json_t *recipe = json_loads(whole->recipe, 0, NULL), *provenance = json_object_get(recipe, "provenance");
    tau_status status = TAU_STATUS_OK;
    if (json_is_object(provenance) && cli->arguments.positional_count > 1) {
        json_t *computed = json_object_get(provenance, "computed");
        if (!computed) computed = json_object_get(provenance, "command");
        json_object_set(provenance, "computed", computed);
        json_object_set_new(provenance, "command", json_string(cli->command_line));
        json_object_del(provenance, "shard");
        char *text = json_dumps(recipe, JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
        char *copy = NULL;
        if (text) status = tau_string_copy(&copy, text);
        if (copy) {
            tau_mem_free(whole->recipe);
            whole->recipe = copy;
        }
        free(text);
    }
    json_decref(recipe);
    return status;
}

/* A part may be the output, because the whole contains it; another landscape may not. */
static tau_status check_output(const tau_cli *cli, const char *out) {
    TAU_TRY(tau_cli_check_output(cli, out, TAU_FILE_KIND_LANDSCAPE));
    if (cli->force || !tau_file_exists(out)) return TAU_STATUS_OK;
    for (int i = 0; i < cli->arguments.positional_count; i++)
        if (tau_file_is_same(out, cli->arguments.positional[i])) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot write %s" TAU_WHY "it is a landscape that is not among the parts" TAU_FIX
                    "name it among the parts, write elsewhere with -o, or replace it with --force",
                    out);
}

static tau_status run(tau_cli *cli) {
    const char *out = tau_cli_get(&cli->arguments, "output");
    if (!out) return tau_fail(TAU_STATUS_USAGE, "no landscape file was named" TAU_FIX "add -o FILE.land.h5");
    TAU_TRY(check_output(cli, out));
    tau_landscape *whole = NULL;
    tau_status status = TAU_STATUS_OK;
    for (int i = 0; i < cli->arguments.positional_count && status == TAU_STATUS_OK; i++)
        status = add_part(&whole, cli->arguments.positional[i]);
    if (status == TAU_STATUS_OK) status = tell_origin(cli, whole);
    if (status == TAU_STATUS_OK && !cli->dry_run) status = tau_landscape_write(whole, out);
    if (status == TAU_STATUS_OK) {
        tau_landscape_summary s = tau_landscape_summarize(whole);
        const int parts = cli->arguments.positional_count;
        tau_cli_say(cli, "merged %d part%s: %zu of %zu points%s", parts, parts == 1 ? "" : "s", s.done,
                    s.points, s.done == s.points ? "" : "; the rest is not computed yet");
        tau_cli_print_json(cli, json_pack("{so sI sI}", "landscape", tau_cli_json_text(out), "done",
                                          (json_int_t)s.done, "points", (json_int_t)s.points));
    }
    tau_landscape_destroy(whole);
    return status;
}

const tau_cli_command tau_cli_merge = {
    .name = "merge",
    .usage = "PART… -o LAND",
    .summary = "join the shards of one landscape",
    .description = "Joins landscapes of one recipe and one grid that were computed in parts (compute --shard "
                   "I/N). A point "
                   "that two parts hold must agree bit for bit.",
    .examples = "  tauscape merge part-*.land.h5 -o land.land.h5\n",
    .sections = {{"Merge", merge_options}},
    .arguments_min = 1,
    .arguments_max = -1,
    .run = run,
};
