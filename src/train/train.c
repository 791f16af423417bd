#include "train/train.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/rng.h"
#include "train/optimizer.h"

/* A training while it runs. */
typedef struct loop {
    tau_train_state *state;
    tau_evaluator *train, *test;
    tau_train_options options; /* with what was changed meanwhile */
    const tau_train_observer *observer;
    const tau_cancel *cancel;
    tau_progress_meter meter;
    size_t count; /* training samples */
    size_t batch; /* samples of a batch, at most `count` */
    /* The batch holds from this step on, in the middle of an epoch perhaps. */
    uint64_t start_step, start_epoch, start_samples;
    uint64_t start_steps; /* from there to the end of that epoch */
    uint64_t steps_per_epoch, total_steps;
    uint64_t stride, planned_step, planned_states; /* states lie so far apart from that step on */
    size_t index_capacity;
    uint64_t *order;   /* [count]: the epoch's permutation */
    uint32_t *indices; /* [index_capacity], at least batch + 1 */
    float *gradient;   /* [P] */
} loop;

/* Where a step lies: its epoch, the samples of the epoch before it, and whether it ends the epoch. */
typedef struct place {
    uint64_t epoch;
    size_t samples;
    bool last;
} place;

static place find_place(const loop *l, uint64_t step) {
    const uint64_t since = step - l->start_step;
    if (since < l->start_steps)
        return (place){l->start_epoch, (size_t)l->start_samples + (size_t)since * l->batch,
                       since + 1 == l->start_steps};
    const uint64_t after = since - l->start_steps, index = after % l->steps_per_epoch;
    return (place){l->start_epoch + 1 + after / l->steps_per_epoch, (size_t)index * l->batch,
                   index + 1 == l->steps_per_epoch};
}

static double epoch_of(const loop *l, uint64_t step) {
    /* Below 0 for the rate of the last batch before a change. */
    const double since = (double)(int64_t)(step - l->start_step);
    if (l->start_samples == 0) return (double)l->start_epoch + since / (double)l->steps_per_epoch;
    const double done = (double)l->start_samples / (double)l->count, left = (double)l->start_steps;
    if (since < left) return (double)l->start_epoch + done + (1 - done) * since / left;
    return (double)(l->start_epoch + 1) + (since - left) / (double)l->steps_per_epoch;
}

static double rate_of(const loop *l, uint64_t step) {
    const tau_train_options *o = &l->options;
    return o->rate * tau_schedule_factor(&o->schedule, epoch_of(l, step), (double)o->epochs);
}

static tau_status tell_metric(const loop *l, const char *name, double value) {
    if (!l->observer || !l->observer->metric) return TAU_STATUS_OK;
    uint64_t step = l->state->step;
    return l->observer->metric(l->observer->payload, name, step, epoch_of(l, step), value);
}

static tau_status tell_accuracy(const loop *l, const char *name, double value) {
    return isnan(value) ? TAU_STATUS_OK : tell_metric(l, name, value);
}

static tau_status tell_state(const loop *l) {
    if (!l->observer || !l->observer->state) return TAU_STATUS_OK;
    return l->observer->state(l->observer->payload, l->state, epoch_of(l, l->state->step));
}

/* The order of one epoch depends on seed and epoch alone, so that a training can go on anywhere. */
static void shuffle(loop *l, uint64_t epoch) {
    const tau_rng_key key = {l->options.seed, tau_rng_stream("epoch order") + epoch};
    tau_rng_permutation(l->order, l->count, key);
}

/* The batch of the state's step; the last of an epoch takes what is left. */
static size_t select_batch(loop *l) {
    const place here = find_place(l, l->state->step);
    const size_t start = here.samples, end = here.last ? l->count : start + l->batch;
    for (size_t i = start; i < end; i++) l->indices[i - start] = (uint32_t)l->order[i];
    return end - start;
}

