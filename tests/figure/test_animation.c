#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "figure/animation.h"
#include "folder.h"

static char folder[256];

static void scratch_create(void) {
    folder_create(folder, sizeof folder);
}

static void scratch_remove(void) {
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

/* One of eight buffers, used in turn. */
static const char *scratch_path(const char *name) {
    static char paths[8][512];
    static int next;
    char *out = paths[next++ % 8];
    snprintf(out, sizeof paths[0], "%s/%s", folder, name);
    return out;
}

static bool has_ffmpeg(void) {
    return system("ffmpeg -version >/dev/null 2>&1 && ffprobe -version >/dev/null 2>&1") == 0;
}

/* A square that walks, on a coloured ground. */
static tau_status draw_square(void *payload, size_t index, uint8_t *pixels) {
    const tau_animation_options *options = payload;
    for (int y = 0; y < options->height; y++)
        for (int x = 0; x < options->width; x++) {
            uint8_t *pixel = pixels + 4 * ((size_t)y * (size_t)options->width + (size_t)x);
            bool inside = y >= 20 && y < 60 && x >= 10 + (int)index * 4 && x < 50 + (int)index * 4;
            const uint8_t colours[2][4] = {{230, 240, 250, 255}, {200, 30, 20, 255}};
            memcpy(pixel, colours[inside], 4);
        }
    return TAU_STATUS_OK;
}

static tau_animation_options options_of(int width, int height) {
    return (tau_animation_options){.width = width, .height = height, .fps = 12.5};
}

static tau_status write_film(const char *path, tau_animation_options *options, size_t count) {
    return tau_animation_write(path, options, count, (tau_frame_source){draw_square, options}, NULL);
}

/* width, height and frames of a film as ffprobe sees them. */
static void probe(const char *path, char out[128]) {
    char command[1024];
    snprintf(command, sizeof command,
             "ffprobe -v error -count_frames -select_streams v -show_entries "
             "stream=width,height,nb_read_frames,codec_name,pix_fmt -of csv=p=0 '%s'",
             path);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    if (!fgets(out, 128, pipe)) strcpy(out, "nothing");
    out[strcspn(out, "\n")] = '\0';
    pclose(pipe);
}

static int count_entries(const char *path) {
    char command[1024];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", path);
    FILE *pipe = popen(command, "r");
    int count = -1;
    if (fscanf(pipe, "%d", &count) != 1) count = -1;
    pclose(pipe);
    return count;
}

static void put_program(const char *path, const char *script) {
    FILE *file = fopen(path, "w");
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    chmod(path, 0755);
}

/* An ffmpeg of the test's own, found first. */
static void use_ffmpeg(const char *script) {
    mkdir(scratch_path("bin"), 0755);
    put_program(scratch_path("bin/ffmpeg"), script);
    char path[4096];
    snprintf(path, sizeof path, "%s:%s", scratch_path("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
}

TestSuite(animation, .init = scratch_create, .fini = scratch_remove, .timeout = 120);

Test(animation, formats_are_told_by_name) {
    tau_animation_format format;
    cr_assert(tau_animation_find_format(&format, "a.b/film.mp4") && format == TAU_ANIMATION_FORMAT_MP4);
    cr_assert(tau_animation_find_format(&format, "x.webm") && format == TAU_ANIMATION_FORMAT_WEBM);
    cr_assert(tau_animation_find_format(&format, "x.gif") && format == TAU_ANIMATION_FORMAT_GIF);
    cr_assert(tau_animation_find_format(&format, "d/%05d.png") && format == TAU_ANIMATION_FORMAT_FRAMES);
    cr_assert(tau_animation_find_format(&format, "d/x-%d.png") && format == TAU_ANIMATION_FORMAT_FRAMES);
    cr_assert(tau_animation_find_format(&format, "50%/%d%/%d.png") && format == TAU_ANIMATION_FORMAT_FRAMES);
    const char *others[] = {"x.png",  "%s.png",    "%d%d.png", "%5.2d.png",  "50%/x.png",
                            "%n.png", "dir.mp4/x", "mp4",      "%99999d.png"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(tau_animation_find_format(&format, others[i]), "%s", others[i]);
}

Test(animation, films_decode_at_their_size_and_frame_count) {
    if (!has_ffmpeg()) cr_skip_test("no ffmpeg");
    const struct {
        const char *name, *probed;
    } films[] = {{"x.mp4", "h264,322,242,yuv420p,9"},
                 {"x.webm", "vp9,322,242,yuv420p,9"},
                 {"x.gif", "gif,321,241,bgra,9"},
                 {"with 'quotes' & blank.mp4", "h264,322,242,yuv420p,9"}};
    for (size_t i = 0; i < 4; i++) {
        char probed[128], path[512];
        snprintf(path, sizeof path, "%s", scratch_path(films[i].name));
        tau_animation_options options = options_of(321, 241);
        cr_assert_eq(write_film(path, &options, 9), TAU_STATUS_OK, "%s", tau_error_last()->why);
        if (i < 3) {
            probe(path, probed);
            cr_assert_str_eq(probed, films[i].probed);
        }
        cr_assert(tau_file_exists(path));
    }
    cr_assert_eq(count_entries(scratch_path(".")), 4, "something beside the films was left");
}

static void assert_pixel(const char *film, int frame, int x, int y, const int rgb[3]) {
    char command[1024];
    snprintf(command, sizeof command,
             "ffmpeg -v error -i '%s' -vf \"select=eq(n\\,%d),crop=2:2:%d:%d,format=rgb24\" -frames:v 1 -f "
             "rawvideo - ",
             film, frame, x, y);
    FILE *pipe = popen(command, "r");
    unsigned char pixel[12] = {0};
    cr_assert_eq(fread(pixel, 1, 12, pipe), 12);
    pclose(pipe);
    for (int c = 0; c < 3; c++)
        cr_assert(abs(pixel[c] - rgb[c]) <= 12, "%s frame %d at %d,%d: channel %d is %d, not %d", film, frame,
                  x, y, c, pixel[c], rgb[c]);
}

/* A wrong matrix, order of bytes or of rows changes a channel by far more than compression does. */
Test(animation, colours_and_places_survive) {
    if (!has_ffmpeg()) cr_skip_test("no ffmpeg");
    const char *names[] = {"x.mp4", "x.webm", "x.gif"};
    for (int i = 0; i < 3; i++) {
        tau_animation_options options = options_of(160, 120);
        cr_assert_eq(write_film(scratch_path(names[i]), &options, 10), TAU_STATUS_OK, "%s",
                     tau_error_last()->why);
        assert_pixel(scratch_path(names[i]), 9, 60, 40, (int[]){200, 30, 20});
        assert_pixel(scratch_path(names[i]), 9, 20, 40, (int[]){230, 240, 250});
        assert_pixel(scratch_path(names[i]), 0, 20, 40, (int[]){200, 30, 20});
    }
}

Test(animation, rows_from_below_and_the_other_order_of_bytes_are_read) {
    if (!has_ffmpeg()) cr_skip_test("no ffmpeg");
    uint8_t pixels[64 * 64 * 4];
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++) {
            const uint8_t top[4] = {20, 30, 200, 255}, bottom[4] = {40, 180, 40, 255}; /* BGRA */
            memcpy(pixels + 4 * (y * 64 + x), y >= 32 ? top : bottom, 4);
        }
    tau_animation_options options = options_of(64, 64);
    options.order = TAU_PIXEL_ORDER_BGRA;
    const char *names[] = {"x.mp4", "%02d.png"};
    for (int i = 0; i < 2; i++) {
        tau_animation *animation;
        cr_assert_eq(tau_animation_create(&animation, scratch_path(names[i]), &options), TAU_STATUS_OK);
        cr_assert_eq(tau_animation_add(animation, pixels + 63 * 256, -256), TAU_STATUS_OK);
        cr_assert_eq(tau_animation_finish(animation), TAU_STATUS_OK);
        tau_animation_destroy(animation);
        const char *film = scratch_path(i ? "00.png" : names[0]);
        assert_pixel(film, 0, 30, 10, (int[]){200, 30, 20});
        assert_pixel(film, 0, 30, 50, (int[]){40, 180, 40});
    }
}

Test(animation, numbered_frames_need_no_ffmpeg) {
    setenv("PATH", "/nowhere", 1);
    tau_animation_options options = options_of(31, 17);
    cr_assert_eq(write_film(scratch_path("new/folder/f-%04d.png"), &options, 3), TAU_STATUS_OK, "%s",
                 tau_error_last()->why);
    setenv("PATH", "/usr/bin:/bin", 1);
    cr_assert_eq(count_entries(scratch_path("new/folder")), 3);
    cr_assert(tau_file_exists(scratch_path("new/folder/f-0000.png")));
    cr_assert(tau_file_exists(scratch_path("new/folder/f-0002.png")));
}

Test(animation, without_ffmpeg_the_frames_are_kept_and_the_command_is_said) {
    char old[4096];
    snprintf(old, sizeof old, "%s", getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    tau_animation_options options = options_of(32, 16);
    cr_assert_eq(write_film(scratch_path("x.mp4"), &options, 4), TAU_STATUS_MISSING);
    setenv("PATH", old, 1);
    cr_assert_not(tau_file_exists(scratch_path("x.mp4")));
    cr_assert_eq(count_entries(scratch_path("x.mp4.frames")), 4);
    const char *said = strstr(tau_error_last()->fix, "ffmpeg -framerate");
    cr_assert_not_null(said, "%s", tau_error_last()->fix);
    if (!has_ffmpeg()) cr_skip_test("no ffmpeg");
    char command[2048], probed[128];
    snprintf(command, sizeof command, "%s 2>/dev/null", said);
    cr_assert_eq(system(command), 0, "%s", command);
    probe(scratch_path("x.mp4"), probed);
    cr_assert_str_eq(probed, "h264,32,16,yuv420p,4");
}

static void assert_fails(size_t frames, tau_status expected, const char *word) {
    tau_animation_options options = options_of(640, 480);
    cr_assert_eq(write_film(scratch_path("x.mp4"), &options, frames), expected);
    cr_assert_not_null(strstr(tau_error_last()->why, word), "%s", tau_error_last()->why);
    cr_assert_not(tau_file_exists(scratch_path("x.mp4")));
    unlink(scratch_path("bin/ffmpeg"));
    rmdir(scratch_path("bin"));
    cr_assert_eq(count_entries(scratch_path(".")), 0, "a part of the film was left");
}

Test(animation, an_ffmpeg_that_refuses_is_quoted) {
    use_ffmpeg("echo 'Unknown encoder libx264' >&2; exit 3");
    assert_fails(30, TAU_STATUS_IO, "Unknown encoder libx264");
}

Test(animation, an_ffmpeg_that_fails_at_its_end_leaves_no_film) {
    use_ffmpeg("cat >/dev/null; echo 'No space left' >&2; exit 1");
    assert_fails(3, TAU_STATUS_IO, "No space left");
}

Test(animation, an_ffmpeg_that_is_killed_is_an_error) {
    use_ffmpeg("head -c 100000 >/dev/null; kill -9 $$");
    assert_fails(30, TAU_STATUS_IO, "signal 9");
}

Test(animation, an_ffmpeg_that_ends_early_is_an_error) {
    use_ffmpeg("head -c 1000 >/dev/null; exit 0");
    assert_fails(30, TAU_STATUS_IO, "before it had all frames");
}

Test(animation, a_film_that_failed_leaves_the_old_one) {
    FILE *old = fopen(scratch_path("x.mp4"), "w");
    fputs("old", old);
    fclose(old);
    use_ffmpeg("exit 1");
    tau_animation_options options = options_of(64, 64);
    cr_assert_eq(write_film(scratch_path("x.mp4"), &options, 3), TAU_STATUS_IO);
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, scratch_path("x.mp4"), 100), TAU_STATUS_OK);
    cr_assert(size == 3 && memcmp(bytes, "old", 3) == 0);
    tau_mem_free(bytes);
}

static tau_cancel stop;

static void stop_on_alarm(int number) {
    tau_cancel_request(&stop, number);
}

/* An ffmpeg that takes nothing must not hold the program. */
Test(animation, a_film_can_be_stopped_while_ffmpeg_hangs, .timeout = 60) {
    tau_animation_options options = options_of(640, 480);
    options.cancel = &stop;
    use_ffmpeg("exec sleep 30");
    signal(SIGALRM, stop_on_alarm);
    alarm(1);
    cr_assert_eq(write_film(scratch_path("x.mp4"), &options, 100), TAU_STATUS_CANCELLED);
    cr_assert_not(tau_file_exists(scratch_path("x.mp4")));
}

static tau_status draw_and_stop(void *payload, size_t index, uint8_t *pixels) {
    if (index == 2) tau_cancel_request(&stop, SIGINT);
    return draw_square(payload, index, pixels);
}

Test(animation, stopping_leaves_nothing) {
    tau_animation_options options = options_of(64, 48);
    options.cancel = &stop;
    cr_assert_eq(tau_animation_write(scratch_path("x.gif"), &options, 100,
                                     (tau_frame_source){draw_and_stop, &options}, NULL),
                 TAU_STATUS_CANCELLED);
    cr_assert_eq(count_entries(scratch_path(".")), 0);
}

static void count_reports(void *payload, const tau_progress_state *state) {
    uint64_t *seen = payload;
    seen[0]++;
    seen[1] = state->done;
    seen[2] = state->total;
}

Test(animation, frames_are_found_and_removed_also_where_folders_have_percents) {
    bool any;
    char pattern[512];
    tau_animation_options options = options_of(16, 16);
    snprintf(pattern, sizeof pattern, "%s", scratch_path("50%/%d%/%02d.png"));
    cr_assert_eq(tau_animation_find_frames(&any, pattern), TAU_STATUS_OK);
    cr_assert_not(any);
    cr_assert_eq(write_film(pattern, &options, 3), TAU_STATUS_OK, "%s", tau_error_last()->why);
    cr_assert(tau_file_exists(scratch_path("50%/%d%/02.png")));
    cr_assert_eq(tau_file_write(scratch_path("50%/%d%/mine.png"), "mine", 4), TAU_STATUS_OK);
    cr_assert_eq(tau_animation_find_frames(&any, pattern), TAU_STATUS_OK);
    cr_assert(any);
    cr_assert_eq(tau_animation_remove_frames(pattern), TAU_STATUS_OK);
    cr_assert_eq(count_entries(scratch_path("50%/%d%")), 1);
}

Test(animation, progress_counts_frames) {
    uint64_t seen[3] = {0};
    tau_progress progress = {count_reports, seen};
    tau_animation_options options = options_of(16, 16);
    cr_assert_eq(tau_animation_write(scratch_path("%d.png"), &options, 7,
                                     (tau_frame_source){draw_square, &options}, &progress),
                 TAU_STATUS_OK);
    cr_assert(seen[0] >= 7 && seen[1] == 7 && seen[2] == 7);
}

static bool contains(const char *path, const char *text) {
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, path, 1 << 24), TAU_STATUS_OK);
    bool found = false;
    for (size_t i = 0; i + strlen(text) <= size && !found; i++)
        found = memcmp(bytes + i, text, strlen(text)) == 0;
    tau_mem_free(bytes);
    return found;
}

