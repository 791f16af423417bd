#include <criterion/criterion.h>

#include "train/weights.h"

Test(weights, balanced_weights_make_classes_weigh_the_same_together) {
    const int32_t classes[] = {0, 0, 0, 0, 0, 0, 1, 1, 2, 2};
    double weight[4];
    tau_class_weights_balance(weight, classes, 10, 3);
    cr_assert_float_eq(weight[0], 10.0 / 18, 1e-15);
    cr_assert_float_eq(weight[1], 10.0 / 6, 1e-15);
    cr_assert_float_eq(weight[2], 10.0 / 6, 1e-15);
    tau_class_weights_balance(weight, classes, 10, 4);
    cr_assert_eq(weight[3], 0);
}
