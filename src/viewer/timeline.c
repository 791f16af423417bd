#include "viewer/timeline.h"

#include <math.h>

static double last_of(const tau_timeline *timeline) {
    return timeline->count ? (double)(timeline->count - 1) : 0;
}

static double clamp(double value, double lo, double hi) {
    return value < lo ? lo : value > hi ? hi : value;
}

/* The ends of what is played. */
static double get_start(const tau_timeline *t) {
    return isnan(t->loop_lo) ? 0 : clamp(t->loop_lo, 0, last_of(t));
}

static double get_end(const tau_timeline *t) {
    return isnan(t->loop_hi) ? last_of(t) : clamp(t->loop_hi, 0, last_of(t));
}

void tau_timeline_init(tau_timeline *timeline, size_t count) {
    *timeline = (tau_timeline){.count = count, .loop = true, .loop_lo = NAN, .loop_hi = NAN};
    timeline->position = last_of(timeline);
    timeline->speed = fmax(2, last_of(timeline) / 10);
}

void tau_timeline_set_count(tau_timeline *timeline, size_t count) {
    bool at_end = timeline->position >= last_of(timeline);
    timeline->count = count;
    if ((at_end && !timeline->playing) || timeline->follow) timeline->position = last_of(timeline);
    timeline->position = clamp(timeline->position, 0, last_of(timeline));
}

bool tau_timeline_advance(tau_timeline *timeline, double seconds) {
    if (!timeline->playing || timeline->follow || timeline->count < 2 || !(seconds > 0)) return false;
    double start = get_start(timeline), end = get_end(timeline);
    if (!(end > start)) {
        timeline->playing = false;
        return false;
    }
    double next = fmax(timeline->position, start) + seconds * timeline->speed;
    if (next >= end && !timeline->loop) {
        timeline->playing = false;
        next = end;
    } else if (timeline->position >= end) {
        next = start;
    } else if (next > end) {
        next = end; /* the last state is seen before it starts again */
    }
    timeline->position = next;
    return true;
}

void tau_timeline_toggle(tau_timeline *timeline) {
    if (timeline->count < 2) return;
    timeline->playing = !timeline->playing || timeline->follow;
    timeline->follow = false;
    if (timeline->playing && timeline->position >= get_end(timeline))
        timeline->position = get_start(timeline);
}

void tau_timeline_seek(tau_timeline *timeline, double position) {
    if (isnan(position)) return;
    timeline->follow = false;
    timeline->position = clamp(position, 0, last_of(timeline));
}

void tau_timeline_step(tau_timeline *timeline, int steps) {
    timeline->playing = false;
    double from = steps > 0 ? floor(timeline->position) : ceil(timeline->position);
    tau_timeline_seek(timeline, from + steps);
}

void tau_timeline_scrub(tau_timeline *timeline, double part) {
    double way = part * last_of(timeline);
    if (fabs(way) < 1) way = part < 0 ? -1 : 1;
    tau_timeline_seek(timeline, timeline->position + way);
}

void tau_timeline_follow(tau_timeline *timeline) {
    timeline->position = last_of(timeline);
    timeline->playing = false;
    timeline->follow = true;
}

void tau_timeline_scale_speed(tau_timeline *timeline, double factor) {
    timeline->speed = clamp(timeline->speed * factor, 0.1, 10000);
}

void tau_timeline_mark(tau_timeline *timeline, bool end) {
    if (end) {
        timeline->loop_hi = timeline->position;
        if (timeline->loop_lo >= timeline->loop_hi) timeline->loop_lo = NAN;
    } else {
        timeline->loop_lo = timeline->position;
        if (timeline->loop_hi <= timeline->loop_lo) timeline->loop_hi = NAN;
    }
}

void tau_timeline_clear_marks(tau_timeline *timeline) {
    timeline->loop_lo = timeline->loop_hi = NAN;
}
