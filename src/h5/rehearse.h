/** Reading damaged files of the old format without harm: a child process reads them first.
 *
 *  HDF5 before superblock 2 has no checksums over its metadata, and library 1.10.8 falls over some changed
 * bytes in it: of 3,000 Keras models with three random bytes changed, 2 crashed the reader and 1 kept it busy
 * for ever. To check the structure beforehand would be to write the library's parser once more. A child that
 * does first what its parent is about to do, on a copy of the same memory, meets the same fate and takes
 * nobody with it. */
#ifndef TAU_H5_REHEARSE_H
#define TAU_H5_REHEARSE_H

#include <stdbool.h>

#include "core/status.h"

/** Whether the metadata of a file carry checksums: HDF5 of superblock 2 and later. Also true of what is no
 * HDF5 file or cannot be read: the library says so without harm. */
bool tau_h5_has_checksums(const char *path);

/** Lets a child process do `act`, all of the reading that is to come. What it returns does not matter: the
 * caller will meet it again. Nothing happens where there is no child to be had.
 *  @param[in] act  may allocate, but neither start threads nor wait for any
 *  @param[in] seconds  that the child may take; 0 = 20 and one for every 20 MB of the file
 *  @errors TAU_STATUS_INPUT: the child crashed, or did not end in time; TAU_STATUS_CANCELLED: INT or TERM
 * ended it, as Ctrl-C does */
TAU_CHECK tau_status tau_h5_rehearse(const char *path, void (*act)(void *payload), void *payload,
                                     double seconds);

#endif
