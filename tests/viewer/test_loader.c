/* Files that are read while the window goes on, and followed as they grow. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "app_fixture.h"
#include "core/memory.h"
#include "data/data.h"
#include "store/run.h"
#include "viewer/script.h"
#include "viewer/tools.h"

Test(app, a_growing_file_is_followed_and_the_camera_kept) {
    tau_app *app;
    cr_assert_eq(tau_app_create(&app, NULL), TAU_STATUS_OK);
    cr_assert_eq(tau_app_open(app, write_bowl("a.land.h5", 5, 0, 3, 9)), TAU_STATUS_OK);
    run(app, "time.follow");
    app->state.panes[0].view.camera.yaw = 77;
    tau_app_tick(app, 1);
    write_bowl("a.land.h5", 5, 0, 8, 0);
    cr_assert(tau_app_tick(app, 3));
    read_all(app, 3);
    cr_assert_eq(app->timeline.count, 8);
    cr_assert_eq(app->timeline.position, 7);
    cr_assert_eq(app->state.panes[0].view.camera.yaw, 77);
    cr_assert(strstr(app->toasts[TAU_APP_TOASTS - 1].text, "complete"));
    tau_app_destroy(app);
}

/* A process that records a state for every byte it is sent. @return its id */
static pid_t start_writer(const char *path, int *channel) {
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    const pid_t writer = fork();
    cr_assert_neq(writer, -1);
    *channel = ends[1];
    if (writer) return writer;
    close(ends[1]); /* the end of the test is its own end */
    const tau_data_options options = {.data = "moons:n=20", .values_wanted = true};
    const tau_run_header header = {.loss = "bce-logits"};
    tau_model *model;
    tau_dataset data = {0};
    tau_run_writer *run;
    tau_train_state *state;
    char byte;
    bool good = tau_model_builtin(&model, "mlp:2-2-1:tanh", 1) == TAU_STATUS_OK &&
                tau_data_load(&data, &options) == TAU_STATUS_OK &&
                tau_run_create(&run, path, "run", &header, model, data.train) == TAU_STATUS_OK &&
                tau_train_state_create(&state, model->graph->theta_size, 0) == TAU_STATUS_OK;
    for (; good && read(ends[0], &byte, 1) == 1; state->step++)
        good = tau_run_write_metric(run, "loss", state->step, 0, 1) == TAU_STATUS_OK &&
               tau_run_write_state(run, state, 0) == TAU_STATUS_OK;
    _exit(1);
}

static size_t states_in(const char *path) {
    tau_run *run;
    size_t count = 0;
    if (tau_run_open(&run, path, NULL) != TAU_STATUS_OK) return 0;
    count = tau_run_get_state_count(run);
    tau_run_close(run);
    return count;
}

static void wait_for_states(const char *path, size_t count) {
    for (int i = 0; i < 3000 && states_in(path) < count; i++) usleep(10000);
    cr_assert_eq(states_in(path), count);
}

/* An app that follows a writer, which has recorded two states. */
static tau_app *follow_writer(const char *path, pid_t *writer, int *channel) {
    tau_app *app;
    *writer = start_writer(path, channel);
    cr_assert_eq(write(*channel, "12", 2), 2);
    wait_for_states(path, 2);
    cr_assert_eq(tau_app_create(&app, NULL), TAU_STATUS_OK);
    cr_assert_eq(tau_app_open(app, path), TAU_STATUS_OK);
    return app;
}

