/* VTK's XML files, of which ParaView reads the numbers from the end of the file, raw. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "scene/mesh_job.h"

/* VTK's mark of points that are there for the structure alone. */
#define HIDDEN_POINT 2

/* ---- the parts of a file ---- */

static void put_head(const tau_mesh_job *job, const char *type) {
    fprintf(job->file,
            "<?xml version=\"1.0\"?>\n<VTKFile type=\"%s\" version=\"1.0\" byte_order=\"LittleEndian\" "
            "header_type=\"UInt64\">\n<%s",
            type, type);
}

/* A text as VTK keeps it: the numbers of its bytes. */
static void put_string(FILE *file, const char *text) {
    for (; *text; text++) fprintf(file, "%u ", (unsigned char)*text);
    fputs("0\n", file);
}

static void put_strings_head(FILE *file, const char *name, size_t count) {
    fprintf(file, "<DataArray type=\"String\" Name=\"%s\" NumberOfTuples=\"%zu\" format=\"ascii\">\n", name,
            count);
}

static void put_recipe(const tau_mesh_job *job) {
    if (!job->recipe) return;
    put_strings_head(job->file, "recipe", 1);
    put_string(job->file, job->recipe);
    fputs("</DataArray>\n", job->file);
}

/* One array of the file. Its numbers stand at the end, after those of the arrays before it. */
typedef struct array {
    const char *type, *name;
    int components;
    size_t size; /* bytes of a number */
    size_t count;
    const void *values;
} array;

/* Also moves `offset` behind the array. */
static void put_array(FILE *file, const array *a, uint64_t *offset) {
    fprintf(file, "<DataArray type=\"%s\" Name=\"", a->type);
    tau_mesh_put_xml(file, a->name);
    fprintf(file, "\" NumberOfComponents=\"%d\" format=\"appended\" offset=\"%llu\"/>\n", a->components,
            (unsigned long long)*offset);
    *offset += sizeof(uint64_t) + a->count * a->size;
}

static void put_numbers(FILE *file, const array *arrays, size_t count) {
    fputs("<AppendedData encoding=\"raw\">\n_", file);
    for (size_t i = 0; i < count; i++) {
        uint64_t bytes = arrays[i].count * arrays[i].size;
        fwrite(&bytes, sizeof bytes, 1, file);
        fwrite(arrays[i].values, arrays[i].size, arrays[i].count, file);
    }
    fputs("\n</AppendedData>\n</VTKFile>\n", file);
}

/* ---- the surface ---- */

typedef struct grid {
    double (*points)[3];
    double *scaled;
    uint8_t *state, *ghost;
} grid;

static uint8_t get_state(const tau_field *field, size_t i) {
    const uint8_t state = field->done ? field->done[i] : TAU_FIELD_STATE_DONE;
    if (state != TAU_FIELD_STATE_DONE && state != TAU_FIELD_STATE_NOT_FINITE) return state;
    return tau_field_has_value(field, i) ? TAU_FIELD_STATE_DONE : TAU_FIELD_STATE_NOT_FINITE;
}

static void fill_grid(const tau_mesh_job *job, grid *g) {
    const tau_field *field = job->scene->field;
    double floor = INFINITY;
    for (size_t i = 0; i < field->nx * field->ny; i++) {
        g->state[i] = get_state(field, i);
        bool there = g->state[i] == TAU_FIELD_STATE_DONE || g->state[i] == TAU_SCENE_STATE_PREVIEW;
        if (!there || !tau_space_get_scaled(&job->space, field->value[i], &g->scaled[i])) g->scaled[i] = NAN;
        if (g->scaled[i] < floor) floor = g->scaled[i];
    }
    if (!isfinite(floor)) floor = job->space.lo[2];
    for (size_t i = 0; i < field->nx * field->ny; i++) {
        bool blank = isnan(g->scaled[i]);
        g->ghost[i] = blank ? HIDDEN_POINT : 0;
        g->points[i][0] = field->alpha[i % field->nx];
        g->points[i][1] = field->beta[i / field->nx];
        g->points[i][2] = blank ? floor : g->scaled[i];
    }
}

