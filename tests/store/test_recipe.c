#include "store/recipe.h"

#include <criterion/criterion.h>
#include <string.h>

#include "core/memory.h"
#include "store/landscape.h"

Test(recipe, the_first_difference_is_named_with_both_values) {
    const char *ours = "{\"identity\":{\"seed\":0,\"zeta\":1},\"provenance\":{\"host\":\"a\"}}";
    const char *theirs = "{\"provenance\":{\"host\":\"b\"},\"identity\":{\"zeta\":2,\"seed\":1}}";
    cr_assert_eq(tau_recipe_compare(ours, theirs, "land.h5"), TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->what, "cannot resume land.h5");
    cr_assert_str_eq(tau_error_last()->why, "it was computed with seed 1; this command says seed 0");
    cr_assert(*tau_error_last()->fix);
}

Test(recipe, provenance_and_order_do_not_matter) {
    cr_assert_eq(tau_recipe_compare("{\"identity\":{\"a\":1,\"b\":{\"c\":[1,2]}},\"provenance\":1}",
                                    "{\"identity\":{\"b\":{\"c\":[1,2]},\"a\":1}}", "f"),
                 TAU_STATUS_OK);
}

Test(recipe, nested_missing_and_text_members_read_well) {
    cr_assert_eq(tau_recipe_compare("{\"identity\":{\"data\":{\"sha\":\"x\"}}}",
                                    "{\"identity\":{\"data\":{\"sha\":\"y\"}}}", "f"),
                 TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->why, "it was computed with data.sha y; this command says data.sha x");
    cr_assert_eq(tau_recipe_compare("{\"identity\":{\"rate\":0.1}}", "{\"identity\":{\"rate\":0.25}}", "f"),
                 TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->why, "it was computed with rate 0.25; this command says rate 0.1");
    cr_assert_eq(tau_recipe_compare("{\"identity\":{}}", "{\"identity\":{\"norm\":\"filter\"}}", "f"),
                 TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->why, "it was computed with norm filter; this command says no norm");
    cr_assert_eq(tau_recipe_compare("{\"identity\":{\"norm\":\"filter\"}}", "{\"identity\":{}}", "f"),
                 TAU_STATUS_MISMATCH);
    cr_assert_str_eq(tau_error_last()->why, "it was computed without norm; this command says norm filter");
}

Test(recipe, what_is_no_recipe_is_an_input_error) {
    const char *good = "{\"identity\":{}}";
    const char *const bad[] = {"", "{", "[]", "{}", "{\"identity\":1}", "{\"identity\":{},\"identity\":{}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(tau_recipe_compare(good, bad[i], "f"), TAU_STATUS_INPUT, "%s", bad[i]);
        cr_assert_eq(tau_recipe_compare(bad[i], good, "f"), TAU_STATUS_INPUT, "%s", bad[i]);
    }
    char *deep;
    cr_assert_eq(TAU_ALLOC(deep, 100001), TAU_STATUS_OK);
    memset(deep, '[', 100000);
    cr_assert_eq(tau_recipe_compare(good, deep, "f"), TAU_STATUS_INPUT);
    tau_mem_free(deep);
}

Test(recipe, the_canonical_identity_is_sorted_and_compact) {
    char *identity;
    cr_assert_eq(
        tau_recipe_get_identity(&identity, "{ \"identity\": {\"b\": 2, \"a\": {\"z\": 1, \"y\": 0.5}}}"),
        TAU_STATUS_OK);
    cr_assert_str_eq(identity, "{\"a\":{\"y\":0.5,\"z\":1},\"b\":2}");
    tau_mem_free(identity);
}