Test(app, a_training_is_followed_until_its_writer_is_killed) {
    char path[512];
    int channel;
    pid_t writer;
    snprintf(path, sizeof path, "%s", scratch("live.run.h5"));
    tau_app *app = follow_writer(path, &writer, &channel);
    const tau_document *d = app->documents[0];
    cr_assert(d->growing && !d->stopped && d->states == 2);
    cr_assert(strstr(d->summary, "going on"));
    cr_assert_eq(write(channel, "345", 3), 3);
    wait_for_states(path, 5);
    tau_app_tick(app, 1);
    read_all(app, 1);
    cr_assert(d->growing && !d->stopped && d->states == 5);
    cr_assert_eq(kill(writer, SIGKILL), 0);
    cr_assert_eq(waitpid(writer, NULL, 0), writer);
    for (double now = 2; now < 2000 && !d->stopped;
         now++) { /* it changes nothing more: it is looked at again */
        usleep(20000);
        tau_app_tick(app, now);
        if (d->stopped)
            cr_assert(strstr(app->toasts[TAU_APP_TOASTS - 1].text, "the writer of live stopped; its 5"));
    }
    cr_assert(d->growing && d->stopped && d->states == 5);
    cr_assert(strstr(d->summary, "the writer stopped"), "%s", d->summary);
    cr_assert_not(tau_document_is_stale(d));
    tau_app_destroy(app);
    close(channel);
}

/* Without a change it is not looked at again, however long its writer has been quiet. */
Test(app, a_growing_training_that_cannot_be_read_is_told_once) {
    char path[512];
    int channel, toasts = 0;
    pid_t writer;
    snprintf(path, sizeof path, "%s", scratch("gone.run.h5"));
    tau_app *app = follow_writer(path, &writer, &channel);
    cr_assert(app->documents[0]->growing);
    cr_assert_eq(kill(writer, SIGKILL), 0);
    cr_assert_eq(waitpid(writer, NULL, 0), writer);
    cr_assert_eq(unlink(path), 0);
    for (double now = 1; now < 3; now++) {
        tau_app_tick(app, now);
        read_all(app, now);
        for (int i = 0; i < TAU_APP_TOASTS; i++) {
            toasts += strstr(app->toasts[i].text, "gone cannot be read just now") != NULL;
            app->toasts[i].text[0] = '\0';
        }
        if (now == 1) usleep(3200000);
        if (now == 1) cr_assert_not(tau_document_is_stale(app->documents[0]));
    }
    cr_assert_eq(toasts, 1);
    tau_app_destroy(app);
    close(channel);
}

Test(app, shaders_of_a_folder_are_read_again_with_the_files) {
    const tau_viewer_request request = {.shaders = "shaders"};
    tau_app *app = make_app(), *with_folder;
    run(app, "file.reload");
    cr_assert_not(app->wants.shaders, "those built in do not change");
    tau_app_destroy(app);
    cr_assert_eq(tau_app_create(&with_folder, &request), TAU_STATUS_OK);
    cr_assert_eq(tau_app_open(with_folder, write_bowl("a.land.h5", 5, 0, 3, 0)), TAU_STATUS_OK);
    run(with_folder, "file.reload");
    cr_assert(with_folder->wants.shaders);
    tau_app_destroy(with_folder);
}

/* Only a tick takes over what was read: whatever the thread does, the app is as it was until then. */
Test(loader, the_window_goes_on_while_a_file_is_read) {
    tau_app *app = make_app();
    char status[TAU_DOCUMENT_TEXT];
    cr_assert_eq(tau_loader_open(app, write_bowl("b.land.h5", 301, 0.5, 3, 0)), TAU_STATUS_OK);
    cr_assert_eq(tau_loader_open(app, write_bowl("c.land.h5", 5, 0, 3, 0)), TAU_STATUS_OK);
    cr_assert(tau_loader_is_busy(app));
    tau_app_format_status(app, status);
    cr_assert_str_eq(status, "reading b.land.h5 …");
    run(app, "view.map");
    place(app, 0, 0, 800);
    tau_app_zoom(app, 0, 400, 300, 0.5);
    cr_assert_eq(app->document_count, 1);
    read_all(app, 1);
    cr_assert_eq(app->document_count, 3);
    cr_assert_str_eq(app->documents[1]->title, "b");
    cr_assert_str_eq(tau_app_get_document(app)->title, "c", "in the order in which they were named");
    cr_assert_str_eq(app->toasts[TAU_APP_TOASTS - 1].text, "opened c");
    cr_assert_eq(app->settings.recent_count, 3);
    tau_app_format_status(app, status);
    cr_assert_not(strstr(status, "reading"), "%s", status);
    tau_app_destroy(app);
}

