/** The groups at the root of our HDF5 files: one landscape or one run each. For this module. */
#ifndef TAU_STORE_GROUPS_H
#define TAU_STORE_GROUPS_H

#include "core/status.h"
#include "h5/file.h"

/** The version of both formats, in the root's attribute "tauscape_format". */
#define TAU_STORE_FORMAT 1

/** Most bytes of a path inside a file, the end included. */
#define TAU_STORE_PATH 512

/** What the groups of a file are. */
typedef struct tau_store_kind {
    const char *noun;   /**< "landscape", "run" */
    const char *member; /**< what every such group has: "loss", "states" */
} tau_store_kind;
extern const tau_store_kind TAU_STORE_LANDSCAPES, TAU_STORE_RUNS;

/** Checks what a group can be called: not empty, no '/', not "." or "..", no control characters, at most 200
 *  bytes. @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_store_check_name(const char *name);

/** What a group to be made can be called: also UTF-8, with no ',' and no '#', by which groups are named in
 * lists and behind files. @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_store_check_new_name(const char *name);

/** "/GROUP/MEMBER", or "/GROUP" where `member` is NULL. @return `out` */
const char *tau_store_path(char out[TAU_STORE_PATH], const char *group, const char *member);

/** Sets format and creator of a new file. */
TAU_CHECK tau_status tau_store_set_format(tau_h5 *file);

/** @errors TAU_STATUS_INPUT: no file of tauscape; TAU_STATUS_UNSUPPORTED: of a later version */
TAU_CHECK tau_status tau_store_check_format(tau_h5 *file);

/** Names of the groups of a kind. @param[out] names  NULL-terminated, freed with tau_store_free_names */
TAU_CHECK tau_status tau_store_list_groups(char ***names, tau_h5 *file, const tau_store_kind *kind);
void tau_store_free_names(char **names);

/** The group that is wanted, or the only one.
 *  @param[out] out  freed with tau_mem_free   @param[in] wanted  NULL = the only one
 *  @errors TAU_STATUS_MISSING: there is none, not this one, or several and none wanted; they are listed */
TAU_CHECK tau_status tau_store_choose_group(char **out, tau_h5 *file, const tau_store_kind *kind,
                                            const char *wanted);

#endif
