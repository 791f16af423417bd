#include "viewer/browser.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int compare(const void *left, const void *right) {
    const tau_browser_entry *a = left, *b = right;
    if (a->folder != b->folder) return a->folder ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* "dir/na" -> "dir/", "na"; "~" is left to shells. */
static const char *split(const char *text, char folder[4096]) {
    const char *slash = strrchr(text, '/');
    if (!slash) {
        strcpy(folder, ".");
        return text;
    }
    snprintf(folder, 4096, "%.*s", (int)(slash - text + 1), text);
    return slash + 1;
}

/* Only what can be opened: folders and regular files. */
static bool take_entry(tau_browser *browser, const char *folder, const char *name) {
    char path[4400];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &info) != 0 || !(S_ISDIR(info.st_mode) || S_ISREG(info.st_mode))) return true;
    if (browser->count == TAU_BROWSER_ENTRIES) return false;
    tau_browser_entry *entry = &browser->entries[browser->count];
    if (strlen(name) >= sizeof entry->name) return true;
    strcpy(entry->name, name);
    entry->folder = S_ISDIR(info.st_mode);
    browser->count++;
    return true;
}

void tau_browser_list(tau_browser *browser, const char *text) {
    char folder[4096];
    if (browser->valid && strcmp(browser->listed, text) == 0) return;
    snprintf(browser->listed, sizeof browser->listed, "%s", text);
    browser->valid = true;
    browser->count = 0;
    browser->more = false;
    const char *begin = split(browser->listed, folder);
    DIR *directory = opendir(folder);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strncmp(entry->d_name, begin, strlen(begin)) != 0) continue;
        if (entry->d_name[0] == '.' && (*begin != '.' || strcmp(entry->d_name, ".") == 0)) continue;
        if (!take_entry(browser, folder, entry->d_name)) {
            browser->more = true;
            break;
        }
    }
    closedir(directory);
    qsort(browser->entries, browser->count, sizeof *browser->entries, compare);
}

bool tau_browser_take(const tau_browser *browser, size_t index, char *text, size_t size) {
    char folder[4096] = "", taken[4400];
    if (index >= browser->count) return false;
    if (strchr(text, '/')) split(text, folder);
    const tau_browser_entry *entry = &browser->entries[index];
    int length = snprintf(taken, sizeof taken, "%s%s%s", folder, entry->name, entry->folder ? "/" : "");
    if (length < 0 || (size_t)length >= size || (size_t)length >= sizeof taken) return false;
    memcpy(text, taken, (size_t)length + 1);
    return true;
}
