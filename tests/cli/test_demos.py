"""Every demonstration makes its pictures, and what it trains has learned."""

import os
import shutil
import subprocess
import unittest

import harness

FFMPEG = shutil.which("ffmpeg")
FFPROBE = shutil.which("ffprobe")

# Parameters and the least accuracy over the recorded samples at the end; None for a regression.
NETWORKS = {
    "parabola": {"sigmoid": (9, 0.99), "tanh": (9, 0.99), "relu": (9, 0.99)},  # 2*2 + 2 + 2 + 1
    "moons": {"run": (337, 0.95)},
    "circles": {"run": (13, 0.95)},  # 2*3 + 3 + 3 + 1
    "spirals": {"run": (1221, 0.9)},  # 2*32 + 32 + 32*32 + 32 + 32*2 + 2 + 2 + 1
    "encoder2": {"run": (65, 0.95)},  # 9*5 + 5 + 5*2 + 2 + 2 + 1
    "mail": {"run": (605, 0.85)},  # 57*10 + 10 + 10*2 + 2 + 2 + 1
    "line": {"run": (2, None)},
    "sine": {"run": (81001, None)},  # 1*200 + 200 + 2*(200*200 + 200) + 200 + 1
    "imbalanced": {"plain": (5249, 0.88), "weighted": (5249, 0.7)},  # 15*64 + 64 + 64*64 + 64 + 64 + 1
    "decay": {"run": (337, 0.85)},
    "digits": {"run": (1199882, 0.5)},
}


