/** An OpenGL context without a window, by EGL: with or without a GPU, a display or a server. */
#ifndef TAU_VIEWER_OFFSCREEN_H
#define TAU_VIEWER_OFFSCREEN_H

#include "core/status.h"

typedef struct tau_offscreen tau_offscreen;

/** Makes a context and makes it current. Surfaceless where EGL has that, else on a device, else on a small
 * buffer. @errors TAU_STATUS_DEVICE saying what was tried and what to install */
TAU_CHECK tau_status tau_offscreen_create(tau_offscreen **out);
void tau_offscreen_destroy(tau_offscreen *offscreen);

/** "llvmpipe (LLVM 15.0.6, 256 bits), OpenGL 4.5". @lifetime until destroy */
const char *tau_offscreen_describe(const tau_offscreen *offscreen);

#endif
