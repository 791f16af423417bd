/* tauscape: the program. Sorts the command line, runs one command, turns its status into an exit code. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/help.h"
#include "cli/plugins.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "figure/figure.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SAVED = 75, EXIT_INTERRUPTED = 130 };

static int exit_code(tau_status status, const tau_cancel *cancel) {
    switch (status) {
    case TAU_STATUS_OK:
        return EXIT_DONE;
    case TAU_STATUS_USAGE:
        return EXIT_USAGE;
    case TAU_STATUS_CANCELLED:
        return tau_cancel_reason(cancel) == SIGINT ? EXIT_INTERRUPTED : EXIT_SAVED;
    default:
        return EXIT_FAILED;
    }
}

static tau_status join_command_line(char **out, int argc, char **argv) {
    TAU_TRY(tau_string_copy(out, "tauscape"));
    for (int i = 1; i < argc; i++) TAU_TRY(tau_text_append_quoted(out, argv[i]));
    return TAU_STATUS_OK;
}

/* A file that is opened first would get a closed one's number, and what is printed there with it. */
static bool open_standard_descriptors(void) {
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0 && open("/dev/null", O_RDWR) != file) return false;
    return true;
}

static tau_status unknown_command(const char *name) {
    if (*name == '-')
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no command \"%s\"" TAU_WHY "options stand after the command" TAU_FIX
                        "write tauscape COMMAND %s; tauscape --help lists the commands",
                        name, name);
    if (strpbrk(name, "./"))
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot read %s" TAU_WHY "there is no such file, and no such command" TAU_FIX
                        "check the path; tauscape --help lists the commands",
                        name);
    const char *names[32];
    size_t count = 0;
    for (; tau_cli_commands[count]; count++) names[count] = tau_cli_commands[count]->name;
    names[count] = NULL;
    const char *near = tau_cli_nearest(name, names);
    return tau_fail(TAU_STATUS_USAGE, "there is no command \"%s\"" TAU_FIX "%s%s", name,
                    near ? "did you mean tauscape " : "tauscape --help lists the commands", near ? near : "");
}

/* Runs argv[1..] as a command; `cli` is cleared by the caller. */
static tau_status run(tau_cli *cli, int argc, char **argv) {
    const char *first = argc > 1 ? argv[1] : "--help";
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        tau_help_print_overview(stdout);
        return TAU_STATUS_OK;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        puts("tauscape " TAU_VERSION);
        return TAU_STATUS_OK;
    }
    /* Names of commands win; another word that is a file is to be seen. */
    cli->command = tau_cli_find_command(first);
    int words = cli->command ? 2 : 1;
    if (!cli->command && tau_file_exists(first)) cli->command = &tau_cli_view;
    if (!cli->command) return unknown_command(first);
    TAU_TRY(tau_cli_parse(&cli->arguments, cli->command, argc - words, argv + words));
    if (tau_cli_has(&cli->arguments, "help")) {
        tau_help_print_command(stdout, cli->command);
        return TAU_STATUS_OK;
    }
    if (tau_cli_has(&cli->arguments, "version")) {
        puts("tauscape " TAU_VERSION);
        return TAU_STATUS_OK;
    }
    TAU_TRY(tau_terminal_start(&cli->arguments));
    tau_cli_register_backends();
    cli->json = tau_cli_has(&cli->arguments, "json");
    cli->quiet = tau_cli_has(&cli->arguments, "quiet");
    cli->dry_run = tau_cli_has(&cli->arguments, "dry-run");
    cli->force = tau_cli_has(&cli->arguments, "force");
    TAU_TRY(join_command_line(&cli->command_line, argc, argv));
    return cli->command->run(cli);
}

int main(int argc, char **argv) {
    if (!open_standard_descriptors()) return EXIT_FAILED;
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is then an error like a full disk */
    signal(SIGPIPE, SIG_DFL);
    tau_cli cli = {.cancel = tau_terminal_catch_signals(), .progress = tau_terminal_get_progress()};
    tau_status status = run(&cli, argc, argv);
    if (status == TAU_STATUS_OK) status = tau_cli_finish_output();
    if (status != TAU_STATUS_OK) tau_terminal_print_error();
    tau_terminal_end_progress();
    tau_figure_finish();
    tau_pool_destroy(cli.pool);
    tau_cli_arguments_clear(&cli.arguments);
    tau_mem_free(cli.command_line);
    return exit_code(status, cli.cancel);
}