static void put_grid(const tau_mesh_job *job, const grid *g) {
    const tau_field *field = job->scene->field;
    size_t count = field->nx * field->ny;
    const char *name = field->name && field->name[0] ? field->name : "loss";
    char scaled[160];
    snprintf(scaled, sizeof scaled, "%s%.128s", job->space.log ? "log10 " : "height of ", name);
    const array arrays[] = {{"Float64", "Points", 3, 8, 3 * count, g->points},
                            {"Float64", name, 1, 8, count, field->value},
                            {"Float64", scaled, 1, 8, count, g->scaled},
                            {"UInt8", "state", 1, 1, count, g->state},
                            {"UInt8", "vtkGhostType", 1, 1, count, g->ghost}};
    uint64_t offset = 0;
    put_head(job, "StructuredGrid");
    fprintf(job->file, " WholeExtent=\"0 %zu 0 %zu 0 0\">\n<FieldData>\n", field->nx - 1, field->ny - 1);
    put_recipe(job);
    fprintf(job->file, "</FieldData>\n<Piece Extent=\"0 %zu 0 %zu 0 0\">\n<Points>\n", field->nx - 1,
            field->ny - 1);
    put_array(job->file, &arrays[0], &offset);
    fputs("</Points>\n<PointData Scalars=\"", job->file);
    tau_mesh_put_xml(job->file, name);
    fputs("\">\n", job->file);
    for (int i = 1; i < 5; i++) put_array(job->file, &arrays[i], &offset);
    fputs("</PointData>\n</Piece>\n</StructuredGrid>\n", job->file);
    put_numbers(job->file, arrays, 5);
}

