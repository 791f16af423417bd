/* Resuming, killing, refusing: what stands on disk at every moment. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/journal.h"
#include "h5/attribute.h"
#include "store/fixture.h"
#include "store/landscape_internal.h"

enum { NX = 12, NY = 9 };

static const char *out_path(void) {
    return scratch("out.land.h5");
}
static const char *journal_path(void) {
    return scratch("out.land.h5.journal");
}

/* Children must find the directory made. */
static void make_directory(void) {
    (void)scratch("");
}
TestSuite(landscape_writer, .init = make_directory);

static void assert_message(tau_status got, tau_status expected) {
    cr_assert_eq(got, expected, "%d: %s (%s)", got, tau_error_last()->what, tau_error_last()->why);
    cr_assert(*tau_error_last()->what && *tau_error_last()->why && *tau_error_last()->fix, "%s / %s / %s",
              tau_error_last()->what, tau_error_last()->why, tau_error_last()->fix);
}

/* Computes what is not done yet, row by row; stops after `limit` tiles. */
static void compute(tau_landscape *landscape, tau_sweep_sink sink, int limit) {
    for (size_t row = 0; row < NY; row++)
        for (size_t column = 0; column < NX; column += 3) {
            if (landscape->done[row * NX + column] != TAU_DONE_NOT || limit-- <= 0) continue;
            OK(send_tile(sink, column, row, 3, 1));
        }
}

static const char *recipe = RECIPE(0);

static tau_landscape *whole(void) {
    tau_landscape *landscape = make_landscape(NX, NY, recipe);
    compute(landscape, (tau_sweep_sink){put_tile, landscape}, INT32_MAX);
    return landscape;
}

/* A writer that stops as a killed one does: nothing is closed. The lock goes with the process. */
static void compute_in_child_and_die(int tiles) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        tau_landscape *landscape = make_landscape(NX, NY, recipe);
        tau_landscape_writer *writer;
        if (tau_landscape_writer_open(&writer, out_path(), landscape, false) != TAU_STATUS_OK) _exit(1);
        compute(landscape, tau_landscape_writer_get_sink(writer), tiles);
        raise(SIGKILL);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void finish_and_check(void) {
    tau_landscape *landscape = make_landscape(NX, NY, recipe), *expected = whole(), *back;
    tau_landscape_writer *writer;
    OK(tau_landscape_writer_open(&writer, out_path(), landscape, false));
    compute(landscape, tau_landscape_writer_get_sink(writer), INT32_MAX);
    OK(tau_landscape_writer_close(writer));
    cr_assert_not(tau_file_exists(journal_path()));
    OK(tau_landscape_read(&back, out_path(), NULL));
    assert_same_points(expected, back);
    tau_landscape_destroy(back);
    tau_landscape_destroy(expected);
    tau_landscape_destroy(landscape);
}

Test(landscape_writer, out_is_there_from_the_start_and_grows_with_its_journal) {
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0)), *back;
    tau_landscape_writer *writer;
    OK(tau_landscape_writer_open(&writer, out_path(), landscape, false));
    OK(tau_landscape_read(&back, out_path(), NULL));
    cr_assert_eq(tau_landscape_summarize(back).done, 0u);
    tau_landscape_destroy(back);
    compute(landscape, tau_landscape_writer_get_sink(writer), 5);
    OK(tau_landscape_read(&back, out_path(), NULL));
    assert_same_points(landscape, back);
    cr_assert_eq(tau_landscape_summarize(back).done, 15u);
    tau_landscape_destroy(back);
    OK(tau_landscape_writer_close(writer));
    tau_landscape_destroy(landscape);
    finish_and_check();
}

Test(landscape_writer, a_killed_job_has_lost_nothing_and_goes_on) {
    tau_landscape *back;
    for (int done = 4; done <= 12; done += 4) {
        compute_in_child_and_die(4);
        OK(tau_landscape_read(&back, out_path(), NULL));
        cr_assert_eq(tau_landscape_summarize(back).done, 3u * (unsigned)done);
        tau_landscape_destroy(back);
    }
    finish_and_check();
}

Test(landscape_writer, a_killed_job_goes_on_with_its_metrics) {
    tau_landscape *back, *expected;
    recipe = MEASURED;
    compute_in_child_and_die(7);
    expected = whole();
    OK(tau_landscape_read(&back, out_path(), NULL));
    cr_assert_eq(tau_landscape_summarize(back).done, 21u);
    for (size_t i = 0; i < 21; i++)
        cr_assert(same_doubles(&back->metrics[1].values[i], &expected->metrics[1].values[i], 1));
    cr_assert(isnan(back->metrics[1].values[21]));
    tau_landscape_destroy(expected);
    tau_landscape_destroy(back);
    finish_and_check();
}

