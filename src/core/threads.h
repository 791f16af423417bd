/** One pool of threads for the whole program; vendor libraries run single-threaded inside its workers. */
#ifndef TAU_CORE_THREADS_H
#define TAU_CORE_THREADS_H

#include <stddef.h>

#include "core/cancel.h"
#include "core/status.h"

typedef struct tau_pool tau_pool;

/** One job of a run. @param[in] index  0..count-1   @param[in] worker  0..tau_pool_size-1, for scratch space
 */
typedef tau_status (*tau_pool_job)(void *payload, size_t index, int worker);

/** Starts a pool. @param[in] threads  workers, the caller of tau_pool_run included; 0 = all cores that the
 *  process may use */
TAU_CHECK tau_status tau_pool_create(tau_pool **out, int threads);
void tau_pool_destroy(tau_pool *pool);

int tau_pool_size(const tau_pool *pool);

/** Runs job(payload, 0..count-1, worker) and waits. Indices are handed out in order, one at a time; the
 * caller works too, as worker 0. After the first failure or a cancel no new job starts; a cancel that comes
 * when every job has started changes nothing.
 *  @errors the failing job's status and message, brought to this thread; TAU_STATUS_CANCELLED
 *  @threads one run at a time; a job must not call tau_pool_run on its own pool */
TAU_CHECK tau_status tau_pool_run(tau_pool *pool, size_t count, tau_pool_job job, void *payload,
                                  const tau_cancel *cancel);

/** From now on the calling thread gives way to others that want a processor, and so do the workers of a
 * pool that it runs: what computes behind a window. It is as fast as ever where processors are free. */
void tau_thread_give_way(void);

#endif
