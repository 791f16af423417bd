#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

const tau_cli_option tau_cli_global_options[] = {
    {'h', "help", NULL, "Show this help.", NULL, false},
    {'V', "version", NULL, "Show the version.", NULL, false},
    {'v', "verbose", NULL, "Say more about what is done.", NULL, false},
    {'q', "quiet", NULL, "Say nothing but results and errors.", NULL, false},
    {0, "json", NULL, "Print results as one JSON object.", NULL, false},
    {0, "color", "WHEN", "Colour messages: auto (default), always, never; NO_COLOR is respected.",
     "auto|always|never", false},
    {0, "progress", "HOW", "Show progress on stderr: auto (default), bar, plain, json, none.",
     "auto|bar|plain|json|none", false},
    {'j', "threads", "N", "Use N threads; all cores by default.", NULL, false},
    {'d', "device", "DEVICE",
     "Compute on auto (default: a GPU where there is one), cpu, cuda, cuda:I (the GPU of that index) or ref.",
     "auto|cpu|cuda[:I]|ref", false},
    {'n', "dry-run", NULL, "Say what would be done, and stop.", NULL, false},
    {'f', "force", NULL, "Overwrite what is there.", NULL, false},
    {0},
};

const tau_cli_option tau_cli_data_options[] = {
    {0, "data", "FILE[:NAME]|SET",
     "Inputs: an IDX (.gz), NPY, CSV or HDF5 file, or a synthetic set (digits, moons …).", NULL, false},
    {0, "labels", "FILE[:NAME]", "Targets; for CSV the name of a column.", NULL, false},
    {0, "test-data", "FILE[:NAME]", "Held-out inputs.", NULL, false},
    {0, "test-labels", "FILE[:NAME]", "Held-out targets.", NULL, false},
    {0, "test-fraction", "SHARE",
     "Hold this share out where no test data are given; 0.1 in train, otherwise 0.", NULL, false},
    {0, "mean", "X", "Subtract X from the inputs; bytes are divided by 255 first.", NULL, false},
    {0, "std", "X", "Divide the inputs by X after that.", NULL, false},
    {0, "data-layout", "LAYOUT", "Order of image axes in the file: nchw (default) or nhwc.", "nchw|nhwc",
     false},
    {0, "data-seed", "N", "Seed of synthetic sets and of the held-out split (0).", NULL, false},
    {0, "loss", "LOSS", "nll, cross-entropy, mse, mae, huber, bce or bce-logits; inferred where left out.",
     "nll|cross-entropy|mse|mae|huber|bce|bce-logits", false},
    {0},
};

/* ---- lookup ---- */

static const tau_cli_option *find_in(const tau_cli_option *options, const char *name, size_t length,
                                     char letter) {
    for (; options && options->name; options++) {
        if (letter ? options->letter == letter
                   : strlen(options->name) == length && !memcmp(options->name, name, length))
            return options;
    }
    return NULL;
}

static const tau_cli_option *find(const tau_cli_command *command, const char *name, size_t length,
                                  char letter) {
    const tau_cli_option *found = NULL;
    for (int s = 0; command && s < TAU_CLI_SECTIONS_MAX && !found; s++)
        found = find_in(command->sections[s].options, name, length, letter);
    return found ? found : find_in(tau_cli_global_options, name, length, letter);
}

static size_t edit_distance(const char *a, const char *b) {
    enum { LONGEST = 40 };
    size_t n = strlen(b), row[LONGEST + 1];
    if (n > LONGEST || strlen(a) > LONGEST) return LONGEST;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; *a; a++, i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t replaced = diagonal + (*a != b[j - 1]),
                   shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = replaced < shorter + 1 ? replaced : shorter + 1;
        }
    }
    return row[n];
}

const char *tau_cli_nearest(const char *word, const char *const *candidates) {
    const char *best = NULL;
    size_t limit = strlen(word) / 3 + 1;
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(word, *candidates);
        if (distance < limit || (distance == limit && !best)) {
            best = *candidates;
            limit = distance;
        }
    }
    return best;
}

