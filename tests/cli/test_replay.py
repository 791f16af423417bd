"""From a training to its pictures and films."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import harness

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "store", "fixtures")
HAS_FFMPEG = bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))
FOUR = ["--figure", "feature-space", "--figure", "probability", "--figure", "loss-metric", "--figure",
        "loss-histogram", "--layout", "2x4"]
SURFACE = [["--camera", "0:90"], ["--clip", 5], ["--dark"], ["--play"], ["--turn", 90]]


class Replay(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        for name, model, data in [("moons", "mlp:2-2-1:tanh", "moons:n=200"), ("sine", "mlp:1-8-1:tanh", "sine:n=200")]:
            test.ok("train", "--model", model, "--data", data, "--epochs", 12, "--record", "every=1epoch", "--seed", 3,
                    "-o", f"{name}.run.h5")
        shutil.copy(test.path("moons.run.h5"), test.path("two.run.h5"))
        test.ok("train", "--model", "mlp:2-4-1:tanh", "--data", "moons:n=100", "--epochs", 2, "--group", "other", "-o",
                "two.run.h5")

    def runTest(self):
        pass

    def frames(self, name):
        """Codec, width, height and frames as ffprobe counts them."""
        probe = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
                                "stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0", self.path(name)],
                               capture_output=True, text=True, check=True)
        return probe.stdout.strip()

    def test_a_run_becomes_its_dashboard(self):
        self.ok("export", "moons.run.h5", "-o", "dashboard.png", "--size", "800x600")
        self.assertEqual(harness.png_size(self.path("dashboard.png")), (800, 600))
        recipe = self.bytes("dashboard.png")
        self.assertIn(b'"run": "moons.run.h5"', recipe)
        self.assertIn(b'"samples": 180', recipe)
        self.assertNotIn(self.folder.encode(), recipe)

    def test_every_figure_of_a_classifier_is_drawn(self):
        for figure in ["feature-space", "feature-space:layer=fc1,dims=1", "feature-space:x=-2:2,y=-2:2,lines=5,mesh=20",
                       "boundary", "boundary:features=2+1", "probability:bins=5", "probability:class=1", "distribution",
                       "loss-metric:metric=mcc", "loss", "metrics:of=precision+recall+specificity+f1",
                       "loss-histogram:bins=7,loss=bce-logits", "violins:of=weights", "violins:of=gradients,scale=all",
                       "violins:of=activations", "violins:of=z-values", "confusion", "dashboard",
                       "loss:title=Own title,span=1x1"]:
            with self.subTest(figure=figure):
                self.ok("export", "moons.run.h5", "--figure", figure, "-o", "one.png", "--size", "640x480")
                self.assertEqual(harness.png_size(self.path("one.png")), (640, 480))

    def test_the_same_picture_twice_is_the_same_file(self):
        for name in ["a.png", "b.png"]:
            self.ok("export", "moons.run.h5", *FOUR, "--size", "720x360", "-o", name)
        self.assertEqual(self.bytes("a.png"), self.bytes("b.png"))

    def test_states_and_styles_differ(self):
        for name, options in [("first", ["--state", "first"]), ("last", []), ("epoch", ["--state", "epoch:12"]),
                              ("article", ["--style", "article"])]:
            self.ok("export", "moons.run.h5", *FOUR, "--size", "720x360", "-o", f"{name}.png", *options)
        self.assertNotEqual(self.bytes("first.png"), self.bytes("last.png"))
        self.assertNotEqual(self.bytes("article.png"), self.bytes("last.png"))
        self.assertEqual(self.bytes("epoch.png"), self.bytes("last.png"))

    def test_a_regression_shows_its_learner(self):
        self.ok("export", "sine.run.h5", "-o", "learner.svg")
        text = self.bytes("learner.svg")
        self.assertIn(b"<svg", text)
        self.ok("export", "sine.run.h5", "--figure", "learner:loss_smoothing=1,scatter_sparsity=0,graph_sparsity=2",
                "-o", "plain.png", "--size", "600x400")
        self.fails("export", "sine.run.h5", "--figure", "confusion", "-o", "x.png", what="no confusion matrix")
        self.fails("export", "sine.run.h5", "--figure", "probability", "-o", "x.png")
        self.fails("export", "moons.run.h5", "--figure", "learner", "-o", "x.png")

    def test_ten_classes_and_wide_layers(self):
        self.ok("train", "--model", "mlp:784-16-10:relu", "--data", "digits:n=200", "--epochs", 2, "-o", "ten.run.h5")
        self.ok("export", "ten.run.h5", "--figure", "feature-space:dims=3", "--figure", "boundary", "--figure", "confusion",
                "--figure", "probability", "--figure", "metrics:of=macro-f1+micro-f1+mcc", "--size", "1400x900", "-o",
                "ten.svg")
        self.assertIn(b"<svg", self.bytes("ten.svg"))
        self.ok("export", "ten.run.h5", "-o", "ten.png", "--size", "640x480")

    def test_a_training_that_blew_up_is_drawn_as_what_it_is(self):
        self.run_program("train", "--model", "mlp:2-8-8-8-1:relu", "--data", "moons:n=100", "--epochs", 20, "--lr", "1e6",
                         "--record", "every=1epoch", "-o", "nan.run.h5")
        for figure in ["dashboard", "feature-space", "boundary", "probability", "loss-metric", "loss-histogram",
                       "violins:of=weights", "violins:of=gradients", "violins:of=activations"]:
            self.ok("export", "nan.run.h5", "--figure", figure, "--size", "640x480", "-o", "nan.png")
            self.ok("export", "nan.run.h5", "--figure", figure, "--size", "640x480", "--log", "-o", "nan.png")

    def test_a_single_sample_is_enough(self):
        self.ok("export", "moons.run.h5", "--samples", 1, *FOUR, "--size", "720x360", "-o", "single.png")
        self.ok("export", "moons.run.h5", "--samples", 1, "-o", "single.png")
        self.ok("export", "sine.run.h5", "--samples", 1, "-o", "single.png")

    def test_metrics_can_be_defined(self):
        self.ok("export", "moons.run.h5", "--define", "balanced=(tp/(tp+fn)+tn/(tn+fp))/2", "--figure",
                "metrics:of=balanced+max(tp,fp)/n+f1", "-o", "own.png", "--size", "640x480")
        self.fails("export", "moons.run.h5", "--define", "balanced", "-o", "x.png", code=2, what="defines nothing")
        self.fails("export", "moons.run.h5", "--figure", "metrics:of=x=tp+*fp", "-o", "x.png", code=2)
        self.fails("export", "moons.run.h5", "--figure", "metrics:of=nonsense", "-o", "x.png")

    def test_numbered_frames_are_not_mixed_with_older_ones(self):
        export = ["export", "moons.run.h5", "--figure", "loss", "--size", "160x120", "-o", "numbered/f%03d.png", "--state"]
        self.ok(*export, "0:3")
        others = ["f01.png", "f0001.png", "fabc.png", "g000.png", "f000.png.txt"]
        for name in others:
            with open(self.path("numbered/" + name), "w", encoding="utf-8") as file:
                file.write("mine")
        frames = [f"f{i:03d}.png" for i in range(4)]
        for more in ([], ["--dry-run"]):
            self.fails(*export, "0:1", *more, what="(?s)numbered pictures.*mixed.*--force")
        self.fails(*export, "99", "--force", what="99")
        self.assertEqual(sorted(os.listdir(self.path("numbered"))), sorted(frames + others))
        self.ok(*export, "0:1", "--force")
        self.assertEqual(sorted(os.listdir(self.path("numbered"))), sorted(frames[:2] + others))

    def test_one_figure_keeps_its_cell_of_a_layout(self):
        drawn = set()
        for layout in ([], ["--layout", "3x3"]):
            self.ok("export", "moons.run.h5", "--figure", "loss", *layout, "-o", "cell.png", "--size", "480x480")
            drawn.add(self.bytes("cell.png"))
        self.assertEqual(len(drawn), 2)

    def test_a_note_says_what_is_drawn_where_a_metric_is_not_defined(self):
        self.ok("train", "--model", "mlp:784-16-10", "--data", "digits:n=200", "--epochs", 2, "-o", "digits.run.h5")
        result = self.ok("export", "digits.run.h5", "--figure", "metrics:of=precision", "-o", "precision.png")
        self.assertRegex(result.err, "Precision is not defined for every class in .*counts as 0 in the average")

    def test_mistakes_are_named(self):
        for options, code, what in [
                (["--figure", "feature-spice"], 2, "did you mean feature-space"),
                (["--figure", "feature-space:layr=fc1"], 2, "did you mean layer"),
                (["--figure", "feature-space:layer"], 2, "not a setting"),
                (["--figure", "feature-space:layer=nowhere"], 1, "nowhere"),
                (["--figure", "feature-space:dims=9"], 2, "between 1 and 3"),
                (["--figure", "boundary:features=1"], 2, "name two"),
                (["--figure", "boundary:features=0+1"], 2, "the first is 1"),
                (["--figure", "boundary:features=1+9"], 2, "feature"),
                (["--figure", "violins:of=wits"], None, "wits"),
                (["--figure", "violins:layers=fc1+nowhere"], 1, "nowhere"),
                (["--figure", "probability:class=7"], 2, "between 0 and 1"),
                (["--figure", "loss:span=0x9"], 2, "span"),
                (["--figure", "loss:scale=all"], 2, "no setting"),
                (["--state", "first:last"], 2, "names several states"),
                (["--state", "99"], 1, "99"),
                (["--layout", "2x2", *FOUR[:-2], "--layout", "1x2"], 2, "too few"),
                (["--width", "0.6in", "--height", "0.6in"], 2, "cannot fit"),
                (["--group", "absent"], 1, "absent"),
                (["--loss", "nll"], None, "nll")]:
            with self.subTest(options=options):
                result = self.run_program("export", "moons.run.h5", *options, "-o", "mistake.png")
                self.assertIn(result.code, [code] if code else [1, 2], result.err)
                self.assertTrue(result.err.startswith("error: "), result.err)
                self.assertIn(what, result.err)
                self.assertFalse(os.path.exists(self.path("mistake.png")))
        self.fails("export", "two.run.h5", "-o", "x.png", what="other")
        self.ok("export", "two.run.h5", "--group", "other", "-o", "group.png", "--size", "640x480")
        self.fails("export", "moons.run.h5", "two.run.h5", "-o", "x.png", code=2, what="one file at a time")

    def test_a_landscape_makes_pictures_one_way_at_a_time(self):
        self.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", 3, "-o", "plane.land.h5")
        self.fails("export", "plane.land.h5", "--figure", "contur", "-o", "x.png", code=2, what="did you mean contour")
        self.fails("export", "plane.land.h5", "--figure", "filled", "--figure", "contour", "-o", "x.png", code=2)
        self.ok("export", "plane.land.h5", "--figure", "filled", "-o", "plane.png")

    def test_deepreplays_files_open_directly(self):
        old = os.path.join(FIXTURES, "hyperparms_in_action.h5")
        self.ok("export", old, *FOUR, "--style", "article", "--state", 20, "--size", "720x360", "-o", "old.png")
        self.ok("export", old, "-o", "old.svg")
        self.fails("export", old, "--group", "nothing", "-o", "x.png", what="nothing")

    def test_numbered_frames(self):
        self.ok("export", "moons.run.h5", "--figure", "boundary", "--state", "0:12:4", "--size", "320x240", "-o",
                "frames/%03d.png", env={"PATH": "/nowhere"})
        self.assertEqual(sorted(os.listdir(self.path("frames"))), [f"{i:03d}.png" for i in range(4)])
        self.assertEqual(harness.png_size(self.path("frames/003.png")), (320, 240))

    def test_without_ffmpeg_the_frames_stay_and_the_command_is_said(self):
        result = self.fails("export", "moons.run.h5", "--figure", "loss", "--state", "0:2", "--size", "320x240", "-o",
                            "film1.mp4", "--progress", "none", env={"PATH": "/nowhere"}, what="there is no ffmpeg")
        self.assertIn("ffmpeg -framerate 15 -i film1.mp4.frames/%05d.png", result.err)
        self.assertTrue(result.err.startswith("warning: there is no ffmpeg to make film1.mp4"), result.err)
        self.assertEqual(len(os.listdir(self.path("film1.mp4.frames"))), 3)
        self.assertFalse(os.path.exists(self.path("film1.mp4")))
        shutil.rmtree(self.path("film1.mp4.frames"))

    def test_a_dry_run_writes_nothing(self):
        result = self.ok("export", "moons.run.h5", "--fps", 10, "--duration", "3s", "-n", "-o", "film2.mp4")
        self.assertIn("30 frames of 1280 × 720, 3 s", result.out)
        self.assertFalse(os.path.exists(self.path("film2.mp4")))

    @unittest.skipUnless(HAS_FFMPEG, "no ffmpeg")
    def test_films_have_their_frames(self):
        for name, options, expected in [("film3.mp4", [], "h264,320,240,13"),
                                        ("film4.gif", ["--state", "first:last:5"], "gif,320,240,4"),
                                        ("film5.webm", ["--state", "last:epoch:9"], "vp9,320,240,4"),
                                        ("film6.mp4", ["--fps", 5, "--duration", "4s"], "h264,320,240,20")]:
            self.ok("export", "moons.run.h5", "--figure", "feature-space", "--size", "320x240", "-o", name, *options)
            self.assertEqual(self.frames(name), expected)
        self.ok("export", "moons.run.h5", "--figure", "loss", "--width", "2.01in", "--height", "2in", "--dpi", 100,
                "--state", "0:1", "-o", "film7.mp4")
        self.assertEqual(self.frames("film7.mp4"), "h264,202,200,2")

    @unittest.skipUnless(HAS_FFMPEG, "no ffmpeg")
    def test_a_film_that_is_stopped_leaves_nothing(self):
        export = ["export", "moons.run.h5", *FOUR, "--duration", "600s", "-o", "film8.mp4"]
        watch = ["watch", "moons.run.h5", *FOUR, "--size", "5760x2880", "--animate", "film8.mp4", "--mode", "terminal"]
        for words, signals, code in [(export, [signal.SIGINT], 130), (export, [signal.SIGHUP], 75),
                                     (export, [signal.SIGINT] * 2, 130), (watch, [signal.SIGTERM], 75),
                                     (watch, [signal.SIGHUP], 75), (watch, [signal.SIGINT] * 2, 130)]:
            with self.subTest(command=words[0], signals=signals):
                process = subprocess.Popen([harness.PROGRAM, *words], cwd=self.folder, stderr=subprocess.PIPE,
                                           stdout=subprocess.PIPE)
                deadline = time.time() + 60
                while time.time() < deadline and not any(n.startswith("film8") for n in os.listdir(self.folder)):
                    time.sleep(0.05)
                time.sleep(0.5)
                for number in signals:
                    process.send_signal(number)
                    time.sleep(0.01)
                process.communicate(timeout=60)
                self.assertEqual(process.returncode, code)
                self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("film8")])

    def test_nohup_is_obeyed(self):
        with open(self.path("knobs"), "w") as file:
            file.write("at 300 pause\n")
        process = subprocess.Popen(["nohup", harness.PROGRAM, "train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200",
                                    "--epochs", "300", "--control", "knobs", "-o", "nohup.run.h5"], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def is_paused():
            result = self.run_program("info", "nohup.run.h5", "--json")
            return result.code == 0 and json.loads(result.out)["groups"][0]["metrics"].get("paused") == 1

        deadline = time.time() + 60
        while not is_paused():
            self.assertLess(time.time(), deadline)
            time.sleep(0.05)
        process.send_signal(signal.SIGHUP)
        self.assertIsNone(process.poll())
        with open(self.path("knobs"), "a") as file:
            file.write("resume\n")
        self.assertEqual(process.wait(timeout=120), 0)

    def test_options_that_would_do_nothing_are_refused(self):
        for options in [["--levels", 9], ["--no-path"], ["--metric", "accuracy"], ["--fps", 5], ["--duration", "5s"], *SURFACE]:
            self.fails("export", "moons.run.h5", *options, "-o", "x.png", code=2, what="does not go with")
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", 3, "-o", "small.land.h5")
        for options in [["--state", "last"], ["--define", "a=tp"], ["--samples", 5], ["--fps", 5], *SURFACE]:
            self.fails("export", "small.land.h5", *options, "-o", "x.png", code=2, what="does not go with")
        for options in [["--fps", 5], ["--duration", "5s"], ["--turn", 90], ["--play"]]:
            self.fails("export", "small.land.h5", "--figure", "surface", *options, "-o", "x.png", code=2, what="no film")
        self.fails("export", "small.land.h5", "--figure", "surface", "--samples", 5, "-o", "x.png", code=2, what="is a landscape")
        self.fails("export", "moons.run.h5", *SURFACE[0], "-o", "x.mp4", code=2, what="does not go with")
        for options in [["--colormap", "vik"], ["--dpi", 90], ["--dark"], ["--samples", 5], ["--state", 1]]:
            self.fails("export", "moons.run.h5", "--format", "deepreplay", *options, "-o", "x.h5", code=2, what="as a whole")

    def test_a_film_is_written_as_export_writes_it(self):
        watch = ["watch", "moons.run.h5", "--mode", "terminal", "--figure", "loss", "--size", "160x120", "--animate"]
        frames = [f"{i:05}.png" for i in range(13)]
        self.ok(*watch, "shown/%05d.png")
        for name in ["00099.png", "mine.png"]:
            shutil.copy(self.path("shown/00000.png"), self.path("shown/" + name))
        self.assertEqual(self.fails(*watch, "shown/%05d.png", what="numbered pictures").out, "", "before it follows")
        self.ok(*watch, "shown/%05d.png", "-f")
        self.assertEqual(sorted(os.listdir(self.path("shown"))), [*frames, "mine.png"])
        with open(self.path("notes.mp4"), "w") as file:
            file.write("mine")
        self.fails(*watch, "notes.mp4", what="only pictures and films are written anew(?s:.*)--force")
        self.assertEqual(self.bytes("notes.mp4"), b"mine")
        os.symlink("moons.run.h5", self.path("link.mp4"))
        self.fails(*watch, "link.mp4", "-f", code=2, what="reads from it")
        for _ in range(2 if HAS_FFMPEG else 0):
            self.ok(*watch, "again.gif")

    def test_pictures_are_not_mixed_with_older_ones(self):
        watch = ["watch", "moons.run.h5", "--figure", "loss", "--size", "160x120", "-o", "100%s%d"]
        folder = self.path("100%s%d")
        os.mkdir(folder)
        for name in ["00099.png", "mine.png"]:
            with open(os.path.join(folder, name), "w"):
                pass
        self.fails(*watch, what="numbered pictures(?s:.*)--force")
        self.fails(*watch, "-f", "--figure", "feature-spice", code=2)
        self.assertEqual(sorted(os.listdir(folder)), ["00099.png", "mine.png"])
        self.ok(*watch, "-f")
        self.assertEqual(sorted(os.listdir(folder)), [*(f"{i:05}.png" for i in range(13)), "mine.png"])

    def test_a_film_of_nothing_is_an_error(self):
        for mode in [["--mode", "terminal"], ["-o", "none"]]:
            result = self.fails("watch", "moons.run.h5", *mode, "--every", "99999,", "--animate", "none.gif",
                                what="cannot make none.gif(?s:.*)none of the 13 states(?s:.*)--every")
            self.assertIn("finished: 13 states, 0 shown", result.out)

    def test_impossible_films_are_refused(self):
        for options in [["--fps", 0], ["--fps", 1000000], ["--duration", "0s"], ["--duration", "soon"],
                        ["--duration", "99999999s"], ["--state", "0:1:0"], ["--state", "0:1:2:3"],
                        ["--size", "20000x200"], ["--size", "16384x16384"], ["--fps", "0x10"]]:
            with self.subTest(options=options):
                result = self.run_program("export", "moons.run.h5", "--figure", "loss", *options, "-o", "film9.mp4")
                self.assertEqual(result.code, 2, result.err)
                self.assertFalse(os.path.exists(self.path("film9.mp4")))
        result = self.fails("watch", "moons.run.h5", "--mode", "terminal", "--size", "16384x16384", "--animate", "film9.mp4",
                            code=2, what="264 million")
        self.assertEqual(result.out, "", "before anything is followed")


if __name__ == "__main__":
    harness.main()
