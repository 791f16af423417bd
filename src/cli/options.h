/** The table of options: one description from which parsing, --help, the man page and completions are made.
 */
#ifndef TAU_CLI_OPTIONS_H
#define TAU_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct tau_cli_option {
    char letter;         /**< 0 = none */
    const char *name;    /**< without the dashes; NULL ends a list */
    const char *value;   /**< what the value is called, "N"; NULL = a flag; "[=N]": may be left out */
    const char *help;    /**< one sentence; `default` is said in it */
    const char *choices; /**< "a|b[:I]|c": the only values allowed, b also as b:NUMBER; "a|b|*": others too */
    bool repeatable;
} tau_cli_option;

/** Options that belong together. */
typedef struct tau_cli_section {
    const char *title;
    const tau_cli_option *options;
} tau_cli_section;

enum { TAU_CLI_SECTIONS_MAX = 6 };

typedef struct tau_cli tau_cli;

typedef struct tau_cli_command {
    const char *name;
    const char *usage; /**< what follows the name: "RUN -o LAND [options]" */
    const char *summary;
    const char *description; /**< paragraphs for --help and the man page */
    const char *examples;    /**< "command\n  what it does\n" … */
    tau_cli_section sections[TAU_CLI_SECTIONS_MAX];
    const char *words; /**< "a|b|c": what the arguments are where they are no files; NULL = files */
    int arguments_min, arguments_max; /**< of positional arguments; max -1 = any number */
    tau_status (*run)(tau_cli *cli);
} tau_cli_command;

/** The words of one command line, sorted out. Strings point into argv. */
typedef struct tau_cli_arguments {
    const char **positional;
    int positional_count;
    const tau_cli_option **options; /**< [option_count], with values[] */
    const char **values;
    int option_count;
} tau_cli_arguments;

/** Sorts argv[0..count-1] by the command's table and the global one. Options may follow arguments; `-x -1:1`,
 *  `-x=-1:1`, `-x-1:1`, `--x -1:1` and `--x=-1:1` all work; `--` ends the options.
 *  @errors TAU_STATUS_USAGE with the nearest name */
TAU_CHECK tau_status tau_cli_parse(tau_cli_arguments *out, const tau_cli_command *command, int count,
                                   char **argv);
void tau_cli_arguments_clear(tau_cli_arguments *arguments);

/** Value of an option, or NULL where it was not given or its value left out; the last one wins. */
const char *tau_cli_get(const tau_cli_arguments *arguments, const char *name);
bool tau_cli_has(const tau_cli_arguments *arguments, const char *name);

/** Value number `index` of a repeatable option, or NULL past the last. */
const char *tau_cli_get_nth(const tau_cli_arguments *arguments, const char *name, int index);

/** Typed values; `out` keeps its default when the option was not given. @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_cli_get_real(const tau_cli_arguments *arguments, const char *name, double *out,
                                      double lowest, double highest);
TAU_CHECK tau_status tau_cli_get_count(const tau_cli_arguments *arguments, const char *name, uint64_t *out,
                                       uint64_t lowest, uint64_t highest);

/** A number and nothing else. @param[in] what  names it in the error */
TAU_CHECK tau_status tau_cli_parse_real(double *out, const char *text, const char *what);
TAU_CHECK tau_status tau_cli_parse_count(uint64_t *out, const char *text, const char *what);

/** "LO:HI". */
TAU_CHECK tau_status tau_cli_parse_range(double *lo, double *hi, const char *text, const char *what);

/** "51", "51x31". `rows` = `columns` when one number is given. @param[in] what  names it in the error */
TAU_CHECK tau_status tau_cli_parse_grid(size_t *columns, size_t *rows, const char *text, const char *what);

/** Width and height in pixels, "1280x720". @errors TAU_STATUS_USAGE with the limits of a side */
TAU_CHECK tau_status tau_cli_parse_pixels(int *width, int *height, const char *text, const char *what,
                                          int least, int most);

/** The candidate nearest to `word` within a third of its length, or NULL. @param[in] candidates
 * NULL-terminated */
const char *tau_cli_nearest(const char *word, const char *const *candidates);

/** Options that every command takes. */
extern const tau_cli_option tau_cli_global_options[];

/** Options that choose a line or a plane: compute and view. */
extern const tau_cli_option tau_cli_slice_options[];

/** Options that choose data: train, compute and view. */
extern const tau_cli_option tau_cli_data_options[];

#endif
