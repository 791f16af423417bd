/** Recipes: JSON that fixes the numbers of a landscape, compared member by member. For this module. */
#ifndef TAU_STORE_RECIPE_H
#define TAU_STORE_RECIPE_H

#include "store/landscape.h"

/** The member "identity" of a recipe in one canonical spelling: members sorted, no spaces.
 *  @param[out] out  freed with tau_mem_free   @errors TAU_STATUS_INPUT: no JSON, or no identity in it */
TAU_CHECK tau_status tau_recipe_get_identity(char **out, const char *recipe);

/** The metrics of the points: the member "metrics" of the identity, a list of different names.
 *  @param[out] count  0 also where there is no such member, or no identity
 *  @errors TAU_STATUS_INPUT: something else than names, of other data sets, or too many */
TAU_CHECK tau_status tau_recipe_get_metrics(char names[TAU_LANDSCAPE_METRICS_MAX][TAU_LANDSCAPE_METRIC_NAME],
                                            int *count, const char *recipe);

/** What the message of a difference says, around "it was computed with seed 1; this command says seed 0". */
typedef struct tau_recipe_words {
    const char *verb; /**< "resume": "cannot resume land.h5" */
    const char *path;
    const char *theirs; /**< "it was computed" */
    const char *ours;   /**< "this command says" */
    const char *fix;
} tau_recipe_words;

/** The error of a difference, from the texts of both values. @return TAU_STATUS_MISMATCH */
tau_status tau_recipe_differ(const tau_recipe_words *words, const char *name, const char *ours,
                             const char *theirs);

/** Compares two JSON objects in the order of their members' names, nested ones as "data.sample".
 *  @param[in] ours,theirs  JSON text
 *  @errors TAU_STATUS_MISMATCH naming the first difference, TAU_STATUS_INPUT (no JSON object) */
TAU_CHECK tau_status tau_recipe_compare_objects(const char *ours, const char *theirs,
                                                const tau_recipe_words *words);

/** Compares the identities of two recipes in the same way. */
TAU_CHECK tau_status tau_recipe_compare_identities(const char *ours, const char *theirs,
                                                   const tau_recipe_words *words);

#endif
