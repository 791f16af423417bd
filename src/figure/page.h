/** Charts in the cells of a page: places, ticks and all texts, then the drawing. Private to the figure
 * module; tests look at it. */
#ifndef TAU_FIGURE_PAGE_H
#define TAU_FIGURE_PAGE_H

#include "figure/chart.h"
#include "figure/picture.h"
#include "figure/plan.h"

struct tau_page {
    tau_figure figure; /**< options and texts; its strings are the page's */
    char *title, *footer, *recipe, *family;
    tau_plan plan;     /**< size, theme and texts; it has no panels */
    tau_chart *charts; /**< [chart_count] */
    size_t chart_count, chart_capacity;
    int rows, columns;
};

/** A chart at the end of the page. @lifetime until the next one */
TAU_CHECK tau_status tau_page_add_chart(tau_page *page, tau_chart **out);

/** Gives each chart its cells, row by row; large ones get 2 × 2 where the others still find room.
 *  @param[in] rows, columns  0 = chosen   @errors TAU_STATUS_USAGE: too few cells */
TAU_CHECK tau_status tau_page_arrange(tau_page *page, int rows, int columns);

/** Decides plots, ticks and texts. @errors TAU_STATUS_USAGE: no room */
TAU_CHECK tau_status tau_page_set_frames(tau_page *page);

void tau_page_draw(cairo_t *cr, const tau_page *page, bool paper);

#endif
