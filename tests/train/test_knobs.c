#include "training.h"

static tau_status turn_at(void *payload, const tau_train_state *state, double epoch, tau_train_knobs *knobs) {
    const witness *w = payload;
    (void)epoch;
    if (state->step >= w->turn_at) *knobs = w->wanted;
    return TAU_STATUS_OK;
}

static double sum_of_losses(const witness *w, int first, const int *sizes, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += nth_of(w, "loss", first + i).value * sizes[i];
    return sum;
}

Test(knobs, knobs_that_are_left_alone_change_nothing) {
    fixture a = set_up("mlp:2-8-1:tanh", 1), b = set_up("mlp:2-8-1:tanh", 1);
    witness plain = {0}, asked = {.turn = turn_at, .wanted = {options.rate, 0, options.batch}};
    cr_assert_eq(train(&a, &plain, &options), TAU_STATUS_OK);
    cr_assert_eq(train(&b, &asked, &options), TAU_STATUS_OK);
    assert_same_state(a.state, b.state);
    assert_same_log(&plain, &asked);
    tear_down(&a);
    tear_down(&b);
}

Test(knobs, a_rate_turned_to_nearly_nothing_stops_the_parameters) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {.turn = turn_at, .turn_at = 14, .wanted = {1e-30, 0, 20}};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(count_of(&w, "set_lr"), 1);
    cr_assert_eq(count_of(&w, "set_batch"), 0);
    cr_assert_eq(nth_of(&w, "set_lr", 0).step, 14);
    cr_assert_eq(nth_of(&w, "lr", 2).step, 14);
    cr_assert_eq(nth_of(&w, "lr", -1).value, 1e-30);
    const double moved = nth_of(&w, "state", 2).value - 14.0 / 5; /* the sums have the epoch in them */
    cr_assert_float_eq(nth_of(&w, "state", -1).value - 6, moved, 1e-9);
    cr_assert_float_neq(nth_of(&w, "state", 1).value - 7.0 / 5, moved, 1e-3);
    tear_down(&f);
}

/* 81 samples: two batches of 20 of the second epoch are done, 41 samples are cut into 30 and 11. */
Test(knobs, a_batch_turned_within_an_epoch_still_visits_every_sample_once) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {.turn = turn_at, .turn_at = 7, .wanted = {options.rate, 0, 30}};
    static const int cut[] = {20, 20, 30, 11}, whole[] = {30, 30, 21};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(f.state->step, 5 + 4 + 4 * 3);
    cr_assert_eq(count_of(&w, "epoch_loss"), 6);
    cr_assert_eq(nth_of(&w, "epoch_loss", 1).step, 9);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 1).value, sum_of_losses(&w, 5, cut, 4) / 81, 1e-14);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 2).value, sum_of_losses(&w, 9, whole, 3) / 81, 1e-14);
    cr_assert_eq(f.state->changes.batch_step, 7);
    cr_assert_eq(f.state->changes.batch_epoch, 1);
    cr_assert_eq(f.state->changes.batch_samples, 40);
    tear_down(&f);
}

/* Epochs of 5 batches, one of 2 and 2, then of 3: what is recorded by epochs is recorded where they end. */
Test(knobs, states_by_epochs_follow_a_batch_that_was_turned) {
    static const uint64_t ends[] = {0, 5, 9, 12, 15, 18, 21}, pairs[] = {0, 9, 15, 21};
    for (int every = 1; every <= 2; every++) {
        fixture f = set_up("mlp:2-8-1:tanh", 1);
        witness w = {.turn = turn_at, .turn_at = 7, .wanted = {options.rate, 0, 30}};
        tau_train_options by_epochs = options;
        by_epochs.record = (tau_record_rule){.every_epochs = every};
        cr_assert_eq(train(&f, &w, &by_epochs), TAU_STATUS_OK);
        const size_t count = every == 1 ? 7 : 4;
        cr_assert_eq(count_of(&w, "state"), count);
        for (size_t i = 0; i < count; i++)
            cr_assert_eq(nth_of(&w, "state", (int)i).step, every == 1 ? ends[i] : pairs[i]);
        tear_down(&f);
    }
}

static tau_status turn_twice(void *payload, const tau_train_state *state, double epoch,
                             tau_train_knobs *knobs) {
    (void)payload, (void)epoch;
    if (state->step >= 3) knobs->batch = state->step >= 40 ? 7 : 1;
    return TAU_STATUS_OK;
}