static tau_status unknown_option(const tau_cli_command *command, const char *word) {
    const char *names[128];
    size_t count = 0;
    for (int s = 0; s <= TAU_CLI_SECTIONS_MAX; s++) {
        const tau_cli_option *option = s < TAU_CLI_SECTIONS_MAX
                                           ? (command ? command->sections[s].options : NULL)
                                           : tau_cli_global_options;
        for (; option && option->name && count + 1 < sizeof names / sizeof *names; option++)
            names[count++] = option->name;
    }
    names[count] = NULL;
    char name[64] = "";
    strncat(name, word + strspn(word, "-"), sizeof name - 1);
    name[strcspn(name, "=")] = '\0';
    const char *near = tau_cli_nearest(name, names);
    const char *of = command ? command->name : "";
    if (near)
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no option %s" TAU_FIX "did you mean --%s? tauscape help %s lists them",
                        word, near, of);
    return tau_fail(TAU_STATUS_USAGE, "there is no option %s" TAU_FIX "tauscape help %s lists them", word,
                    of);
}

/* ---- parsing ---- */

/* Whether a value is this choice: the same word, or for "word[:I]" also word:NUMBER; "*" is any. */
static bool is_choice(const char *choice, const char *value) {
    if (*choice == '*') return true;
    size_t length = strcspn(choice, "|[");
    if (strncmp(choice, value, length) != 0) return false;
    const char *rest = value + length;
    if (*rest == '\0') return true;
    return choice[length] == '[' && rest[0] == ':' && rest[1] &&
           rest[1 + strspn(rest + 1, "0123456789")] == '\0';
}

static tau_status check_choice(const tau_cli_option *option, const char *value) {
    if (!option->choices) return TAU_STATUS_OK;
    for (const char *choice = option->choices; choice; choice = strchr(choice, '|')) {
        if (*choice == '|') choice++;
        if (is_choice(choice, value)) return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_USAGE, "--%s cannot be \"%s\"" TAU_FIX "choose one of %s", option->name, value,
                    option->choices);
}

/* Names and titles go into files that hold UTF-8; names of files may hold any bytes. */
static tau_status check_text(const tau_cli_option *option, const char *value) {
    static const char *const texts[] = {"NAME", "TEXT", "FAMILY", "A,B"};
    bool is_text = false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        is_text |= strncmp(option->value, texts[i], strlen(texts[i])) == 0 && !strstr(option->value, "FILE");
    if (!is_text || tau_text_is_utf8(value)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "--%s cannot be \"%s\"" TAU_WHY "it is not UTF-8" TAU_FIX "write it in UTF-8",
                    option->name, value);
}

static tau_status keep(tau_cli_arguments *out, const tau_cli_option *option, const char *value) {
    if (value) TAU_TRY(check_choice(option, value));
    if (value) TAU_TRY(check_text(option, value));
    out->options[out->option_count] = option;
    out->values[out->option_count++] = value;
    return TAU_STATUS_OK;
}

/* Splits a word into its option and the value attached to it (NULL = none). */
static const tau_cli_option *split_word(const tau_cli_command *command, const char *word,
                                        const char **attached) {
    *attached = NULL;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        if (word[2 + length] == '=') *attached = word + 3 + length;
        return find(command, word + 2, length, 0);
    }
    if (word[2] != '\0') *attached = word + 2 + (word[2] == '=');
    return find(command, NULL, 0, word[1]);
}

