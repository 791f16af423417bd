/** What the files of landscapes share: comparing, adopting, the file without its journal, the journal. */
#ifndef TAU_STORE_LANDSCAPE_INTERNAL_H
#define TAU_STORE_LANDSCAPE_INTERNAL_H

#include "store/landscape.h"
#include "store/recipe.h"

/** Identity of the recipe, name, kind, transform and axes, bit for bit.
 *  @errors TAU_STATUS_MISMATCH in the words given */
TAU_CHECK tau_status tau_landscape_compare(const tau_landscape *ours, const tau_landscape *theirs,
                                           const tau_recipe_words *words);

/** Takes over what `from` has and `into` has not: points, projections, directions. Both passed
 *  tau_landscape_compare. @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_landscape_adopt(tau_landscape *into, const tau_landscape *from);

/** Reads the file alone. @errors as tau_landscape_read */
TAU_CHECK tau_status tau_landscape_read_file(tau_landscape **out, const char *path, const char *name);

/** Replaces the file, whoever writes its journal. @errors as tau_landscape_write */
TAU_CHECK tau_status tau_landscape_write_file(const tau_landscape *landscape, const char *path);

/** Whether an HDF5 file holds runs: such a file is never replaced by a landscape. */
bool tau_landscape_is_run_file(const char *path);

/** "OUT.journal". @param[out] out  freed with tau_mem_free */
TAU_CHECK tau_status tau_landscape_journal_path(char **out, const char *path);

/** The journal's identity: what tau_landscape_compare compares. @param[out] out  freed with tau_mem_free */
TAU_CHECK tau_status tau_landscape_journal_identity(char **out, const tau_landscape *landscape);

/** Receives encoded records. */
typedef tau_status (*tau_landscape_emit)(void *payload, const void *bytes, size_t size);

/** Encodes a tile, with the metrics of its landscape, as one or, where it is very large, several records. */
TAU_CHECK tau_status tau_landscape_encode(const tau_sweep_tile *tile, tau_landscape_emit emit, void *payload);

/** Stores a record's points: a tau_journal_visit whose payload is the landscape.
 *  @errors TAU_STATUS_INPUT: the record is no tile of this landscape (nothing is stored) */
TAU_CHECK tau_status tau_landscape_replay(void *landscape, const void *bytes, size_t size);

/** Whether a journal holds any record, of whatever identity. */
TAU_CHECK tau_status tau_landscape_journal_has_records(bool *out, const char *journal_path);

#endif
