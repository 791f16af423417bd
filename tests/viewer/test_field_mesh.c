#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pictures.h"
#include "viewer/field_mesh.h"

/* A field as vertices, full and thinned. */
typedef struct subject {
    picture picture;
    tau_mesh grid;
    tau_field_mesh mesh;
} subject;

static void make(subject *s, const tau_field *field) {
    s->picture.scene.field = field;
    tau_space space;
    tau_space_fit(&space, &s->picture.scene, &s->picture.view);
    cr_assert_eq(tau_mesh_create(&s->grid, field, false), TAU_STATUS_OK);
    cr_assert_eq(tau_field_mesh_create(&s->mesh, field, &s->grid, &space), TAU_STATUS_OK);
    cr_assert_eq(tau_field_mesh_thin(&s->mesh), TAU_STATUS_OK);
}

static void release(subject *s) {
    tau_field_mesh_release(&s->mesh);
    tau_mesh_release(&s->grid);
    picture_release(&s->picture);
}

static tau_field *begin(subject *s, size_t side) {
    memset(s, 0, sizeof *s);
    s->picture = picture_create(PICTURE_SURFACE);
    return picture_add_field(&s->picture, side, side, 1, picture_bowl);
}

/* Of triangles as seen from above. */
static double get_area(const tau_field_mesh *m, const uint32_t *triangles, size_t count) {
    double area = 0;
    for (size_t i = 0; i < count; i += 3) {
        const tau_field_vertex *a = &m->vertices[triangles[i]], *b = &m->vertices[triangles[i + 1]],
                               *c = &m->vertices[triangles[i + 2]];
        area += fabs((double)(b->x - a->x) * (c->y - a->y) - (double)(c->x - a->x) * (b->y - a->y)) / 2;
    }
    return area;
}

static bool uses(const tau_field_mesh *m, size_t vertex) {
    for (size_t i = 0; i < m->coarse_indices; i++)
        if (m->coarse[i] == vertex) return true;
    return false;
}

Test(field_mesh, thinned_it_covers_the_same_ground_with_fewer_triangles) {
    static const size_t sides[] = {151, 152, 605};
    for (int i = 0; i < 3; i++) {
        subject s;
        make(&s, begin(&s, sides[i]));
        cr_expect_lt(s.mesh.coarse_indices * 2, s.mesh.triangle_indices, "%zu points a side", sides[i]);
        cr_expect_float_eq(get_area(&s.mesh, s.mesh.coarse, s.mesh.coarse_indices),
                           get_area(&s.mesh, s.mesh.triangles, s.mesh.triangle_indices), 1e-4);
        release(&s);
    }
}

Test(field_mesh, thinned_it_keeps_every_spike_and_every_gap) {
    enum { SIDE = 151 };
    subject s;
    tau_field *field = begin(&s, SIDE);
    double *value = (double *)field->value;
    const size_t spike = 71 * SIDE + 33, gap = 101 * SIDE + 101;
    value[spike] += 0.5;
    value[gap] = NAN;
    make(&s, field);
    cr_expect(uses(&s.mesh, spike), "the spike is there");
    cr_expect_not(uses(&s.mesh, gap), "nothing is drawn over the gap");
    cr_expect_float_eq(get_area(&s.mesh, s.mesh.coarse, s.mesh.coarse_indices),
                       get_area(&s.mesh, s.mesh.triangles, s.mesh.triangle_indices), 1e-4);
    cr_expect_gt(s.mesh.not_finite_indices, 0);
    release(&s);
}

Test(field_mesh, previews_stay_as_fine_as_they_are) {
    enum { SIDE = 151 };
    static uint8_t done[SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++) done[i] = i / SIDE < 75 ? TAU_SCENE_STATE_PREVIEW : 1;
    subject s;
    tau_field *field = begin(&s, SIDE);
    field->done = done;
    make(&s, field);
    cr_expect(s.mesh.preview);
    cr_expect(uses(&s.mesh, 33 * SIDE + 33));
    cr_expect_not(uses(&s.mesh, 121 * SIDE + 121));
    release(&s);
}

Test(field_mesh, small_fields_are_left_alone) {
    subject s;
    make(&s, begin(&s, 41));
    cr_expect_eq(s.mesh.coarse_indices, 0);
    cr_expect_eq(s.mesh.triangle_indices, 6 * 40 * 40);
    release(&s);
}

Test(field_mesh, slopes_are_those_of_the_surface) {
    subject s;
    make(&s, begin(&s, 101));
    for (size_t row = 10; row < 90; row += 17)
        for (size_t column = 10; column < 90; column += 13) {
            const tau_field_vertex *v = &s.mesh.vertices[row * 101 + column];
            float dx = (v[1].height - v[-1].height) / (v[1].x - v[-1].x);
            float dy = (v[101].height - v[-101].height) / (v[101].y - v[-101].y);
            cr_expect_float_eq(v->slope[0], dx, 1e-4);
            cr_expect_float_eq(v->slope[1], dy, 1e-4);
        }
    release(&s);
}
