/** The plugins this program found, as the backends that --device chooses from. */
#ifndef TAU_CLI_PLUGINS_H
#define TAU_CLI_PLUGINS_H

/** Makes all backends known: those of plugins first, so that auto takes them where their device is there,
 * then cpu and ref. Where there is no cuda, a backend of that name says why it cannot compute: its plugin is
 * not installed, or does not load. */
void tau_cli_register_backends(void);

#endif
