"""Wrong options, wrong files, wrong data: three lines of error, nothing written, nothing lost."""

import os
import shutil

import harness


class Hostile(harness.CliTest):
    KEPT = ("r.run.h5", "l.land.h5", "line.land.h5", "n.onnx", "n.safetensors")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "--epochs", 3, "--record", "every=2", "-o",
                "r.run.h5")
        test.ok("compute", "r.run.h5", "-g", 5, "-o", "l.land.h5")
        test.ok("compute", "r.run.h5", "--from", "first", "--to", "last", "-g", 5, "-o", "line.land.h5")
        test.ok("export", "r.run.h5", "-o", "n.onnx")
        test.ok("export", "r.run.h5", "-o", "n.safetensors")
        os.mkdir(test.path("folder"))
        open(test.path("empty"), "w").close()

    def runTest(self):
        pass

    def write(self, name, content):
        with open(self.path(name), "wb" if isinstance(content, bytes) else "w") as file:
            file.write(content)

    def cut(self, source, size, name):
        self.write(name, self.bytes(source)[:size])

    def refused(self, *words, codes=(1, 2), what="error"):
        """The command fails with error, (why,) fix; writes nothing new and leaves what is there as it was."""
        kept = {name: self.bytes(name) for name in self.KEPT}
        before = set(os.listdir(self.folder))
        result = self.run_program(*words)
        said = f"tauscape {' '.join(map(str, words))}\n{result.err}{result.out}"
        self.assertIn(result.code, codes, said)
        lines = [line for line in result.err.splitlines() if not line.startswith(("note:", "warning:"))]
        self.assertTrue(lines and lines[0].startswith("error: "), said)
        self.assertTrue(lines[-1].startswith("  fix: "), said)
        self.assertTrue(all(line.startswith("  why: ") for line in lines[1:-1]), said)
        self.assertNotIn("file descriptor", result.err)
        self.assertRegex(result.err, what, said)
        self.assertEqual(set(os.listdir(self.folder)), before, said)
        for name, content in kept.items():
            self.assertEqual(self.bytes(name), content, f"{name} was changed by {said}")

    def test_files_of_the_wrong_kind(self):
        for name in ("folder", "/dev/null", "empty", "nothing", "ünï.h5", "a b%n\n.h5"):
            self.refused("compute", name, "-o", "x.land.h5", "--data", "moons:n=50")
            self.refused("info", name)
            self.refused("trace", name, "--on", "l.land.h5")
            self.refused("trace", "r.run.h5", "--on", name)
            self.refused("merge", name, "l.land.h5", "-o", "x.land.h5")
            self.refused("import", name, "--model", "mlp:2-8-1:tanh", "--data", "moons:n=50", "-o", "x.run.h5")
            self.refused("train", "--model", name, "--data", "moons:n=50", "-o", "x.run.h5")
            self.refused("train", "--model", "mlp:2-8-1:tanh", "--data", name, "-o", "x.run.h5")
            self.refused("compute", "r.run.h5", "--dirs", name, "-g", 3, "-o", "x.land.h5")
            self.refused("compute", "r.run.h5", "--from", name + "@last", "--to", "last", "-o", "x.land.h5")
            for out in ("x.png", "x.csv", "x.onnx", "x.mp4", "frames/%05d.png"):
                self.refused("export", name, "-o", out)

    def test_run_and_landscape_in_each_others_place(self):
        self.refused("export", "r.run.h5", "-o", "x.csv", what="is a run file")
        self.refused("export", "l.land.h5", "-o", "x.mp4", "--figure", "violins", what="violins|libtauscape_gl")
        self.refused("export", "l.land.h5", "-o", "x.onnx", what="is a landscape")
        self.refused("compute", "l.land.h5", "-o", "x.land.h5", what="is a landscape")
        self.refused("merge", "r.run.h5", "-o", "x.land.h5", what="is a run file")
        self.refused("trace", "r.run.h5", "--on", "r.run.h5", what="is a run file")
        self.refused("compute", "r.run.h5", "--dirs", "r.run.h5", "-o", "x.land.h5", what="is a run file")

    def test_files_that_are_cut_off(self):
        for name in self.KEPT:
            size = len(self.bytes(name))
            for end in (1, 10, size // 2, size - 5):
                self.cut(name, end, "cut" + os.path.splitext(name)[1])
                cut = "cut" + os.path.splitext(name)[1]
                self.refused("info", cut)
                self.refused("compute", cut, "-o", "x.land.h5", "--data", "moons:n=50")
                self.refused("export", cut, "-o", "x.png")
                self.refused("merge", cut, "l.land.h5", "-o", "x.land.h5")

    def test_output_never_replaces_what_was_recorded(self):
        train = ["train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "--epochs", 1, "--group", "other"]
        imported = ["import", "n.safetensors", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=50", "--group", "other"]
        for force in ([], ["--force"]):
            self.refused("compute", "r.run.h5", "-g", 3, "-o", "r.run.h5", *force)
            self.refused("compute", "n.onnx", "--data", "moons:n=50", "-g", 3, "-o", "n.onnx", *force)
            self.refused("merge", "l.land.h5", "-o", "r.run.h5", *force, what="recorded trainings")
            for out in ("l.land.h5", "line.land.h5"):
                self.refused(*train, "-o", out, *force, what="landscape")
                self.refused(*imported, "-o", out, *force, what="landscape")
            self.refused(*train, "-o", "n.onnx", *force)
        self.refused("compute", "r.run.h5", "-g", 3, "-o", "n.safetensors")
        self.refused("merge", "l.land.h5", "-o", "line.land.h5", what="not among the parts")
        self.refused("merge", "l.land.h5", "-o", "n.onnx")

    def test_export_does_not_write_over_its_sources(self):
        for source, name in (("r.run.h5", "run.onnx"), ("l.land.h5", "land.png"), ("l.land.h5", "land.csv")):
            shutil.copy(self.path(source), self.path(name))
            os.symlink(name, self.path("link-" + name))
            for out in (name, "link-" + name):
                self.refused("export", name, "-o", out, what="reads from it")
            self.assertEqual(self.bytes(source), self.bytes(name))
        self.refused("export", "line.land.h5", "-o", "land.csv", what="holds a landscape")
        self.refused("export", "l.land.h5", "-o", "run.onnx")

    def test_data_file_is_not_an_output(self):
        self.write("table.csv", "a,b,label\n" + "1,2,0\n3,4,1\n" * 10)
        before = self.bytes("table.csv")
        self.refused("compute", "r.run.h5", "--data", "table.csv", "--labels", "label", "-g", 3, "-o", "table.csv", "-f",
                     what="reads from it")
        self.assertEqual(self.bytes("table.csv"), before)

    def test_part_may_be_the_output_of_merge(self):
        for i in (1, 2):
            self.ok("compute", "r.run.h5", "-g", 5, "--shard", f"{i}/2", "-o", f"part{i}.land.h5")
        self.ok("merge", "part1.land.h5", "part2.land.h5", "-o", "part1.land.h5")
        self.assertEqual(self.values("part1.land.h5"), self.values("l.land.h5"))

    def test_options_of_compute_that_make_no_sense(self):
        for options in (["--samples", "0"], ["--samples", "-1"], ["--samples", "1e9"], ["--samples", ""], ["-g", "0x5"],
                        ["-g", "5x"], ["-g", "x5"], ["-g", "5x5x5"], ["-g", ""], ["-g", "100000x100000"], ["-x", "nan:inf"],
                        ["-x", "0:0"], ["-x", "1:-1"], ["-x", ":"], ["-x", "-1e308:1e308"], ["-j", "0"], ["-j", "-1"],
                        ["--shard", "0/3"], ["--shard", "4/3"], ["--shard", "/"], ["--shard", "1/0"], ["--tile", "0"],
                        ["--tile", "many"], ["--tile", "-3"], ["-s", "-1"], ["--dirs", ""], ["--dirs", "states:"],
                        ["--dirs", "states:first,first,last"], ["--center", ""], ["--center", "@"], ["--center", "epoch:-5"],
                        ["--from", "first"], ["--from", "first", "--to", "first"], ["--group", ""], ["--group", ","],
                        ["--precision", "fast"], ["-d", "cuda"], ["--loss", "nll"], ["--data", "digits:n=50"],
                        ["--data", "moons:n=0"], ["--data", ""], ["--mean", "1"], ["--std", "0"], ["--labels", "x.npy"],
                        ["--test-fraction", "nan"], ["--data-layout", "nhwc"]):
            self.refused("compute", "r.run.h5", "-g", "3", "-o", "x.land.h5", *options)

    def test_one_point_is_the_centre(self):
        for grid in ("1", "1x1"):
            out = self.ok("compute", "r.run.h5", "-g", grid, "-o", f"one-{grid}.land.h5").out
            self.assertNotIn("nan", out)
            self.assertEqual(list(self.values(f"one-{grid}.land.h5")), [("0", "0")])

    def test_options_of_export_that_make_no_sense(self):
        for options in (["--size", "0x5"], ["--size", "800"], ["--size", "99999x99999"], ["--width", "3"], ["--width", "-1in"],
                        ["--width", "0in"], ["--width", "naninin"], ["--dpi", "0"], ["--dpi", "1e9"], ["--levels", "0"],
                        ["--levels", "2,1"], ["--levels", "a,b"], ["--levels", ","], ["--range-loss", "1:0"],
                        ["--colormap", "rainbows"], ["--colormap", "folder"], ["--figure", "line"], ["--figure", "surface"],
                        ["--layout", "0x1"], ["--layout", "x"], ["--font-size", "0pt"], ["--group", "nobody"],
                        ["--width", "1e9in"], ["--height", "1mm"]):
            self.refused("export", "l.land.h5", "-o", "x.png", *options)
        for out in ("", "x", "x.bmp", "folder", "folder/x", "no/such/x.png", "/proc/x.png"):
            self.refused("export", "l.land.h5", "-o", out)

    def test_pictures_of_trainings_that_make_no_sense(self):
        for figure in ("", ":", "loss:", "loss:=", "loss:title", "loss:,", "feature-space:dims=x", "feature-space:dims=0",
                       "feature-space:x=1", "feature-space:mesh=1", "feature-space:lines=1000000", "boundary:features=+",
                       "boundary:features=1+2+3", "boundary:features=1+1", "boundary:features=99999999999999999999+1",
                       "metrics:of=", "metrics:of=f1++f1", "metrics:of=" + "f1+" * 20 + "f1", "metrics:of=(((",
                       "probability:bins=0", "probability:bins=1e9", "violins:of=", "violins:layers=+",
                       "loss-histogram:loss=none", "loss:" + ",".join(f"k{i}=1" for i in range(40)), "x" * 10000,
                       "loss:span=99x99", "confusion:span=2x"):
            self.refused("export", "r.run.h5", "-o", "x.png", "--figure", figure)
        for figure in ("metrics:of=1/0", "loss:span=1", "loss:title=", "loss:title=\n%n\u202e"):
            self.ok("export", "r.run.h5", "-o", "odd.png", "--size", "400x300", "--figure", figure)
            os.unlink(self.path("odd.png"))
        for options in (["--state", ""], ["--state", ":"], ["--state", "last:"], ["--state", "nan"], ["--group", ""],
                        ["--samples", "0"], ["--define", "="], ["--define", "x"], ["--layout", "0x0"], ["--layout", "65x1"],
                        ["--fps", "nan"], ["--duration", "inf"], ["--duration", "-1s"], ["--size", "0x0"]):
            self.refused("export", "r.run.h5", "-o", "x.mp4", "--figure", "loss", *options)
        for out in ("no/such/x.mp4", "folder", "folder.mp4/", "/proc/x.gif"):
            self.refused("export", "r.run.h5", "-o", out, "--figure", "loss")

    def test_data_that_cannot_be_used(self):
        rows = "".join(f"{i},{i % 7},{i % 2}\n" for i in range(40))
        self.write("good.csv", "a,b,label\n" + rows)
        self.write("nan.csv", "a,b,label\n" + rows + "nan,1,0\n")
        self.write("minus.csv", "a,b,label\n" + rows + "1,1,-1\n")
        self.write("wide.csv", "a,b,c,label\n" + "1,2,3,0\n" * 9)
        self.write("ragged.csv", "a,b,label\n1,2,0\n1,2\n")
        self.write("words.csv", "a,b,label\none,two,0\n")
        train = ["train", "--model", "mlp:2-8-3:relu", "--epochs", 1, "-o", "x.run.h5"]
        for data, labels in (("nan.csv", "label"), ("minus.csv", "label"), ("wide.csv", "label"), ("ragged.csv", "label"),
                             ("words.csv", "label"), ("good.csv", "nothing"), ("good.csv:x", "label"), ("good.csv", "folder")):
            self.refused(*train, "--data", data, "--labels", labels)
        self.write("many.csv", "a,b,label\n" + rows + "1,1,7\n")
        self.refused(*train, "--data", "many.csv", "--labels", "label", what="class")
        self.refused(*train, "--data", "good.csv", "--labels", "label", "--loss", "mse")
        self.refused("train", "--model", "lenet5", "--epochs", 1, "-o", "x.run.h5", "--data", "good.csv", "--labels", "label")
        self.refused("train", "--model", "mlp:784-8-10:relu", "--epochs", 1, "-o", "x.run.h5", "--data", "moons")

    def test_options_of_train_that_make_no_sense(self):
        train = ["train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=50", "-o", "x.run.h5"]
        for options in (["--epochs", "0"], ["--batch", "0"], ["--lr", "nan"], ["--lr", "-1"], ["--record", "every=0"],
                        ["--record", "often"], ["--schedule", "step"], ["--group", "a/b"], ["--group", ""], ["--momentum", "2"],
                        ["--optimizer", "sdg"], ["--model", "mlp:2"], ["--model", "mlp:0-1:tanh"], ["--model", "mlp:2-x-1:tanh"],
                        ["--model", "mlp:99999999-99999999-1:tanh"], ["--model", ""], ["--loss", "cross-entropy"]):
            self.refused(*train, *options)

    def test_file_without_a_command_says_what_to_do(self):
        self.refused("l.land.h5", codes=(1,), what="libtauscape_gl|no display|cannot open a window")
        self.refused("--json", "info", "l.land.h5", codes=(2,), what="after the command")

    def test_loss_that_does_not_fit_the_last_operator_is_warned_of(self):
        err = self.ok("compute", "r.run.h5", "--loss", "bce", "-g", 3, "-o", "bce.land.h5").err
        self.assertIn("warning: the loss bce takes probabilities", err)

    def test_paths_that_a_kill_left_out_are_added(self):
        self.ok("compute", "r.run.h5", "-g", 5, "--no-trace", "-o", "bare.land.h5")
        self.ok("compute", "r.run.h5", "-g", 5, "-o", "bare.land.h5")
        self.assertIn("path ", self.ok("info", "bare.land.h5").out)
        self.assertIn("nothing to do", self.ok("compute", "r.run.h5", "-g", 5, "-o", "bare.land.h5").out)

    def test_path_of_another_run_replaces_none_of_the_same_name(self):
        self.ok("train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "--epochs", 2, "--seed", 5, "-o", "b.run.h5")
        self.ok("trace", "r.run.h5", "--on", "l.land.h5")
        self.refused("trace", "b.run.h5", "--on", "l.land.h5", what="--as NAME")
        shutil.copy(self.path("l.land.h5"), self.path("two.land.h5"))
        self.ok("trace", "b.run.h5", "--on", "two.land.h5", "--as", "b")
        self.assertIn("path       b: ", self.ok("info", "two.land.h5").out)
        self.assertIn("path       run: ", self.ok("info", "two.land.h5").out)

    def test_remarks_on_foreign_data_and_chance(self):
        self.ok("train", "--model", "mlp:2-16-1:tanh", "--data", "moons:n=400", "--epochs", 40, "--lr", 0.1, "-o", "good.run.h5")
        self.ok("compute", "good.run.h5", "--dirs", "random", "-g", 5, "-o", "good.land.h5")
        self.assertFalse([r for r in self.ok_json("info", "good.land.h5")["remarks"] if "recorded" in r or "chance" in r])
        self.write("scaled.csv", "a,b,label\n" + "".join(f"{9 * i % 77},{i * 31 % 50},{(i // 3) % 2}\n" for i in range(200)))
        self.ok("compute", "good.run.h5", "--data", "scaled.csv", "--labels", "label", "--dirs", "random", "-g", 5, "-o",
                "scaled.land.h5")
        remarks = " ".join(self.ok_json("info", "scaled.land.h5")["remarks"])
        self.assertIn("far above the one that its training recorded", remarks)
        self.assertIn("no better than chance", remarks)

    def test_remark_on_levels_within_the_standard_error(self):
        self.ok("compute", "r.run.h5", "--dirs", "random", "-x", "-1e-4:1e-4", "-y", "-1e-4:1e-4", "-g", 5, "-o", "flat.land.h5")
        self.assertIn("closer than the standard error", " ".join(self.ok_json("info", "flat.land.h5")["remarks"]))


if __name__ == "__main__":
    harness.main()
