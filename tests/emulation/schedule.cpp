// The schedule: which thread runs next, as text and as random numbers.
#include "runtime.hpp"
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace emulation {

schedule current_schedule;

bool schedule_parse(const char *text, schedule *schedule) {
    struct schedule parsed;
    int used = -1;
    if (strcmp(text, "ordered") == 0) {
        used = (int)strlen(text);
    } else if (sscanf(text, "shuffled:%" SCNu64 "%n", &parsed.seed, &used) == 1) {
        parsed.kind = schedule::SHUFFLED;
    } else if (sscanf(text, "starve:%u-%u:%" SCNu64 "%n", &parsed.first, &parsed.last, &parsed.seed, &used) ==
               3) {
        parsed.kind = schedule::STARVE;
    }
    if (used < 0 || text[used] != '\0') return false;
    *schedule = parsed;
    return true;
}

unsigned random_below(unsigned bound) {
    current_schedule.seed = current_schedule.seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t high = current_schedule.seed >> 33; // the low bits of such a generator have short periods
    return (unsigned)((high * bound) >> 31);
}

} // namespace emulation
