/** The kinds of things that export writes. */
#ifndef TAU_CLI_EXPORT_H
#define TAU_CLI_EXPORT_H

#include "cli/cli.h"

/** What follows the last dot of a file's name, or "". */
const char *tau_export_get_extension(const char *path);

/** One picture of all landscapes named on the command line. */
TAU_CHECK tau_status tau_export_figure(tau_cli *cli, const char *out);

/** One landscape as npy, csv or json. */
TAU_CHECK tau_status tau_export_table(tau_cli *cli, const char *out);

/** The network of a run or ONNX file as onnx or safetensors. */
TAU_CHECK tau_status tau_export_network(tau_cli *cli, const char *out);

#endif
