/** What may be wrong with a landscape, or easily misread in it. */
#ifndef TAU_CLI_REMARKS_H
#define TAU_CLI_REMARKS_H

#include <jansson.h>

#include "store/landscape.h"

/** Finds the point that is the middle of the slice: theta* itself, or the end of a line.
 *  @return whether the grid has it */
bool tau_remarks_find_centre(size_t *out, const tau_landscape *landscape);

/** Sentences about a landscape: a centre that no point lies on, that is not its lowest point, or far above
 * the loss that its run recorded; accuracy at chance; points that are not finite; contour lines closer than
 * the standard error; paths far from the slice. The run is looked at where the recipe says it lies, if it is
 * still there.
 *  @param[in] recipe  that of the landscape, parsed; may be NULL
 *  @return a JSON array of strings, the caller's */
json_t *tau_remarks_find(const tau_landscape *landscape, const json_t *recipe);

#endif
