"""Metrics of every point of a landscape: computed, kept, joined, described, written and drawn."""

import csv
import json
import math
import os
import struct

import harness

METRICS = "mcc,f1,macro-recall,balanced-accuracy,micro-f1,accuracy,precision"
NAMES = ["macro-precision", "macro-recall", "macro-f1", "micro-f1", "balanced-accuracy", "mcc"]


class Metrics(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "mlp:784-16-10", "--data", "digits:n=200", "--epochs", 4, "-o", "digits.run.h5")
        test.ok("train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "--loss", "bce-logits", "--epochs", 4, "-o",
                "moons.run.h5")
        test.ok("train", "--model", "mlp:1-4-1", "--data", "sine:n=100", "--loss", "mse", "--epochs", 1, "-o", "sine.run.h5")
        test.ok("compute", "digits.run.h5", "-m", METRICS, "-g", 9, "-o", "plane.land.h5")
        test.ok("compute", "digits.run.h5", "-m", "mcc,f1", "--from", "first", "--to", "last", "-g", 11, "-o", "line.land.h5")

    def runTest(self):
        pass

    def numbers(self, landscape):
        return [{name: float(value) for name, value in row.items() if name != "precision"}
                for row in self.values(landscape).values()]

    def test_columns_have_the_names_and_the_values_agree_with_each_other(self):
        self.ok("export", "plane.land.h5", "-o", "plane.csv")
        with open(self.path("plane.csv"), newline="") as file:
            self.assertEqual(next(csv.reader(file))[7:], NAMES)
        rows = self.numbers("plane.land.h5")
        self.assertEqual(len(rows), 81)
        for row in rows:
            self.assertAlmostEqual(row["micro-f1"], row["accuracy"], delta=1e-12)
            self.assertAlmostEqual(row["macro-recall"], row["balanced-accuracy"], delta=1e-12)
            self.assertLessEqual(abs(row["mcc"]), 1)
        self.assertGreater(max(row["mcc"] for row in rows), 0.6)
        self.assertTrue(any(math.isnan(row["macro-precision"]) for row in rows), "a class that nothing is taken for")

    def test_two_classes_have_those_of_class_1(self):
        report = self.ok_json("compute", "moons.run.h5", "-m", "f1,macro-f1,precision,recall", "-g", 5, "-o", "moons.land.h5")
        centre = report["centre_metrics"]
        self.assertEqual(list(centre), ["binary-precision", "binary-recall", "binary-f1"])
        precision, recall = centre["binary-precision"], centre["binary-recall"]
        self.assertAlmostEqual(centre["binary-f1"], 2 * precision * recall / (precision + recall), delta=1e-12)

    def test_devices_threads_tiles_and_shards_agree(self):
        whole = self.values("plane.land.h5")
        for i in (1, 2):
            self.ok("compute", "digits.run.h5", "-m", METRICS, "-g", 9, "-j", i, "--tile", 3 * i, "--shard", f"{i}/2", "-o",
                    f"part-{i}.land.h5")
        self.ok("merge", "part-1.land.h5", "part-2.land.h5", "-o", "merged.land.h5")
        self.assertEqual(self.values("merged.land.h5"), whole)
        self.ok("trace", "digits.run.h5", "--on", "merged.land.h5")
        self.assertEqual(self.values("merged.land.h5"), whole)
        self.ok("compute", "digits.run.h5", "-m", METRICS, "-g", 9, "-d", "ref", "-o", "ref.land.h5")
        for ours, exact in zip(self.numbers("plane.land.h5"), self.numbers("ref.land.h5")):
            self.assertAlmostEqual(ours["mcc"], exact["mcc"], delta=0.02)

    def test_metrics_are_part_of_what_a_job_goes_on_with(self):
        command = ["compute", "digits.run.h5", "-g", 5, "-o", "again.land.h5"]
        self.ok(*command, "--shard", "1/2", "-m", "f1,mcc")
        self.fails(*command, "-m", "mcc", what=r'with metrics \["macro-f1","mcc"\]; this command says metrics \["mcc"\]')
        self.fails(*command, what="this command says no metrics")
        self.ok(*command, "-m", "mcc,macro-f1,accuracy")
        self.assertEqual(self.ok_json("info", "again.land.h5")["done"], 25)

    def test_without_metrics_nothing_is_new(self):
        command = ["compute", "digits.run.h5", "-g", 5, "-o", "none.land.h5"]
        self.ok(*command, "--shard", "1/2")
        self.assertNotIn("metrics", self.ok_json("info", "none.land.h5")["recipe"]["identity"])
        self.ok(*command, "-m", "accuracy")
        self.assertEqual(self.ok_json("info", "none.land.h5")["metrics"], {})

    def test_info_has_ranges_and_the_centre(self):
        report = self.ok("compute", "digits.run.h5", "-m", METRICS, "-g", 3, "--json", "-o", "small.land.h5").out
        centre = json.loads(report)["centre_metrics"]
        metrics = self.ok_json("info", "plane.land.h5")["metrics"]
        self.assertEqual(list(metrics), NAMES)
        values = [row["mcc"] for row in self.numbers("plane.land.h5")]
        self.assertEqual((metrics["mcc"]["lowest"], metrics["mcc"]["highest"]), (min(values), max(values)))
        self.assertAlmostEqual(metrics["mcc"]["centre"], centre["mcc"], delta=1e-12)
        self.assertGreater(metrics["macro-precision"]["undefined"], 0)
        self.assertRegex(self.ok("info", "plane.land.h5").out, "metric     mcc: .* at the centre")

    def test_wrong_names_and_losses_without_classes_are_refused(self):
        compute = ["compute", "digits.run.h5", "-o", "x.land.h5", "-m"]
        self.fails(*compute, "mc", code=2, what="did you mean mcc")
        self.fails(*compute, "mcc,auc", code=2, what="balanced-accuracy")
        self.fails(*compute, "mcc,", code=2, what='no metric ""')
        self.fails("compute", "sine.run.h5", "-m", "f1", "-o", "x.land.h5", code=2, what="mse")
        self.ok("compute", "sine.run.h5", "-m", "accuracy", "--dirs", "random", "-g", 3, "-o", "sine.land.h5")
        self.assertFalse(os.path.exists(self.path("x.land.h5")))

    def test_tables_hold_what_is_chosen(self):
        self.ok("export", "plane.land.h5", "-o", "plane.json")
        with open(self.path("plane.json")) as file:
            metrics = json.load(file)["metrics"]
        self.assertEqual(list(metrics), NAMES)
        self.ok("export", "plane.land.h5", "--metric", "f1", "-o", "f1.npy")
        raw = self.bytes("f1.npy")
        self.assertEqual(list(struct.unpack("<81d", raw[-81 * 8:])), sum(metrics["macro-f1"], []))
        self.ok("export", "plane.land.h5", "--metric", "mcc", "-o", "mcc.vts")
        self.assertIn(b'"mcc"', self.bytes("mcc.vts"))

    def test_pictures_draw_what_is_chosen(self):
        self.ok("export", "plane.land.h5", "-o", "loss.png", "--dpi", 60)
        drawn = {self.bytes("loss.png")}
        for figure in ("contour:of=mcc", "heatmap:of=accuracy", "filled:of=macro-f1"):
            self.ok("export", "plane.land.h5", "--figure", figure, "-o", "metric.png", "--dpi", 60)
            drawn.add(self.bytes("metric.png"))
        self.ok("export", "plane.land.h5", "--metric", "mcc", "-o", "same.png", "--dpi", 60)
        self.assertIn(self.bytes("same.png"), drawn)
        self.assertEqual(len(drawn), 4)
        self.ok("export", "line.land.h5", "-o", "accuracy.png", "--dpi", 60)
        self.ok("export", "line.land.h5", "--figure", "line:of=mcc", "--log", "-o", "line.png", "--dpi", 60)
        self.assertNotEqual(self.bytes("line.png"), self.bytes("accuracy.png"))

    def test_what_cannot_be_drawn_is_said(self):
        export = ["export", "plane.land.h5", "-o", "x.png", "--figure"]
        self.fails(*export, "heatmap:of=mc", code=2, what="did you mean mcc")
        self.fails(*export, "heatmap:of=specificity", code=2, what="--metric specificity")
        self.fails(*export, "heatmap:of=", code=2, what='no ""')
        self.fails(*export, "heatmap:by=mcc", code=2, what="no setting")
        self.fails(*export, "heatmap:of=mcc", "--log", code=2, what="--log does not go with mcc")
        self.fails(*export, "heatmap:of=mcc", "--metric", "f1", code=2, what="contradict")
        self.fails("export", "line.land.h5", "--metric", "regularisation", "-o", "x.png", code=2, what="none of its points")
        self.fails("export", "plane.land.h5", "--metric", "regularisation", "-o", "x.png", code=2, what="weight decay")
        self.fails("export", "plane.land.h5", "--figure", "nosuch", "-o", "x.png", code=2, what="heatmap, surface and line")
        self.assertFalse(os.path.exists(self.path("x.png")))

    def test_a_line_shows_what_is_named_beside_the_loss(self):
        drawn = {}
        for name in ("", "loss", "accuracy", "loss_se", "mcc", "macro-f1"):
            self.ok("export", "line.land.h5", *(["--metric", name] if name else []), "-o", "beside.png", "--dpi", 60)
            drawn[name] = self.bytes("beside.png")
        self.assertEqual(drawn.pop("accuracy"), drawn[""])
        self.assertEqual(len(set(drawn.values())), 5)
        self.ok("export", "line.land.h5", "--figure", "line:of=loss_se", "-o", "beside.png", "--dpi", 60)
        self.assertEqual(self.bytes("beside.png"), drawn["loss_se"])


if __name__ == "__main__":
    harness.main()
