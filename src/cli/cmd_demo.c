/* tauscape demo: the main job in one command, with nothing but the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/plugins.h"
#include "core/file.h"
#include "core/memory.h"

static const tau_cli_option demo_options[] = {
    {'o', "output", "DIR", "Folder for runs, landscapes and pictures (demo, or demo-quick).", NULL, false},
    {0, "quick", NULL, "Fewer samples and points: a look in a minute.", NULL, false},
    {0, "no-view", NULL, "Do not open the window in the end.", NULL, false},
    {0, "list", NULL, "List the demonstrations.", NULL, false},
    {0},
};

/* A step is a command line; {} stands for the folder. */
typedef struct demonstration {
    const char *name, *summary;
    const char *const *steps, *const *quick_steps;
} demonstration;

#define DIGITS_PICTURES                                                                                      \
    "export {}/digits-line.land.h5 -o {}/digits-line.png --log",                                             \
        "export {}/digits-plane.land.h5 -o {}/digits-plane.png",                                             \
        "export {}/digits-plane.land.h5 -o {}/digits-plane-filled.png --figure filled --log",                \
        "export {}/digits-plane.land.h5 -o {}/digits-accuracy.png --figure heatmap --metric accuracy "       \
        "--colormap cividis",                                                                                \
        "export {}/digits-path.land.h5 -o {}/digits-path.png --log",                                         \
        "export {}/digits-path.land.h5 -o {}/digits-path.pdf --log --width 3.25in --style article",          \
        "info {}/digits-path.land.h5", NULL

static const char *const digits[] = {
    "train --model mnist-cnn --data digits --epochs 3 --record every=20 --seed 1 -o {}/digits.run.h5",
    "compute {}/digits.run.h5 --from first --to last -x -0.5:1.5 -g 61 --samples 500 -o "
    "{}/digits-line.land.h5",
    "compute {}/digits.run.h5 --dirs random -g 25 --samples 500 --no-trace -o {}/digits-plane.land.h5",
    "compute {}/digits.run.h5 --dirs pca -g 25 --samples 500 -o {}/digits-path.land.h5",
    DIGITS_PICTURES,
};

static const char *const digits_quick[] = {
    "train --model mnist-cnn --data digits:n=2000 --epochs 2 --record every=5 --seed 1 -o {}/digits.run.h5",
    "compute {}/digits.run.h5 --from first --to last -x -0.5:1.5 -g 33 --samples 256 -o "
    "{}/digits-line.land.h5",
    "compute {}/digits.run.h5 --dirs random -g 15 --samples 256 -o {}/digits-plane.land.h5",
    "compute {}/digits.run.h5 --dirs pca -g 15 --samples 256 -o {}/digits-path.land.h5",
    DIGITS_PICTURES,
};

static const char *const moons[] = {
    "train --model mlp:2-16-16-1:tanh --data moons --epochs 60 --lr 0.1 --seed 1 -o {}/moons.run.h5",
    "compute {}/moons.run.h5 --from first --to last -o {}/moons-line.land.h5",
    "compute {}/moons.run.h5 --dirs pca -g 61 -o {}/moons-path.land.h5",
    "compute {}/moons.run.h5 --dirs random -g 61 -o {}/moons-plane.land.h5",
    "export {}/moons-line.land.h5 -o {}/moons-line.png",
    "export {}/moons-path.land.h5 -o {}/moons-path.png --log",
    "export {}/moons-plane.land.h5 -o {}/moons-plane.png",
    NULL,
};

static const demonstration demonstrations[] = {
    {"digits", "the S5 convolutional network on drawn digits: line, random plane, PCA plane with the path",
     digits, digits_quick},
    {"moons", "a small tanh network on two moons, in seconds", moons, moons},
};

enum { DEMONSTRATIONS = sizeof demonstrations / sizeof *demonstrations };

/* Replaces {} by the folder. */
static tau_status expand(char **out, const char *step, const char *folder) {
    size_t length = strlen(step) + 1;
    for (const char *brace = step; (brace = strstr(brace, "{}")); brace += 2) length += strlen(folder);
    TAU_TRY(TAU_ALLOC(*out, length));
    char *end = *out;
    for (const char *rest = step; *rest;) {
        bool brace = strncmp(rest, "{}", 2) == 0;
        const char *piece = brace ? folder : rest;
        size_t piece_length = brace ? strlen(folder) : 1;
        memcpy(end, piece, piece_length);
        end += piece_length;
        rest += brace ? 2 : 1;
    }
    return TAU_STATUS_OK;
}

