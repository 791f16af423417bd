#include "figure/font_file.h"

#include <fontconfig/fontconfig.h>
#include <stdbool.h>

#include "core/memory.h"

tau_status tau_font_file_find(char **path, const char *family) {
    FcResult result;
    FcChar8 *file = NULL;
    *path = NULL;
    FcPattern *wanted = FcPatternCreate();
    if (!wanted) return tau_fail(TAU_STATUS_MEMORY, "cannot look for the font %s", family);
    FcPatternAddString(wanted, FC_FAMILY, (const FcChar8 *)family);
    FcPatternAddBool(wanted, FC_SCALABLE, FcTrue);
    FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcPattern *found = FcFontMatch(NULL, wanted, &result);
    bool any = found && FcPatternGetString(found, FC_FILE, 0, &file) == FcResultMatch;
    tau_status status =
        any ? tau_string_copy(path, (const char *)file)
            : tau_fail(TAU_STATUS_MISSING, "there is no font %s" TAU_FIX "install fonts-dejavu-core", family);
    if (found) FcPatternDestroy(found);
    FcPatternDestroy(wanted);
    return status;
}
