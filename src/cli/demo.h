/** The demonstrations: what each makes, as command lines. */
#ifndef TAU_CLI_DEMO_H
#define TAU_CLI_DEMO_H

#include "cli/cli.h"

typedef struct tau_demo {
    const char *name;
    const char *summary; /**< what it shows, one line */
    /** Makes what the steps need and no command makes, or NULL. @param[in] folder  exists */
    tau_status (*prepare)(tau_cli *cli, const char *folder, bool quick);
    /** Command lines without the program's name, NULL-terminated: {} stands for the folder, {A|B} for A, or
     * for B with --quick; 'quotes' hold words with blanks together. */
    const char *const *steps;
    const char *view; /**< what is opened in the end where someone sits before a display, or NULL */
} tau_demo;

/** All of them, ended by one without a name; the first is the default. */
extern const tau_demo tau_demos[];

/** Writes FOLDER/mail.csv: 57 features and the column "unwanted"; the same bytes on every machine. */
TAU_CHECK tau_status tau_demo_write_mail(tau_cli *cli, const char *folder, bool quick);

/** A step as it is typed. @param[out] out  freed with tau_mem_free */
TAU_CHECK tau_status tau_demo_expand(char **out, const char *step, const char *folder, bool quick);

/** Cuts a line in place at its blanks, save those in single quotes, which are taken off.
 *  @return the number of words, at most `most` */
int tau_demo_split(char *line, char **words, int most);

#endif
