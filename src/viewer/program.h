/** Shader programs: a vertex and a fragment shader of one name, built in or read from a folder. Private to
 * the viewer. */
#ifndef TAU_VIEWER_PROGRAM_H
#define TAU_VIEWER_PROGRAM_H

#include "core/status.h"

typedef struct tau_shader {
    const char *name; /**< "surface.vert" */
    const char *text;
} tau_shader;

/** All that are built in; the last has no name. */
extern const tau_shader tau_shaders[];

/** Compiles and links `name`.vert and `name`.frag. Needs a current context.
 *  @param[out] program  OpenGL's number, deleted with glDeleteProgram; 0 on failure
 *  @param[in]  folder   read from there, or NULL: built in
 *  @errors TAU_STATUS_INPUT with the compiler's words, TAU_STATUS_MISSING, TAU_STATUS_IO */
TAU_CHECK tau_status tau_program_create(unsigned *program, const char *name, const char *folder);

#endif