/* The test comes first: if it is interrupted nothing was told, and the sums say that it is still due. */
static tau_status finish_epoch(loop *l) {
    tau_train_state *s = l->state;
    tau_point point = {.loss = NAN, .accuracy = NAN};
    const float *theta[] = {s->theta}, *buffers[] = {s->buffers};
    if (l->test) TAU_TRY(tau_evaluator_states(l->test, 1, theta, buffers, &point, NULL, l->cancel));
    const double samples = (double)s->epoch_samples;
    TAU_TRY(tell_metric(l, "epoch_loss", s->epoch_loss / samples));
    TAU_TRY(tell_accuracy(l, "epoch_accuracy", s->epoch_accuracy / samples));
    TAU_TRY(tell_metric(l, "lr", rate_of(l, s->step - 1)));
    if (l->test) {
        TAU_TRY(tell_metric(l, "test_loss", point.loss));
        TAU_TRY(tell_accuracy(l, "test_accuracy", point.accuracy));
    }
    s->epoch_loss = s->epoch_accuracy = 0;
    s->epoch_samples = 0;
    return TAU_STATUS_OK;
}

static bool epoch_is_due(const loop *l) {
    return find_place(l, l->state->step).samples == 0 && l->state->epoch_samples > 0;
}

/* Epochs have another number of steps once the batch was changed. */
static bool state_is_due(const loop *l) {
    const uint64_t step = l->state->step;
    const tau_record_rule *rule = &l->options.record;
    if (step == l->total_steps) return true;
    if (rule->every_epochs > 0)
        return tau_record_rule_crosses(rule, epoch_of(l, step - 1), epoch_of(l, step));
    return (step - l->planned_step) % l->stride == 0;
}

/* States that are told until a step of the plan. */
static uint64_t count_states(const loop *l, uint64_t step) {
    return l->planned_states + (step - l->planned_step) / l->stride;
}

/* States by steps, from a step on until which so many were told. */
static void plan_states(loop *l, uint64_t step, uint64_t told) {
    const tau_record_rule *rule = &l->options.record;
    l->planned_step = rule->max_states ? step : 0;
    l->planned_states = told;
    l->stride = tau_record_rule_stride(rule, l->total_steps - l->planned_step, told);
}

/* What follows a step: the end of its epoch, and the state if it is to be recorded. */
static tau_status finish_step(loop *l) {
    if (epoch_is_due(l)) TAU_TRY(finish_epoch(l));
    return state_is_due(l) ? tell_state(l) : TAU_STATUS_OK;
}

static void report(const loop *l, double loss) {
    char detail[96];
    uint64_t epoch = find_place(l, l->state->step - 1).epoch + 1;
    snprintf(detail, sizeof detail, "epoch %" PRIu64 "/%zu loss %.3g", epoch, l->options.epochs, loss);
    tau_progress_update(&l->meter, l->state->step, detail);
}

static tau_status stop_diverged(loop *l) {
    TAU_TRY(tell_state(l));
    return tau_fail(TAU_STATUS_INPUT,
                    "the loss is not finite at step %" PRIu64 TAU_WHY "the training diverged" TAU_FIX
                    "use a lower --lr than %g; what was recorded is kept",
                    l->state->step, l->options.rate);
}

/* One batch: gradient, step, numbers. */
static tau_status train_batch(loop *l) {
    tau_train_state *s = l->state;
    const tau_batch batch = {.indices = l->indices,
                             .count = select_batch(l),
                             .training = true,
                             .seed = l->options.seed,
                             .step = s->step};
    tau_batch_result result;
    TAU_TRY(tau_class_weights_gradient(&l->options.class_weights, l->train, s->theta, s->buffers, &batch,
                                       l->gradient, &result));
    tau_optimizer_step(s, l->gradient, &l->options, rate_of(l, s->step));
    s->step++;
    s->epoch_loss += result.loss * (double)batch.count;
    s->epoch_accuracy += result.accuracy * (double)batch.count;
    s->epoch_samples += batch.count;
    TAU_TRY(tell_metric(l, "loss", result.loss));
    TAU_TRY(tell_accuracy(l, "accuracy", result.accuracy));
    report(l, result.loss);
    return isfinite(result.loss) ? finish_step(l) : stop_diverged(l);
}