class Demos(harness.CliTest):
    def demo(self, name, *options, **more):
        folder = f"made-{name}"
        return folder, self.ok("demo", name, "--quick", "-o", folder, "--progress", "none", *options, **more)

    def commands(self, result, mark="$"):
        return [line[len(f"{mark} tauscape "):].split() for line in result.out.splitlines()
                if line.startswith(f"{mark} tauscape ")]

    def assert_pictures(self, commands):
        """Each picture has the size that its command asks for, and something is drawn on it."""
        pictures = 0
        for words in commands:
            out = words[words.index("-o") + 1] if "-o" in words else ""
            if out.endswith(".png"):
                pictures += 1
                size = harness.png_size(self.path(out))
                self.assertGreater(os.path.getsize(self.path(out)), 8000, out)
                if "--size" in words:
                    self.assertEqual("%dx%d" % size, words[words.index("--size") + 1], out)
            elif out.endswith(".mp4"):
                self.assert_film(out, words)
            elif out:
                self.assertGreater(os.path.getsize(self.path(out)), 0, out)
        self.assertGreater(pictures, 0)

    @unittest.skipUnless(FFMPEG and FFPROBE, "no ffmpeg")
    def assert_film(self, out, words):
        probe = subprocess.run([FFPROBE, "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
                                "stream=width,height,nb_read_frames", "-of", "csv=p=0:s=x", self.path(out)],
                               capture_output=True, text=True, check=True)
        self.assertEqual(probe.stdout.strip(), words[words.index("--size") + 1] + "x6", out)

    def assert_learned(self, name, folder):
        groups = self.ok_json("info", f"{folder}/{name}.run.h5")["groups"]
        self.assertEqual({g["group"] for g in groups}, set(NETWORKS[name]))
        for group in groups:
            parameters, accuracy = NETWORKS[name][group["group"]]
            self.assertEqual(group["parameters"], parameters)
            if accuracy:
                self.assertGreaterEqual(group["metrics"]["epoch_accuracy"], accuracy)
        return groups

    def check(self, name):
        folder, result = self.demo(name)
        commands = self.commands(result)
        self.assert_pictures(commands)
        # What was written is told.
        for words in commands:
            if words[0] == "export" and "-o" in words:
                self.assertIn("  " + os.path.basename(words[words.index("-o") + 1]), result.out)
        return self.assert_learned(name, folder)

    def test_parabola(self):
        self.check("parabola")

    def test_moons(self):
        self.check("moons")

    def test_circles(self):
        self.check("circles")

    def test_spirals(self):
        self.check("spirals")

    def test_encoder2(self):
        self.check("encoder2")

    def test_mail_writes_a_table_of_the_shape_of_spambase(self):
        self.check("mail")
        with open(self.path("made-mail/mail.csv")) as file:
            rows = [line.rstrip("\n").split(",") for line in file]
        self.assertEqual({len(row) for row in rows}, {58})
        self.assertEqual([rows[0][0], rows[0][48], rows[0][56], rows[0][57]],
                         ["word_01", "character_1", "run_total", "unwanted"])
        self.assertEqual(len(rows) - 1, 800)
        self.assertEqual(sum(row[57] == "1" for row in rows[1:]), 315)  # 39.4 % of 800
        column = [float(row[0]) for row in rows[1:]]
        self.assertAlmostEqual(sum(column) / 800, 0, places=4)
        self.assertAlmostEqual(sum(x * x for x in column) / 800, 1, places=3)

    def test_line_finds_slope_and_intercept(self):
        group = self.check("line")[0]
        # What is left is the noise, 0.4 x of x even over [0, 1]: a mean square of 0.16/3.
        self.assertAlmostEqual(group["metrics"]["epoch_loss"], 0.16 / 3, delta=0.08)
        self.assertAlmostEqual(group["metrics"]["test_loss"], 0.16 / 3, delta=0.015)

    def test_sine_learns_more_than_the_mean(self):
        group = self.check("sine")[0]
        # The noise leaves 0.25; the mean alone would leave 0.25 + 0.26.
        self.assertLess(group["metrics"]["test_loss"], 0.42)
        self.assertGreater(group["metrics"]["test_loss"], 0.2)

    def test_imbalanced_weighs_classes(self):
        plain, weighted = self.check("imbalanced")
        self.assertEqual((plain["group"], weighted["group"]), ("plain", "weighted"))
        # Weights find more of the few at the price of accuracy.
        self.assertLess(weighted["metrics"]["epoch_accuracy"], plain["metrics"]["epoch_accuracy"])
        train = ["train", "--model", "mlp:15-4-1", "--data", "imbalanced:n=300", "--epochs", 1, "-o", "w.run.h5"]
        for weights, what in [("1", "2 classes"), ("1,2,3", "2 classes"), ("0,0", "all weights are 0"),
                              ("1,-2", "cannot weigh -2"), ("1,x", "not a number|class-weights"), ("1,", "class-weights"),
                              ("even", "class-weights")]:
            self.fails(*train, "--class-weights", weights, code=2, what=what)
        self.fails("train", "--model", "mlp:1-1", "--data", "sine:n=50", "--class-weights", "balanced", "-o", "w.run.h5",
                   code=2, what="no classes")
        self.assertFalse(os.path.exists(self.path("w.run.h5")))

    def test_decay(self):
        self.check("decay")

    def test_digits(self):
        self.check("digits")

    def test_the_same_demonstration_twice_gives_the_same_pictures(self):
        first, _ = self.demo("circles", "-o", "one")
        again = self.ok("demo", "circles", "--quick", "-o", "two", "--progress", "none")
        self.ok("demo", "circles", "--quick", "-o", "one", "--progress", "none")
        kept = self.ok("demo", "circles", "--quick", "-o", "one", "--progress", "none")
        self.assertIn("this training is there already", kept.out)
        self.assertEqual(self.bytes("one/circles.png"), self.bytes("two/circles.png"))
        self.assertTrue(first and again.out)

    def test_the_list_says_what_each_shows(self):
        lines = self.ok("demo", "--list").out.splitlines()
        self.assertEqual([line.split()[0] for line in lines][0], "digits")
        self.assertEqual({line.split()[0] for line in lines}, set(NETWORKS))
        for line in lines:
            self.assertGreater(len(line.split()), 5)
            self.assertLessEqual(len(line), 110)
        listed = self.ok_json("demo", "--list")
        self.assertEqual({entry["demo"] for entry in listed}, set(NETWORKS))

    def test_mistakes_are_named(self):
        self.fails("demo", "parabla", code=2, what="did you mean parabola")
        self.fails("demo", "somethingelse", code=2, what="demo --list")
        self.fails("demo", "line", "-o", "two words", code=2, what="blank")
        self.assertFalse(os.path.exists(self.path("two words")))

    def test_a_dry_run_shows_the_commands_and_writes_nothing(self):
        result = self.ok("demo", "mail", "-n", "-o", "nothing")
        self.assertEqual([words[0] for words in self.commands(result)], ["train", "export"]
                         + ["export"] * bool(FFMPEG))
        self.assertNotIn("{", result.out)
        self.assertFalse(os.path.exists(self.path("nothing")))

    def test_without_ffmpeg_the_stills_are_made_and_the_films_named(self):
        result = self.ok("demo", "line", "--quick", "-o", "still", "--progress", "none", env={"PATH": "/nowhere"})
        self.assertTrue(os.path.exists(self.path("still/line.png")))
        self.assertFalse(os.path.exists(self.path("still/line.mp4")))
        self.assertEqual(len(self.commands(result, "#")), 1)
        self.assertIn("no ffmpeg", result.out)

    def test_json_lists_the_files(self):
        told = self.ok_json("demo", "line", "--quick", "-o", "told")
        self.assertEqual(told["files"][:2], ["told/line.run.h5", "told/line.png"])
        for name in told["files"]:
            self.assertTrue(os.path.exists(self.path(name)), name)

    def test_groups_stand_side_by_side(self):
        folder, _ = self.demo("parabola")
        run = f"{folder}/parabola.run.h5"
        self.ok("export", run, "--group", "tanh,relu", "--figure", "loss", "-o", "pair.svg")
        self.ok("export", run, "--group", "tanh", "--figure", "loss", "-o", "one.png", "--size", "500x400")
        self.ok("export", run, "--group", "relu", "--figure", "loss", "-o", "other.png", "--size", "500x400")
        self.assertNotEqual(self.bytes("one.png"), self.bytes("other.png"))
        self.ok("export", run, "--group", "tanh,relu", "--figure", "loss", "-o", "pair.png", "--size", "900x400")
        self.assertIn(b'"group": "tanh,relu"', self.bytes("pair.png"))
        self.fails("export", run, "--group", "tanh,elu", "-o", "x.png", what="no run 'elu'")
        self.fails("export", run, "-o", "x.png", what="sigmoid")
        self.fails("export", run, "--group", ",".join(["tanh"] * 9), "-o", "x.png", code=2, what="more than 8")
        self.assertFalse(os.path.exists(self.path("x.png")))


if __name__ == "__main__":
    harness.main()
