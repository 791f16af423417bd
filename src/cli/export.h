/** The kinds of things that export writes. */
#ifndef TAU_CLI_EXPORT_H
#define TAU_CLI_EXPORT_H

#include "cli/cli.h"
#include "figure/figure.h"
#include "scene/view.h"
#include "store/landscape.h"

/** What follows the last dot of a file's name, or "". */
const char *tau_export_get_extension(const char *path);

/** Whether export may write `path`: recorded trainings and landscapes are never replaced, nor what the
 * command reads. Pictures and films of the same kind are written anew, other files with --force only;
 * numbered pictures must not be mixed with older ones.
 *  @errors TAU_STATUS_EXISTS, TAU_STATUS_USAGE (an input of the command) */
TAU_CHECK tau_status tau_export_check_output(const tau_cli *cli, const char *path);

/** Reads what all pictures share: size, font, style, colour map, transparency and the cells of --layout, 0
 * where it was not given. @lifetime strings are those of the command line */
TAU_CHECK tau_status tau_export_get_page(const tau_cli *cli, tau_figure_options *out, int *rows,
                                         int *columns);

/** PDF or SVG by the extension, otherwise PNG. */
tau_figure_format tau_export_get_format(const char *path);

/** Whether a file holds recorded trainings, ours or DeepReplay's: their pictures are those of
 * tau_export_replay.
 *  @errors those of tau_file_find_kind */
TAU_CHECK tau_status tau_export_is_recording(bool *out, const char *path);

/** Pictures of a training: of one state, or a film. */
TAU_CHECK tau_status tau_export_replay(tau_cli *cli, const char *out);

/** One picture of all landscapes named on the command line. */
TAU_CHECK tau_status tau_export_figure(tau_cli *cli, const char *out);

/** One landscape as a surface in three dimensions: the plugin of OpenGL draws it. */
TAU_CHECK tau_status tau_export_surface(tau_cli *cli, const char *out);

/** "3.25in", "8cm", "84mm", "234pt" in points. @param[in] what  names it in the error
 *  @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_export_parse_length(double *out, const char *text, const char *what);

/** The name of an axis of a landscape: "α (PC 1, 71.3 %)". @param[in] axis  0 or 1 */
void tau_export_name_axis(char out[64], const tau_landscape *landscape, int axis);

/** The recipe of a landscape without the host, because pictures and meshes are published. @return from
 * jansson: freed with free; NULL: memory is short */
char *tau_export_publish_recipe(const tau_landscape *landscape);

/** What of a landscape is drawn or written. @lifetime the landscape's */
typedef struct tau_export_quantity {
    const char *name; /**< "loss", "macro-f1" */
    const double *values;
    bool is_loss;
    bool share; /**< of tau_field: accuracy and metrics */
    bool named; /**< on the command line */
} tau_export_quantity;

/** The quantity that --metric names, or --figure NAME:of=QUANTITY, which says the same; by default the loss.
 *  @param[in] path  of the landscape   @errors TAU_STATUS_USAGE: there is no such quantity, nothing of it was
 * recorded, or --log of a share over a plane */
TAU_CHECK tau_status tau_export_choose_quantity(tau_export_quantity *out, const tau_cli *cli,
                                                const tau_landscape *landscape, const char *path);

/** The one axis along which a landscape has points: 0 of a line and of a single row, 1 of a single column.
 * @return -1 = it is a plane */
int tau_export_get_only_axis(const tau_landscape *landscape);

/** The quantity as a field over the plane of its landscape. */
tau_field tau_export_make_field(const tau_export_quantity *quantity, const tau_landscape *landscape);

/** Whether a text of --figure, which may be NULL, names this figure, whatever its settings. */
bool tau_export_is_figure(const char *text, const char *name);

/** Whether a path moves by more than a fiftieth of the picture: on a random plane it hardly does. Notes it in
 * the log where it does not. */
bool tau_export_is_path_visible(const tau_landscape *landscape, const tau_landscape_projection *projection);

/** Takes over the view of a surface from a file of the viewer. Keys that are absent keep what `view` holds.
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT, TAU_STATUS_USAGE (a view of something else) */
TAU_CHECK tau_status tau_export_read_view(tau_view *view, const char *path);

/** A landscape as vts, vtp, ply, obj or glb, or several as a pvd with their vts beside it. */
TAU_CHECK tau_status tau_export_mesh(tau_cli *cli, const char *out);

/** One landscape as npy, csv or json. */
TAU_CHECK tau_status tau_export_table(tau_cli *cli, const char *out);

/** A run as a recording of DeepReplay: h5, with the model's file beside it. */
TAU_CHECK tau_status tau_export_deepreplay(tau_cli *cli, const char *out);

/** The network of a run or ONNX file as onnx or safetensors. */
TAU_CHECK tau_status tau_export_network(tau_cli *cli, const char *out);

#endif
