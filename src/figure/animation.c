#include "figure/animation.h"

#include <cairo.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/encoder.h"
#include "figure/metadata.h"

/* Of H.264 and VP9; of cairo, which draws frames. */
static const int side_max[] = {[TAU_ANIMATION_FORMAT_MP4] = 16384,
                               [TAU_ANIMATION_FORMAT_WEBM] = 16384,
                               [TAU_ANIMATION_FORMAT_GIF] = 32767,
                               [TAU_ANIMATION_FORMAT_FRAMES] = 32767};

struct tau_animation {
    tau_animation_format format;
    tau_animation_options options;
    char *title, *recipe; /* owned, as the options have them; or NULL */
    char *path;
    char *pattern; /* of PNGs, or NULL: ffmpeg has the frames */
    tau_encoder *encoder;
    tau_file_replacement film;
    cairo_surface_t *image; /* of one frame; PNGs only */
    size_t count;
    bool lacks_ffmpeg;
};

/* ---- names ---- */

/* The one "%d" or "%0Nd" of a name; where the file's own name has it, the folders may have any %.
 * @param[out] width  digits at least */
static const char *find_number(const char *path, int *width, size_t *length) {
    const char *slash = strrchr(path, '/'), *percent = strchr(slash ? slash : path, '%');
    if (!percent) percent = strchr(path, '%');
    if (!percent || strchr(percent + 1, '%')) return NULL;
    const char *p = percent + 1;
    *width = 0;
    if (*p == '0') p++;
    for (; *p >= '0' && *p <= '9' && *width < 10; p++) *width = 10 * *width + (*p - '0');
    if (*p != 'd' || *width > 9) return NULL;
    *length = (size_t)(p + 1 - percent);
    return percent;
}

bool tau_animation_find_format(tau_animation_format *out, const char *path) {
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    int width;
    size_t length;
    if (!dot || (slash && dot < slash)) return false;
    if (strcmp(dot, ".mp4") == 0)
        *out = TAU_ANIMATION_FORMAT_MP4;
    else if (strcmp(dot, ".webm") == 0)
        *out = TAU_ANIMATION_FORMAT_WEBM;
    else if (strcmp(dot, ".gif") == 0)
        *out = TAU_ANIMATION_FORMAT_GIF;
    else if (strcmp(dot, ".png") == 0 && find_number(path, &width, &length))
        *out = TAU_ANIMATION_FORMAT_FRAMES;
    else
        return false;
    return true;
}

static tau_status name_frame(char **out, const char *pattern, size_t index) {
    int width = 0;
    size_t length = 0;
    const char *number = find_number(pattern, &width, &length);
    return tau_string_format(out, "%.*s%0*zu%s", (int)(number - pattern), pattern, width, index,
                             number + length);
}

/* The folder of numbered frames and how their names begin and end. */
typedef struct frame_names {
    char *folder, *start;
    const char *end;
    int width;
} frame_names;

static tau_status split_names(frame_names *out, const char *pattern) {
    size_t length = 0;
    *out = (frame_names){0};
    const char *slash = strrchr(pattern, '/'), *name = slash ? slash + 1 : pattern,
               *number = find_number(pattern, &out->width, &length);
    /* The number may also be part of the folder's name: then no two frames share a folder. */
    if (!number || number < name) return TAU_STATUS_OK;
    out->end = number + length;
    TAU_TRY(tau_string_format(&out->folder, "%.*s", slash ? (int)(slash - pattern + 1) : 2,
                              slash ? pattern : "./"));
    return tau_string_format(&out->start, "%.*s", (int)(number - name), name);
}

/* As name_frame writes them: zeros only up to the width. */
static bool is_frame(const frame_names *names, const char *name) {
    size_t start = strlen(names->start), digits;
    if (strncmp(name, names->start, start) != 0) return false;
    digits = strspn(name + start, "0123456789");
    if (digits == 0 || strcmp(name + start + digits, names->end) != 0) return false;
    return digits == (size_t)names->width ||
           (digits > (size_t)names->width && (name[start] != '0' || digits == 1));
}

