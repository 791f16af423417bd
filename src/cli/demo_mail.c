/* A table as people have them: a CSV file with a header and a column of labels. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/demo.h"
#include "core/file.h"
#include "core/memory.h"

enum { WORDS = 48, CHARACTERS = 6, FEATURES = 57 };

static void print_header(FILE *file) {
    for (int i = 1; i <= WORDS; i++) fprintf(file, "word_%02d,", i);
    for (int i = 1; i <= CHARACTERS; i++) fprintf(file, "character_%d,", i);
    fputs("run_average,run_longest,run_total,unwanted\n", file);
}

static void print_rows(FILE *file, const tau_samples *mails) {
    for (size_t i = 0; i < mails->count; i++) {
        for (size_t k = 0; k < FEATURES; k++) fprintf(file, "%.6g,", (double)mails->inputs[i * FEATURES + k]);
        fprintf(file, "%d\n", (int)mails->classes[i]);
    }
}

static tau_status write_table(const char *path, const tau_samples *mails) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file) return tau_fail(TAU_STATUS_MEMORY, "cannot write %s", path);
    print_header(file);
    print_rows(file, mails);
    bool failed = ferror(file) != 0;
    tau_status status = fclose(file) != 0 || failed ? tau_fail(TAU_STATUS_MEMORY, "cannot write %s", path)
                                                    : tau_file_write(path, text, size);
    free(text);
    return status;
}

tau_status tau_demo_write_mail(tau_cli *cli, const char *folder, bool quick) {
    char *path;
    tau_dataset data = {NULL, NULL};
    TAU_TRY(tau_string_format(&path, "%s/mail.csv", folder));
    tau_status status = tau_data_synthetic(&data, quick ? "mail:n=800" : "mail", 1, 0);
    if (status == TAU_STATUS_OK && !cli->dry_run) status = write_table(path, data.train);
    if (status == TAU_STATUS_OK)
        tau_cli_say(cli, "\n%s %s: %zu made-up mails, %d features and a label each",
                    cli->dry_run ? "would write" : "wrote", path, data.train->count, FEATURES);
    tau_dataset_clear(&data);
    tau_mem_free(path);
    return status;
}