/* Cuts a line at its blanks. @return the number of words */
static int split(char *line, char **words, int most) {
    int count = 0;
    for (char *word = strtok(line, " "); word && count < most; word = strtok(NULL, " "))
        words[count++] = word;
    return count;
}

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

static tau_status run_step(tau_cli *cli, const char *step, const char *folder) {
    enum { WORDS_MAX = 64 };
    char *line, *words[WORDS_MAX], *typed = cli->command_line;
    TAU_TRY(expand(&line, step, folder));
    tau_cli_say(cli, "\n$ tauscape %s", line);
    tau_status status = tau_string_format(&cli->command_line, "tauscape %s", line);
    if (status == TAU_STATUS_OK && !cli->dry_run)
        status = run_words(cli, words, split(line, words, WORDS_MAX));
    tau_mem_free(cli->command_line);
    cli->command_line = typed;
    tau_mem_free(line);
    return status;
}

static const demonstration *find_demonstration(const char *name) {
    for (int i = 0; i < DEMONSTRATIONS; i++)
        if (strcmp(demonstrations[i].name, name) == 0) return &demonstrations[i];
    return NULL;
}

/* A training that was finished by an earlier call is kept; an unfinished one has just been continued. */
static tau_status run_all(tau_cli *cli, const char *const *steps, const char *folder) {
    for (; *steps; steps++) {
        tau_status status = run_step(cli, *steps, folder);
        if (status == TAU_STATUS_EXISTS && strncmp(*steps, "train ", 6) == 0)
            tau_cli_say(cli, "(this training is there already; remove %s to repeat it)", folder);
        else if (status != TAU_STATUS_OK)
            return status;
    }
    return TAU_STATUS_OK;
}

/* Opens the plane with the path where someone sits before a display. */
static tau_status look(tau_cli *cli, const demonstration *chosen, const char *folder) {
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    bool display = (x && *x) || (wayland && *wayland);
    const tau_viewer *viewer;
    if (!display || !isatty(STDOUT_FILENO) || cli->quiet || cli->json ||
        tau_cli_has(&cli->arguments, "no-view") || tau_cli_get_viewer(&viewer) != TAU_STATUS_OK)
        return TAU_STATUS_OK;
    char step[128];
    snprintf(step, sizeof step, "view {}/%s-path.land.h5", chosen->name);
    return run_step(cli, step, folder);
}

static tau_status run(tau_cli *cli) {
    const tau_cli_arguments *a = &cli->arguments;
    if (tau_cli_has(a, "list")) {
        for (int i = 0; i < DEMONSTRATIONS; i++)
            tau_cli_say(cli, "%-8s %s", demonstrations[i].name, demonstrations[i].summary);
        return TAU_STATUS_OK;
    }
    const char *name = a->positional_count ? a->positional[0] : "digits", *folder = tau_cli_get(a, "output");
    bool quick = tau_cli_has(a, "quick");
    if (!folder) folder = quick ? "demo-quick" : "demo";
    if (strchr(folder, ' ')) return tau_fail(TAU_STATUS_USAGE, "the folder's name must not hold blanks");
    const demonstration *chosen = find_demonstration(name);
    if (!chosen)
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no demonstration \"%s\"" TAU_FIX "tauscape demo --list shows them", name);
    tau_pool *pool;
    TAU_TRY(tau_cli_get_pool(cli, &pool));
    if (!cli->dry_run) TAU_TRY(tau_file_make_directory(folder));
    double start = tau_progress_now();
    TAU_TRY(run_all(cli, quick ? chosen->quick_steps : chosen->steps, folder));
    char duration[32];
    tau_cli_say(cli, "\ndone in %s: the pictures are in %s",
                tau_cli_format_duration(duration, tau_progress_now() - start), folder);
    tau_cli_print_json(cli, json_pack("{ss ss}", "demo", chosen->name, "folder", folder));
    return look(cli, chosen, folder);
}

const tau_cli_command tau_cli_demo = {
    .name = "demo",
    .usage = "[NAME] [-o DIR] [--quick]",
    .summary = "train, compute and draw; needs no data",
    .description = "Makes data, trains a network, records its path, computes landscapes and draws them, "
                   "printing each command "
                   "as you would type it. Interrupted, it goes on when called again.",
    .examples = "  tauscape demo\n  tauscape demo moons -o moons\n",
    .sections = {{"Demonstration", demo_options}},
    .arguments_max = 1,
    .run = run,
};