Test(animation, every_film_carries_title_and_recipe) {
    char recipe[300] = "", blocks[300];
    for (int i = 0; i < 290; i++) recipe[i] = (char)('a' + i % 26);
    snprintf(blocks, sizeof blocks, "t\n%.253s",
             recipe); /* what fits into the first block of a GIF's comment */
    tau_animation_options options = options_of(64, 64);
    options.title = "t", options.recipe = recipe;
    cr_assert_eq(write_film(scratch_path("f/%03d.png"), &options, 2), TAU_STATUS_OK);
    cr_assert(contains(scratch_path("f/000.png"), recipe) && contains(scratch_path("f/001.png"), recipe));
    if (!has_ffmpeg()) cr_skip_test("no ffmpeg");
    char probed[128];
    cr_assert_eq(write_film(scratch_path("x.gif"), &options, 3), TAU_STATUS_OK, "%s", tau_error_last()->why);
    cr_assert(contains(scratch_path("x.gif"), blocks));
    probe(scratch_path("x.gif"), probed);
    cr_assert_str_eq(probed, "gif,64,64,bgra,3");
    cr_assert_eq(write_film(scratch_path("x.mp4"), &options, 3), TAU_STATUS_OK);
    cr_assert(contains(scratch_path("x.mp4"), recipe));
}

