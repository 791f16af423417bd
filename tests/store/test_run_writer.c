/* Runs whose writer is stopped, killed, refused or out of room. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "core/file.h"
#include "store/run_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(run_writer, .init = make_directory, .timeout = 200);

static const char *run_path(void) {
    return scratch("a.run.h5");
}

/* The run that nobody disturbed. */
static const char *whole_path(void) {
    const char *path = scratch("whole.run.h5");
    if (!tau_file_exists(path)) train_to_the_end(path, "adam");
    return path;
}

static void assert_equals_whole(const char *group) {
    assert_same_runs(run_path(), group, whole_path(), "adam");
}

static void nap(long milliseconds) {
    const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Whether the group was ended: a kill may come between the end of the writing and that of the process. */
static bool is_finished(const char *group) {
    tau_run *run;
    if (tau_run_open(&run, run_path(), group) != TAU_STATUS_OK) return false;
    const bool finished = tau_run_get_status(run) == TAU_RUN_STATUS_FINISHED;
    tau_run_close(run);
    return finished;
}

/* Trains in a child until it is killed after so many milliseconds, or ends.
 * @return whether it was killed before its end */
static bool train_and_kill(const char *group, long milliseconds) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        training t = make_training();
        if (begin_training(&t, run_path(), group) != TAU_STATUS_OK) {
            fprintf(stderr, "%s (%s)\n", tau_error_last()->what, tau_error_last()->why);
            _exit(1);
        }
        if (go_on_training(&t) != TAU_STATUS_OK) _exit(2);
        if (tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED) != TAU_STATUS_OK) _exit(3);
        _exit(0);
    }
    nap(milliseconds);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "the writer failed with %d",
              WEXITSTATUS(status));
    return WIFSIGNALED(status) && !is_finished(group);
}

/* Every state that is there is right. @return how many */
static size_t check_states(const char *group) {
    tau_run *run, *whole;
    float x[19], y[19], p[6], q[6];
    if (!tau_file_exists(run_path())) return 0;
    struct stat info;
    stat(run_path(), &info);
    if (info.st_size == 0) return 0; /* killed while the file was being made */
    OK(tau_run_open(&run, run_path(), group));
    OK(tau_run_open(&whole, whole_path(), NULL));
    const size_t count = tau_run_get_state_count(run);
    for (size_t i = 0; i < count; i++) {
        OK(tau_run_read_state(run, i, x, p));
        OK(tau_run_read_state(whole, i, y, q));
        cr_assert(!memcmp(x, y, sizeof x) && !memcmp(p, q, sizeof p), "state %zu is wrong", i);
    }
    tau_run_close(whole);
    tau_run_close(run);
    return count;
}

Test(run_writer, a_stopped_training_goes_on_bit_identically) {
    for (size_t stop = 1; stop <= 90; stop += 11) {
        training t = make_training();
        t.stop_after = stop;
        OK(begin_training(&t, run_path(), "adam"));
        cr_assert_eq(go_on_training(&t), TAU_STATUS_CANCELLED);
        OK(tau_run_write_resume(t.writer, t.state));
        tau_run_abandon(t.writer);
        clear_training(&t);
        train_to_the_end(run_path(), "adam");
        assert_equals_whole("adam");
        unlink(run_path());
    }
}

Test(run_writer, killed_at_random_moments_it_loses_no_state_and_ends_the_same) {
    srand(2);
    size_t seen = 0, kills = 0;
    (void)whole_path();
    for (int round = 0; round < 20; round++) {
        if (!train_and_kill("adam", 5 + rand() % 60)) {
            assert_equals_whole("adam");
            unlink(run_path());
            seen = 0;
            continue;
        }
        kills++;
        const size_t now = check_states("adam");
        cr_assert_geq(now + 1, seen, "%zu states were there, now %zu", seen, now);
        seen = now;
    }
    cr_assert_geq(kills, 5u, "only %zu of the writers were killed", kills);
    if (tau_file_exists(run_path()) && check_states("adam") > 33) unlink(run_path());
    train_to_the_end(run_path(), "adam");
    assert_equals_whole("adam");
}

Test(run_writer, a_killed_group_leaves_the_others_of_its_file_intact) {
    srand(3);
    train_to_the_end(run_path(), "first");
    for (int round = 0; round < 20; round++) {
        char group[16];
        snprintf(group, sizeof group, "group%d", round);
        train_and_kill(group, rand() % 40);
        assert_equals_whole("first");
    }
}