static tau_status parse_option(tau_cli_arguments *out, const tau_cli_command *command, int count, char **argv,
                               int *index) {
    const char *word = argv[*index], *attached;
    const tau_cli_option *option = split_word(command, word, &attached);
    if (!option) return unknown_option(command, word);
    if (!option->value) {
        if (attached)
            return tau_fail(TAU_STATUS_USAGE, "--%s takes no value" TAU_FIX "write --%s alone", option->name,
                            option->name);
        return keep(out, option, NULL);
    }
    if (!attached && *option->value == '[') return keep(out, option, NULL);
    if (!attached) {
        if (*index + 1 >= count)
            return tau_fail(TAU_STATUS_USAGE, "--%s needs a value" TAU_FIX "write --%s %s", option->name,
                            option->name, option->value);
        attached = argv[++*index];
    }
    return keep(out, option, attached);
}

static tau_status check_arguments(const tau_cli_arguments *arguments, const tau_cli_command *command) {
    if (tau_cli_has(arguments, "help") || tau_cli_has(arguments, "version")) return TAU_STATUS_OK;
    bool few = arguments->positional_count < command->arguments_min;
    bool many = command->arguments_max >= 0 && arguments->positional_count > command->arguments_max;
    if (!few && !many) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "tauscape %s: %s" TAU_WHY "the usage is: tauscape %s %s" TAU_FIX
                    "tauscape help %s says more",
                    command->name, few ? "an argument is missing" : "too many arguments", command->name,
                    command->usage, command->name);
}

tau_status tau_cli_parse(tau_cli_arguments *out, const tau_cli_command *command, int count, char **argv) {
    *out = (tau_cli_arguments){0};
    TAU_TRY(TAU_ALLOC(out->positional, (size_t)count));
    TAU_TRY(TAU_ALLOC(out->options, (size_t)count));
    TAU_TRY(TAU_ALLOC(out->values, (size_t)count));
    bool options_end = false;
    for (int i = 0; i < count; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (options_end || argv[i][0] != '-' || argv[i][1] == '\0') {
            out->positional[out->positional_count++] = argv[i];
        } else {
            TAU_TRY(parse_option(out, command, count, argv, &i));
        }
    }
    return check_arguments(out, command);
}

void tau_cli_arguments_clear(tau_cli_arguments *arguments) {
    tau_mem_free(arguments->positional);
    tau_mem_free(arguments->options);
    tau_mem_free(arguments->values);
    *arguments = (tau_cli_arguments){0};
}

/* ---- values ---- */

const char *tau_cli_get(const tau_cli_arguments *arguments, const char *name) {
    for (int i = arguments->option_count - 1; i >= 0; i--)
        if (strcmp(arguments->options[i]->name, name) == 0) return arguments->values[i];
    return NULL;
}

bool tau_cli_has(const tau_cli_arguments *arguments, const char *name) {
    for (int i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i]->name, name) == 0) return true;
    return false;
}

const char *tau_cli_get_nth(const tau_cli_arguments *arguments, const char *name, int index) {
    for (int i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i]->name, name) == 0 && index-- == 0) return arguments->values[i];
    return NULL;
}

tau_status tau_cli_parse_real(double *out, const char *text, const char *what) {
    double value;
    if (!tau_text_parse_real(&value, text))
        return tau_fail(TAU_STATUS_USAGE, "%s: \"%s\" is not a number" TAU_FIX "write a number such as 0.5",
                        what, text);
    *out = value;
    return TAU_STATUS_OK;
}

tau_status tau_cli_parse_count(uint64_t *out, const char *text, const char *what) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || errno == ERANGE || strchr("+- \t\n\v\f\r", *text))
        return tau_fail(TAU_STATUS_USAGE,
                        "%s: \"%s\" is not a whole number" TAU_FIX "write digits only, as in 12", what, text);
    *out = value;
    return TAU_STATUS_OK;
}

tau_status tau_cli_get_real(const tau_cli_arguments *arguments, const char *name, double *out, double lowest,
                            double highest) {
    const char *text = tau_cli_get(arguments, name);
    if (!text) return TAU_STATUS_OK;
    double value = 0;
    char what[80] = "--";
    strncat(what, name, sizeof what - 3);
    TAU_TRY(tau_cli_parse_real(&value, text, what));
    if (value < lowest || value > highest)
        return tau_fail(TAU_STATUS_USAGE, "--%s cannot be %s" TAU_FIX "choose a number from %g to %g", name,
                        text, lowest, highest);
    *out = value;
    return TAU_STATUS_OK;
}