static tau_status check_options(const tau_train_options *o, size_t count) {
    if (o->batch < 1 || count < 1 || count > UINT32_MAX)
        return tau_fail(TAU_STATUS_USAGE, "cannot train on %zu samples in batches of %zu", count, o->batch);
    if (!(o->rate > 0) || isinf(o->rate))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot train with a learning rate of %g" TAU_FIX "give --lr a positive number",
                        o->rate);
    if (!(o->momentum >= 0 && o->momentum < 1))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot train with a momentum of %g" TAU_FIX "give a number from 0 up to 1",
                        o->momentum);
    if (!(o->weight_decay >= 0) || isinf(o->weight_decay))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot train with a weight decay of %g" TAU_FIX
                        "give --weight-decay 0 or a positive number",
                        o->weight_decay);
    return TAU_STATUS_OK;
}

/* Batches in so many samples. */
static uint64_t steps_in(const loop *l, size_t samples) {
    const size_t rest = samples % l->batch;
    const bool joined = rest == 1 && l->state->buffer_size > 0 && samples > l->batch;
    return samples / l->batch + (rest > 0 && !joined);
}

static tau_status count_steps(loop *l) {
    l->batch = l->options.batch < l->count ? l->options.batch : l->count;
    l->steps_per_epoch = steps_in(l, l->count);
    l->start_steps = steps_in(l, l->count - (size_t)l->start_samples);
    const uint64_t epochs = l->options.epochs > l->start_epoch ? l->options.epochs - l->start_epoch - 1 : 0;
    if (l->options.epochs > UINT64_MAX / 2 / l->steps_per_epoch)
        return tau_fail(TAU_STATUS_USAGE, "cannot train for %zu epochs" TAU_FIX "ask for fewer",
                        l->options.epochs);
    l->total_steps = l->start_step + (l->options.epochs ? l->start_steps : 0) + epochs * l->steps_per_epoch;
    return TAU_GROW(l->indices, l->index_capacity, l->batch + 1);
}

/* ---- changes ---- */

static void apply_changes(loop *l) {
    const tau_train_changes *c = &l->state->changes;
    if (c->has_rate) l->options.rate = c->rate;
    if (c->has_weight_decay) l->options.weight_decay = c->weight_decay;
    if (!c->has_batch) return;
    l->options.batch = c->batch;
    l->start_step = c->batch_step;
    l->start_epoch = c->batch_epoch;
    l->start_samples = c->batch_samples;
}

static tau_status check_changes(const loop *l) {
    const tau_train_changes *c = &l->state->changes;
    if (!c->has_batch || (c->batch_step <= l->state->step && c->batch_samples < l->count &&
                          c->batch_epoch < l->options.epochs))
        return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot go on with a batch of %zu" TAU_WHY
                    "it is said to hold from a place that this training does not have",
                    c->batch);
}

/* From the state's step on; what is left of the epoch is cut anew. */
static void change_batch(loop *l, size_t batch) {
    const place here = find_place(l, l->state->step);
    tau_train_changes *c = &l->state->changes;
    c->has_batch = true;
    c->batch = batch;
    c->batch_step = l->state->step;
    c->batch_epoch = here.epoch;
    c->batch_samples = here.samples;
    c->batch_states = count_states(l, c->batch_step);
}

/* What is to come is cut by the batch that was changed. */
static tau_status take_batch(loop *l) {
    const tau_train_changes *c = &l->state->changes;
    TAU_TRY(count_steps(l));
    if (c->has_batch) plan_states(l, c->batch_step, c->batch_states);
    return TAU_STATUS_OK;
}

