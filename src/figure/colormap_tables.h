/** Built-in colour maps. */
#ifndef TAU_FIGURE_COLORMAP_TABLES_H
#define TAU_FIGURE_COLORMAP_TABLES_H

typedef struct tau_colormap_table {
    const char *name; /**< NULL ends the list */
    const char *rgb;  /**< [256,3] bytes, sRGB */
} tau_colormap_table;

extern const tau_colormap_table tau_colormap_tables[];

#endif
