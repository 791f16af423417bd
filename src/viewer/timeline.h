/** The place in a training: played, scrubbed, stepped, looped, or following a training that goes on. Counts
 * in recorded states. */
#ifndef TAU_VIEWER_TIMELINE_H
#define TAU_VIEWER_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tau_timeline {
    size_t count;    /**< states; 0 = there is nothing to play */
    double position; /**< 0..count-1, between states too */
    double speed;    /**< states a second, positive */
    bool playing;
    bool follow;             /**< stays at the newest state */
    bool loop;               /**< starts again at the end */
    double loop_lo, loop_hi; /**< what is played; NaN = from the first, to the last */
} tau_timeline;

/** Stands at the end, does not play. The speed shows everything in ten seconds, at least two states a second.
 */
void tau_timeline_init(tau_timeline *timeline, size_t count);

/** Another number of states: the position stays, or moves to the end where it followed or stood there. */
void tau_timeline_set_count(tau_timeline *timeline, size_t count);

/** Lets time pass. @return whether the position changed */
bool tau_timeline_advance(tau_timeline *timeline, double seconds);

/** Plays or stops; from the end it plays from the start. */
void tau_timeline_toggle(tau_timeline *timeline);

/** Goes somewhere; no longer follows. NaN is ignored. */
void tau_timeline_seek(tau_timeline *timeline, double position);

/** To the next whole state in a direction, `steps` of them, and stops. */
void tau_timeline_step(tau_timeline *timeline, int steps);

/** A part of the length, such as 0.01. */
void tau_timeline_scrub(tau_timeline *timeline, double part);

/** To the end, and stays there. */
void tau_timeline_follow(tau_timeline *timeline);

/** Doubles or halves: factor 2 or 0.5. Kept between 0.1 and 10000 states a second. */
void tau_timeline_scale_speed(tau_timeline *timeline, double factor);

/** Sets the start (or the end) of what is played to the position; the other end gives way. */
void tau_timeline_mark(tau_timeline *timeline, bool end);
void tau_timeline_clear_marks(tau_timeline *timeline);

#endif
