#include "cli/help.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/version.h"

/* ---- text for a terminal ---- */

/* Characters, not bytes: what of UTF-8 does not go on with the one before. */
static int count_columns(const char *text, size_t bytes) {
    int columns = 0;
    for (size_t i = 0; i < bytes; i++) columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

static void print_wrapped(FILE *out, const char *text, int indent, int start, int width) {
    int column = start;
    while (*text) {
        const size_t word = strcspn(text, " \n");
        const int columns = count_columns(text, word);
        if (column > indent && column + 1 + columns > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, word, out);
        column += columns;
        text += word;
        if (*text == '\n') {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        if (*text) text++;
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const tau_cli_option *option) {
    enum { HELP_COLUMN = 32, WIDTH = 96 };
    char head[96];
    snprintf(head, sizeof head, "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
             option->value && *option->value != '[' ? " " : "", option->value ? option->value : "");
    int length = count_columns(head, strlen(head));
    fputs(head, out);
    if (length + 2 > HELP_COLUMN) {
        fputc('\n', out);
        length = 0;
    }
    fprintf(out, "%*s", HELP_COLUMN - length, "");
    print_wrapped(out, option->help, HELP_COLUMN, HELP_COLUMN, WIDTH);
}

static void print_section(FILE *out, const char *title, const tau_cli_option *options) {
    fprintf(out, "\n%s\n", title);
    for (; options->name; options++) print_option(out, options);
}

void tau_help_print_command(FILE *out, const tau_cli_command *command) {
    fprintf(out, "tauscape %s - %s\n\nUsage\n  tauscape %s%s%s\n\n", command->name, command->summary,
            command->name, *command->usage ? " " : "", command->usage);
    print_wrapped(out, command->description, 0, 0, 96);
    for (int s = 0; s < TAU_CLI_SECTIONS_MAX && command->sections[s].title; s++)
        print_section(out, command->sections[s].title, command->sections[s].options);
    print_section(out, "Global options", tau_cli_global_options);
    if (command->examples) fprintf(out, "\nExamples\n%s", command->examples);
}

void tau_help_print_overview(FILE *out) {
    fputs("tauscape " TAU_VERSION " - loss landscapes of real neural networks\n\n"
          "Usage\n  tauscape COMMAND [arguments] [options]\n\nCommands\n",
          out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++)
        fprintf(out, "  %-12s %s\n", (*command)->name, (*command)->summary);
    print_section(out, "Global options", tau_cli_global_options);
    fputs("\nStart here\n"
          "  tauscape demo                  train, compute and draw; needs no data\n"
          "  tauscape help COMMAND          all about one command, with examples\n"
          "  tauscape help concepts         states, slices, normalisation, precision in a screenful each\n",
          out);
}

/* ---- man page ---- */

/* Dashes and backslashes mean something to roff, and so does a dot that starts a line. */
static void put_roff(FILE *out, const char *text) {
    for (bool start = true; *text; text++) {
        if (start && (*text == '.' || *text == '\'')) fputs("\\&", out);
        if (*text == '-' || *text == '\\') fputc('\\', out);
        fputc(*text, out);
        start = *text == '\n';
    }
}

static void man_options(FILE *out, const char *title, const tau_cli_option *options) {
    fputs(".PP\n.I ", out);
    put_roff(out, title);
    fputc('\n', out);
    for (; options->name; options++) {
        fputs(".TP\n.B ", out);
        if (options->letter) fprintf(out, "\\-%c, ", options->letter);
        fputs("\\-\\-", out);
        put_roff(out, options->name);
        if (options->value) {
            if (*options->value != '[') fputc(' ', out);
            put_roff(out, options->value);
        }
        fputc('\n', out);
        put_roff(out, options->help);
        fputc('\n', out);
    }
}

void tau_help_print_man(FILE *out) {
    fputs(".TH TAUSCAPE 1 \"\" \"tauscape " TAU_VERSION "\" \"User Commands\"\n.SH NAME\n"
          "tauscape \\- loss landscapes of real neural networks\n.SH SYNOPSIS\n.B tauscape\n"
          ".I command\n[\\fIarguments\\fR] [\\fIoptions\\fR]\n.SH COMMANDS\n",
          out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++) {
        fputs(".SS tauscape ", out);
        put_roff(out, (*command)->name);
        fputc(' ', out);
        put_roff(out, (*command)->usage);
        fputs("\n", out);
        put_roff(out, (*command)->description);
        fputs("\n", out);
        for (int s = 0; s < TAU_CLI_SECTIONS_MAX && (*command)->sections[s].title; s++)
            man_options(out, (*command)->sections[s].title, (*command)->sections[s].options);
        if ((*command)->examples) {
            fputs(".PP\n.I Examples\n.PP\n.nf\n", out);
            put_roff(out, (*command)->examples);
            fputs(".fi\n", out);
        }
    }
    fputs(".SH OPTIONS\n", out);
    man_options(out, "Of every command", tau_cli_global_options);
    fputs(".SH EXIT STATUS\n0 done; 1 failed; 2 wrong usage; 75 saved but unfinished (TERM, HUP, USR1, USR2);"
          " 130 after Ctrl\\-C, saved.\n",
          out);
}

/* ---- completions ---- */

typedef void (*option_visit)(FILE *out, const tau_cli_command *command, const tau_cli_option *option);

static void visit_options(FILE *out, const tau_cli_command *command, option_visit visit) {
    for (int s = 0; s < TAU_CLI_SECTIONS_MAX && command->sections[s].title; s++)
        for (const tau_cli_option *option = command->sections[s].options; option->name; option++)
            visit(out, command, option);
    for (const tau_cli_option *option = tau_cli_global_options; option->name; option++)
        visit(out, command, option);
}

static void bash_option(FILE *out, const tau_cli_command *command, const tau_cli_option *option) {
    (void)command;
    fprintf(out, " --%s", option->name);
}

/* Whether values other than the choices are allowed: those are often files. */
static bool is_open(const char *choices) {
    const size_t length = strlen(choices);
    return length > 1 && strcmp(choices + length - 2, "|*") == 0;
}

/* The words of "a|b[:I]|c", without what may follow one; a backslash goes before what is `special`. */
static void put_choices(FILE *out, const char *choices, const char *special) {
    for (bool inside = false; *choices; choices++) {
        inside = *choices == '[' || (inside && choices[-1] != ']');
        if (inside || *choices == '*') continue;
        if (strchr(special, *choices)) fputc('\\', out);
        fputc(*choices == '|' ? ' ' : *choices, out);
    }
}

static void bash_choice(FILE *out, const tau_cli_command *command, const tau_cli_option *option) {
    if (!option->choices) return;
    fprintf(out, "    %s:--%s) COMPREPLY=($(compgen -W \"", command->name, option->name);
    put_choices(out, option->choices, "");
    fprintf(out, "\"%s -- \"$word\")); return;;\n", is_open(option->choices) ? " -f" : "");
}

static void bash_words(FILE *out, const tau_cli_command *command) {
    if (!command->words) return;
    fprintf(out, "    %s) COMPREPLY=($(compgen -W \"", command->name);
    put_choices(out, command->words, "");
    fputs("\" -- \"$word\")); return;;\n", out);
}

static void print_bash(FILE *out) {
    fputs("_tauscape() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  local command=${COMP_WORDS[1]}\n  COMPREPLY=()\n"
          "  if [ \"$COMP_CWORD\" -eq 1 ]; then COMPREPLY=($(compgen -W \"",
          out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++)
        fprintf(out, "%s%s", command == tau_cli_commands ? "" : " ", (*command)->name);
    fputs("\" -- \"$word\")); return; fi\n  case $command:$before in\n", out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++)
        visit_options(out, *command, bash_choice);
    fputs("  esac\n  case $word in -*) ;; *) case $command in\n", out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++)
        bash_words(out, *command);
    fputs("    *) COMPREPLY=($(compgen -f -- \"$word\")); return;;\n  esac;; esac\n  case $command in\n",
          out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++) {
        fprintf(out, "    %s) COMPREPLY=($(compgen -W \"", (*command)->name);
        visit_options(out, *command, bash_option);
        fputs("\" -- \"$word\"));;\n", out);
    }
    fputs("  esac\n}\ncomplete -o filenames -F _tauscape tauscape\n", out);
}

/* Text between single quotes; `special` is dropped because the shell's completion would read it. */
static void put_quoted(FILE *out, const char *text, const char *special) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (!strchr(special, *text))
            fputc(*text, out);
    }
}

/* It ends an action of _arguments. */
#define ZSH_SPECIAL ":"

static void zsh_option(FILE *out, const tau_cli_command *command, const tau_cli_option *option) {
    (void)command;
    fprintf(out, " \\\n        '--%s%s[", option->name, option->value && *option->value != '[' ? "=" : "");
    put_quoted(out, option->help, "[]");
    fputc(']', out);
    if (option->choices) {
        const bool open = is_open(option->choices);
        fputs(open ? ":value:{compadd " : ":value:(", out);
        put_choices(out, option->choices, ZSH_SPECIAL);
        fputs(open ? "; _files}" : ")", out);
    } else if (option->value && *option->value != '[') {
        fputs(":value:_files", out);
    }
    fputc('\'', out);
}

static void print_zsh(FILE *out) {
    fputs("#compdef tauscape\n_tauscape() {\n  local -a commands=(", out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++) {
        fprintf(out, "\n    '%s:", (*command)->name);
        put_quoted(out, (*command)->summary, ":");
        fputc('\'', out);
    }
    fputs(")\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  case $words[2] in\n",
          out);
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++) {
        fprintf(out, "    %s) _arguments", (*command)->name);
        visit_options(out, *command, zsh_option);
        fputs(" \\\n        '*:file:", out);
        fputs((*command)->words ? "(" : "_files", out);
        if ((*command)->words) put_choices(out, (*command)->words, ZSH_SPECIAL);
        fputs((*command)->words ? ")';;\n" : "';;\n", out);
    }
    fputs("  esac\n}\n_tauscape \"$@\"\n", out);
}

