/** A bent sheet of values as an image: every triangle of the mesh is filled pixel by pixel, so that folds and
 * overlaps leave neither seams nor holes. Private to the figure module. */
#ifndef TAU_FIGURE_SHEET_H
#define TAU_FIGURE_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Region of values that are no numbers. */
#define TAU_SHEET_NOT_FINITE 254

/** @lifetime everything is borrowed */
typedef struct tau_sheet {
    size_t rows, columns;
    const double *at;   /**< [rows, columns, 2]; cells with a corner that is not finite are left out */
    int planes;         /**< values at each vertex */
    const float *value; /**< [planes, rows, columns] */
    double left, right, bottom, top; /**< what the image shows */
    /** The colour (0xAARRGGBB, premultiplied) of interpolated values, and the region that they belong to:
     * where regions meet, a line is drawn. */
    uint32_t (*paint)(const void *payload, const float *values, uint8_t *region);
    const void *payload;
    uint32_t line;  /**< colour between regions; 0 = none */
    uint32_t hatch; /**< colour of the stripes over TAU_SHEET_NOT_FINITE; 0 = none */
} tau_sheet;

/** @param[out] pixels  [height,width], caller-owned; transparent where there is no sheet   @errors
 * TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_sheet_rasterise(const tau_sheet *sheet, uint32_t *pixels, int width, int height);

#endif
