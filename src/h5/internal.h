/** What the files of this module share; the only header that names the HDF5 library. */
#ifndef TAU_H5_INTERNAL_H
#define TAU_H5_INTERNAL_H

#include <hdf5.h>

#include "core/file.h"
#include "h5/dataset.h"

struct tau_h5 {
    hid_t id;
    char *path;
    int lock;                   /**< descriptor that holds the writer's lock; -1 = none */
    tau_file_replacement draft; /**< of an unpublished draft; zeroed otherwise */
    int failure;                /**< errno of the first failed write; 0 = none */
    int original;               /**< of a draft: the lock on the file that it will replace; -1 = none */
};

/** Bytes of the pages that metadata keep to, no more than those of any kernel. */
enum { TAU_H5_PAGE = 4096 };

/** Building blocks of opening: the bare structure, the writer's lock, the properties of creation and
 * access. */
TAU_CHECK tau_status tau_h5_new_file(tau_h5 **out, const char *path);
void tau_h5_free_file(tau_h5 *file);
TAU_CHECK tau_status tau_h5_lock_writer(int *out, const char *path);
/** @param[in] file  the writer whose failed writes are noted; NULL = only read */
hid_t tau_h5_file_access(bool growing, tau_h5 *file);
hid_t tau_h5_file_creation(bool growing);

/** Makes a file be opened with the driver of driver.c. @param[out] failure  errno of the first failed write
 */
void tau_h5_use_writer_driver(hid_t access, int *failure);

/** @errors TAU_STATUS_IO: a write has failed; nothing reaches the file any more */
TAU_CHECK tau_status tau_h5_check_writes(const tau_h5 *file);

/** Removes an unpublished draft and lets the original go. Other files are legal. */
void tau_h5_drop_draft(tau_h5 *file);

/** Holds the module's lock until the end of the block, and sets the library up. */
#define TAU_H5_LOCKED __attribute__((cleanup(tau_h5_unlock), unused)) int tau_h5_lock_held = tau_h5_lock()
int tau_h5_lock(void);
void tau_h5_unlock(int *held);

/** Records "cannot VERB PATH of FILE" with the library's innermost message as the why. Call it before
 *  any other function of the library, which would clear the message. @param[in] path  NULL
 * = the file itself */
tau_status tau_h5_fail(tau_status code, const tau_h5 *file, const char *verb, const char *path);

/** The library's innermost message of the last failure. @lifetime until the next failure; under the lock */
const char *tau_h5_why(void);

/** Closes any handle; negative ones are legal. */
void tau_h5_release(hid_t id);

/** Property list for access by path that refuses external links. @lifetime the program's */
hid_t tau_h5_link_access(void);

/** Handles by path, released with tau_h5_release. Opening a data set refuses external and virtual storage. */
TAU_CHECK tau_status tau_h5_open_object(hid_t *out, const tau_h5 *file, const char *path);
TAU_CHECK tau_status tau_h5_open_dataset(hid_t *out, const tau_h5 *file, const char *path);

/** Creates a data set of this space, parents made where missing. @param[in] creation  H5P_DEFAULT or a list
 */
TAU_CHECK tau_status tau_h5_create_dataset(hid_t *out, const tau_h5 *file, const char *path, hid_t type,
                                           hid_t space, hid_t creation);

/** The library's type of a number in memory. @lifetime borrowed */
hid_t tau_h5_native(tau_h5_type type);

/** Text of `size` bytes, padded with zeros. */
hid_t tau_h5_text_type(size_t size);

/** Makes an empty data set that grows along axis 0, of this type in the file. */
TAU_CHECK tau_status tau_h5_create_growing(tau_h5 *file, const char *path, hid_t type, int rank,
                                           const int64_t *dim);

/** Rows first..first+count-1 of a data set: written (grown where `append`, then `first` is ignored) or read,
 * with this type in memory. */
typedef enum tau_h5_transfer {
    TAU_H5_TRANSFER_READ,
    TAU_H5_TRANSFER_WRITE,
    TAU_H5_TRANSFER_APPEND,
} tau_h5_transfer;
TAU_CHECK tau_status tau_h5_transfer_rows(tau_h5 *file, const char *path, hid_t type,
                                          tau_h5_transfer direction, size_t first, size_t count, void *data);

/** Text of an attribute or data set, as tau_h5_read_texts. @param[in] place  for messages: its path or name
 */
TAU_CHECK tau_status tau_h5_texts_of(char ***out, size_t *count, const tau_h5 *file, hid_t id,
                                     const char *place);

#endif