Test(loader, what_cannot_be_read_is_told_and_the_next_file_comes) {
    tau_app *app = make_app();
    cr_assert_eq(tau_loader_open(app, "/no/such/file"), TAU_STATUS_OK);
    cr_assert_eq(tau_loader_open(app, write_bowl("c.land.h5", 5, 0, 3, 0)), TAU_STATUS_OK);
    cr_assert_not(app->message.open);
    read_all(app, 1);
    cr_assert(app->message.open);
    cr_assert(strstr(app->message.what, "/no/such/file"));
    cr_assert(*app->message.why && *app->message.fix);
    cr_assert_eq(app->document_count, 2);
    cr_assert_eq(app->failure.code, TAU_STATUS_MISSING, "for a script");
    tau_app_destroy(app);
}

Test(loader, what_is_closed_meanwhile_stays_closed) {
    tau_app *app = make_app();
    run(app, "file.reload");
    tau_app_close_document(app, 0);
    read_all(app, 1);
    cr_assert_eq(app->document_count, 0);
    cr_assert_eq(tau_loader_open(app, write_bowl("b.land.h5", 301, 0.5, 3, 0)), TAU_STATUS_OK);
    tau_app_destroy(app); /* while it reads */
}

static const tau_app *saving;
static atomic_int saves;

/* HDF5 is for one thread at a time. */
static tau_status save(void *payload, const char *path, const double lo[2], const double hi[2],
                       size_t columns, size_t rows) {
    (void)payload, (void)path, (void)lo, (void)hi, (void)columns, (void)rows;
    atomic_fetch_add(&saves, tau_loader_get_path(saving) ? 100 : 1);
    return TAU_STATUS_OK;
}

Test(loader, what_is_to_be_saved_waits_for_the_file_that_is_being_read) {
    const tau_viewer_request request = {.program = {.save = save}};
    const tau_viewer_exploration exploration = {0};
    tau_app *app = make_app();
    double share;
    saving = app;
    app->request = &request;
    for (int stopped = 0; stopped < 2; stopped++) {
        cr_assert_eq(tau_loader_open(app, write_bowl("b.land.h5", 301, 0.5, 3, 0)), TAU_STATUS_OK);
        tau_app_get_document(app)->exploration = &exploration;
        cr_assert_eq(tau_tools_save(app, "out.land.h5"), TAU_STATUS_OK, "%s", tau_error_last()->what);
        tau_app_get_document(app)->exploration = NULL;
        cr_assert_str_eq(tau_tools_get_task(app, &share), "waiting for a file that is being read");
        if (stopped) tau_tools_stop_task(app);
        for (int i = 0; app->task || tau_loader_is_busy(app); i++) {
            cr_assert_lt(i, 60000);
            tau_app_tick(app, 1);
            usleep(1000);
        }
        cr_assert_eq(atomic_load(&saves), 1, "%s", stopped ? "it was stopped before it began" : "it began");
        cr_assert_eq(app->document_count, 2 + stopped);
    }
    app->request = NULL;
    tau_app_destroy(app);
}

Test(loader, a_document_waits_once_however_often_it_is_asked_for) {
    tau_app *app = make_app();
    int reads = 0;
    cr_assert_eq(tau_loader_open(app, write_bowl("b.land.h5", 301, 0.5, 3, 0)), TAU_STATUS_OK);
    for (int i = 0; i < 50; i++) run(app, "file.reload");
    for (int i = 0; tau_loader_is_busy(app); i++) {
        const uint64_t version = app->documents[0]->scene.version;
        cr_assert_lt(i, 60000);
        tau_app_tick(app, 1);
        reads += app->documents[0]->scene.version != version;
        usleep(1000);
    }
    cr_assert_eq(reads, 1);
    tau_app_destroy(app);
}

Test(loader, files_are_read_again_in_place) {
    tau_app *app = make_app();
    tau_document *document = app->documents[0];
    write_bowl("a.land.h5", 21, 0, 4, 0);
    run(app, "file.reload");
    cr_assert_eq(document->scene.field->nx, 9);
    read_all(app, 1);
    cr_assert_eq(document->scene.field->nx, 21);
    cr_assert_eq(document->states, 4);
    tau_app_destroy(app);
}
