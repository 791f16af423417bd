#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/memory.h"
#include "scene/fields.h"
#include "scene/mesh_file.h"
#include "scene/mesh_job.h"
#include "scene/triangles.h"
#include "scratch.h"

static const double unit_lo[2] = {-1, -1}, unit_hi[2] = {1, 1};

static double bowl(double a, double b) {
    return 0.1 + a * a + b * b;
}

static double slope(double a, double b) {
    (void)b;
    return a;
}

static double nothing(double a, double b) {
    (void)a, (void)b;
    return NAN;
}

static double walls(double a, double b) {
    return fabs(a) > 0.7 ? 1e35 : fabs(b) > 0.9 ? INFINITY : bowl(a, b);
}

static tau_status cut(tau_triangles *out, const owned_field *made, double clip) {
    tau_scene scene = {.field = &made->field};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.clip = clip;
    tau_space space;
    tau_space_fit(&space, &scene, &view);
    return tau_triangles_create(out, &scene, &view, &space);
}

/* Area of the triangles as seen from above. */
static double measure_area(const tau_triangles *t) {
    double area = 0;
    for (size_t i = 0; i < t->count; i++) {
        const float *a = t->vertices[t->corners[i][0]].position, *b = t->vertices[t->corners[i][1]].position,
                    *c = t->vertices[t->corners[i][2]].position;
        double part = ((double)b[0] - (double)a[0]) * ((double)c[1] - (double)a[1]) -
                      ((double)b[1] - (double)a[1]) * ((double)c[0] - (double)a[0]);
        cr_assert(part >= -1e-12, "triangle %zu lies upside down", i);
        area += part / 2;
    }
    return area;
}

Test(triangles, cover_the_plane_once) {
    owned_field made = fields_make(17, 11, unit_lo, unit_hi, bowl);
    tau_triangles t;
    cr_assert_eq(cut(&t, &made, NAN), TAU_STATUS_OK);
    cr_assert_eq(t.vertex_count, 17 * 11);
    cr_assert_eq(t.count, 2 * 16 * 10);
    cr_assert_float_eq(measure_area(&t), 4, 1e-6);
    tau_triangles_clear(&t);
    fields_free(&made);
}

/* A slope from −1 to 1 cut at a loss keeps exactly the part below it, however the cut lies in the cells. */
Test(triangles, are_cut_exactly_at_the_top) {
    owned_field made = fields_make(9, 7, unit_lo, unit_hi, slope);
    for (double clip = -0.95; clip < 1; clip += 0.05) {
        tau_triangles t;
        cr_assert_eq(cut(&t, &made, clip), TAU_STATUS_OK);
        cr_assert_float_eq(measure_area(&t), 2 * (clip + 1), 1e-4, "clip %g: %g", clip, measure_area(&t));
        for (size_t i = 0; i < t.vertex_count; i++) {
            const tau_triangles_vertex *v = &t.vertices[i];
            cr_assert(v->position[2] <= 0.5f * (1 + 2e-6f));
            cr_assert(v->normal[2] > 0 && v->normal[0] < 0 && fabsf(v->normal[1]) < 1e-6f);
        }
        tau_triangles_clear(&t);
    }
    fields_free(&made);
}

/* No point of the surface is there twice: the cut is closed. */
Test(triangles, share_their_vertices_along_the_cut) {
    owned_field made = fields_make(31, 31, unit_lo, unit_hi, bowl);
    tau_triangles t;
    cr_assert_eq(cut(&t, &made, 0.77), TAU_STATUS_OK);
    size_t at_top = 0;
    for (size_t i = 0; i < t.vertex_count; i++) {
        at_top += t.vertices[i].position[2] > 0.4999f;
        for (size_t j = 0; j < i; j++)
            cr_assert(memcmp(t.vertices[i].position, t.vertices[j].position, sizeof t.vertices[i].position) !=
                      0);
    }
    cr_assert(at_top > 60, "%zu", at_top);
    tau_triangles_clear(&t);
    fields_free(&made);
}

Test(triangles, leave_cells_with_gaps_out_and_survive_walls) {
    owned_field made = fields_make(21, 21, unit_lo, unit_hi, walls);
    unsigned char done[441];
    memset(done, TAU_FIELD_STATE_DONE, sizeof done);
    done[10 * 21 + 10] = TAU_FIELD_STATE_NOT_COMPUTED;
    made.field.done = done;
    tau_triangles t;
    cr_assert_eq(cut(&t, &made, NAN), TAU_STATUS_OK);
    for (size_t i = 0; i < t.vertex_count; i++)
        for (int k = 0; k < 3; k++)
            cr_assert(isfinite(t.vertices[i].position[k]) && isfinite(t.vertices[i].normal[k]) &&
                      fabsf(t.vertices[i].position[k]) <= 1.00001f);
    /* 18 rows of cells are finite, 14 columns without walls; the hole takes four cells. Walls add a little.
     */
    double cell = 0.01, area = measure_area(&t);
    cr_assert(area >= cell * (18 * 14 - 4) - 1e-6 && area < cell * (18 * 16), "%g", area);
    tau_triangles_clear(&t);
    fields_free(&made);
}

