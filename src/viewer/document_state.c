/* Which state a text names. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "store/run.h"
#include "viewer/document.h"
#include "viewer/document_content.h"

static tau_status find_in_run(const char *path, const char *group, const char *text, double *out) {
    tau_run *run;
    size_t state = 0;
    TAU_TRY(tau_run_open(&run, path, group));
    tau_status status = tau_run_find_state(run, text, &state);
    tau_run_close(run);
    *out = (double)state;
    return status;
}

/* Landscapes may know the steps of their states; epochs and losses are in the run they were computed of. */
static tau_status find_in_source(const tau_document *document, const char *text, bool step, double *out) {
    const tau_landscape *landscape = document->content->landscape;
    json_t *recipe = landscape ? json_loads(landscape->recipe, 0, NULL) : NULL;
    const json_t *provenance = json_object_get(recipe, "provenance");
    const char *source = json_string_value(json_object_get(provenance, "source"));
    tau_status status =
        source ? find_in_run(source, json_string_value(json_object_get(provenance, "group")), text, out)
               : tau_fail(TAU_STATUS_MISSING,
                          "cannot find the state %s" TAU_WHY
                          "%s the run file, which is not known here" TAU_FIX "name a number, first or last%s",
                          text, step ? "the steps of its states are in" : "epochs and losses are in",
                          step || !document->steps ? "" : ", or step:S");
    json_decref(recipe);
    return status;
}

/* The last one not after the step, as in runs. */
static double find_step(const tau_document *document, double step) {
    size_t state = 0;
    while (state + 1 < document->states && (double)document->steps[state + 1] <= step) state++;
    return (double)state;
}

tau_status tau_document_find_state(const tau_document *document, const char *text, double *out) {
    if (document->states == 0)
        return tau_fail(TAU_STATUS_MISSING,
                        "there are no states" TAU_WHY "%s shows no training" TAU_FIX
                        "open one with a trajectory",
                        document->title);
    *out = strcmp(text, "last") == 0 ? (double)(document->states - 1) : 0;
    if (strcmp(text, "last") == 0 || strcmp(text, "first") == 0) return TAU_STATUS_OK;
    const bool step = strncmp(text, "step:", 5) == 0;
    if (step && document->steps) {
        *out = find_step(document, strtod(text + 5, NULL));
        return TAU_STATUS_OK;
    }
    return document->kind == TAU_DOCUMENT_KIND_RUN ? find_in_run(document->path, document->group, text, out)
                                                   : find_in_source(document, text, step, out);
}