tau_status tau_cli_get_count(const tau_cli_arguments *arguments, const char *name, uint64_t *out,
                             uint64_t lowest, uint64_t highest) {
    const char *text = tau_cli_get(arguments, name);
    if (!text) return TAU_STATUS_OK;
    uint64_t value = 0;
    char what[80] = "--";
    strncat(what, name, sizeof what - 3);
    TAU_TRY(tau_cli_parse_count(&value, text, what));
    if (value < lowest || value > highest)
        return tau_fail(TAU_STATUS_USAGE, "--%s cannot be %s" TAU_FIX "choose a number from %llu to %llu",
                        name, text, (unsigned long long)lowest, (unsigned long long)highest);
    *out = value;
    return TAU_STATUS_OK;
}

tau_status tau_cli_parse_range(double *lo, double *hi, const char *text, const char *what) {
    char left[64] = "";
    size_t length = strcspn(text, ":");
    if (text[length] != ':' || length >= sizeof left)
        return tau_fail(TAU_STATUS_USAGE, "%s: \"%s\" is not a range" TAU_FIX "write LO:HI, as in -1:1", what,
                        text);
    strncat(left, text, length);
    TAU_TRY(tau_cli_parse_real(lo, left, what));
    TAU_TRY(tau_cli_parse_real(hi, text + length + 1, what));
    if (!(*lo < *hi))
        return tau_fail(TAU_STATUS_USAGE, "%s: %s is empty" TAU_FIX "write the smaller end first", what,
                        text);
    return TAU_STATUS_OK;
}

tau_status tau_cli_parse_grid(size_t *columns, size_t *rows, const char *text, const char *what) {
    char left[32] = "";
    size_t length = strcspn(text, "x");
    const char *right = text[length] == 'x' ? text + length + 1 : text;
    uint64_t nx = 0, ny = 0;
    if (length < sizeof left) strncat(left, text, length);
    if (tau_cli_parse_count(&nx, left, what) != TAU_STATUS_OK ||
        (right != text && tau_cli_parse_count(&ny, right, what) != TAU_STATUS_OK))
        return tau_fail(TAU_STATUS_USAGE,
                        "%s: \"%s\" is not a size" TAU_FIX "write one number, or two as in 51x31", what,
                        text);
    if (right == text) ny = nx;
    if (nx < 1 || ny < 1 || nx > 100000 || ny > 100000)
        return tau_fail(TAU_STATUS_USAGE, "%s: %s is out of range" TAU_FIX "choose 1 to 100000 a side", what,
                        text);
    *columns = nx;
    *rows = ny;
    return TAU_STATUS_OK;
}

tau_status tau_cli_parse_pixels(int *width, int *height, const char *text, const char *what, int least,
                                int most) {
    unsigned long long w, h;
    char rest;
    if (strspn(text, "0123456789x") != strlen(text) || sscanf(text, "%llux%llu%c", &w, &h, &rest) != 2)
        return tau_fail(TAU_STATUS_USAGE, "%s: \"%s\" is not a size" TAU_FIX "write WxH, as in 1280x720",
                        what, text);
    if (w < (unsigned)least || h < (unsigned)least || w > (unsigned)most || h > (unsigned)most)
        return tau_fail(TAU_STATUS_USAGE,
                        "%s: %s is too %s" TAU_WHY "a side has %d to %d pixels" TAU_FIX "choose another size",
                        what, text, w < (unsigned)least || h < (unsigned)least ? "small" : "large", least,
                        most);
    *width = (int)w;
    *height = (int)h;
    return TAU_STATUS_OK;
}