static void keep_note(void *payload, tau_log_level level, const char *message) {
    (void)level;
    snprintf(payload, 256, "%s", message);
}

Test(animation, a_recipe_that_is_too_long_is_said) {
    if (!has_ffmpeg()) cr_skip_test("no ffmpeg");
    char note[256] = "";
    static char recipe[70000];
    memset(recipe, 'r', sizeof recipe - 1);
    tau_log_set_sink(keep_note, note);
    tau_animation_options options = options_of(64, 64);
    options.recipe = recipe;
    cr_assert_eq(write_film(scratch_path("x.gif"), &options, 2), TAU_STATUS_OK);
    cr_assert_str_empty(note);
    cr_assert_eq(write_film(scratch_path("x.mp4"), &options, 2), TAU_STATUS_OK);
    cr_assert(strstr(note, "comment of the film is left out: it has 69999 bytes"), "%s", note);
}

Test(animation, frames_that_no_codec_takes_are_refused_at_once) {
    tau_animation *animation;
    static const struct {
        const char *name;
        int width, height;
        tau_status status;
    } sizes[] = {{"x.mp4", 16385, 2, TAU_STATUS_USAGE},     {"x.webm", 2, 16385, TAU_STATUS_USAGE},
                 {"x.mp4", 16384, 16384, TAU_STATUS_USAGE}, {"x.gif", 16384, 16129, TAU_STATUS_USAGE},
                 {"x.gif", 16384, 16128, TAU_STATUS_OK},    {"x.gif", 32767, 20, TAU_STATUS_OK},
                 {"x.gif", 32768, 20, TAU_STATUS_USAGE}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        tau_animation_options options = options_of(sizes[i].width, sizes[i].height);
        if (sizes[i].status == TAU_STATUS_OK && !has_ffmpeg()) continue;
        cr_assert_eq(tau_animation_create(&animation, scratch_path(sizes[i].name), &options), sizes[i].status,
                     "number %zu", i);
        tau_animation_destroy(animation);
    }
}

Test(animation, nonsense_is_refused) {
    const tau_animation_options wrong[] = {{.width = 0, .height = 10, .fps = 5},
                                           {.width = 10, .height = 99999, .fps = 5},
                                           {.width = 10, .height = 10, .fps = 0},
                                           {.width = 10, .height = 10, .fps = -1},
                                           {.width = 10, .height = 10, .fps = 1e9}};
    tau_animation *animation;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(tau_animation_create(&animation, scratch_path("x.mp4"), &wrong[i]), TAU_STATUS_USAGE);
        cr_assert_null(animation);
    }
    tau_animation_options options = options_of(16, 16);
    cr_assert_eq(tau_animation_create(&animation, scratch_path("x.avi"), &options), TAU_STATUS_USAGE);
    cr_assert_eq(write_film(scratch_path("x.gif"), &options, 0), TAU_STATUS_USAGE);
    cr_assert_eq(write_film(scratch_path("missing/x.gif"), &options, 1), TAU_STATUS_MISSING);
}