Test(run_writer, settings_that_differ_are_named) {
    training t = make_training();
    OK(begin_training(&t, run_path(), "adam"));
    t.stop_after = 5;
    cr_assert_eq(go_on_training(&t), TAU_STATUS_CANCELLED);
    tau_run_abandon(t.writer);
    tau_train_state_destroy(t.state);
    t.header.parameters = "{\"rate\":0.1,\"batch\":20}";
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "adam", &t.header, t.model),
                   TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->why, "the run was begun with rate 0.02; this command says rate 0.1");
    cr_assert(!t.writer && !t.state);
    t.header = small_header();
    t.header.seed = 5;
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "adam", &t.header, t.model),
                   TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->why, "the run was begun with seed 4; this command says seed 5");
    t.header = small_header();
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "sgd", &t.header, t.model),
                   TAU_STATUS_MISSING);
    tau_model *other;
    OK(tau_model_builtin(&other, "mlp:2-3-1:tanh", 1));
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "adam", &t.header, other),
                   TAU_STATUS_MISMATCH);
    tau_model_destroy(other);
    assert_message(tau_run_create(&t.writer, run_path(), "adam", &t.header, t.model, t.data.train),
                   TAU_STATUS_EXISTS);
    cr_assert(strstr(tau_error_last()->why, "unfinished"));
    clear_training(&t);
}

/* A child that writes `states` states, says so, and waits to be told to finish. */
static pid_t start_writer(int told[2], int finish[2]) {
    cr_assert(pipe(told) == 0 && pipe(finish) == 0);
    fflush(NULL);
    const pid_t child = fork();
    if (child != 0) return child;
    char byte = 0;
    training t = make_training();
    t.stop_after = 30;
    if (begin_training(&t, run_path(), "adam") != TAU_STATUS_OK) _exit(1);
    if (go_on_training(&t) != TAU_STATUS_CANCELLED) _exit(2);
    if (write(told[1], &byte, 1) != 1 || read(finish[0], &byte, 1) != 1) _exit(3);
    t.cancel = (tau_cancel){0};
    if (go_on_training(&t) != TAU_STATUS_OK) _exit(4);
    _exit(tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED) == TAU_STATUS_OK ? 0 : 5);
}

Test(run_writer, a_growing_run_can_be_read_and_has_one_writer) {
    char byte;
    int told[2], finish[2], status;
    tau_run *run;
    (void)whole_path();
    const pid_t child = start_writer(told, finish);
    cr_assert_eq(read(told[0], &byte, 1), 1);
    OK(tau_run_open(&run, run_path(), NULL));
    cr_assert_eq(tau_run_get_status(run), TAU_RUN_STATUS_RUNNING);
    cr_assert_eq(tau_run_get_state_count(run), 11u);
    training t = make_training();
    assert_message(tau_run_create(&t.writer, run_path(), "sgd", &t.header, t.model, t.data.train),
                   TAU_STATUS_EXISTS);
    cr_assert(*tau_error_last()->fix);
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "adam", &t.header, t.model),
                   TAU_STATUS_EXISTS);
    cr_assert_eq(write(finish[1], "x", 1), 1);
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    tau_run_close(run);
    assert_equals_whole("adam");
    clear_training(&t);
}

/* ---- disks that are full ---- */

static void limit_file_size(size_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* Files in the directory whose name says that they are not finished. */
static int count_leftovers(void) {
    int count = 0;
    DIR *directory = opendir(scratch(""));
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        count += strstr(entry->d_name, ".h5.") != NULL;
    if (directory) closedir(directory);
    return count;
}

/* Trains in a child whose files may have so many bytes. @return its exit status: 0 = an error was reported */
static int train_with_room(const char *group, size_t bytes) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        training t = make_training();
        limit_file_size(bytes);
        alarm(60);
        tau_status status = begin_training(&t, run_path(), group);
        if (status == TAU_STATUS_OK) {
            status = go_on_training(&t);
            const bool said = *tau_error_last()->what && *tau_error_last()->why;
            if (status == TAU_STATUS_OK)
                status = tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED);
            else
                tau_run_abandon(t.writer);
            if (!said) exit(4);
        }
        clear_training(&t);
        exit(status == TAU_STATUS_IO ? 0 : status == TAU_STATUS_OK ? 2 : 3);
    }
    int status;
    waitpid(child, &status, 0);
    return status;
}

Test(run_writer, a_full_disk_is_an_error_and_leaves_earlier_groups_intact) {
    struct stat info;
    train_to_the_end(run_path(), "first");
    stat(run_path(), &info);
    int refused = 0;
    for (int room = 0; room < 12; room++) {
        const int status = train_with_room("second", (size_t)info.st_size / 2 + (size_t)room * 15000);
        cr_assert(WIFEXITED(status), "room %d: the writer was ended by signal %d", room, WTERMSIG(status));
        cr_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2, "room %d: %d", room,
                  WEXITSTATUS(status));
        assert_equals_whole("first");
        cr_assert_eq(count_leftovers(), 0);
        if (WEXITSTATUS(status) == 2) break;
        refused++;
    }
    cr_assert_gt(refused, 0, "there was room for everything");
    training t = make_training();
    tau_run *run;
    if (tau_run_open(&run, run_path(), "second") == TAU_STATUS_OK) {
        const bool finished = tau_run_get_status(run) == TAU_RUN_STATUS_FINISHED;
        tau_run_close(run);
        if (finished) {
            clear_training(&t);
            return;
        }
    }
    clear_training(&t);
    train_to_the_end(run_path(), "second");
    assert_equals_whole("second");
    assert_equals_whole("first");
}