Test(landscape_writer, other_metrics_are_named_when_a_job_goes_on) {
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
    tau_landscape_writer *writer;
    recipe = MEASURED;
    compute_in_child_and_die(3);
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, false), TAU_STATUS_MISMATCH);
    tau_landscape_destroy(landscape);
    landscape = make_landscape(NX, NY, "{\"identity\":{\"metrics\":[\"mcc\"],\"seed\":0}}");
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, false), TAU_STATUS_MISMATCH);
    cr_assert(strstr(tau_error_last()->why, "with metrics [\"macro-f1\",\"mcc\"]; this command says metrics "
                                            "[\"mcc\"]"),
              "%s", tau_error_last()->why);
    tau_landscape_destroy(landscape);
}

static void assert_right_where_done(void) {
    if (!tau_file_exists(out_path())) return; /* killed before it had begun */
    tau_landscape *back, *expected = whole();
    OK(tau_landscape_read(&back, out_path(), NULL));
    for (size_t i = 0; i < (size_t)NX * NY; i++)
        cr_assert(!back->done[i] || !memcmp(&back->loss[i], &expected->loss[i], sizeof(double)));
    tau_landscape_destroy(expected);
    tau_landscape_destroy(back);
}

Test(landscape_writer, killed_at_random_moments_it_ends_with_the_same_values) {
    struct timespec moment = {0};
    srand(1);
    for (int round = 0; round < 20; round++) {
        fflush(NULL);
        const pid_t child = fork();
        if (child == 0) {
            tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
            tau_landscape_writer *writer;
            for (;;) {
                if (tau_landscape_writer_open(&writer, out_path(), landscape, false) != TAU_STATUS_OK)
                    _exit(1);
                compute(landscape, tau_landscape_writer_get_sink(writer), 3);
                if (tau_landscape_writer_close(writer) != TAU_STATUS_OK) _exit(1);
                if (tau_landscape_summarize(landscape).done < (size_t)NX * NY) continue;
                tau_landscape_destroy(landscape); /* begin again, so that every round has something to kill */
                landscape = make_landscape(NX, NY, RECIPE(0));
                if (tau_landscape_writer_open(&writer, out_path(), landscape, true) != TAU_STATUS_OK)
                    _exit(1);
                if (tau_landscape_writer_close(writer) != TAU_STATUS_OK) _exit(1);
            }
        }
        moment.tv_nsec = 1000000 + rand() % 20000000;
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        cr_assert(WIFSIGNALED(status), "the writer ended by itself");
        assert_right_where_done();
    }
    finish_and_check();
}

Test(landscape_writer, a_complete_file_has_nothing_left_to_do_and_stays_as_it_is) {
    finish_and_check();
    struct stat before, after;
    stat(out_path(), &before);
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
    tau_landscape_writer *writer;
    OK(tau_landscape_writer_open(&writer, out_path(), landscape, false));
    cr_assert_eq(tau_landscape_summarize(landscape).done, (size_t)NX * NY);
    OK(tau_landscape_writer_close(writer));
    stat(out_path(), &after);
    cr_assert_eq(before.st_ino, after.st_ino);
    cr_assert_not(tau_file_exists(journal_path()));
    tau_landscape_destroy(landscape);
}

Test(landscape_writer, another_recipe_cannot_resume_and_says_why) {
    char what[300];
    compute_in_child_and_die(3);
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(1)), *back;
    tau_landscape_writer *writer;
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, false), TAU_STATUS_MISMATCH);
    cr_assert_null(writer);
    snprintf(what, sizeof what, "cannot resume %s", out_path());
    cr_assert_str_eq(tau_error_last()->what, what);
    cr_assert_str_eq(tau_error_last()->why, "it was computed with seed 0; this command says seed 1");
    unlink(out_path());
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, false), TAU_STATUS_MISMATCH);
    OK(tau_landscape_writer_open(&writer, out_path(), landscape, true));
    OK(tau_landscape_writer_close(writer));
    OK(tau_landscape_read(&back, out_path(), NULL));
    cr_assert_str_eq(back->recipe, RECIPE(1));
    cr_assert_eq(tau_landscape_summarize(back).done, 0u);
    tau_landscape_destroy(back);
    tau_landscape_destroy(landscape);
}

Test(landscape_writer, another_grid_cannot_resume) {
    compute_in_child_and_die(3);
    tau_landscape *landscape = make_landscape(NX, NY + 1, RECIPE(0));
    tau_landscape_writer *writer;
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, false), TAU_STATUS_MISMATCH);
    cr_assert(strstr(tau_error_last()->why, "beta"));
    tau_landscape_destroy(landscape);
    finish_and_check();
}

Test(landscape_writer, a_second_writer_is_refused) {
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0)), *other = make_landscape(NX, NY, RECIPE(0));
    tau_landscape_writer *writer, *second;
    OK(tau_landscape_writer_open(&writer, out_path(), landscape, false));
    assert_message(tau_landscape_writer_open(&second, out_path(), other, false), TAU_STATUS_EXISTS);
    assert_message(tau_landscape_writer_open(&second, out_path(), other, true), TAU_STATUS_EXISTS);
    assert_message(tau_landscape_write(other, out_path()), TAU_STATUS_EXISTS);
    OK(tau_landscape_writer_close(writer));
    OK(tau_landscape_write(other, out_path()));
    tau_landscape_destroy(other);
    tau_landscape_destroy(landscape);
}