/* A share of points none of whose losses is finite. */
static owned_field make_share(unsigned char done[25]) {
    owned_field made = fields_make(5, 5, unit_lo, unit_hi, slope);
    memset(done, TAU_FIELD_STATE_NOT_FINITE, 25);
    made.field.done = done;
    made.field.share = true;
    return made;
}

Test(triangles, of_shares_have_no_holes_where_the_loss_is_not_finite) {
    unsigned char done[25];
    owned_field made = make_share(done);
    tau_triangles t;
    cr_assert_eq(cut(&t, &made, NAN), TAU_STATUS_OK);
    cr_assert_float_eq(measure_area(&t), 4, 1e-6);
    tau_triangles_clear(&t);
    fields_free(&made);
}

Test(triangles, refuse_what_has_no_cell) {
    static const size_t sizes[][2] = {{1, 1}, {1, 5}, {5, 1}, {5, 5}};
    for (int s = 0; s < 4; s++) {
        owned_field made = fields_make(sizes[s][0], sizes[s][1], unit_lo, unit_hi, s == 3 ? nothing : bowl);
        tau_triangles t;
        cr_assert_eq(cut(&t, &made, NAN), TAU_STATUS_INPUT);
        cr_assert(t.vertices == NULL && t.corners == NULL);
        fields_free(&made);
    }
}

/* ---- files ---- */

static char *read_text(const char *path, size_t *size) {
    uint8_t *bytes;
    cr_assert_eq(tau_file_read(&bytes, size, path, (size_t)1 << 28), TAU_STATUS_OK, "%s",
                 tau_error_last()->why);
    return (char *)bytes;
}

static int count_words(const char *text, size_t size, const char *word) {
    int count = 0;
    for (size_t i = 0; i + strlen(word) <= size; i++) count += memcmp(text + i, word, strlen(word)) == 0;
    return count;
}

Test(mesh_file, paths_break_where_they_have_no_place) {
    owned_field made = fields_make(5, 5, unit_lo, unit_hi, bowl);
    const double coords[7][2] = {{0, 0}, {0.1, 0}, {NAN, 0}, {0.3, 0}, {INFINITY, 0}, {0.5, 0}, {5, 5}};
    const double loss[7] = {0.2, NAN, 1, INFINITY, 1, 1e35, NAN};
    tau_path paths[2] = {{.count = 7, .coords = coords, .loss_true = loss, .label = "a <&\"\x01\xff> b"},
                         {.count = 0}};
    tau_scene scene = {.field = &made.field, .paths = paths, .path_count = 2};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    const char *path = scratch("a.vtp"), *glb = scratch("a.glb");
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTP, &scene, &view, NULL), TAU_STATUS_OK);
    size_t size;
    char *text = read_text(path, &size);
    cr_assert_eq(count_words(text, size, "NumberOfPoints=\"5\" NumberOfVerts=\"1\" NumberOfLines=\"2\""), 1);
    tau_mem_free(text);
    cr_assert_eq(tau_mesh_file_write(glb, TAU_MESH_FORMAT_GLB, &scene, &view, NULL), TAU_STATUS_OK);
    text = read_text(glb, &size);
    cr_assert_eq(count_words(text, size, "\"mode\":3"), 2);
    tau_mem_free(text);
    fields_free(&made);
}

Test(mesh_file, hostile_names_stay_well_formed) {
    owned_field made = fields_make(3, 3, unit_lo, unit_hi, bowl);
    made.field.name = "<loss> & \"more\"\n\xc3";
    tau_scene scene = {.field = &made.field};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    const char *path = scratch("a.vts");
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTS, &scene, &view, "{\"a\": \"\xc3\x9f\"}"),
                 TAU_STATUS_OK);
    size_t size;
    char *text = read_text(path, &size);
    cr_assert_eq(count_words(text, size, "Name=\"&lt;loss> &amp; &quot;more&quot; ?\""), 1);
    cr_assert_eq(count_words(text, size, "123 34 97 34 58 32 34 195 159 34 125 0"), 1);
    tau_mem_free(text);
    path = scratch("a.ply");
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_PLY, &scene, &view, "two\nlines\r"),
                 TAU_STATUS_OK);
    text = read_text(path, &size);
    cr_assert_eq(count_words(text, size, "comment recipe two lines \n"), 1);
    tau_mem_free(text);
    fields_free(&made);
}

Test(mesh_file, characters_are_checked_as_utf8) {
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"a", 1},
                 {"ß", 2},
                 {"…", 3},
                 {"\xf0\x9f\x8e\x89", 4},
                 {"\xff", 0},
                 {"\x80", 0},
                 {"\xc3", 0},
                 {"\xc0\x80", 0},
                 {"\xe0\x80\x80", 0},
                 {"\xed\xa0\x80", 0},
                 {"\xe2\x80", 0},
                 {"\xf4\x90\x80\x80", 0},
                 {"\xf5\x80\x80\x80", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(tau_mesh_get_character(cases[i].text), cases[i].length, "case %zu", i);
}

