#include "viewer/loader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/memory.h"

typedef struct request {
    char *path, *group;
    tau_document *document; /* to be read again; NULL = a file to be opened */
    tau_document_kind kind;
    bool dropped;
} request;

struct tau_loader {
    request *waiting; /* [count], the first is being read where `running` */
    size_t count, capacity;
    bool running;
    pthread_t thread;
    /* Of the thread until it has ended. */
    atomic_bool ended;
    tau_app_host host;
    request now;
    tau_document *documents[TAU_APP_DOCUMENTS];
    int room, document_count;
    tau_status status;
    tau_error_copy error;
};

tau_status tau_loader_create(tau_loader **out) {
    return TAU_ALLOC(*out, 1);
}

static void close_read(tau_loader *loader) {
    for (int i = 0; i < loader->document_count; i++) tau_document_close(loader->documents[i]);
    loader->document_count = 0;
}

static void drop_first(tau_loader *loader) {
    tau_mem_free(loader->waiting[0].path);
    tau_mem_free(loader->waiting[0].group);
    loader->count--;
    memmove(loader->waiting, loader->waiting + 1, loader->count * sizeof *loader->waiting);
}

void tau_loader_destroy(tau_loader *loader) {
    if (!loader) return;
    if (loader->running) pthread_join(loader->thread, NULL);
    close_read(loader);
    while (loader->count) drop_first(loader);
    tau_mem_free(loader->waiting);
    tau_mem_free(loader);
}

/* ---- asking ---- */

static bool start(tau_app *app);

static tau_status add(tau_app *app, const char *path, const char *group, tau_document *document) {
    tau_loader *loader = app->loader;
    TAU_TRY(TAU_GROW(loader->waiting, loader->capacity, loader->count + 1));
    request *r = &loader->waiting[loader->count];
    *r = (request){.document = document, .kind = document ? document->kind : TAU_DOCUMENT_KIND_LANDSCAPE};
    TAU_TRY(tau_string_copy(&r->path, path));
    tau_status status = group ? tau_string_copy(&r->group, group) : TAU_STATUS_OK;
    if (status != TAU_STATUS_OK) {
        tau_mem_free(r->path);
        return status;
    }
    loader->count++;
    (void)start(app);
    return TAU_STATUS_OK;
}

tau_status tau_loader_open(tau_app *app, const char *path) {
    return add(app, path, NULL, NULL);
}

/* Whether the document waits to be read; what is being read may be old by now. */
static bool waits(const tau_loader *loader, const tau_document *document) {
    for (size_t i = loader->running || atomic_load(&loader->ended) ? 1 : 0; i < loader->count; i++)
        if (loader->waiting[i].document == document && !loader->waiting[i].dropped) return true;
    return false;
}

tau_status tau_loader_refresh(tau_app *app, tau_document *document) {
    tau_document_mark_read(document); /* where it fails, it is tried again only after a change */
    if (waits(app->loader, document)) return TAU_STATUS_OK;
    return add(app, document->path, document->group, document);
}

void tau_loader_forget(tau_app *app, const tau_document *document) {
    for (size_t i = 0; i < app->loader->count; i++)
        if (app->loader->waiting[i].document == document) app->loader->waiting[i].dropped = true;
}

bool tau_loader_is_busy(const tau_app *app) {
    return app->loader->count > 0;
}

const char *tau_loader_get_path(const tau_app *app) {
    return app->loader->running ? app->loader->now.path : NULL;
}

/* ---- reading ---- */

static void *work(void *payload) {
    tau_loader *loader = payload;
    const request *r = &loader->now;
    if (r->document) {
        loader->status = tau_document_read_file(&loader->documents[0], r->kind, r->path, r->group);
        loader->document_count = loader->status == TAU_STATUS_OK;
    } else {
        loader->status = tau_document_open(loader->documents, loader->room, &loader->document_count, r->path);
    }
    if (loader->status != TAU_STATUS_OK) tau_error_save(&loader->error);
    atomic_store(&loader->ended, true);
    if (loader->host.wake) loader->host.wake(loader->host.payload);
    return NULL;
}

/* Begins with the first file, unless something is under way. */
static bool start(tau_app *app) {
    tau_loader *loader = app->loader;
    if (loader->running || app->task || atomic_load(&loader->ended)) return false;
    while (loader->count && loader->waiting[0].dropped) drop_first(loader);
    if (loader->count == 0) return false;
    loader->now = loader->waiting[0];
    loader->host = app->host;
    loader->room = TAU_APP_DOCUMENTS - app->document_count;
    loader->document_count = 0;
    atomic_store(&loader->ended, false);
    loader->running = pthread_create(&loader->thread, NULL, work, loader) == 0;
    if (loader->running) return true;
    work(loader); /* without a thread the window waits */
    return false;
}

static void take_opened(tau_app *app, const char *path) {
    tau_loader *loader = app->loader;
    tau_status status = loader->status;
    if (status == TAU_STATUS_OK) {
        int count = loader->document_count;
        loader->document_count = 0;
        status = tau_app_take_documents(app, loader->documents, count, path);
    } else {
        (void)tau_error_restore(&loader->error);
    }
    if (tau_app_report(app, status) == TAU_STATUS_OK)
        tau_app_toast_text(app, "opened %s", tau_app_get_document(app)->title);
}

/* A writer may be in the middle of it: the file is then tried again once it has changed further. */
static void take_refreshed(tau_app *app, tau_document *document) {
    tau_loader *loader = app->loader;
    bool was_growing = document->growing, had_stopped = document->stopped;
    if (loader->status == TAU_STATUS_OK) {
        loader->document_count = 0;
        loader->status = tau_document_renew(document, loader->documents[0]);
        if (loader->status != TAU_STATUS_OK) tau_error_save(&loader->error);
    }
    if (loader->status != TAU_STATUS_OK) {
        tau_document_mark_unreadable(document);
        (void)tau_error_restore(&loader->error);
        tau_app_toast_text(app, "%s cannot be read just now: %s", document->title, tau_error_last()->what);
    } else if (document->stopped && !had_stopped) {
        tau_app_toast_text(app, "the writer of %s stopped; its %zu states are kept", document->title,
                           document->states);
    } else if (was_growing && !document->growing) {
        tau_app_toast_text(app, "%s is complete", document->title);
    }
}

static bool finish(tau_app *app) {
    tau_loader *loader = app->loader;
    if (loader->count == 0 || !atomic_load(&loader->ended)) return false;
    if (loader->running) pthread_join(loader->thread, NULL);
    loader->running = false;
    atomic_store(&loader->ended, false);
    const request *r = &loader->waiting[0];
    if (!r->dropped && r->document)
        take_refreshed(app, r->document);
    else if (!r->dropped)
        take_opened(app, r->path);
    close_read(loader);
    drop_first(loader);
    return true;
}

bool tau_loader_tick(tau_app *app) {
    bool changed = finish(app);
    return start(app) || changed;
}
