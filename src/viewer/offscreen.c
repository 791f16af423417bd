#include "viewer/offscreen.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/glew.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

enum { DEVICES_MAX = 16, TRIED_SIZE = 400 };

struct tau_offscreen {
    EGLDisplay display;
    EGLContext context;
    EGLSurface surface;
    char words[256];
    char tried[TRIED_SIZE];
};

static bool has_extension(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at && (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
    return false;
}

static void note(tau_offscreen *o, const char *way, const char *problem) {
    size_t used = strlen(o->tried);
    snprintf(o->tried + used, sizeof o->tried - used, "%s%s: %s", used ? "; " : "", way, problem);
}

/* A context on an initialised display; with a small buffer where EGL cannot do without a surface. */
static bool make_context(tau_offscreen *o, const char *way) {
    static const EGLint wanted[] = {EGL_CONTEXT_MAJOR_VERSION,
                                    3,
                                    EGL_CONTEXT_MINOR_VERSION,
                                    3,
                                    EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                    EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                    EGL_NONE};
    static const EGLint with_buffer[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
                                         EGL_OPENGL_BIT, EGL_NONE};
    static const EGLint any[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
    static const EGLint small[] = {EGL_WIDTH, 16, EGL_HEIGHT, 16, EGL_NONE};
    bool surfaceless =
        has_extension(eglQueryString(o->display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context");
    EGLConfig config;
    EGLint count = 0;
    if (!eglBindAPI(EGL_OPENGL_API)) return note(o, way, "EGL has no OpenGL"), false;
    if (!eglChooseConfig(o->display, surfaceless ? any : with_buffer, &config, 1, &count) || count == 0)
        return note(o, way, "no configuration with OpenGL"), false;
    o->context = eglCreateContext(o->display, config, EGL_NO_CONTEXT, wanted);
    if (o->context == EGL_NO_CONTEXT) return note(o, way, "no OpenGL 3.3"), false;
    if (!surfaceless) o->surface = eglCreatePbufferSurface(o->display, config, small);
    if (eglMakeCurrent(o->display, o->surface, o->surface, o->context)) return true;
    return note(o, way, "the context cannot be made current"), false;
}

/* The display stays: it is one for the process, and other contexts may live on it. */
static void leave(tau_offscreen *o) {
    if (o->display == EGL_NO_DISPLAY) return;
    eglMakeCurrent(o->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    if (o->surface != EGL_NO_SURFACE) eglDestroySurface(o->display, o->surface);
    if (o->context != EGL_NO_CONTEXT) eglDestroyContext(o->display, o->context);
    o->display = EGL_NO_DISPLAY, o->surface = EGL_NO_SURFACE, o->context = EGL_NO_CONTEXT;
}

static bool try_display(tau_offscreen *o, EGLDisplay display, const char *way) {
    o->display = display;
    if (display == EGL_NO_DISPLAY) return note(o, way, "no such display"), false;
    if (!eglInitialize(display, NULL, NULL)) {
        o->display = EGL_NO_DISPLAY;
        return note(o, way, "EGL does not start"), false;
    }
    if (make_context(o, way)) return true;
    leave(o);
    return false;
}

static bool try_devices(tau_offscreen *o) {
    PFNEGLQUERYDEVICESEXTPROC query = (PFNEGLQUERYDEVICESEXTPROC)eglGetProcAddress("eglQueryDevicesEXT");
    PFNEGLGETPLATFORMDISPLAYEXTPROC get =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
    EGLDeviceEXT devices[DEVICES_MAX];
    EGLint count = 0;
    if (!query || !get || !query(DEVICES_MAX, devices, &count) || count == 0)
        return note(o, "device", "EGL lists none"), false;
    for (EGLint i = 0; i < count; i++)
        if (try_display(o, get(EGL_PLATFORM_DEVICE_EXT, devices[i], NULL), "device")) return true;
    return false;
}

static bool try_all(tau_offscreen *o) {
    const char *client = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);
    PFNEGLGETPLATFORMDISPLAYEXTPROC get =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
    if (get && has_extension(client, "EGL_MESA_platform_surfaceless") &&
        try_display(o, get(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL), "surfaceless"))
        return true;
    if (try_devices(o)) return true;
    return try_display(o, eglGetDisplay(EGL_DEFAULT_DISPLAY), "default display");
}

tau_status tau_offscreen_create(tau_offscreen **out) {
    *out = NULL;
    tau_offscreen *o;
    TAU_TRY(TAU_ALLOC(o, 1));
    o->display = EGL_NO_DISPLAY, o->surface = EGL_NO_SURFACE, o->context = EGL_NO_CONTEXT;
    if (!try_all(o)) {
        tau_status status = tau_fail(
            TAU_STATUS_DEVICE,
            "cannot draw in three dimensions" TAU_WHY "EGL gives no OpenGL 3.3 (%s)" TAU_FIX
            "install libgl1-mesa-dri, which draws without a GPU too, or the OpenGL driver of the GPU",
            o->tried);
        tau_mem_free(o);
        return status;
    }
    /* Without an X display glewInit reports that GLX is missing; OpenGL's own functions are loaded. */
    glewExperimental = GL_TRUE;
    GLenum loaded = glewInit();
    if (loaded != GLEW_OK && loaded != GLEW_ERROR_NO_GLX_DISPLAY) {
        tau_offscreen_destroy(o);
        return tau_fail(TAU_STATUS_DEVICE, "cannot draw in three dimensions" TAU_WHY "GLEW: %s",
                        (const char *)glewGetErrorString(loaded));
    }
    snprintf(o->words, sizeof o->words, "%s, OpenGL %.3s", (const char *)glGetString(GL_RENDERER),
             (const char *)glGetString(GL_VERSION));
    *out = o;
    return TAU_STATUS_OK;
}

void tau_offscreen_destroy(tau_offscreen *o) {
    if (!o) return;
    leave(o);
    tau_mem_free(o);
}

const char *tau_offscreen_describe(const tau_offscreen *offscreen) {
    return offscreen->words;
}
