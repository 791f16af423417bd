/* From a demonstration's step to the words of a command line. */
#include <string.h>

#include "cli/demo.h"
#include "core/memory.h"

/* What the braces from `open` to `close` stand for. */
static const char *choose(const char *open, const char *close, const char *folder, bool quick,
                          size_t *length) {
    const char *bar = memchr(open, '|', (size_t)(close - open));
    if (!bar) {
        *length = strlen(folder);
        return folder;
    }
    const char *start = quick ? bar + 1 : open + 1;
    *length = (size_t)((quick ? close : bar) - start);
    return start;
}

tau_status tau_demo_expand(char **out, const char *step, const char *folder, bool quick) {
    size_t used = 0, capacity = 0;
    *out = NULL;
    while (*step) {
        const char *close = *step == '{' ? strchr(step, '}') : NULL, *piece = step;
        size_t length = 1;
        if (close) piece = choose(step, close, folder, quick, &length);
        TAU_TRY(TAU_GROW(*out, capacity, used + length + 1));
        memcpy(*out + used, piece, length);
        used += length;
        (*out)[used] = '\0';
        step = close ? close + 1 : step + 1;
    }
    return TAU_STATUS_OK;
}

int tau_demo_split(char *line, char **words, int most) {
    int count = 0;
    for (char *to = line; *line && count < most;) {
        while (*line == ' ') line++;
        if (!*line) break;
        words[count++] = to = line;
        bool quoted = false;
        for (; *line && (quoted || *line != ' '); line++) {
            if (*line == '\'')
                quoted = !quoted;
            else
                *to++ = *line;
        }
        bool ended = !*line;
        *to = '\0';
        if (!ended) line++;
    }
    return count;
}