static tau_status tell_changes(loop *l, bool rate, bool decay, bool batch) {
    if (batch) TAU_TRY(tell_metric(l, "set_batch", (double)l->options.batch));
    if (decay) TAU_TRY(tell_metric(l, "set_weight_decay", l->options.weight_decay));
    if (!rate) return TAU_STATUS_OK;
    TAU_TRY(tell_metric(l, "set_lr", l->options.rate));
    return tell_metric(l, "lr", rate_of(l, l->state->step));
}

static tau_status turn_knobs(loop *l) {
    tau_train_changes *c = &l->state->changes;
    const tau_train_options *o = &l->options;
    tau_train_knobs knobs = {o->rate, o->weight_decay, o->batch};
    if (!l->observer || !l->observer->turn) return TAU_STATUS_OK;
    const tau_status asked =
        l->observer->turn(l->observer->payload, l->state, epoch_of(l, l->state->step), &knobs);
    if (asked != TAU_STATUS_OK && asked != TAU_STATUS_CANCELLED) return asked;
    const bool rate = knobs.rate != o->rate, decay = knobs.weight_decay != o->weight_decay;
    const bool batch = knobs.batch != o->batch;
    if (!rate && !decay && !batch) return asked;
    tau_train_options wanted = *o;
    wanted.rate = knobs.rate, wanted.weight_decay = knobs.weight_decay, wanted.batch = knobs.batch;
    TAU_TRY(check_options(&wanted, l->count));
    if (rate) c->has_rate = true, c->rate = knobs.rate;
    if (decay) c->has_weight_decay = true, c->weight_decay = knobs.weight_decay;
    if (batch) change_batch(l, knobs.batch);
    apply_changes(l);
    if (batch) TAU_TRY(take_batch(l));
    l->meter.total = l->total_steps;
    TAU_TRY(tell_changes(l, rate, decay, batch));
    return asked;
}

static tau_status prepare(loop *l) {
    TAU_TRY(check_options(&l->options, l->count));
    TAU_TRY(count_steps(l));
    plan_states(l, 0, 1);
    TAU_TRY(check_changes(l));
    apply_changes(l);
    TAU_TRY(check_options(&l->options, l->count));
    TAU_TRY(take_batch(l));
    TAU_TRY(TAU_ALLOC(l->order, l->count));
    return TAU_ALLOC(l->gradient, l->state->theta_size);
}

static tau_status run(loop *l, const tau_progress *progress) {
    TAU_TRY(prepare(l));
    const uint64_t start = l->state->step;
    tau_progress_start(&l->meter, progress, "train", "batches", start, l->total_steps);
    if (start == 0)
        TAU_TRY(tell_state(l));
    else if (epoch_is_due(l))
        TAU_TRY(finish_step(l));
    while (l->state->step < l->total_steps) {
        if (tau_cancel_requested(l->cancel))
            return tau_fail(TAU_STATUS_CANCELLED, "the training was stopped on request");
        TAU_TRY(turn_knobs(l));
        if (tau_cancel_requested(l->cancel)) continue; /* it waited for long */
        const place here = find_place(l, l->state->step);
        if (l->state->step == start || here.samples == 0) shuffle(l, here.epoch);
        TAU_TRY(train_batch(l));
    }
    return TAU_STATUS_OK;
}

tau_status tau_train_run(tau_train_state *state, tau_evaluator *train, size_t train_count,
                         tau_evaluator *test, const tau_train_options *options,
                         const tau_train_observer *observer, const tau_progress *progress,
                         const tau_cancel *cancel) {
    loop l = {.state = state,
              .train = train,
              .test = test,
              .options = *options,
              .observer = observer,
              .cancel = cancel,
              .count = train_count};
    tau_status status = run(&l, progress);
    tau_mem_free(l.order);
    tau_mem_free(l.indices);
    tau_mem_free(l.gradient);
    return status;
}
