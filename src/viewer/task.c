#include "viewer/task.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "viewer/loader.h"
#include "viewer/tools.h"

typedef enum task_kind { TASK_REPLANE, TASK_SAVE } task_kind;

struct tau_app_task {
    task_kind kind;
    const tau_viewer_program *program;
    tau_app_host host;
    char text[TAU_APP_PATH]; /* words of a plane, or a path */
    double lo[2], hi[2];
    size_t columns, rows;
    tau_viewer_exploration exploration; /* what it brought */
    bool started;                       /* it waits for the file that is being read */
    pthread_t thread;
    atomic_bool ended;
    tau_status status;
    tau_error_copy error;
};

static void *work(void *payload) {
    tau_app_task *task = payload;
    const tau_viewer_program *p = task->program;
    tau_thread_give_way();
    task->status = task->kind == TASK_REPLANE
                       ? p->replane(p->payload, task->text, &task->exploration)
                       : p->save(p->payload, task->text, task->lo, task->hi, task->columns, task->rows);
    if (task->status != TAU_STATUS_OK) tau_error_save(&task->error);
    atomic_store(&task->ended, true);
    if (task->host.wake) task->host.wake(task->host.payload);
    return NULL;
}

/* Begins, unless a file is being read; frees the task where it cannot. */
static tau_status start(tau_app *app) {
    tau_app_task *task = app->task;
    if (tau_loader_get_path(app)) return TAU_STATUS_OK;
    task->started = pthread_create(&task->thread, NULL, work, task) == 0;
    if (task->started) return TAU_STATUS_OK;
    app->task = NULL;
    tau_mem_free(task);
    return tau_fail(TAU_STATUS_MEMORY, "cannot start a thread" TAU_WHY "the system has none left");
}

/* Takes over `task`, before which no other file is read from now on. */
static tau_status take(tau_app *app, tau_app_task *task) {
    task->program = &app->request->program;
    task->host = app->host;
    if (task->program->cancel) atomic_store(&task->program->cancel->reason, 0);
    app->task = task;
    return start(app);
}

static tau_status create(tau_app *app, task_kind kind, const char *text, tau_app_task **out) {
    const tau_document *document = tau_app_get_document(app);
    const tau_viewer_program *program = app->request ? &app->request->program : NULL;
    bool able = program && (kind == TASK_REPLANE ? program->replane != NULL : program->save != NULL);
    if (app->task)
        return tau_fail(TAU_STATUS_USAGE,
                        "the explorer is busy" TAU_FIX "wait, or stop it in the status line");
    if (!able || !document || !document->exploration)
        return tau_fail(TAU_STATUS_USAGE,
                        "this needs the network itself" TAU_WHY "a landscape file holds values only" TAU_FIX
                        "explore the run: tauscape view RUN --dirs pca");
    if (!*text || strlen(text) >= TAU_APP_PATH)
        return tau_fail(TAU_STATUS_USAGE, "%s" TAU_FIX "%s",
                        kind == TASK_SAVE ? "no file was named" : "no plane was named",
                        kind == TASK_SAVE ? "write one, such as here.land.h5"
                                          : "write random:SEED, pca or states:A,B,C");
    TAU_TRY(TAU_ALLOC(*out, 1));
    (*out)->kind = kind;
    strcpy((*out)->text, text);
    return TAU_STATUS_OK;
}

tau_status tau_tools_replane(tau_app *app, const char *words) {
    tau_app_task *task;
    TAU_TRY(create(app, TASK_REPLANE, words, &task));
    return take(app, task);
}

