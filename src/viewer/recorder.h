/** A film of the window while it is used. */
#ifndef TAU_VIEWER_RECORDER_H
#define TAU_VIEWER_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef struct tau_recorder tau_recorder;

/** Starts a film of frames of one size. @errors those of tau_animation_create */
TAU_CHECK tau_status tau_recorder_create(tau_recorder **out, const char *path, int width, int height);

/** Hands over what is seen at a time, in seconds: frames are repeated or left out so that the film runs at
 * the speed of the clock. A frame of another size ends the film. @param[in] rgba  rows from below
 *  @errors those of tau_animation_add; TAU_STATUS_USAGE: another size */
TAU_CHECK tau_status tau_recorder_add(tau_recorder *recorder, double now, int width, int height,
                                      const uint8_t *rgba);

/** Ends it and frees it; NULL is legal. @param[in] keep  false = nothing is left behind
 *  @errors those of tau_animation_finish */
TAU_CHECK tau_status tau_recorder_finish(tau_recorder *recorder, bool keep);

/** Seconds until the next frame is due. */
double tau_recorder_get_patience(const tau_recorder *recorder, double now);

#endif
