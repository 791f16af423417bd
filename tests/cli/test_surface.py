"""Surfaces: drawn without a window, in the sizes and formats asked for; without the plugin, an error that says so."""

import json
import os
import re
import shutil
import subprocess
import unittest

import harness

GL = {"TAUSCAPE_PLUGIN_PATH": os.environ["TAUSCAPE_GL_FOLDER"]}
if harness.SANITIZED:
    # Mesa keeps what it allocated for its compiler to the end of the process.
    GL["ASAN_OPTIONS"] = "detect_leaks=0:allocator_may_return_null=1"


class Surface(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=200", "--epochs", 3, "-o", "m.run.h5")
        test.ok("compute", "m.run.h5", "-o", "plane.land.h5", "-g", 9)
        test.ok("compute", "m.run.h5", "-o", "line.land.h5", "--from", "first", "--to", "last", "-g", "9x1")

    def runTest(self):
        pass

    def export(self, out, *options):
        self.ok("export", "plane.land.h5", "--figure", "surface", "-o", out, *options, env=GL)
        return self.bytes(out)

    def test_a_png_has_the_size_asked_for_and_shows_something(self):
        width, height, channels, rows = harness.read_png(self.export("a.png", "--size", "200x150"))
        self.assertEqual((width, height, channels), (200, 150, 3))
        colors = {row[i:i + 3] for row in rows for i in range(0, len(row), 3)}
        self.assertGreater(len(colors), 500)
        self.assertEqual(rows[0][:3], b"\xff\xff\xff")

    def test_a_page_in_inches_has_its_dots(self):
        width, height, _, _ = harness.read_png(self.export("b.png", "--width", "2in", "--height", "1.5in", "--dpi", 100))
        self.assertEqual((width, height), (200, 150))

    def test_transparent_has_an_alpha_and_dark_a_dark_ground(self):
        _, _, channels, rows = harness.read_png(self.export("c.png", "--size", "160x120", "--transparent"))
        self.assertEqual(channels, 4)
        self.assertEqual(rows[0][3], 0)
        _, _, _, rows = harness.read_png(self.export("d.png", "--size", "160x120", "--dark"))
        self.assertLess(max(rows[0][:3]), 50)

    def test_pictures_carry_their_recipe_and_no_host(self):
        data = self.export("e.png", "--size", "160x120", "--title", "A plane")
        self.assertIn(b"A plane", data)
        self.assertIn(b"identity", data)
        self.assertNotIn(b'"host"', data)

    def test_pdf_and_svg_keep_texts_as_texts(self):
        pdf = self.export("f.pdf", "--width", "3in", "--style", "article")
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertNotIn(b"/Type3", pdf)
        self.assertIn(b"/FontFile2", pdf)
        self.assertRegex(pdf, rb"/MediaBox \[ 0 0 216 162 \]")
        svg = self.export("g.svg", "--size", "400x300").decode()
        self.assertIn("<image", svg)
        self.assertGreater(svg.count("<use"), 20, "letters")

    def test_the_same_command_writes_the_same_bytes(self):
        self.assertEqual(self.export("h.png", "--size", "160x120"), self.export("i.png", "--size", "160x120"))

    def test_camera_clip_and_scale_change_the_picture(self):
        plain = self.export("j.png", "--size", "160x120")
        losses = sorted(float(row["loss"]) for row in self.values("plane.land.h5").values())
        clip = losses[len(losses) // 2]
        for options in (("--camera", "120:60"), ("--clip", clip), ("--log",), ("--colormap", "magma"), ("--no-colorbar",),
                        ("--no-path",), ("--range-loss", "0:5")):
            self.assertFalse(plain == self.export("k.png", "--size", "160x120", "-f", *options), options)

    def test_a_view_of_the_viewer_is_taken(self):
        with open(self.path("view.json"), "w", encoding="utf-8") as file:
            json.dump({"kind": "surface", "dark": True, "isolines": False}, file)
        _, _, _, rows = harness.read_png(self.export("l.png", "--size", "160x120", "--state", "view.json"))
        self.assertLess(max(rows[0][:3]), 50)
        with open(self.path("bad.json"), "w", encoding="utf-8") as file:
            file.write('{"kind": "surface", "drak": true}')
        words = ("export", "plane.land.h5", "--figure", "surface", "-o", "m.png")
        self.fails(*words, "--state", "bad.json", what="drak", env=GL)
        self.fails(*words, "--state", "missing.json", what="missing.json", env=GL)

    @unittest.skipUnless(shutil.which("ffmpeg") and shutil.which("ffprobe"), "ffmpeg is not installed")
    def test_a_film_turns_the_surface_and_plays_the_training(self):
        self.export("film.mp4", "--size", "160x120", "--duration", "1s", "--fps", 8, "--play")
        probe = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                                "stream=width,height,nb_read_frames", "-of", "json", self.path("film.mp4")],
                               capture_output=True, check=True)
        stream = json.loads(probe.stdout)["streams"][0]
        self.assertEqual((stream["width"], stream["height"], stream["nb_read_frames"]), (160, 120, "8"))

    def test_numbered_frames_differ_and_without_a_turn_are_the_still(self):
        os.makedirs(self.path("frames"))
        self.ok("export", "plane.land.h5", "-o", "frames/%05d.png", "--size", "160x120", "--duration", "1s", "--fps", 4,
                "--turn", 90, env=GL)
        frames = [harness.read_png(self.bytes(f"frames/{i:05d}.png"))[3] for i in range(4)]
        self.assertEqual(len({b"".join(rows) for rows in frames}), 4)
        self.assertEqual(sorted(os.listdir(self.path("frames"))), [f"{i:05d}.png" for i in range(4)])
        self.ok("export", "plane.land.h5", "-o", "still/%d.png", "--size", "160x120", "--duration", "1s", "--fps", 1, "--turn", 0,
                env=GL)
        self.assertEqual(harness.read_png(self.bytes("still/0.png"))[3],
                         harness.read_png(self.export("still.png", "--size", "160x120"))[3])

    def test_from_above_rays_are_parallel(self):
        with open(self.path("parallel.json"), "w", encoding="utf-8") as file:
            json.dump({"kind": "surface", "camera": {"orthographic": True}}, file)
        for camera, same in (("0:90", True), ("0:80", False)):
            perspective = self.export("above.png", "--size", "160x120", "--camera", camera)
            parallel = self.export("above.png", "--size", "160x120", "--camera", camera, "--state", "parallel.json")
            self.assertEqual(perspective == parallel, same, camera)

    def test_a_film_without_a_path_has_nothing_to_play(self):
        self.fails("export", "plane.land.h5", "-o", "no.gif", "--play", "--no-path", code=2, what="no training to play",
                   env=GL)
        self.fails("export", "plane.land.h5", "-o", "no.gif", "--duration", "1e5", "--fps", 1000, code=2, what="too long",
                   env=GL)
        self.assertFalse(os.path.exists(self.path("no.gif")))

    def test_the_path_lies_on_the_surface_of_something_else_than_the_loss(self):
        self.ok("trace", "m.run.h5", "--on", "plane.land.h5")
        drawn = [self.export("path.png", "--size", "160x120", "-f", "--metric", "accuracy", *more) for more in ((), ("--no-path",))]
        self.assertNotEqual(*drawn)

    def test_what_makes_no_sense_is_refused(self):
        words = ("export", "plane.land.h5", "--figure", "surface", "-o", "n.png")
        for options, what in ((("--camera", "10"), "YAW:PITCH"), (("--camera", "0:95"), "pitch"), (("--size", "5"), "size"),
                              (("--size", "4x4"), "too small"), (("--levels", "1,2"), "number"), (("--levels", "0"), "levels"),
                              (("--layout", "2x2"), "one is drawn at a time")):
            self.fails(*words, *options, code=2, what=what, env=GL)
        self.fails(*words, "--colormap", "nothing", what="nothing", env=GL)
        self.fails(*words, "--font", "Serif", code=2, what="DejaVu", env=GL)
        self.fails("export", "plane.land.h5", "--figure", "contour", "-o", "n.mp4", code=2, what="shows its surface", env=GL)
        self.fails("export", "line.land.h5", "--figure", "surface", "-o", "n.png", code=2, what="it is a line", env=GL)
        self.assertFalse(os.path.exists(self.path("n.png")))

    def test_without_the_plugin_it_says_how_to_get_it(self):
        result = self.fails("export", "plane.land.h5", "--figure", "surface", "-o", "o.png", what="libtauscape_gl.so is not installed",
                            env={"TAUSCAPE_PLUGIN_PATH": ""})
        self.assertRegex(result.err, "fix: .*tools/setup")
        doctor = self.ok("doctor", env={"TAUSCAPE_PLUGIN_PATH": ""}).out
        self.assertRegex(doctor, r"off +surfaces +the plugin libtauscape_gl.so is not installed")
        self.assertFalse(os.path.exists(self.path("o.png")))

    def test_doctor_says_what_draws(self):
        self.assertRegex(self.ok("doctor", env=GL).out, r"ok +surfaces +.*OpenGL [34]\.\d")

    def test_a_plugin_that_does_not_load_gives_its_reason(self):
        os.makedirs(self.path("broken"), exist_ok=True)
        with open(self.path("broken/libtauscape_gl.so"), "w", encoding="utf-8") as file:
            file.write("no library")
        result = self.fails("export", "plane.land.h5", "--figure", "surface", "-o", "p.png", what="does not load",
                            env={"TAUSCAPE_PLUGIN_PATH": self.path("broken")})
        self.assertTrue(re.search("libtauscape_gl.so", result.err))


if __name__ == "__main__":
    unittest.main()
