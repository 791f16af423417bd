/** The program ffmpeg at the other end of a pipe. Private to the figure module. */
#ifndef TAU_FIGURE_ENCODER_H
#define TAU_FIGURE_ENCODER_H

#include <sys/types.h>

#include "figure/animation.h"

typedef struct tau_encoder tau_encoder;

/** Starts ffmpeg, which reads raw frames and writes `output`.
 *  @param[out] out  NULL where there is no ffmpeg, which is no error
 *  @errors TAU_STATUS_IO, TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_encoder_create(tau_encoder **out, tau_animation_format format,
                                        const tau_animation_options *options, const char *output);

/** The process that writes the output. */
pid_t tau_encoder_get_process(const tau_encoder *encoder);

/** Hands bytes over. @errors TAU_STATUS_IO with ffmpeg's words if it ended, TAU_STATUS_CANCELLED */
TAU_CHECK tau_status tau_encoder_send(tau_encoder *encoder, const uint8_t *bytes, size_t size);

/** Ends the input and waits for ffmpeg to finish the file. @errors as tau_encoder_send */
TAU_CHECK tau_status tau_encoder_finish(tau_encoder *encoder);

/** Kills ffmpeg if it still runs. NULL is legal. */
void tau_encoder_destroy(tau_encoder *encoder);

/** The command line that makes the same film of numbered PNGs, for a shell.
 *  @param[out] out  freed with tau_mem_free   @param[in] pattern  "dir/%05d.png" */
TAU_CHECK tau_status tau_encoder_write_command(char **out, tau_animation_format format,
                                               const tau_animation_options *options, const char *pattern,
                                               const char *output);

#endif
