/* Numbers and names of the axes as upright boxes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "scene/axes_work.h"

#define WANTED_MAX 9

#define ELLIPSIS "\u2026"

/* ---- room ---- */

static bool overlap(const tau_axes_work *work, const tau_axes_label *a, const tau_axes_label *b) {
    double apart = work->gap * 0.5;
    return fabs(a->x - b->x) < (a->width + b->width) / 2 + apart &&
           fabs(a->y - b->y) < (a->height + b->height) / 2 + apart * 0.3;
}

/* Half a pixel from the edge of the picture; names are moved to a whole one. */
static bool fits_picture(const tau_axes_work *work, const tau_axes_label *label) {
    return label->x - label->width / 2 >= 0.5 && label->x + label->width / 2 <= work->sight.width - 0.5 &&
           label->y - label->height / 2 >= 0.5 && label->y + label->height / 2 <= work->sight.height - 0.5;
}

/* @param[in] but  the axis whose labels do not matter, or -1 */
static bool is_free(const tau_axes_work *work, const tau_axes_label *label, int but) {
    if (!fits_picture(work, label) ||
        tau_sight_covers(&work->sight, label->x, label->y, label->width, label->height))
        return false;
    for (size_t i = 0; i < work->out->label_count; i++)
        if (work->label_axis[i] != but && overlap(work, label, &work->out->labels[i])) return false;
    return true;
}

static void keep(tau_axes_work *work, const tau_axes_label *label, int axis) {
    work->label_axis[work->out->label_count] = axis;
    work->out->labels[work->out->label_count++] = *label;
}

/* Half the size of an upright box in a direction. */
static double support(const tau_axes_label *label, const double direction[2]) {
    return (fabs(direction[0]) * label->width + fabs(direction[1]) * label->height) / 2;
}

/* ---- numbers ---- */

/* @return false = its tick is not in the picture */
static bool make_number(const tau_axes_work *work, int axis, int tick, tau_axes_label *out) {
    const tau_axes_axis *a = &work->axes[axis];
    double world[3], pixel[2];
    *out = (tau_axes_label){0};
    snprintf(out->text, sizeof out->text, "%s", a->ticks.label[tick]);
    work->measure(work->payload, out->text, false, &out->width, &out->height);
    tau_sight_get_corner(work->sight.space, a->edge->corner, world);
    world[axis] = tau_axes_get_place(work, axis, tick);
    if (!tau_sight_project(&work->sight, world, pixel)) return false;
    double away = work->tick + work->gap + support(out, a->edge->outward);
    out->x = pixel[0] + away * a->edge->outward[0];
    out->y = pixel[1] + away * a->edge->outward[1];
    return pixel[0] >= 0 && pixel[0] <= work->sight.width && pixel[1] >= 0 && pixel[1] <= work->sight.height;
}

static bool numbers_overlap(const tau_axes_work *work, int axis) {
    tau_axes_label labels[TAU_TICKS_MAX];
    for (int t = 0; t < work->axes[axis].ticks.count; t++) {
        make_number(work, axis, t, &labels[t]);
        for (int other = 0; other < t; other++)
            if (overlap(work, &labels[t], &labels[other])) return true;
    }
    return false;
}

static void place_numbers(tau_axes_work *work, int axis) {
    tau_axes_axis *a = &work->axes[axis];
    /* A first guess, in heights of a digit: numbers are wider than high. */
    double spacing = (2 + 1.5 * fabs(a->edge->outward[1])) * work->em;
    int wanted = (int)fmin(fmax(a->edge->length / spacing, 2), WANTED_MAX);
    for (tau_axes_set_ticks(work, axis, wanted); wanted > 1 && numbers_overlap(work, axis);)
        tau_axes_set_ticks(work, axis, --wanted);
    for (int t = 0; t < a->ticks.count; t++) {
        tau_axes_label label;
        if (!make_number(work, axis, t, &label) || !is_free(work, &label, -1)) continue;
        keep(work, &label, axis);
        a->reach = fmax(a->reach, 2 * support(&label, a->edge->outward) + work->gap);
    }
}

/* ---- names ---- */

static const char *get_name(const tau_scene *scene, int axis) {
    if (axis == 0) return scene->xlabel ? scene->xlabel : "α";
    if (axis == 1) return scene->ylabel ? scene->ylabel : "β";
    if (scene->zlabel) return scene->zlabel;
    return scene->field && scene->field->name ? scene->field->name : "loss";
}

