/* tauscape demo: ready examples in one command each, with nothing but the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/demo.h"
#include "cli/plugins.h"
#include "core/file.h"
#include "core/memory.h"

static const tau_cli_option demo_options[] = {
    {'o', "output", "DIR", "Folder for runs, landscapes and pictures (demo, or demo-quick).", NULL, false},
    {0, "quick", NULL, "Fewer samples and points: a look in a minute.", NULL, false},
    {0, "no-view", NULL, "Do not open the window in the end.", NULL, false},
    {0, "list", NULL, "Say what each demonstration shows.", NULL, false},
    {0},
};

/* What a demonstration wrote, for --json and the last lines. */
typedef struct performance {
    tau_cli *cli;
    const tau_demo *demo;
    const char *folder;
    bool quick, has_ffmpeg;
    size_t films_left_out;
    json_t *files;
} performance;

/* Runs one step as if it had been typed, sharing threads and terminal with this command. */
static tau_status run_words(tau_cli *cli, char **words, int count) {
    tau_cli step = {.command = tau_cli_find_command(words[0]),
                    .command_line = cli->command_line,
                    .quiet = cli->quiet || cli->json,
                    .force = cli->force,
                    .cancel = cli->cancel,
                    .progress = cli->progress,
                    .pool = cli->pool};
    tau_status status = tau_cli_parse(&step.arguments, step.command, count - 1, words + 1);
    if (status == TAU_STATUS_OK) status = step.command->run(&step);
    tau_cli_arguments_clear(&step.arguments);
    return status;
}

/* The file of -o, or NULL. */
static const char *find_output(char **words, int count) {
    for (int i = 0; i + 1 < count; i++)
        if (strcmp(words[i], "-o") == 0) return words[i + 1];
    return NULL;
}

static bool is_film(const char *path) {
    const char *dot = path ? strrchr(path, '.') : NULL;
    return dot && strcmp(dot, ".mp4") == 0;
}

/* A training that was finished by an earlier call is kept; an unfinished one has just been continued. */
static tau_status run_line(performance *p, const char *line, char **words, int count) {
    const char *output = find_output(words, count);
    if (is_film(output) && !p->has_ffmpeg) {
        p->films_left_out++;
        tau_cli_say(p->cli, "\n# tauscape %s", line);
        return TAU_STATUS_OK;
    }
    tau_cli_say(p->cli, "\n$ tauscape %s", line);
    if (output) json_array_append_new(p->files, tau_cli_json_text(output));
    if (p->cli->dry_run) return TAU_STATUS_OK;
    tau_status status = run_words(p->cli, words, count);
    if (status != TAU_STATUS_EXISTS || strcmp(words[0], "train") != 0) return status;
    tau_cli_say(p->cli, "(this training is there already; remove %s to repeat it)", output);
    return TAU_STATUS_OK;
}

static tau_status run_step(performance *p, const char *step) {
    enum { WORDS_MAX = 64 };
    tau_cli *cli = p->cli;
    char *line, *cut = NULL, *words[WORDS_MAX], *typed = cli->command_line;
    TAU_TRY(tau_demo_expand(&line, step, p->folder, p->quick));
    tau_status status = tau_string_copy(&cut, line);
    if (status == TAU_STATUS_OK) status = tau_string_format(&cli->command_line, "tauscape %s", line);
    if (status == TAU_STATUS_OK) {
        status = run_line(p, line, words, tau_demo_split(cut, words, WORDS_MAX));
        tau_mem_free(cli->command_line);
    }
    cli->command_line = typed;
    tau_mem_free(cut);
    tau_mem_free(line);
    return status;
}

static tau_status find_demo(const tau_demo **out, const char *name) {
    const char *names[32];
    int count = 0;
    for (*out = tau_demos; (*out)->name; ++*out) {
        if (!name || strcmp((*out)->name, name) == 0) return TAU_STATUS_OK;
        names[count++] = (*out)->name;
    }
    names[count] = NULL;
    const char *near = tau_cli_nearest(name, names);
    return near
               ? tau_fail(TAU_STATUS_USAGE, "there is no demonstration \"%s\"" TAU_FIX "did you mean %s?",
                          name, near)
               : tau_fail(TAU_STATUS_USAGE,
                          "there is no demonstration \"%s\"" TAU_FIX "tauscape demo --list shows them", name);
}