Test(landscape_writer, a_journal_alone_is_explained_and_taken_over_by_its_command) {
    tau_landscape *back;
    compute_in_child_and_die(6);
    unlink(out_path());
    assert_message(tau_landscape_read(&back, out_path(), NULL), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "journal"));
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
    tau_landscape_writer *writer;
    OK(tau_landscape_writer_open(&writer, out_path(), landscape, false));
    cr_assert_eq(tau_landscape_summarize(landscape).done, 18u);
    OK(tau_landscape_writer_close(writer));
    tau_landscape_destroy(landscape);
    finish_and_check();
}

Test(landscape_writer, projections_and_directions_outlive_a_resumed_job) {
    const float delta[2] = {1, 2};
    compute_in_child_and_die(6);
    tau_landscape *landscape;
    OK(tau_landscape_read(&landscape, out_path(), NULL));
    add_projection(landscape, "adam", 3);
    OK(tau_landscape_set_directions(landscape, delta, NULL, 2));
    OK(tau_landscape_write(landscape, out_path()));
    tau_landscape_destroy(landscape);
    finish_and_check();
    OK(tau_landscape_read(&landscape, out_path(), NULL));
    cr_assert(landscape->projection_count == 1 && landscape->theta_size == 2 && !landscape->eta);
    tau_landscape_destroy(landscape);
}

Test(landscape_writer, a_run_is_never_replaced_by_a_landscape) {
    tau_h5 *file;
    OK(tau_h5_create(&file, out_path()));
    OK(tau_h5_set_i64(file, "/", "tauscape_format", 1));
    OK(tau_h5_make_group(file, "/adam/states"));
    OK(tau_h5_close(file));
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
    tau_landscape_writer *writer;
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, true), TAU_STATUS_EXISTS);
    assert_message(tau_landscape_writer_open(&writer, out_path(), landscape, false), TAU_STATUS_MISSING);
    cr_assert_not(tau_file_exists(journal_path()));
    tau_landscape_destroy(landscape);
}

Test(landscape_writer, huge_tiles_are_cut_into_records) {
    tau_landscape *wide = make_landscape(150000, 1, RECIPE(0)), *tall = make_landscape(3, 60000, RECIPE(0)),
                  *back;
    tau_landscape *const both[] = {wide, tall};
    for (int i = 0; i < 2; i++) {
        tau_landscape_writer *writer;
        OK(tau_landscape_writer_open(&writer, out_path(), both[i], true));
        OK(send_tile(tau_landscape_writer_get_sink(writer), 0, 0, both[i]->columns, both[i]->rows));
        OK(tau_landscape_read(&back, out_path(), NULL));
        assert_same_points(both[i], back);
        tau_landscape_destroy(back);
        OK(tau_landscape_writer_close(writer));
        tau_landscape_destroy(both[i]);
    }
}

/* ---- disks that are full ---- */

static void limit_file_size(size_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
}

Test(landscape_writer, a_full_disk_is_said_and_earlier_points_stay) {
    compute_in_child_and_die(4);
    struct stat journal;
    stat(journal_path(), &journal);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
        tau_landscape_writer *writer;
        OK(tau_landscape_writer_open(&writer, out_path(), landscape, false));
        limit_file_size(700);
        tau_status status = TAU_STATUS_OK;
        for (size_t row = 1; row < NY && status == TAU_STATUS_OK; row++)
            status = send_tile(tau_landscape_writer_get_sink(writer), 0, row, 3, 1);
        if (status != TAU_STATUS_IO || !*tau_error_last()->why || !*tau_error_last()->fix) _exit(1);
        if (tau_landscape_writer_close(writer) != TAU_STATUS_IO) _exit(2);
        if (!*tau_error_last()->what || !*tau_error_last()->why) _exit(3);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    tau_landscape *back;
    OK(tau_landscape_read(&back, out_path(), NULL));
    cr_assert_geq(tau_landscape_summarize(back).done, 12u + 6u);
    tau_landscape_destroy(back);
    finish_and_check();
}

Test(landscape_writer, a_place_that_cannot_be_written_is_said_at_the_start) {
    tau_landscape *landscape = make_landscape(NX, NY, RECIPE(0));
    tau_landscape_writer *writer;
    assert_message(tau_landscape_writer_open(&writer, scratch("no/such/place.land.h5"), landscape, false),
                   TAU_STATUS_IO);
    assert_message(tau_landscape_writer_open(&writer, "/proc/x.land.h5", landscape, false), TAU_STATUS_IO);
    tau_landscape_destroy(landscape);
}