/* Finds the frames of a pattern, and removes them if asked. */
static tau_status visit_frames(const char *pattern, bool remove_them, bool *any) {
    frame_names names;
    tau_status status = split_names(&names, pattern);
    DIR *folder = status == TAU_STATUS_OK && names.start ? opendir(names.folder) : NULL;
    *any = false;
    for (struct dirent *entry; folder && status == TAU_STATUS_OK && (entry = readdir(folder));) {
        if (!is_frame(&names, entry->d_name)) continue;
        *any = true;
        if (remove_them && unlinkat(dirfd(folder), entry->d_name, 0) != 0)
            status = tau_fail(TAU_STATUS_IO,
                              "cannot remove the frame %s%s" TAU_WHY "%s" TAU_FIX "name another folder",
                              names.folder, entry->d_name, strerror(errno));
    }
    if (folder) closedir(folder);
    tau_mem_free(names.folder);
    tau_mem_free(names.start);
    return status;
}

tau_status tau_animation_find_frames(bool *any, const char *path) {
    return visit_frames(path, false, any);
}

tau_status tau_animation_remove_frames(const char *path) {
    bool any;
    return visit_frames(path, true, &any);
}

/* ---- start ---- */

/* As av_image_check_size2 of ffmpeg's libavutil has it, with sides made even for the codecs. */
static bool is_too_large(int width, int height) {
    const int64_t w = width + width % 2, h = height + height % 2;
    return (8 * w + 1024) * (h + 128) >= INT32_MAX;
}

tau_status tau_animation_check(const char *path, const tau_animation_options *options) {
    tau_animation_format format;
    if (!tau_animation_find_format(&format, path))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot make a film called %s" TAU_WHY "its name does not say what it is" TAU_FIX
                        "use .mp4, .webm, .gif, or frames/%%05d.png",
                        path);
    const int most = side_max[format];
    if (options->width < 1 || options->height < 1 || options->width > most || options->height > most)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot make a film of %d × %d pixels" TAU_WHY
                        "a side must be between 1 and %d pixels" TAU_FIX "choose another size",
                        options->width, options->height, most);
    if (format != TAU_ANIMATION_FORMAT_FRAMES && is_too_large(options->width, options->height))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot make a film of %d × %d pixels" TAU_WHY "ffmpeg takes no frames of more than "
                        "about 264 million pixels" TAU_FIX "choose another size, or write frames/%%05d.png",
                        options->width, options->height);
    if (!(options->fps >= 0.01 && options->fps <= 1000))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot show %g frames a second" TAU_WHY "it must be between 0.01 and 1000" TAU_FIX
                        "choose another rate, such as 15",
                        options->fps);
    return TAU_STATUS_OK;
}

static tau_status use_frames(tau_animation *animation) {
    char *folder;
    TAU_TRY(tau_string_copy(&folder, animation->pattern));
    char *slash = strrchr(folder, '/');
    tau_status status = TAU_STATUS_OK;
    if (slash && slash != folder) {
        *slash = '\0';
        status = tau_file_make_directory(folder);
    }
    tau_mem_free(folder);
    if (status == TAU_STATUS_OK && animation->options.replace)
        status = tau_animation_remove_frames(animation->pattern);
    if (status != TAU_STATUS_OK) return status;
    animation->image =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, animation->options.width, animation->options.height);
    return cairo_surface_status(animation->image) == CAIRO_STATUS_SUCCESS
               ? TAU_STATUS_OK
               : tau_fail(TAU_STATUS_MEMORY, "cannot make a frame of %d × %d pixels",
                          animation->options.width, animation->options.height);
}

