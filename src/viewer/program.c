#include "viewer/program.h"

#include <GL/glew.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"

enum { TEXT_LIMIT = 1 << 20, WORDS_SIZE = 900 };

/* Freed with tau_mem_free. */
static tau_status get_text(char **out, const char *file, const char *folder) {
    if (folder) {
        char *path;
        size_t size;
        TAU_TRY(tau_string_format(&path, "%s/%s", folder, file));
        tau_status status = tau_file_read((uint8_t **)out, &size, path, TEXT_LIMIT);
        tau_mem_free(path);
        return status;
    }
    for (const tau_shader *shader = tau_shaders; shader->name; shader++)
        if (strcmp(shader->name, file) == 0) return tau_string_copy(out, shader->text);
    return tau_fail(TAU_STATUS_MISSING, "there is no shader %s", file);
}

static tau_status compile(GLuint *out, GLenum stage, const char *file, const char *folder) {
    char *text;
    TAU_TRY(get_text(&text, file, folder));
    *out = glCreateShader(stage);
    const GLchar *source = text;
    glShaderSource(*out, 1, &source, NULL);
    glCompileShader(*out);
    tau_mem_free(text);
    GLint good = 0;
    glGetShaderiv(*out, GL_COMPILE_STATUS, &good);
    if (good) return TAU_STATUS_OK;
    char words[WORDS_SIZE] = "";
    glGetShaderInfoLog(*out, sizeof words, NULL, words);
    glDeleteShader(*out);
    *out = 0;
    return tau_fail(TAU_STATUS_INPUT, "the shader %s does not compile" TAU_WHY "%s", file, words);
}

static tau_status link(GLuint program, const char *name) {
    glLinkProgram(program);
    GLint good = 0;
    glGetProgramiv(program, GL_LINK_STATUS, &good);
    if (good) return TAU_STATUS_OK;
    char words[WORDS_SIZE] = "";
    glGetProgramInfoLog(program, sizeof words, NULL, words);
    return tau_fail(TAU_STATUS_INPUT, "the shaders of %s do not link" TAU_WHY "%s", name, words);
}

tau_status tau_program_create(unsigned *program, const char *name, const char *folder) {
    *program = 0;
    char file[64];
    GLuint vertex = 0, fragment = 0, made = 0;
    snprintf(file, sizeof file, "%s.vert", name);
    tau_status status = compile(&vertex, GL_VERTEX_SHADER, file, folder);
    snprintf(file, sizeof file, "%s.frag", name);
    if (status == TAU_STATUS_OK) status = compile(&fragment, GL_FRAGMENT_SHADER, file, folder);
    if (status == TAU_STATUS_OK) {
        made = glCreateProgram();
        glAttachShader(made, vertex);
        glAttachShader(made, fragment);
        status = link(made, name);
    }
    glDeleteShader(vertex);
    glDeleteShader(fragment);
    if (status != TAU_STATUS_OK) {
        glDeleteProgram(made);
        return status;
    }
    *program = made;
    return TAU_STATUS_OK;
}
