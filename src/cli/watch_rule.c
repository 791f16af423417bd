/* Which states a dashboard shows. */
#include <math.h>
#include <string.h>

#include "cli/watch.h"
#include "core/memory.h"

static tau_status refuse(const char *text) {
    return tau_fail(TAU_STATUS_USAGE,
                    "--every cannot be \"%s\"" TAU_FIX
                    "write N (every Nth state), a list such as 0,5,epoch:2,step:100, or "
                    "rule:moved=0.1,atleast=20",
                    text);
}

/* "moved=X" and "atleast=K", in any order. */
static tau_status parse_moved(tau_watch_rule *rule, char *words, const char *text) {
    char *rest;
    bool moved = false;
    rule->kind = TAU_WATCH_RULE_KIND_MOVED;
    for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        if (strncmp(word, "moved=", 6) == 0 && !moved) {
            TAU_TRY(tau_cli_parse_real(&rule->moved, word + 6, "--every rule:moved"));
            moved = true;
        } else if (strncmp(word, "atleast=", 8) == 0 && rule->every == 0) {
            TAU_TRY(tau_cli_parse_count(&rule->every, word + 8, "--every rule:atleast"));
            if (rule->every < 1) return refuse(text);
        } else {
            return refuse(text);
        }
    }
    return moved && rule->moved >= 0 ? TAU_STATUS_OK : refuse(text);
}

static tau_status parse_mark(tau_watch_mark *mark, const char *word) {
    uint64_t number;
    if (strncmp(word, "epoch:", 6) == 0) {
        mark->unit = 'e';
        return tau_cli_parse_real(&mark->at, word + 6, "--every epoch");
    }
    mark->unit = strncmp(word, "step:", 5) == 0 ? 's' : 'i';
    TAU_TRY(tau_cli_parse_count(&number, mark->unit == 's' ? word + 5 : word, "--every"));
    mark->at = (double)number;
    return TAU_STATUS_OK;
}

static tau_status parse_list(tau_watch_rule *rule, char *words, const char *text) {
    char *rest;
    rule->kind = TAU_WATCH_RULE_KIND_LIST;
    for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        TAU_TRY(TAU_GROW(rule->marks, rule->mark_capacity, rule->mark_count + 1));
        TAU_TRY(parse_mark(&rule->marks[rule->mark_count++], word));
    }
    return rule->mark_count ? TAU_STATUS_OK : refuse(text);
}

tau_status tau_watch_rule_parse(tau_watch_rule *out, const char *text) {
    char *words;
    *out = (tau_watch_rule){.kind = TAU_WATCH_RULE_KIND_EVERY, .every = 1};
    if (!text) return TAU_STATUS_OK;
    const bool moved = strncmp(text, "rule:", 5) == 0;
    if (!moved && !strpbrk(text, ",:")) {
        TAU_TRY(tau_cli_parse_count(&out->every, text, "--every"));
        return out->every ? TAU_STATUS_OK : refuse(text);
    }
    out->every = 0;
    TAU_TRY(tau_string_copy(&words, moved ? text + 5 : text));
    tau_status status = moved ? parse_moved(out, words, text) : parse_list(out, words, text);
    tau_mem_free(words);
    return status;
}

void tau_watch_rule_clear(tau_watch_rule *rule) {
    tau_mem_free(rule->marks);
    tau_mem_free(rule->theta);
    tau_mem_free(rule->now);
    *rule = (tau_watch_rule){0};
}

/* ---- deciding ---- */

/* A mark is met by the first state that is not before it. */
static bool meets(const tau_watch_mark *mark, const tau_replay *replay, size_t state) {
    if (mark->unit == 'i') return mark->at == (double)state;
    const tau_moment now = tau_replay_get_moment(replay, state);
    const tau_moment before = tau_replay_get_moment(replay, state ? state - 1 : 0);
    const double here = mark->unit == 's' ? (double)now.step : now.epoch;
    const double there = mark->unit == 's' ? (double)before.step : before.epoch;
    return here >= mark->at && (state == 0 || there < mark->at);
}

static bool is_listed(const tau_watch_rule *rule, const tau_replay *replay, size_t state) {
    for (size_t i = 0; i < rule->mark_count; i++)
        if (meets(&rule->marks[i], replay, state)) return true;
    return false;
}

/* A parameter that is not a number has moved if it was one before. */
static bool has_moved(const tau_watch_rule *rule, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double way = fabs((double)rule->now[i] - (double)rule->theta[i]);
        if (way > rule->moved || (isnan(way) && isnan(rule->now[i]) != isnan(rule->theta[i]))) return true;
    }
    return false;
}

static tau_status decide_moved(tau_watch_rule *rule, tau_replay *replay, size_t state, bool last,
                               bool *show) {
    const size_t count = tau_replay_get_graph(replay)->theta_size;
    if (!rule->theta) {
        TAU_TRY(TAU_ALLOC(rule->theta, count));
        TAU_TRY(TAU_ALLOC(rule->now, count));
    }
    TAU_TRY(tau_replay_read_parameters(replay, state, rule->now));
    *show =
        !rule->any || last || (rule->every && state >= rule->shown + rule->every) || has_moved(rule, count);
    if (*show) memcpy(rule->theta, rule->now, count * sizeof *rule->theta);
    return TAU_STATUS_OK;
}

tau_status tau_watch_rule_decide(tau_watch_rule *rule, tau_replay *replay, size_t state, bool last,
                                 bool *show) {
    *show = false;
    if (rule->any && rule->shown == state) return TAU_STATUS_OK;
    if (rule->kind == TAU_WATCH_RULE_KIND_MOVED)
        TAU_TRY(decide_moved(rule, replay, state, last, show));
    else if (rule->kind == TAU_WATCH_RULE_KIND_LIST)
        *show = is_listed(rule, replay, state);
    else
        *show = last || state % rule->every == 0;
    if (*show) {
        rule->any = true;
        rule->shown = state;
    }
    return TAU_STATUS_OK;
}

void tau_watch_rule_forget(tau_watch_rule *rule, size_t count) {
    if (rule->shown >= count) rule->any = false;
}
