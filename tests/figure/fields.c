#include "fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const fields_optimizers[6] = {"SGD", "Adam", "RMSprop", "Nesterov", "Adagrad", "LBFGS"};

void *fields_alloc(field_memory *memory, size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size);
    if (!block || memory->count == (int)(sizeof memory->blocks / sizeof memory->blocks[0])) abort();
    return memory->blocks[memory->count++] = block;
}

void fields_release(field_memory *memory) {
    for (int i = 0; i < memory->count; i++) free(memory->blocks[i]);
    memset(memory, 0, sizeof *memory);
}

static double *make_axis(field_memory *memory, size_t count, double range) {
    double *axis = fields_alloc(memory, count, sizeof *axis);
    for (size_t i = 0; i < count; i++)
        axis[i] =
            count == 1 ? 0 : (-range * (double)(count - 1 - i) + range * (double)i) / (double)(count - 1);
    return axis;
}

tau_field *fields_add(field_memory *memory, size_t nx, size_t ny, double range, double (*f)(double, double)) {
    double *x = make_axis(memory, nx, range), *y = make_axis(memory, ny, range),
           *value = fields_alloc(memory, nx * ny, sizeof *value);
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) value[j * nx + i] = f(x[i], y[j]);
    tau_field *field = fields_alloc(memory, 1, sizeof *field);
    *field = (tau_field){.nx = nx, .ny = ny, .alpha = x, .beta = y, .value = value, .name = "loss"};
    return field;
}

void fields_fill_path(field_memory *memory, tau_path *path, size_t count, double turn, const char *label,
                      double (*loss)(double x, double y, double u)) {
    double(*coords)[2] = fields_alloc(memory, count, sizeof *coords);
    double *losses = loss ? fields_alloc(memory, count, sizeof *losses) : NULL;
    for (size_t t = 0; t < count; t++) {
        double u = (double)t / (double)(count - 1), r = exp(-3.2 * u) - exp(-3.2);
        coords[t][0] = 0.85 * r * cos(turn + 2.2 * u) + 0.03 * sin(25 * u) * r;
        coords[t][1] = 0.85 * r * sin(turn + 2.2 * u) + 0.05 * cos(31 * u) * r;
        if (loss) losses[t] = loss(coords[t][0], coords[t][1], u);
    }
    *path =
        (tau_path){.count = count, .coords = (const double(*)[2])coords, .label = label, .loss_true = losses};
}

void fields_fill_curve(field_memory *memory, tau_curve *curve, size_t count, double shift,
                       const char *label) {
    double *alpha = fields_alloc(memory, count, sizeof *alpha),
           *loss = fields_alloc(memory, count, sizeof *loss), *se = fields_alloc(memory, count, sizeof *se),
           *accuracy = fields_alloc(memory, count, sizeof *accuracy);
    for (size_t i = 0; i < count; i++) {
        double a = alpha[i] = -0.5 + 2.0 * (double)i / (double)(count - 1), away = fabs(a - 1 - shift);
        loss[i] = 0.05 + 2.2 * pow(away, 1.7) + 0.15 * exp(-30 * (a - 0.4) * (a - 0.4));
        se[i] = 0.04 + 0.06 * loss[i];
        accuracy[i] = 0.1 + 0.88 / (1 + 6 * pow(away, 3));
    }
    *curve = (tau_curve){.count = count,
                         .alpha = alpha,
                         .loss = loss,
                         .loss_se = se,
                         .right = accuracy,
                         .share = true,
                         .label = label};
}

double fields_flat(double x, double y) {
    return 2.302585 + 0 * x * y;
}

double fields_nothing(double x, double y) {
    return x + y > 0 ? NAN : INFINITY;
}
