/** Films: frames in, a file out. MP4, WebM and GIF are made by the program ffmpeg, which gets the frames
 * through a pipe; numbered PNGs need nothing. Frames may come from anywhere: a picture, a surface read back
 * from a GPU. */
#ifndef TAU_FIGURE_ANIMATION_H
#define TAU_FIGURE_ANIMATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cancel.h"
#include "core/progress.h"
#include "core/status.h"

typedef enum tau_animation_format {
    TAU_ANIMATION_FORMAT_MP4,    /**< H.264, yuv420p, the index first: plays everywhere */
    TAU_ANIMATION_FORMAT_WEBM,   /**< VP9 */
    TAU_ANIMATION_FORMAT_GIF,    /**< a palette of its own for each frame, endless */
    TAU_ANIMATION_FORMAT_FRAMES, /**< "dir/%05d.png": one file a frame, numbered from 0 */
} tau_animation_format;

/** Order of the four bytes of a pixel. */
typedef enum tau_pixel_order {
    TAU_PIXEL_ORDER_RGBA, /**< what OpenGL reads back */
    TAU_PIXEL_ORDER_BGRA, /**< what cairo draws on a little-endian machine */
} tau_pixel_order;

/** @lifetime strings are borrowed for tau_animation_create */
typedef struct tau_animation_options {
    int width, height; /**< of the frames in pixels; where a format needs even sides, a white row or column is
                          added */
    double fps;        /**< frames a second, 0.01..1000 */
    tau_pixel_order order;
    const char *title, *recipe; /**< for the film's metadata, or NULL */
    bool replace; /**< remove the numbered PNGs that stand there already, of an earlier film; those in
                     "PATH.frames" always are */
    const tau_cancel *cancel; /**< polled while a frame is handed over; may be NULL. Borrowed until destroy */
} tau_animation_options;

typedef struct tau_animation tau_animation;

/** Tells the format from a name: "x.mp4", "x.webm", "x.gif", "dir/%05d.png".
 *  @return false: the name is not that of a film */
bool tau_animation_find_format(tau_animation_format *out, const char *path);

/** Whether there are PNGs already that a film "dir/%05d.png" could have written.
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_animation_find_frames(bool *any, const char *path);

/** Removes them. @errors TAU_STATUS_MEMORY, TAU_STATUS_IO */
TAU_CHECK tau_status tau_animation_remove_frames(const char *path);

/** Whether a film can be made of frames of that size and rate, before any is drawn: H.264 and VP9 have at
 * most 16384 pixels a side, others 32767, and ffmpeg takes no frames of more than about 264 million pixels.
 *  @errors TAU_STATUS_USAGE (size, rate, a name that is none of a film) */
TAU_CHECK tau_status tau_animation_check(const char *path, const tau_animation_options *options);

/** Starts a film. Nothing stands at `path` before tau_animation_finish; numbered PNGs appear one by one, each
 * whole. Without ffmpeg the frames are kept as PNGs in the folder "PATH.frames" and tau_animation_finish says
 * so.
 *  @errors TAU_STATUS_USAGE (size, rate, a name that is none of a film), TAU_STATUS_MISSING, TAU_STATUS_IO */
TAU_CHECK tau_status tau_animation_create(tau_animation **out, const char *path,
                                          const tau_animation_options *options);

/** Adds a frame. Alpha is not used.
 *  @param[in] pixels  the topmost row, width × 4 bytes
 *  @param[in] stride  bytes from a row to the one below; negative for images stored from below, as OpenGL's
 *  @errors TAU_STATUS_IO with ffmpeg's words, TAU_STATUS_CANCELLED */
TAU_CHECK tau_status tau_animation_add(tau_animation *animation, const uint8_t *pixels, ptrdiff_t stride);

/** Waits for ffmpeg and puts the film in its place. Only tau_animation_destroy may follow.
 *  @errors TAU_STATUS_USAGE (no frame was added), TAU_STATUS_IO (nothing was written), TAU_STATUS_CANCELLED,
 * TAU_STATUS_MISSING: there is no ffmpeg; the message has the folder of the frames and the command that joins
 * them */
TAU_CHECK tau_status tau_animation_finish(tau_animation *animation);

/** Frees it; a film that was not finished leaves nothing behind. NULL is legal. */
void tau_animation_destroy(tau_animation *animation);

/** Draws frame number `index` into `pixels`, [height,width,4], rows from above. */
typedef struct tau_frame_source {
    tau_status (*draw)(void *payload, size_t index, uint8_t *pixels);
    void *payload;
} tau_frame_source;

/** A whole film from a source of frames, with progress.
 *  @param[in] progress  may be NULL
 *  @errors those above, and the source's */
TAU_CHECK tau_status tau_animation_write(const char *path, const tau_animation_options *options, size_t count,
                                         tau_frame_source source, const tau_progress *progress);

#endif