/* Six epochs of 5 batches become hundreds of steps. */
Test(knobs, at_most_so_many_states_are_kept_however_the_batch_is_turned) {
    for (uint64_t most = 2; most <= 12; most++) {
        tau_train_options some = options;
        some.record = (tau_record_rule){.max_states = most};
        fixture a = set_up("mlp:2-8-1:tanh", 1);
        witness whole = {.turn = turn_twice};
        cr_assert_eq(train(&a, &whole, &some), TAU_STATUS_OK);
        cr_assert_leq(count_of(&whole, "state"), most);
        cr_assert_geq(2 * count_of(&whole, "state"), most);
        cr_assert_eq(nth_of(&whole, "state", -1).step, a.state->step);
        for (uint64_t stop = 2; stop < 50; stop += 9) {
            fixture b = set_up("mlp:2-8-1:tanh", 1);
            witness parts = {.turn = turn_twice, .stop_at = stop};
            cr_assert_eq(train(&b, &parts, &some), TAU_STATUS_CANCELLED);
            parts.cancel = (tau_cancel){0};
            cr_assert_eq(train(&b, &parts, &some), TAU_STATUS_OK);
            assert_same_log(&whole, &parts);
            tear_down(&b);
        }
        tear_down(&a);
    }
}

Test(knobs, with_batch_norm_a_turned_batch_leaves_no_sample_alone) {
    fixture f = set_up_batch_norm(1);
    witness w = {.turn = turn_at, .turn_at = 5, .wanted = {options.rate, 0, 30}}; /* 61 samples are left */
    static const int cut[] = {20, 30, 31};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(nth_of(&w, "epoch_loss", 1).step, 7);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 1).value, sum_of_losses(&w, 4, cut, 3) / 81, 1e-14);
    tear_down(&f);
}

Test(knobs, a_training_with_turned_knobs_goes_on_to_the_same_bits) {
    for (uint64_t stop = 6; stop <= 13; stop++) {
        fixture a = set_up_batch_norm(1), b = set_up_batch_norm(1);
        witness whole = {.turn = turn_at, .turn_at = 7, .wanted = {0.005, 0.001, 31}};
        witness parts = {.turn = turn_at, .turn_at = 7, .wanted = {0.005, 0.001, 31}, .stop_at = stop};
        cr_assert_eq(train(&a, &whole, &options), TAU_STATUS_OK);
        cr_assert_eq(train(&b, &parts, &options), TAU_STATUS_CANCELLED);
        cr_assert_eq(b.state->step, stop);
        parts.cancel = (tau_cancel){0};
        if (stop > 7) parts.turn = NULL; /* the state alone has them */
        cr_assert_eq(train(&b, &parts, &options), TAU_STATUS_OK);
        assert_same_state(a.state, b.state);
        assert_same_log(&whole, &parts);
        tear_down(&a);
        tear_down(&b);
    }
}

Test(knobs, knobs_out_of_range_and_changes_from_nowhere_are_refused) {
    static const tau_train_knobs bad[] = {{0, 0, 20}, {NAN, 0, 20}, {0.1, -1, 20}, {0.1, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fixture f = set_up("mlp:2-8-1:tanh", 1);
        witness w = {.turn = turn_at, .turn_at = 3, .wanted = bad[i]};
        cr_assert_eq(train(&f, &w, &options), TAU_STATUS_USAGE);
        cr_assert_eq(f.state->step, 3);
        tear_down(&f);
    }
    static const tau_train_changes from[] = {
        {.has_batch = true, .batch = 10, .batch_step = 1},
        {.has_batch = true, .batch = 10, .batch_samples = 81},
        {.has_batch = true, .batch = 10, .batch_epoch = 6},
    };
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        fixture f = set_up("mlp:2-8-1:tanh", 1);
        witness w = {0};
        f.state->changes = from[i];
        cr_assert_eq(train(&f, &w, &options), TAU_STATUS_INPUT);
        tear_down(&f);
    }
}

static tau_status turn_and_stop(void *payload, const tau_train_state *state, double epoch,
                                tau_train_knobs *knobs) {
    const witness *w = payload;
    TAU_TRY(turn_at(payload, state, epoch, knobs));
    return state->step >= w->turn_at ? tau_fail(TAU_STATUS_CANCELLED, "enough") : TAU_STATUS_OK;
}

Test(knobs, what_is_turned_with_the_wish_to_stop_is_kept) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {.turn = turn_and_stop, .turn_at = 7, .wanted = {0.5, 0, 30}};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_CANCELLED);
    cr_assert_eq(f.state->step, 7);
    cr_assert_eq(nth_of(&w, "set_lr", 0).value, 0.5);
    cr_assert_eq(nth_of(&w, "set_batch", 0).step, 7);
    cr_assert_eq(f.state->changes.rate, 0.5);
    tear_down(&f);
}