static tau_status start(tau_animation *animation, const char *path) {
    TAU_TRY(tau_string_copy(&animation->path, path));
    if (animation->format == TAU_ANIMATION_FORMAT_FRAMES) {
        TAU_TRY(tau_string_copy(&animation->pattern, path));
        return use_frames(animation);
    }
    TAU_TRY(tau_file_replace_begin(&animation->film, path));
    TAU_TRY(tau_encoder_create(&animation->encoder, animation->format, &animation->options,
                               animation->film.temporary));
    if (animation->encoder) {
        tau_file_replace_set_writer(&animation->film, tau_encoder_get_process(animation->encoder));
        return TAU_STATUS_OK;
    }
    animation->lacks_ffmpeg = true;
    tau_file_replace_abort(&animation->film);
    if (strchr(path, '%'))
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot make %s" TAU_WHY
                        "there is no ffmpeg, and frames cannot be numbered in a folder with "
                        "a %% in its name" TAU_FIX "install ffmpeg, or choose another name",
                        path);
    TAU_TRY(tau_string_format(&animation->pattern, "%s.frames/%%05d.png", path));
    animation->options.replace = true; /* the folder is the film's own */
    return use_frames(animation);
}

tau_status tau_animation_create(tau_animation **out, const char *path, const tau_animation_options *options) {
    *out = NULL;
    TAU_TRY(tau_animation_check(path, options));
    TAU_TRY(TAU_ALLOC(*out, 1));
    (void)tau_animation_find_format(&(*out)->format, path);
    (*out)->options = *options;
    tau_status status = start(*out, path);
    (*out)->options.title = (*out)->options.recipe = NULL;
    if (status == TAU_STATUS_OK && options->title) status = tau_string_copy(&(*out)->title, options->title);
    if (status == TAU_STATUS_OK && options->recipe)
        status = tau_string_copy(&(*out)->recipe, options->recipe);
    if (status != TAU_STATUS_OK) {
        tau_animation_destroy(*out);
        *out = NULL;
    }
    return status;
}

/* ---- frames ---- */

static cairo_status_t append(void *closure, const unsigned char *data, unsigned int length) {
    return tau_bytes_append(closure, data, length) == TAU_STATUS_OK ? CAIRO_STATUS_SUCCESS
                                                                    : CAIRO_STATUS_NO_MEMORY;
}

static void copy_image(cairo_surface_t *image, const tau_animation_options *options, const uint8_t *pixels,
                       ptrdiff_t stride) {
    int red = options->order == TAU_PIXEL_ORDER_RGBA ? 0 : 2;
    cairo_surface_flush(image);
    uint8_t *data = cairo_image_surface_get_data(image);
    ptrdiff_t rowstride = cairo_image_surface_get_stride(image);
    for (ptrdiff_t y = 0; y < options->height; y++) {
        const uint8_t *from = pixels + y * stride;
        for (ptrdiff_t x = 0; x < options->width; x++, from += 4) {
            uint32_t pixel = (uint32_t)from[red] << 16 | (uint32_t)from[1] << 8 | from[2 - red];
            memcpy(data + y * rowstride + 4 * x, &pixel, 4);
        }
    }
    cairo_surface_mark_dirty(image);
}

static tau_status add_png(tau_animation *animation, const uint8_t *pixels, ptrdiff_t stride) {
    tau_bytes png = {0};
    char *path = NULL;
    if (tau_cancel_requested(animation->options.cancel))
        return tau_fail(TAU_STATUS_CANCELLED,
                        "the film was stopped before its end" TAU_WHY "%zu frames were written" TAU_FIX
                        "the same command with --force begins anew",
                        animation->count);
    copy_image(animation->image, &animation->options, pixels, stride);
    cairo_status_t drawn = cairo_surface_write_to_png_stream(animation->image, append, &png);
    tau_status status =
        drawn == CAIRO_STATUS_SUCCESS
            ? name_frame(&path, animation->pattern, animation->count)
            : tau_fail(TAU_STATUS_IO,
                       "cannot write a frame" TAU_WHY "cairo: %s" TAU_FIX "check the space that is left",
                       cairo_status_to_string(drawn));
    if (status == TAU_STATUS_OK) status = tau_metadata_add_png(&png, 0, animation->title, animation->recipe);
    if (status == TAU_STATUS_OK) status = tau_file_write(path, png.data, png.size);
    tau_mem_free(png.data);
    tau_mem_free(path);
    return status;
}

