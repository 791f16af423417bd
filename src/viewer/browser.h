/** The files of a folder, for the dialog that opens one. */
#ifndef TAU_VIEWER_BROWSER_H
#define TAU_VIEWER_BROWSER_H

#include <stdbool.h>
#include <stddef.h>

enum { TAU_BROWSER_ENTRIES = 256 };

typedef struct tau_browser_entry {
    char name[256];
    bool folder;
} tau_browser_entry;

typedef struct tau_browser {
    char listed[4096]; /**< the text that the entries belong to */
    bool valid;
    tau_browser_entry entries[TAU_BROWSER_ENTRIES]; /**< folders first, by name */
    size_t count;
    bool more; /**< there are more than fit */
} tau_browser;

/** Lists what goes on from `text`: the entries of its folder whose names begin with its last part. Hidden
 * files are shown where a dot was typed. Looks at the disk only when the text changes. */
void tau_browser_list(tau_browser *browser, const char *text);

/** The text with an entry in place of its last part; a folder ends with a slash.
 *  @param[in,out] text  [size]   @return false = it does not fit */
bool tau_browser_take(const tau_browser *browser, size_t index, char *text, size_t size);

#endif
