/** Where fonts lie. */
#ifndef TAU_FIGURE_FONT_FILE_H
#define TAU_FIGURE_FONT_FILE_H

#include "core/status.h"

/** The file of a family's upright face, for those who draw without cairo. @param[out] path  freed with
 * tau_mem_free   @errors TAU_STATUS_MISSING */
TAU_CHECK tau_status tau_font_file_find(char **path, const char *family);

#endif