/* The name, cut to `width` pixels, with the power of ten that its numbers leave out. */
static void make_name(const tau_axes_work *work, int axis, double width, tau_axes_label *out) {
    char power[TAU_NUMBER_TEXT] = "", cut[96];
    const char *name = get_name(work->scene, axis);
    int exponent = work->axes[axis].ticks.exponent;
    if (exponent) tau_number_format_power(power, exponent);
    *out = (tau_axes_label){.is_name = true};
    size_t whole = strlen(name), length = whole;
    for (;;) {
        size_t bytes = length < sizeof cut - 1 ? length : sizeof cut - 1;
        while (bytes > 0 && bytes < whole && ((unsigned char)name[bytes] & 0xc0) == 0x80) bytes--;
        memcpy(cut, name, bytes);
        cut[bytes] = '\0';
        const char *dots = bytes < whole ? ELLIPSIS : "";
        snprintf(out->text, sizeof out->text, exponent ? "%s%s (×%.24s)" : "%s%s", cut, dots, power);
        work->measure(work->payload, out->text, true, &out->width, &out->height);
        if (out->width <= width || bytes == 0) return;
        length = bytes - 1;
    }
}

/* Moves a name into the picture, clear of its edge, where a text would be cut off. @return false = there is
 * no room */
static bool take_place(tau_axes_work *work, double x, double y, int but, tau_axes_label *label) {
    double margin = fmax(work->gap / 2, 1);
    double right = work->sight.width - margin - label->width / 2,
           low = work->sight.height - margin - label->height / 2;
    label->x = fmin(fmax(x, margin + label->width / 2), right);
    label->y = fmin(fmax(y, margin + label->height / 2), low);
    return is_free(work, label, but);
}

/* @param[in] share  0..1 along the edge   @param[in] reach  pixels that are kept for numbers */
static bool try_beside(tau_axes_work *work, int axis, double share, double reach, int but,
                       tau_axes_label *label) {
    const tau_sight_edge *edge = work->axes[axis].edge;
    double away = work->tick + work->gap + reach + support(label, edge->outward), place[2];
    for (int i = 0; i < 2; i++)
        place[i] = edge->from[i] + (edge->to[i] - edge->from[i]) * share + away * edge->outward[i];
    return take_place(work, place[0], place[1], but, label);
}

/* Beyond an end of the edge: nearer places first, then such that stand off to the side of the box. */
static bool try_beyond(tau_axes_work *work, int axis, bool end, tau_axes_label *label) {
    const tau_sight_edge *edge = work->axes[axis].edge;
    const double *from = end ? edge->to : edge->from, *other = end ? edge->from : edge->to;
    double along[2], place[2];
    for (int i = 0; i < 2; i++) along[i] = (from[i] - other[i]) / edge->length;
    for (int step = 0; step < 9; step++) {
        double beyond = support(label, along) + work->gap + (1 + step % 3) * work->em / 2;
        double away = step / 3 * 0.5 * support(label, edge->outward);
        for (int i = 0; i < 2; i++) place[i] = from[i] + beyond * along[i] + away * edge->outward[i];
        if (take_place(work, place[0], place[1], -1, label)) return true;
    }
    return false;
}

/* Numbers give way to the name of their axis. */
static void drop_numbers(tau_axes_work *work, const tau_axes_label *name, int axis) {
    size_t kept = 0;
    for (size_t i = 0; i < work->out->label_count; i++) {
        if (work->label_axis[i] == axis && overlap(work, name, &work->out->labels[i])) continue;
        work->label_axis[kept] = work->label_axis[i];
        work->out->labels[kept++] = work->out->labels[i];
    }
    work->out->label_count = kept;
}

static bool place_name(tau_axes_work *work, int axis, double width) {
    static const double shares[] = {0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9, 0, 1};
    const tau_axes_axis *a = &work->axes[axis];
    tau_axes_label label;
    make_name(work, axis, width, &label);
    if (!label.text[0]) return true;
    /* Beside an upright edge a long text would stand far off: it goes above, as one expects of the height. */
    bool upright = fabs(a->edge->outward[0]) > 0.93 && (axis == 2 || label.width > 3 * work->em);
    bool upper = a->edge->to[1] < a->edge->from[1];
    bool placed = upright && try_beyond(work, axis, upper, &label);
    for (size_t s = 0; s < sizeof shares / sizeof *shares && !placed; s++)
        placed = try_beside(work, axis, shares[s], a->reach, -1, &label);
    placed = placed || try_beyond(work, axis, upper, &label) || try_beyond(work, axis, !upper, &label);
    for (size_t s = 0; s < sizeof shares / sizeof *shares && !placed; s++) {
        placed = try_beside(work, axis, shares[s], 0, axis, &label);
        if (placed) drop_numbers(work, &label, axis);
    }
    if (placed) keep(work, &label, axis);
    return placed;
}

/* ---- all ---- */

tau_status tau_axes_place_labels(tau_axes_work *work) {
    static const double widths[] = {0.45, 0.25, 0.12};
    TAU_TRY(TAU_ALLOC(work->out->labels, TAU_AXES_LABELS_MAX));
    for (int axis = 0; axis < 3; axis++)
        if (work->axes[axis].edge)
            place_numbers(work, axis);
        else if (!work->sight.whole)
            tau_axes_set_ticks(work, axis, 5); /* for the walls */
    for (int axis = 0; axis < 3; axis++)
        for (int w = 0; w < 3 && work->axes[axis].edge; w++)
            if (place_name(work, axis, widths[w] * work->sight.width)) break;
    return TAU_STATUS_OK;
}