static void fish_option(FILE *out, const tau_cli_command *command, const tau_cli_option *option) {
    fprintf(out, "complete -c tauscape -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            option->name);
    if (option->letter) fprintf(out, " -s %c", option->letter);
    if (option->choices) {
        fputs(is_open(option->choices) ? " -r -a '" : " -x -a '", out);
        put_choices(out, option->choices, "");
        fputc('\'', out);
    } else if (option->value && *option->value != '[') {
        fputs(" -r", out);
    }
    fputs(" -d '", out);
    put_quoted(out, option->help, "");
    fputs("'\n", out);
}

static void print_fish(FILE *out) {
    for (const tau_cli_command *const *command = tau_cli_commands; *command; command++) {
        fprintf(out, "complete -c tauscape -n __fish_use_subcommand -f -a %s -d '", (*command)->name);
        put_quoted(out, (*command)->summary, "");
        fputs("'\n", out);
        if ((*command)->words) {
            fprintf(out, "complete -c tauscape -n '__fish_seen_subcommand_from %s' -f -a '",
                    (*command)->name);
            put_choices(out, (*command)->words, "");
            fputs("'\n", out);
        }
        visit_options(out, *command, fish_option);
    }
}

tau_status tau_help_print_completion(FILE *out, const char *shell) {
    if (strcmp(shell, "bash") == 0)
        print_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh(out);
    else if (strcmp(shell, "fish") == 0)
        print_fish(out);
    else
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no completion for \"%s\"" TAU_FIX "choose bash, zsh or fish", shell);
    return TAU_STATUS_OK;
}
