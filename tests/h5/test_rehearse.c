#include "h5/rehearse.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "h5/dataset.h"
#include "scratch.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(rehearse, .init = make_directory, .timeout = 60);

static int here;

static void do_something(void *payload) {
    here = 1;
    *(int *)payload = 2;
}
static void crash(void *payload) {
    (void)payload;
    raise(SIGSEGV);
}
static void never_end(void *payload) {
    (void)payload;
    for (;;) pause();
}

Test(rehearse, what_the_child_does_changes_nothing_here) {
    int payload = 1;
    cr_assert_eq(tau_h5_rehearse("any.h5", do_something, &payload, 0), TAU_STATUS_OK);
    cr_assert(here == 0 && payload == 1);
}

Test(rehearse, a_child_that_crashes_is_an_error) {
    cr_assert_eq(tau_h5_rehearse("any.h5", crash, NULL, 0), TAU_STATUS_INPUT);
    cr_assert(strstr(tau_error_last()->what, "any.h5") && strstr(tau_error_last()->why, "crashes"));
}

Test(rehearse, a_child_that_never_ends_is_an_error_after_its_time) {
    cr_assert_eq(tau_h5_rehearse("any.h5", never_end, NULL, 0.2), TAU_STATUS_INPUT);
    cr_assert(strstr(tau_error_last()->why, "never ends"));
}

static void interrupt(void *payload) {
    (void)payload;
    raise(SIGINT);
}

Test(rehearse, a_child_that_is_interrupted_is_no_fault_of_the_file) {
    signal(SIGINT, SIG_IGN);
    cr_assert_eq(tau_h5_rehearse("any.h5", interrupt, NULL, 0), TAU_STATUS_CANCELLED);
}

static void do_nothing(int number) {
    (void)number;
}

Test(rehearse, signals_give_the_child_no_more_time, .timeout = 10) {
    const struct itimerval often = {{0, 50000}, {0, 50000}};
    signal(SIGALRM, do_nothing);
    setitimer(ITIMER_REAL, &often, NULL);
    cr_assert_eq(tau_h5_rehearse("any.h5", never_end, NULL, 0.5), TAU_STATUS_INPUT);
    cr_assert(strstr(tau_error_last()->why, "never ends"));
}

Test(rehearse, checksums_are_those_of_the_newer_formats) {
    static const char behind[600] = "a user's block";
    tau_h5 *file;
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_h5_create(&file, scratch("new.h5")), TAU_STATUS_OK);
    cr_assert_eq(tau_h5_close(file), TAU_STATUS_OK);
    cr_assert_eq(tau_h5_create_compatible(&file, scratch("old.h5")), TAU_STATUS_OK);
    cr_assert_eq(tau_h5_make_group(file, "/g"), TAU_STATUS_OK);
    cr_assert_eq(tau_h5_close(file), TAU_STATUS_OK);
    cr_assert(tau_h5_has_checksums(scratch("new.h5")));
    cr_assert_not(tau_h5_has_checksums(scratch("old.h5")));
    cr_assert(tau_h5_has_checksums(scratch("none.h5")));
    cr_assert_eq(tau_file_read(&bytes, &size, scratch("old.h5"), 1 << 20), TAU_STATUS_OK);
    FILE *out = fopen(scratch("behind.h5"), "wb");
    cr_assert(fwrite(behind, 512, 1, out) == 1 && fwrite(bytes, size, 1, out) == 1 && fclose(out) == 0);
    cr_assert_not(tau_h5_has_checksums(scratch("behind.h5")), "a superblock behind a user's block");
    cr_assert_eq(tau_file_write(scratch("text.h5"), behind, sizeof behind), TAU_STATUS_OK);
    cr_assert(tau_h5_has_checksums(scratch("text.h5")));
    tau_mem_free(bytes);
}