/* Opens what there is to explore where someone sits before a display. */
static tau_status look(performance *p) {
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    bool display = (x && *x) || (wayland && *wayland);
    const tau_viewer *viewer;
    tau_cli *cli = p->cli;
    if (!p->demo->view || !display || !isatty(STDOUT_FILENO) || cli->quiet || cli->json ||
        tau_cli_has(&cli->arguments, "no-view") || tau_cli_get_viewer(&viewer) != TAU_STATUS_OK)
        return TAU_STATUS_OK;
    char step[128];
    snprintf(step, sizeof step, "view %s", p->demo->view);
    return run_step(p, step);
}

static tau_status list_demos(tau_cli *cli) {
    json_t *list = json_array();
    for (const tau_demo *demo = tau_demos; demo->name; demo++) {
        tau_cli_say(cli, "%-11s %s", demo->name, demo->summary);
        json_array_append_new(list, json_pack("{ss ss}", "demo", demo->name, "shows", demo->summary));
    }
    tau_cli_print_json(cli, list);
    return TAU_STATUS_OK;
}

static void say_end(const performance *p, double seconds) {
    char duration[32];
    tau_cli_say(p->cli, "\ndone in %s; in %s are", tau_cli_format_duration(duration, seconds), p->folder);
    for (size_t i = 0; i < json_array_size(p->files); i++) {
        const char *path = json_string_value(json_array_get(p->files, i)), *slash = strrchr(path, '/');
        if (!strstr(path, ".h5")) tau_cli_say(p->cli, "  %s", slash ? slash + 1 : path);
    }
    if (p->films_left_out)
        tau_cli_say(p->cli, "no films, for there is no ffmpeg: the commands that start with # make them");
}

static tau_status perform(performance *p) {
    tau_pool *pool;
    TAU_TRY(tau_cli_get_pool(p->cli, &pool));
    if (!p->cli->dry_run) TAU_TRY(tau_file_make_directory(p->folder));
    double start = tau_progress_now();
    if (p->demo->prepare) TAU_TRY(p->demo->prepare(p->cli, p->folder, p->quick));
    for (const char *const *step = p->demo->steps; *step; step++) TAU_TRY(run_step(p, *step));
    if (!p->cli->dry_run) say_end(p, tau_progress_now() - start);
    tau_cli_print_json(p->cli, json_pack("{ss so sO}", "demo", p->demo->name, "folder",
                                         tau_cli_json_text(p->folder), "files", p->files));
    return p->cli->dry_run ? TAU_STATUS_OK : look(p);
}

static tau_status run(tau_cli *cli) {
    const tau_cli_arguments *a = &cli->arguments;
    if (tau_cli_has(a, "list")) return list_demos(cli);
    char ffmpeg[4096];
    performance p = {.cli = cli,
                     .folder = tau_cli_get(a, "output"),
                     .quick = tau_cli_has(a, "quick"),
                     .has_ffmpeg = tau_file_find_program(ffmpeg, sizeof ffmpeg, "ffmpeg")};
    if (!p.folder) p.folder = p.quick ? "demo-quick" : "demo";
    if (strpbrk(p.folder, " '{}"))
        return tau_fail(TAU_STATUS_USAGE,
                        "the folder \"%s\" has a blank, quote or brace in its name" TAU_WHY
                        "the commands of a demonstration are shown to be typed" TAU_FIX "choose another name",
                        p.folder);
    TAU_TRY(find_demo(&p.demo, a->positional_count ? a->positional[0] : NULL));
    p.files = json_array();
    tau_status status = perform(&p);
    json_decref(p.files);
    return status;
}

const tau_cli_command tau_cli_demo = {
    .name = "demo",
    .usage = "[NAME] [-o DIR] [--quick]",
    .summary = "train, compute and draw; needs no data",
    .description = "Makes data, trains a network, records it and draws it, printing each command as you "
                   "would type it: landscapes of digits, "
                   "or the picture and film of a training (films where there is ffmpeg). Seeds are fixed, so "
                   "that everyone gets the same. Interrupted, it goes on when called again.",
    .examples = "  tauscape demo\n  tauscape demo --list\n  tauscape demo parabola -o parabola\n",
    .sections = {{"Demonstration", demo_options}},
    .words = "digits|parabola|moons|circles|spirals|encoder2|mail|line|sine|imbalanced|decay",
    .arguments_max = 1,
    .run = run,
};
