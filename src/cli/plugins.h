/** The plugins this program found, as the backends that --device chooses from. */
#ifndef TAU_CLI_PLUGINS_H
#define TAU_CLI_PLUGINS_H

#include "viewer/viewer.h"

/** Makes all backends known: those of plugins first, so that auto takes them where their device is there,
 * then cpu and ref. Where there is no cuda, a backend of that name says why it cannot compute: its plugin is
 * not installed, or does not load. */
void tau_cli_register_backends(void);

/** What draws in three dimensions and opens windows. tau_cli_register_backends has looked for it.
 *  @errors TAU_STATUS_DEVICE: its plugin is not installed, or does not load */
TAU_CHECK tau_status tau_cli_get_viewer(const tau_viewer **out);

#endif
