"""Full disks, folders that cannot be written, landscapes far outside anything sensible."""

import os
import subprocess

import harness


class Damage(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls().ok("train", "--model", "mlp:2-16-1:relu", "--data", "moons:n=200", "--epochs", 2, "-o", "net.run.h5")

    def runTest(self):
        pass

    def limited(self, kilobytes, *words):
        """Runs with a limit on file sizes: writing past it fails as on a full disk."""
        command = f'ulimit -f {kilobytes}; exec "$0" "$@"'
        return subprocess.run(["bash", "-c", command, harness.PROGRAM, *map(str, words)], cwd=self.folder, text=True,
                              capture_output=True, timeout=300)

    def test_file_size_limit_is_a_three_line_error(self):
        self.ok("compute", "net.run.h5", "--dirs", "random", "-g", 3, "-o", "small.land.h5")
        kept = self.bytes("small.land.h5")
        result = self.limited(8, "compute", "net.run.h5", "--dirs", "random", "-g", 61, "-o", "big.land.h5")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"error: .*\n  why: .*\n  fix: ")
        result = self.limited(8, "train", "--model", "mlp:2-64-64-1:relu", "--data", "moons", "-o", "big.run.h5")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("error:", result.stderr)
        self.assertEqual(kept, self.bytes("small.land.h5"))

    def test_full_disk_keeps_earlier_results(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small tmpfs cannot be mounted here")
        try:
            self.ok("compute", "net.run.h5", "--dirs", "random", "-g", 5, "-o", "disk/kept.land.h5")
            kept = self.values("disk/kept.land.h5")
            self.fails("compute", "net.run.h5", "--dirs", "random", "-g", 201, "-o", "disk/full.land.h5", what="space")
            self.fails("train", "--model", "mlp:2-200-200-1:relu", "--data", "moons", "-o", "disk/full.run.h5")
            self.assertEqual(self.values("disk/kept.land.h5"), kept)
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_output_that_cannot_be_written(self):
        for command in (["compute", "net.run.h5", "-g", 3, "-o", "no/such/folder.land.h5"],
                        ["export", "net.run.h5", "-o", "no/such/folder.onnx"],
                        ["train", "--model", "mlp:2-4-1:relu", "--data", "moons", "--epochs", 1, "-o", "no/such.run.h5"]):
            self.fails(*command)
        os.mkdir(self.path("folder.land.h5"))
        self.fails("compute", "net.run.h5", "-g", 3, "-o", "folder.land.h5")

    def test_overflow_is_counted_and_drawn(self):
        layers = "-".join(["2"] + ["16"] * 11 + ["1"])
        self.ok("train", "--model", f"mlp:{layers}:relu", "--data", "moons:n=100", "--epochs", 1, "-o", "deep.run.h5")
        self.ok("compute", "deep.run.h5", "--dirs", "random", "--norm", "none", "--ignore", "none", "-g", 11,
                "-x", "-25000:25000", "-y", "-25000:25000", "-o", "deep.land.h5")
        info = self.ok_json("info", "deep.land.h5")
        self.assertGreater(info["infinite"] + info["nan"], 0)
        self.assertEqual(info["done"], 121)
        self.assertIn("not finite", self.ok("info", "deep.land.h5").out)
        for kind in ("contour", "filled", "heatmap"):
            self.ok("export", "deep.land.h5", "-o", f"deep-{kind}.png", "--figure", kind, "--log")
        rows = self.values("deep.land.h5").values()
        self.assertTrue(any(row["precision"] == "exact" for row in rows if row["loss"] in ("inf", "nan", "-nan")))

    def test_sample_prefix_and_standard_error(self):
        few = self.ok_json("compute", "net.run.h5", "-g", 1, "--samples", 20, "--dirs", "random", "-o", "few.land.h5")
        many = self.ok_json("compute", "net.run.h5", "-g", 1, "--samples", 160, "--dirs", "random", "-o", "many.land.h5")
        self.assertGreater(few["centre_loss_se"], many["centre_loss_se"])
        self.fails("compute", "net.run.h5", "-g", 1, "--samples", 100000, "-o", "x.land.h5", code=2)


if __name__ == "__main__":
    harness.main()