tau_status tau_animation_add(tau_animation *animation, const uint8_t *pixels, ptrdiff_t stride) {
    size_t row = (size_t)animation->options.width * 4;
    if (animation->pattern) {
        TAU_TRY(add_png(animation, pixels, stride));
    } else if (stride == (ptrdiff_t)row) {
        TAU_TRY(tau_encoder_send(animation->encoder, pixels, row * (size_t)animation->options.height));
    } else {
        for (ptrdiff_t y = 0; y < animation->options.height; y++)
            TAU_TRY(tau_encoder_send(animation->encoder, pixels + y * stride, row));
    }
    animation->count++;
    return TAU_STATUS_OK;
}

/* ---- end ---- */

static tau_status say_how_to_join(tau_animation *animation) {
    char *joined;
    TAU_TRY(tau_encoder_write_command(&joined, animation->format, &animation->options, animation->pattern,
                                      animation->path));
    tau_status status =
        tau_fail(TAU_STATUS_MISSING,
                 "cannot make %s" TAU_WHY "there is no ffmpeg; its %zu frames are in %s.frames" TAU_FIX
                 "install ffmpeg, or join them where it is: %s",
                 animation->path, animation->count, animation->path, joined);
    tau_mem_free(joined);
    return status;
}

tau_status tau_animation_finish(tau_animation *animation) {
    if (animation->count == 0)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot make a film" TAU_WHY "it has no frames" TAU_FIX "choose more states");
    if (animation->lacks_ffmpeg) return say_how_to_join(animation);
    if (animation->pattern) return TAU_STATUS_OK;
    TAU_TRY(tau_encoder_finish(animation->encoder));
    if (animation->format == TAU_ANIMATION_FORMAT_GIF) /* ffmpeg writes no comments */
        TAU_TRY(tau_metadata_add_gif(animation->film.temporary, animation->title, animation->recipe));
    return tau_file_replace_commit(&animation->film);
}

void tau_animation_destroy(tau_animation *animation) {
    if (!animation) return;
    tau_encoder_destroy(animation->encoder);
    tau_file_replace_abort(&animation->film);
    if (animation->image) cairo_surface_destroy(animation->image);
    tau_mem_free(animation->title);
    tau_mem_free(animation->recipe);
    tau_mem_free(animation->path);
    tau_mem_free(animation->pattern);
    tau_mem_free(animation);
}

static tau_status add_all(tau_animation *animation, const tau_animation_options *options, size_t count,
                          tau_frame_source source, const tau_progress *progress) {
    uint8_t *pixels;
    tau_progress_meter meter;
    size_t row = (size_t)options->width * 4;
    TAU_TRY(tau_mem_alloc((void **)&pixels, row, (size_t)options->height));
    tau_progress_start(&meter, progress, "film", "frames", 0, count);
    tau_status status = TAU_STATUS_OK;
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) {
        status = source.draw(source.payload, i, pixels);
        if (status == TAU_STATUS_OK) status = tau_animation_add(animation, pixels, (ptrdiff_t)row);
        if (status == TAU_STATUS_OK) tau_progress_update(&meter, i + 1, "");
    }
    tau_mem_free(pixels);
    return status;
}

tau_status tau_animation_write(const char *path, const tau_animation_options *options, size_t count,
                               tau_frame_source source, const tau_progress *progress) {
    tau_animation *animation;
    TAU_TRY(tau_animation_create(&animation, path, options));
    tau_status status = add_all(animation, options, count, source, progress);
    if (status == TAU_STATUS_OK) status = tau_animation_finish(animation);
    tau_animation_destroy(animation);
    return status;
}
