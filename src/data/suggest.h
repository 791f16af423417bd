/** "Did you mean": the name of a list nearest to what was typed. Private to this module. */
#ifndef TAU_DATA_SUGGEST_H
#define TAU_DATA_SUGGEST_H

#include <stddef.h>

#define TAU_SUGGEST_TEXT 400

/** "did you mean 'moons'?" where one name is near, else "choose one of a, b, c".
 *  @param[in] typed  `length` bytes   @param[in] names  NULL-terminated */
const char *tau_suggest(char out[TAU_SUGGEST_TEXT], const char *typed, size_t length,
                        const char *const *names);

#endif