Test(mesh_file, degenerate_grids_are_files_where_the_format_can_hold_them) {
    static const size_t sizes[][2] = {{1, 1}, {1, 4}, {4, 1}, {4, 3}};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    const char *path = scratch("a.vts");
    for (int s = 0; s < 4; s++)
        for (int log = 0; log < 2; log++) {
            owned_field made =
                fields_make(sizes[s][0], sizes[s][1], unit_lo, unit_hi, s == 3 ? nothing : bowl);
            tau_scene scene = {.field = &made.field};
            view.log = log;
            cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTS, &scene, &view, NULL), TAU_STATUS_OK);
            cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_OBJ, &scene, &view, NULL),
                         TAU_STATUS_INPUT);
            fields_free(&made);
        }
}

Test(mesh_file, shares_are_there_where_the_loss_is_not_finite) {
    unsigned char done[25];
    owned_field made = make_share(done);
    made.value[24] = NAN;
    tau_scene scene = {.field = &made.field};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    const char *path = scratch("a.vts"), tail[] = "\n</AppendedData>\n</VTKFile>\n";
    size_t size;
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTS, &scene, &view, NULL), TAU_STATUS_OK);
    char *text = read_text(path, &size);
    /* States and hidden points are the last of the numbers, each behind its length. */
    const char *hidden = text + size - strlen(tail) - 25, *state = hidden - 8 - 25;
    for (int i = 0; i < 25; i++) {
        cr_expect_eq(state[i], i < 24 ? TAU_FIELD_STATE_DONE : TAU_FIELD_STATE_NOT_FINITE, "point %d", i);
        cr_expect_eq(hidden[i] != 0, i == 24, "point %d", i);
    }
    tau_mem_free(text);
    fields_free(&made);
}

Test(mesh_file, nothing_to_write_leaves_the_old_file) {
    owned_field made = fields_make(3, 3, unit_lo, unit_hi, bowl);
    tau_scene scene = {.field = &made.field}, empty = {0};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    const char *path = scratch("a");
    cr_assert_eq(tau_file_write(path, "old", 3), TAU_STATUS_OK);
    for (int format = TAU_MESH_FORMAT_VTS; format <= TAU_MESH_FORMAT_GLB; format++)
        cr_assert_eq(tau_mesh_file_write(path, (tau_mesh_format)format, &empty, &view, NULL),
                     TAU_STATUS_INPUT);
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTP, &scene, &view, NULL), TAU_STATUS_INPUT);
    made.alpha[1] = made.alpha[0];
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTS, &scene, &view, NULL), TAU_STATUS_INPUT);
    made.alpha[1] = NAN;
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_GLB, &scene, &view, NULL), TAU_STATUS_INPUT);
    made.alpha[1] = 0;
    strcpy(view.colormap, "no such map");
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_PLY, &scene, &view, NULL), TAU_STATUS_MISSING);
    size_t size;
    char *text = read_text(path, &size);
    cr_assert_str_eq(text, "old");
    tau_mem_free(text);
    path = scratch("no/folder");
    cr_assert_eq(tau_mesh_file_write(path, TAU_MESH_FORMAT_VTS, &scene, &view, NULL), TAU_STATUS_MISSING);
    fields_free(&made);
}

Test(mesh_file, a_device_is_no_destination) {
    struct stat info;
    if (stat("/dev/full", &info) != 0) cr_skip_test("there is no /dev/full");
    owned_field made = fields_make(300, 300, unit_lo, unit_hi, bowl);
    tau_scene scene = {.field = &made.field};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    cr_assert_neq(tau_mesh_file_write("/dev/full", TAU_MESH_FORMAT_PLY, &scene, &view, NULL), TAU_STATUS_OK);
    fields_free(&made);
}

Test(mesh_file, a_collection_keeps_order_and_times) {
    static const char *const files[] = {"a.vts", "b & <c>.vts"};
    const double times[] = {0.5, 2}, bad[] = {0, NAN};
    const char *path = scratch("s.pvd");
    cr_assert_eq(tau_mesh_file_write_pvd(path, files, times, 2), TAU_STATUS_OK);
    size_t size;
    char *text = read_text(path, &size);
    cr_assert(strstr(text, "timestep=\"0.5\" group=\"\" part=\"0\" file=\"a.vts\""));
    cr_assert(strstr(text, "timestep=\"2\" group=\"\" part=\"0\" file=\"b &amp; &lt;c>.vts\""));
    tau_mem_free(text);
    cr_assert_eq(tau_mesh_file_write_pvd(path, files, bad, 2), TAU_STATUS_INPUT);
    cr_assert_eq(tau_mesh_file_write_pvd(path, files, NULL, 0), TAU_STATUS_OK);
}