tau_status tau_tools_save(tau_app *app, const char *path) {
    tau_app_task *task;
    TAU_TRY(create(app, TASK_SAVE, path, &task));
    const tau_document *document = tau_app_get_document(app);
    const tau_field *field = document->scene.field;
    const tau_curve *curve = document->scene.curve_count ? document->scene.curves : NULL;
    if (!field && !curve) {
        tau_mem_free(task);
        return tau_fail(TAU_STATUS_USAGE,
                        "there is nothing to save yet" TAU_FIX "wait for the first picture");
    }
    task->columns = field ? field->nx : curve->count;
    task->rows = field ? field->ny : 1;
    task->lo[0] = field ? field->alpha[0] : curve->alpha[0];
    task->hi[0] = field ? field->alpha[field->nx - 1] : curve->alpha[curve->count - 1];
    task->lo[1] = field ? field->beta[0] : 0;
    task->hi[1] = field ? field->beta[field->ny - 1] : 0;
    return take(app, task);
}

/* Ends a task that has not begun. */
static void drop(tau_app *app) {
    tau_mem_free(app->task);
    app->task = NULL;
}

/* Everything that was known of the old plane goes: pins, ways, the line. */
static void take_plane(tau_app *app, const tau_viewer_exploration *exploration) {
    int index = 0;
    while (index < app->document_count && !app->documents[index]->exploration) index++;
    tau_tools_forget(app);
    app->exploration = *exploration;
    memset(&app->looked, 0, sizeof app->looked);
    tau_document *fresh;
    if (tau_app_report(app, tau_document_open_exploration(&fresh, &app->exploration)) != TAU_STATUS_OK)
        return;
    if (index == app->document_count) {
        tau_document_close(fresh);
        return;
    }
    fresh->scene.version = app->documents[index]->scene.version + 1;
    tau_document_close(app->documents[index]);
    app->documents[index] = fresh;
    int kept = 0;
    for (int i = 0; i < app->state.pin_count; i++)
        if (app->state.pins[i].document != index) app->state.pins[kept++] = app->state.pins[i];
    app->state.pin_count = kept;
    for (int p = 0; p < app->state.pane_count; p++) {
        if (app->state.panes[p].document != index) continue;
        tau_view *view = &app->state.panes[p].view;
        for (int axis = 0; axis < 2; axis++) view->map_lo[axis] = view->map_hi[axis] = NAN;
        tau_app_show(app, p, index);
        app->places[p] = (tau_pane_place){0};
        app->fit_due[p] = true;
    }
    tau_history_clear(app->data);
    app->hovering = false;
    tau_app_toast_text(app, "now in %s", fresh->title);
}

bool tau_task_finish(tau_app *app, bool wait) {
    tau_app_task *task = app->task;
    if (task && !task->started && wait) drop(app);
    if (!app->task) return false;
    if (!task->started) return tau_app_report(app, start(app)) != TAU_STATUS_OK;
    if (!wait && !atomic_load(&task->ended)) return false;
    pthread_join(task->thread, NULL);
    app->task = NULL;
    if (task->status == TAU_STATUS_OK && task->kind == TASK_SAVE)
        tau_app_toast_text(app, "saved %.200s", task->text);
    else if (task->status == TAU_STATUS_OK)
        take_plane(app, &task->exploration);
    else if (task->status == TAU_STATUS_CANCELLED)
        tau_app_toast_text(app, "stopped");
    else
        tau_app_report(app, tau_error_restore(&task->error));
    tau_mem_free(task);
    return true;
}

const char *tau_tools_get_task(const tau_app *app, double *share) {
    *share = NAN;
    if (!app->task) return NULL;
    if (!app->task->started) return "waiting for a file that is being read";
    const tau_viewer_program *program = app->task->program;
    if (app->task->kind == TASK_REPLANE) return "finding the plane";
    if (program->get_progress) *share = program->get_progress(program->payload);
    return "saving";
}

void tau_tools_stop_task(tau_app *app) {
    if (app->task && !app->task->started) {
        drop(app);
        tau_app_toast_text(app, "stopped");
        return;
    }
    if (app->task && app->task->program->cancel) tau_cancel_request(app->task->program->cancel, 1);
}