tau_status tau_mesh_write_vts(const tau_mesh_job *job) {
    size_t count = job->scene->field->nx * job->scene->field->ny;
    grid g = {0};
    tau_status status = TAU_ALLOC(g.points, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(g.scaled, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(g.state, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(g.ghost, count);
    if (status == TAU_STATUS_OK) {
        fill_grid(job, &g);
        put_grid(job, &g);
    }
    tau_mem_free(g.points);
    tau_mem_free(g.scaled);
    tau_mem_free(g.state);
    tau_mem_free(g.ghost);
    return status;
}

/* ---- the paths ---- */

/* States of all paths in one row; parts without gaps are lines, lonely states dots. */
typedef struct tracks {
    double (*points)[3];
    double *loss, *residual;
    int64_t *step, *index, *ends;
    int32_t *run, *cell_run;
    int64_t *dots, *dot_ends;
    size_t count, lines, dot_count;
} tracks;

static tau_status make_room(tracks *t, size_t states) {
    TAU_TRY(TAU_ALLOC(t->points, states));
    TAU_TRY(TAU_ALLOC(t->loss, states));
    TAU_TRY(TAU_ALLOC(t->residual, states));
    TAU_TRY(TAU_ALLOC(t->step, states));
    TAU_TRY(TAU_ALLOC(t->index, states));
    TAU_TRY(TAU_ALLOC(t->ends, states));
    TAU_TRY(TAU_ALLOC(t->run, states));
    TAU_TRY(TAU_ALLOC(t->cell_run, states));
    TAU_TRY(TAU_ALLOC(t->dots, states));
    return TAU_ALLOC(t->dot_ends, states);
}

static void clear_tracks(tracks *t) {
    void *const blocks[] = {t->points, t->loss, t->residual, t->step, t->index,
                            t->ends,   t->run,  t->cell_run, t->dots, t->dot_ends};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) tau_mem_free(blocks[i]);
}

static double to_scale(const tau_space *space, double height) {
    return space->lo[2] + (height / space->half[2] + 1) / 2 * (space->hi[2] - space->lo[2]);
}

static bool take_state(const tau_mesh_job *job, tracks *t, size_t p, size_t state) {
    const tau_path *path = &job->scene->paths[p];
    double world[3], *point = t->points[t->count], scaled;
    if (!tau_mesh_get_path_place(job, path, state, world)) return false;
    point[0] = path->coords[state][0];
    point[1] = path->coords[state][1];
    /* The world clamps what is far outside its box; a true loss is kept as it is. */
    bool known = path->loss_true && tau_space_get_scaled(&job->space, path->loss_true[state], &scaled);
    point[2] = known ? scaled : to_scale(&job->space, world[2]);
    t->loss[t->count] = path->loss_true ? path->loss_true[state] : NAN;
    t->residual[t->count] = path->residual ? path->residual[state] : NAN;
    t->step[t->count] = path->step ? path->step[state] : (int64_t)state;
    t->run[t->count++] = (int32_t)p;
    return true;
}

/* States first..count belong together: a line, or a dot. */
static void close_part(tracks *t, size_t first) {
    if (t->count == first) return;
    if (t->count - first == 1) {
        t->dots[t->dot_count] = (int64_t)first;
        t->dot_count++;
        t->dot_ends[t->dot_count - 1] = (int64_t)t->dot_count;
        return;
    }
    int64_t end = t->lines > 0 ? t->ends[t->lines - 1] : 0;
    for (size_t i = first; i < t->count; i++) t->index[end++] = (int64_t)i;
    t->ends[t->lines++] = end;
}

static void fill_tracks(const tau_mesh_job *job, tracks *t) {
    for (size_t p = 0; p < job->scene->path_count; p++) {
        size_t first = t->count;
        for (size_t state = 0; state < job->scene->paths[p].count; state++) {
            if (take_state(job, t, p, state)) continue;
            close_part(t, first);
            first = t->count;
        }
        close_part(t, first);
    }
    for (size_t i = 0; i < t->dot_count; i++) t->cell_run[i] = t->run[t->dots[i]];
    for (size_t i = 0; i < t->lines; i++) t->cell_run[t->dot_count + i] = t->run[t->index[t->ends[i] - 1]];
}

static void put_run_names(const tau_mesh_job *job) {
    put_strings_head(job->file, "runs", job->scene->path_count);
    for (size_t p = 0; p < job->scene->path_count; p++)
        put_string(job->file, job->scene->paths[p].label ? job->scene->paths[p].label : "");
    fputs("</DataArray>\n", job->file);
}

static void put_tracks(const tau_mesh_job *job, const tracks *t) {
    size_t indices = t->lines > 0 ? (size_t)t->ends[t->lines - 1] : 0;
    const array arrays[] = {{"Float64", "Points", 3, 8, 3 * t->count, t->points},
                            {"Int64", "step", 1, 8, t->count, t->step},
                            {"Float64", "loss", 1, 8, t->count, t->loss},
                            {"Float64", "residual", 1, 8, t->count, t->residual},
                            {"Int32", "run", 1, 4, t->count, t->run},
                            {"Int32", "run", 1, 4, t->dot_count + t->lines, t->cell_run},
                            {"Int64", "connectivity", 1, 8, t->dot_count, t->dots},
                            {"Int64", "offsets", 1, 8, t->dot_count, t->dot_ends},
                            {"Int64", "connectivity", 1, 8, indices, t->index},
                            {"Int64", "offsets", 1, 8, t->lines, t->ends}};
    static const char *const before[] = {"<Points>\n",
                                         "</Points>\n<PointData Scalars=\"step\">\n",
                                         "",
                                         "",
                                         "",
                                         "</PointData>\n<CellData>\n",
                                         "</CellData>\n<Verts>\n",
                                         "",
                                         "</Verts>\n<Lines>\n",
                                         ""};
    uint64_t offset = 0;
    put_head(job, "PolyData");
    fputs(">\n<FieldData>\n", job->file);
    put_recipe(job);
    put_run_names(job);
    fprintf(job->file,
            "</FieldData>\n<Piece NumberOfPoints=\"%zu\" NumberOfVerts=\"%zu\" NumberOfLines=\"%zu\" "
            "NumberOfStrips=\"0\" NumberOfPolys=\"0\">\n",
            t->count, t->dot_count, t->lines);
    for (int i = 0; i < 10; i++) {
        fputs(before[i], job->file);
        put_array(job->file, &arrays[i], &offset);
    }
    fputs("</Lines>\n</Piece>\n</PolyData>\n", job->file);
    put_numbers(job->file, arrays, 10);
}

tau_status tau_mesh_write_vtp(const tau_mesh_job *job) {
    size_t states = 0;
    for (size_t p = 0; p < job->scene->path_count; p++) states += job->scene->paths[p].count;
    if (states == 0)
        return tau_fail(TAU_STATUS_INPUT, "there is no trajectory to write" TAU_WHY
                                          "the landscape has no projected states" TAU_FIX
                                          "add them with: tauscape trace RUN --on LAND");
    tracks t = {0};
    tau_status status = make_room(&t, states);
    if (status == TAU_STATUS_OK) {
        fill_tracks(job, &t);
        put_tracks(job, &t);
    }
    clear_tracks(&t);
    return status;
}
