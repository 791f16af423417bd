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
    const tau_train_options *options;
    const tau_train_observer *observer;
    const tau_cancel *cancel;
    tau_progress_meter meter;
    size_t count; /* training samples */
    size_t batch; /* samples of a batch, at most `count` */
    uint64_t steps_per_epoch, total_steps, stride;
    uint64_t *order;   /* [count]: the epoch's permutation */
    uint32_t *indices; /* [batch + 1] */
    float *gradient;   /* [P] */
} loop;

static double epoch_of(const loop *l, uint64_t step) {
    return (double)step / (double)l->steps_per_epoch;
}

static double rate_of(const loop *l, uint64_t step) {
    const tau_train_options *o = l->options;
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
    const tau_rng_key key = {l->options->seed, tau_rng_stream("epoch order") + epoch};
    tau_rng_permutation(l->order, l->count, key);
}

/* Batch `index` of the epoch; the last takes what is left. */
static size_t select_batch(loop *l, uint64_t index) {
    size_t start = (size_t)index * l->batch;
    size_t end = index + 1 == l->steps_per_epoch ? l->count : start + l->batch;
    for (size_t i = start; i < end; i++) l->indices[i - start] = (uint32_t)l->order[i];
    return end - start;
}

/* The test comes first: if it is interrupted nothing was told, and the sums say that it is still due. */
static tau_status finish_epoch(loop *l) {
    tau_train_state *s = l->state;
    tau_point point = {.loss = NAN, .accuracy = NAN};
    const float *theta[] = {s->theta}, *buffers[] = {s->buffers};
    if (l->test) TAU_TRY(tau_evaluator_states(l->test, 1, theta, buffers, &point, l->cancel));
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
    return l->state->step % l->steps_per_epoch == 0 && l->state->epoch_samples > 0;
}

/* What follows a step: the end of its epoch, and the state if it is to be recorded. */
static tau_status finish_step(loop *l) {
    if (epoch_is_due(l)) TAU_TRY(finish_epoch(l));
    bool recorded = l->state->step % l->stride == 0 || l->state->step == l->total_steps;
    return recorded ? tell_state(l) : TAU_STATUS_OK;
}

static void report(const loop *l, double loss) {
    char detail[96];
    uint64_t epoch = (l->state->step - 1) / l->steps_per_epoch + 1;
    snprintf(detail, sizeof detail, "epoch %" PRIu64 "/%zu loss %.3g", epoch, l->options->epochs, loss);
    tau_progress_update(&l->meter, l->state->step, detail);
}

static tau_status stop_diverged(loop *l) {
    TAU_TRY(tell_state(l));
    return tau_fail(TAU_STATUS_INPUT,
                    "the loss is not finite at step %" PRIu64 TAU_WHY "the training diverged" TAU_FIX
                    "use a lower --lr than %g; what was recorded is kept",
                    l->state->step, l->options->rate);
}

/* One batch: gradient, step, numbers. */
static tau_status train_batch(loop *l) {
    tau_train_state *s = l->state;
    const tau_batch batch = {.indices = l->indices,
                             .count = select_batch(l, s->step % l->steps_per_epoch),
                             .training = true,
                             .seed = l->options->seed,
                             .step = s->step};
    tau_batch_result result;
    TAU_TRY(tau_evaluator_gradient(l->train, s->theta, s->buffers, &batch, l->gradient, &result));
    tau_optimizer_step(s, l->gradient, l->options, rate_of(l, s->step));
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

static tau_status count_steps(loop *l) {
    l->batch = l->options->batch < l->count ? l->options->batch : l->count;
    const size_t rest = l->count % l->batch;
    const bool joined = rest == 1 && l->state->buffer_size > 0 && l->count > 1;
    l->steps_per_epoch = l->count / l->batch + (rest > 0 && !joined);
    if (l->options->epochs > UINT64_MAX / l->steps_per_epoch)
        return tau_fail(TAU_STATUS_USAGE, "cannot train for %zu epochs" TAU_FIX "ask for fewer",
                        l->options->epochs);
    l->total_steps = l->steps_per_epoch * l->options->epochs;
    l->stride = tau_record_rule_stride(&l->options->record, l->total_steps, l->steps_per_epoch);
    return TAU_STATUS_OK;
}

static tau_status prepare(loop *l) {
    TAU_TRY(check_options(l->options, l->count));
    TAU_TRY(count_steps(l));
    TAU_TRY(TAU_ALLOC(l->order, l->count));
    TAU_TRY(TAU_ALLOC(l->indices, l->batch + 1));
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
        if (l->state->step == start || l->state->step % l->steps_per_epoch == 0)
            shuffle(l, l->state->step / l->steps_per_epoch);
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
              .options = options,
              .observer = observer,
              .cancel = cancel,
              .count = train_count};
    tau_status status = run(&l, progress);
    tau_mem_free(l.order);
    tau_mem_free(l.indices);
    tau_mem_free(l.gradient);
    return status;
}
