"""From a training to landscapes, their tables and pictures, on a small network."""

import json
import os
import shutil

import harness


class Landscape(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=600", "--epochs", 8, "--record", "every=5",
                "--seed", 3, "-o", "moons.run.h5")
        test.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", 15, "-o", "path.land.h5")
        test.ok("compute", "moons.run.h5", "--from", "first", "--to", "last", "-g", 21, "-o", "line.land.h5")

    def runTest(self):
        pass

    def test_line_ends_are_the_states_exactly(self):
        line = self.values("line.land.h5")
        info = self.ok_json("info", "moons.run.h5")
        self.assertEqual(info["groups"][0]["network"], "mlp:2-16-16-1:tanh")
        self.ok("compute", "moons.run.h5", "--from", "last", "--to", "first", "-g", 3, "-x", "0:1", "-o", "back.land.h5")
        back = self.values("back.land.h5")
        self.assertEqual(line[("0", "0")]["loss"], back[("1", "0")]["loss"])
        self.assertEqual(line[("1", "0")]["loss"], back[("0", "0")]["loss"])

    def test_random_plane_depends_on_its_seed_alone(self):
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-s", 5, "-g", 5, "-o", "a.land.h5")
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-s", 5, "-g", 5, "-o", "b.land.h5", "--order", "rows")
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-s", 6, "-g", 5, "-o", "c.land.h5")
        self.assertEqual(self.values("a.land.h5"), self.values("b.land.h5"))
        self.assertNotEqual(self.values("a.land.h5"), self.values("c.land.h5"))

    def test_complete_landscape_has_nothing_to_do(self):
        before = self.bytes("path.land.h5")
        result = self.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", 15, "-o", "path.land.h5")
        self.assertIn("nothing to do", result.out)
        self.assertEqual(len(before), os.path.getsize(self.path("path.land.h5")))

    def test_other_settings_are_refused_and_change_nothing(self):
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-s", 1, "-g", 3, "-o", "seed.land.h5")
        before = self.bytes("seed.land.h5")
        self.fails("compute", "moons.run.h5", "--dirs", "random", "-s", 2, "-g", 3, "-o", "seed.land.h5",
                   what="cannot resume seed.land.h5")
        self.assertEqual(before, self.bytes("seed.land.h5"))

    def test_trajectory_lies_on_its_plane(self):
        self.ok("export", "path.land.h5", "-o", "path.json")
        with open(self.path("path.json")) as file:
            path = json.load(file)["projections"][0]
        self.assertGreater(path["explained"], 0.5)
        self.assertEqual(path["coords"][-1], [0.0, 0.0])
        self.assertEqual(path["loss_true"][-1], path["loss_in_plane"][-1])

    def test_a_path_of_which_no_share_is_known_stays_in_tables(self):
        try:
            import h5py
        except ImportError:
            self.skipTest("no h5py")
        shutil.copy(self.path("path.land.h5"), self.path("unknown.land.h5"))
        with h5py.File(self.path("unknown.land.h5"), "r+") as file:
            path = next(iter(next(iter(file.values()))["projection"].values()))
            path.attrs["explained_variance"] = float("nan")
        self.ok("export", "unknown.land.h5", "-o", "unknown.json")
        with open(self.path("unknown.json")) as file:
            self.assertEqual([path["explained"] for path in json.load(file)["projections"]], ["nan"])

    def test_trace_finds_the_plane_again(self):
        self.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", 3, "--no-trace", "-o", "bare.land.h5")
        self.ok("trace", "moons.run.h5", "--on", "bare.land.h5")
        self.ok("export", "bare.land.h5", "-o", "bare.json")
        self.ok("export", "path.land.h5", "-o", "path2.json")
        with open(self.path("bare.json")) as a, open(self.path("path2.json")) as b:
            self.assertEqual(json.load(a)["projections"], json.load(b)["projections"])

    def test_trace_on_a_random_plane_rebuilds_its_directions(self):
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", 3, "--no-trace", "-o", "random.land.h5")
        self.ok("trace", "moons.run.h5", "--on", "random.land.h5")

    def test_plane_through_three_states(self):
        self.ok("compute", "moons.run.h5", "--dirs", "states:first,epoch:2,last", "-g", 5, "-o", "three.land.h5")
        self.fails("compute", "moons.run.h5", "--dirs", "states:first,last", "-g", 5, "-o", "two.land.h5", code=2)

    def test_directions_of_another_landscape(self):
        self.ok("compute", "moons.run.h5", "--dirs", "path.land.h5", "-g", 15, "--center", "last", "-o", "same.land.h5")
        self.assertEqual([r["loss"] for r in self.values("same.land.h5").values()],
                         [r["loss"] for r in self.values("path.land.h5").values()])

    def test_radial_slice_is_the_network_scaled(self):
        self.ok("compute", "moons.run.h5", "--transform", "radial", "-x", "0:1", "-y", "-1:1", "-g", 3, "-o", "radial.land.h5")
        values = self.values("radial.land.h5")
        ends = self.values("line.land.h5")
        self.assertEqual(values[("1", "0")]["loss"], ends[("1", "0")]["loss"])
        self.assertEqual(len({values[(a, "-1")]["loss"] for a in ("0", "0.5", "1")}), 1)

    def test_automatic_range_and_norms(self):
        for norm in ("layer", "model", "weight", "none"):
            out = self.ok("compute", "moons.run.h5", "--dirs", "random", "--norm", norm, "--ignore", "none", "-g", 3,
                          "-o", f"norm-{norm}.land.h5").out
            self.assertIn("range of alpha chosen", out)
        self.fails("compute", "moons.run.h5", "--dirs", "pca", "--norm", "filter", "-o", "x.land.h5", code=2)

    def test_several_groups_share_a_plane(self):
        for group, rate in (("slow", 0.01), ("fast", 0.2)):
            self.ok("train", "--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "--epochs", 4, "--record", "every=2",
                    "--lr", rate, "--group", group, "-o", "two.run.h5")
        self.fails("compute", "two.run.h5", "-o", "x.land.h5", what="slow")
        self.ok("compute", "two.run.h5", "--group", "slow,fast", "--dirs", "pca", "-g", 7, "-o", "joint.land.h5")
        self.ok("export", "joint.land.h5", "-o", "joint.png")
        self.ok("export", "joint.land.h5", "-o", "joint.json")
        with open(self.path("joint.json")) as file:
            self.assertEqual({p["group"] for p in json.load(file)["projections"]}, {"slow", "fast"})

    def test_an_existing_group_is_never_overwritten(self):
        before = self.bytes("moons.run.h5")
        self.fails("train", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=600", "--epochs", 8, "--record", "every=5",
                   "--seed", 3, "-o", "moons.run.h5", what="run")
        self.assertEqual(before, self.bytes("moons.run.h5"))

    def test_pictures_of_every_kind(self):
        for name, options in (("contour.png", []), ("filled.png", ["--figure", "filled", "--log"]),
                              ("heat.png", ["--figure", "heatmap", "--metric", "accuracy"]), ("vector.svg", []),
                              ("paper.pdf", ["--width", "3.25in", "--style", "article"])):
            self.ok("export", "path.land.h5", "-o", name, *options)
            self.assertGreater(os.path.getsize(self.path(name)), 1000)
        self.ok("export", "line.land.h5", "-o", "line.png", "--size", "640x400")
        self.assertEqual(harness.png_size(self.path("line.png")), (640, 400))
        self.ok("export", "path.land.h5", "same.land.h5" if os.path.exists(self.path("same.land.h5")) else "path.land.h5",
                "-o", "two.png", "--share-scale", "--layout", "1x2")
        picture = self.bytes("contour.png")
        self.assertIn(b"slice_digest", picture)
        self.assertNotIn(b'"host"', picture)
        self.fails("export", "path.land.h5", "line.land.h5", "-o", "mixed.png", code=2)
        self.fails("export", "path.land.h5", "-o", "picture.bmp", code=2)

    def make_column(self, name):
        """A plane of one column, as compute no longer makes it. Returns whether h5py is there to do it."""
        try:
            import h5py
        except ImportError:
            return False
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", "2x7", "--no-trace", "-o", name)
        with h5py.File(self.path(name), "r+") as file:
            group = next(iter(file.values()))
            cut = {key: item[..., :1] for key, item in group.items() if getattr(item, "ndim", 0) == 2}
            cut["alpha"] = group["alpha"][:1]
            for key, values in cut.items():
                del group[key]
                group[key] = values
        return True

    def test_a_single_column_or_row_is_a_line(self):
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", "7x1", "-o", "row.land.h5")
        self.fails("compute", "moons.run.h5", "--dirs", "random", "-g", "1x7", "-o", "x.land.h5", code=2, what="one column")
        names = ["row"]
        if self.make_column("column.land.h5"):
            names.append("column")
            self.fails("export", "row.land.h5", "column.land.h5", "-o", "x.png", code=2, what="do not go into one picture")
        for name in names:
            self.ok("export", f"{name}.land.h5", "--figure", "line", "-o", f"{name}.svg")
            for figure in ("contour", "heatmap", "surface"):
                self.fails("export", f"{name}.land.h5", "--figure", figure, "-o", "x.png", code=2, what="it is a line")
            self.fails("export", f"{name}.land.h5", "-o", "x.vts", code=2, what="is a line")

    def test_a_shard_says_what_it_lacks(self):
        self.ok("compute", "moons.run.h5", "-g", 9, "--shard", "1/2", "-o", "shard.land.h5")
        result = self.ok("export", "shard.land.h5", "-o", "shard.png", "--dpi", 60)
        self.assertRegex(result.err, "note: contour lines are left out: 40 of 81 points .*tauscape merge")
        heatmap = self.ok("export", "shard.land.h5", "--figure", "heatmap", "-o", "cells.png", "--dpi", 60)
        self.assertNotIn("note", heatmap.err)
        self.assertEqual(self.bytes("shard.png"), self.bytes("cells.png"))

    def test_a_layout_is_kept_or_refused(self):
        pair, pictures = ["export", "path.land.h5", "path.land.h5", "--dpi", 60], set()
        for layout in ("1x2", "2x1", "2x2", "3x3"):
            self.ok(*pair, "--layout", layout, "-o", f"{layout}.png")
            pictures.add(self.bytes(f"{layout}.png"))
        self.assertEqual(len(pictures), 4)
        self.fails(*pair, "--layout", "1x1", "-o", "x.png", code=2, what="too few")
        for landscapes in (["path.land.h5"], ["line.land.h5", "line.land.h5"]):
            self.fails("export", *landscapes, "--layout", "3x3", "-o", "x.png", code=2, what="nothing for --layout")
        self.ok("export", "path.land.h5", "--layout", "1x1", "-o", "one.png", "--dpi", 60)

    def test_only_pictures_are_written_anew_without_force(self):
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", 3, "-o", "other.land.h5")
        for name in ("again.png", "again.svg", "again.pdf", "again.csv", "again.npy", "again.json", "again.vts"):
            self.ok("export", "path.land.h5", "-o", name)
            before = self.bytes(name)
            if name.split(".")[1] in ("png", "svg", "pdf"):
                self.ok("export", "path.land.h5", "-o", name, "--no-path")
                self.assertNotEqual(self.bytes(name), before)
                continue
            self.fails("export", "other.land.h5", "-o", name, what="(?s)it exists.*--force")
            self.fails("export", "other.land.h5", "-o", name, "--dry-run", what="it exists")
            self.assertEqual(self.bytes(name), before)
            self.ok("export", "other.land.h5", "-o", name, "--force")
            self.assertNotEqual(self.bytes(name), before)
        with open(self.path("notes.png"), "w", encoding="utf-8") as file:
            file.write("no picture")
        self.fails("export", "path.land.h5", "-o", "notes.png", what="it exists")
        self.ok("export", "path.land.h5", "-o", "notes.png", "-f")

    def test_network_through_onnx_has_the_same_landscape(self):
        self.ok("export", "moons.run.h5", "--state", "last", "-o", "moons.onnx")
        self.ok("export", "moons.run.h5", "--state", "last", "-o", "moons.safetensors")
        for source, out in (("moons.run.h5", "run.land.h5"), ("moons.onnx", "onnx.land.h5")):
            self.ok("compute", source, "--data", "moons:n=600", "--loss", "bce-logits", "--dirs", "random", "-g", 5, "-o", out)
        self.assertEqual(self.values("run.land.h5"), self.values("onnx.land.h5"))
        self.ok("import", "moons.safetensors", "moons.onnx", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=600",
                "-o", "imported.run.h5")
        self.assertEqual(self.ok_json("info", "imported.run.h5")["groups"][0]["states"], 2)
        self.assertIn("training bce-logits; optimizer not recorded", self.ok("info", "imported.run.h5").out)
        self.assertIn("imported 1 state into", self.ok("import", "moons.onnx", "--data", "moons", "-o", "one.run.h5").out)

    def test_info_remarks_on_a_state_that_is_no_minimum(self):
        self.ok("compute", "moons.run.h5", "--center", "first", "--dirs", "pca", "-g", 9, "--no-trace", "-o", "first.land.h5")
        self.assertIn("not the lowest point", self.ok("info", "first.land.h5").out)

    def test_a_centre_between_grid_points_is_not_made_up(self):
        self.ok("compute", "moons.run.h5", "-m", "mcc", "--dirs", "random", "-g", 4, "-x", "-1:1", "-y", "-1:1", "-o", "off.land.h5")
        info = self.ok_json("info", "off.land.h5")
        self.assertIsNone(info["metrics"]["mcc"]["centre"])
        self.assertIn("no grid point lies on the centre", " ".join(info["remarks"]))
        self.assertFalse([r for r in info["remarks"] if "is not the lowest" in r or "accuracy at the centre" in r])

    def test_automatic_ranges_have_the_centre_on_a_point(self):
        self.ok("compute", "moons.run.h5", "--dirs", "random", "--norm", "model", "-x", "auto", "-y", "auto", "-g", "7x6",
                "-o", "auto.land.h5")
        self.assertIn(("0", "0"), self.values("auto.land.h5"))
        self.ok("compute", "moons.run.h5", "--from", "first", "--to", "last", "-x", "auto", "-g", 8, "-o", "autoline.land.h5")
        self.assertIn(("1", "0"), self.values("autoline.land.h5"))

    def test_ranges_of_tiny_grids_hold_the_states_and_more(self):
        whole = self.values("path.land.h5")
        for grid in (2, 3, 4):
            out = f"tiny{grid}.land.h5"
            self.ok("compute", "moons.run.h5", "--dirs", "pca", "-g", grid, "-o", out)
            for axis in (0, 1):
                wanted, got = ([float(point[axis]) for point in points] for points in (whole, self.values(out)))
                step = (max(wanted) - min(wanted)) / 14
                self.assertLessEqual(min(got), min(wanted) + step / 2)
                self.assertGreaterEqual(max(got), max(wanted) - step / 2)
        self.assertIn(("0", "0"), self.values("tiny3.land.h5"))

    def test_a_grid_of_one_column_is_refused(self):
        self.fails("compute", "moons.run.h5", "--dirs", "pca", "-g", "1x9", "-o", "column.land.h5", code=2, what="write --grid 9x1")

    def test_info_tells_a_finished_shard_from_an_interrupted_one(self):
        for i in (1, 2):
            self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", 5, "--shard", f"{i}/2", "-o", f"part{i}.land.h5")
        text = self.ok("info", "part1.land.h5").out
        self.assertIn("done       13 of 25 points: all of shard 1 of 2; tauscape merge joins the shards", text)
        self.ok("merge", "part1.land.h5", "part2.land.h5", "-o", "joined.land.h5")
        text = self.ok("info", "joined.land.h5").out
        self.assertIn("command    tauscape merge part1.land.h5 part2.land.h5 -o joined.land.h5\n", text)
        self.assertNotIn("shard", text)
        provenance = self.ok_json("info", "joined.land.h5")["recipe"]["provenance"]
        self.assertIn("--shard 1/2", provenance["computed"])
        self.assertIn("merged 1 part: 13 of 25", self.ok("merge", "part1.land.h5", "-o", "again.land.h5").out)

    def test_info_of_several_files_is_one_array(self):
        found = json.loads(self.ok("info", "--json", "moons.run.h5", "line.land.h5").out)
        self.assertEqual([one["file"] for one in found], ["moons.run.h5", "line.land.h5"])

    def test_a_run_beside_its_landscape_is_found_from_elsewhere(self):
        for folder in ("there", "moved"):
            os.mkdir(self.path(folder))
        self.ok("compute", "moons.run.h5", "--dirs", "random", "-g", 3, "--no-trace", "-o", "there/plane.land.h5")
        shutil.copy(self.path("moons.run.h5"), self.path("there"))
        os.rename(self.path("there"), self.path("moved/there"))
        os.rename(self.path("moons.run.h5"), self.path("moved/moons.run.h5"))
        try:
            self.ok("trace", "moved/there/moons.run.h5", "--on", "moved/there/plane.land.h5")
            os.rename(self.path("moved/there/moons.run.h5"), self.path("moved/there/other.run.h5"))
            words = ["trace", "moved/there/other.run.h5", "--on", "moved/there/plane.land.h5", "--as", "again"]
            self.fails(*words, what="neither here nor beside it(.|\n)*--center FILE@last")
            self.ok(*words, "--center", "moved/there/other.run.h5@last")
        finally:
            os.rename(self.path("moved/moons.run.h5"), self.path("moons.run.h5"))

    def test_dry_run_writes_nothing(self):
        self.ok("compute", "moons.run.h5", "-n", "-o", "dry.land.h5")
        self.assertFalse(os.path.exists(self.path("dry.land.h5")))


if __name__ == "__main__":
    harness.main()
