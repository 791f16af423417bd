#define _GNU_SOURCE
#include "core/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <unistd.h>

#include "core/memory.h"

typedef struct worker {
    tau_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct tau_pool {
    int size;
    worker *workers; /* [size - 1]; the caller is worker 0 */
    pthread_mutex_t mutex;
    pthread_cond_t start, finished;
    unsigned long round; /* counts runs, so that a sleeping worker knows a new one */
    int busy;            /* workers still inside the present round */
    bool stop, gives_way;

    tau_pool_job job;
    void *payload;
    size_t count;
    const tau_cancel *cancel;
    atomic_size_t next;
    atomic_bool failed;
    tau_error_copy error; /* of the first failure, under the mutex */
};

/* A third of the weight of others: what draws comes first, and other programs do not stop what computes. */
enum { NICER = 5 };

static _Thread_local bool gives_way;

/* On Linux a thread has a niceness of its own; there is no way back without privileges. */
void tau_thread_give_way(void) {
    if (!gives_way) (void)!nice(NICER);
    gives_way = true;
}

static void keep_first_error(tau_pool *pool, tau_status status) {
    pthread_mutex_lock(&pool->mutex);
    if (!atomic_load(&pool->failed)) {
        if (tau_error_last()->code != status) (void)tau_fail(status, "a parallel job failed");
        tau_error_save(&pool->error);
        atomic_store(&pool->failed, true);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static void work(tau_pool *pool, int index) {
    while (!atomic_load(&pool->failed) && atomic_load(&pool->next) < pool->count) {
        if (tau_cancel_requested(pool->cancel)) {
            keep_first_error(pool, tau_fail(TAU_STATUS_CANCELLED, "stopped on request"));
            return;
        }
        size_t job = atomic_fetch_add(&pool->next, 1);
        if (job >= pool->count) return;
        tau_status status = pool->job(pool->payload, job, index);
        if (status != TAU_STATUS_OK) keep_first_error(pool, status);
    }
}

static void *worker_main(void *argument) {
    worker *self = argument;
    tau_pool *pool = self->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->stop && pool->round == seen) pthread_cond_wait(&pool->start, &pool->mutex);
        if (pool->stop) break;
        seen = pool->round;
        bool lower = pool->gives_way;
        pthread_mutex_unlock(&pool->mutex);
        if (lower) tau_thread_give_way();
        work(pool, self->index);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0) pthread_cond_signal(&pool->finished);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static int usable_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

tau_status tau_pool_create(tau_pool **out, int threads) {
    *out = NULL;
    if (threads < 0 || threads > 4096)
        return tau_fail(TAU_STATUS_USAGE, "cannot start %d threads" TAU_FIX "ask for 1 to 4096", threads);
    tau_pool *pool;
    TAU_TRY(TAU_ALLOC(pool, 1));
    int wanted = threads ? threads : usable_cores();
    pool->size = 1;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->finished, NULL);
    tau_status status = TAU_ALLOC(pool->workers, (size_t)wanted);
    while (status == TAU_STATUS_OK && pool->size < wanted) {
        worker *next = &pool->workers[pool->size - 1];
        *next = (worker){.pool = pool, .index = pool->size};
        if (pthread_create(&next->thread, NULL, worker_main, next) != 0)
            status = tau_fail(TAU_STATUS_MEMORY,
                              "cannot start thread %d of %d" TAU_WHY "the system refused" TAU_FIX
                              "ask for fewer with --threads",
                              pool->size + 1, wanted);
        else
            pool->size++;
    }
    if (status != TAU_STATUS_OK) {
        tau_pool_destroy(pool);
        return status;
    }
    *out = pool;
    return TAU_STATUS_OK;
}

void tau_pool_destroy(tau_pool *pool) {
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i + 1 < pool->size; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->mutex);
    tau_mem_free(pool->workers);
    tau_mem_free(pool);
}

int tau_pool_size(const tau_pool *pool) {
    return pool->size;
}

tau_status tau_pool_run(tau_pool *pool, size_t count, tau_pool_job job, void *payload,
                        const tau_cancel *cancel) {
    pthread_mutex_lock(&pool->mutex);
    pool->job = job;
    pool->payload = payload;
    pool->count = count;
    pool->cancel = cancel;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->failed, false);
    pool->busy = pool->size - 1;
    pool->gives_way = gives_way;
    pool->round++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->mutex);

    work(pool, 0);

    pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0) pthread_cond_wait(&pool->finished, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->failed) ? tau_error_restore(&pool->error) : TAU_STATUS_OK;
}
