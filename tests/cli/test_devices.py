"""A GPU that cannot be used: devices, doctor and -d cuda name the very reason, and auto takes the processor."""

import json
import os
import re
import shutil
import subprocess
import unittest

import harness

# The folder of the plugin as nvcc built it; none where there is no nvcc.
REAL = os.environ.get("TAUSCAPE_CUDA_FOLDER")


def has_gpu():
    return any(re.match(r"nvidia\d", name) for name in os.listdir("/dev")) or os.path.exists("/proc/driver/nvidia")


class Devices(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=200", "--epochs", 1, "-o", "m.run.h5")

    def runTest(self):
        pass

    def cuda(self, **env):
        devices = self.ok_json("devices", env=env)["devices"]
        return next(device for device in devices if device["name"] == "cuda")

    def assert_refused(self, why, fix, **env):
        """compute -d cuda ends in three lines with this reason; devices and doctor say the same; auto goes on."""
        cuda = self.cuda(**env)
        self.assertFalse(cuda["available"])
        self.assertRegex(cuda["why"], why)
        self.assertRegex(cuda["fix"], fix)
        for device in ("cuda", "cuda:0"):
            result = self.fails("compute", "m.run.h5", "-o", "c.land.h5", "-g", 3, "-d", device, env=env)
            self.assertEqual(len(result.err.strip().splitlines()), 3, result.err)
            self.assertRegex(result.err, f"  why: .*{why}")
            self.assertRegex(result.err, f"  fix: .*{fix}")
        self.assertIn("not available", self.ok("devices", env=env).out)
        self.ok("compute", "m.run.h5", "-o", "auto.land.h5", "-g", 3, "-f", env=env)
        recipe = self.ok_json("info", "auto.land.h5")["recipe"]
        self.assertEqual(recipe["identity"]["backend"], "cpu")

    def test_without_the_plugin(self):
        self.assert_refused("plugin libtauscape_cuda.so is not installed", "nvcc", TAUSCAPE_PLUGIN_PATH="")
        doctor = self.ok("doctor", env={"TAUSCAPE_PLUGIN_PATH": ""}).out
        self.assertRegex(doctor, r"off +cuda +its plugin libtauscape_cuda.so is not installed")

    def test_with_a_plugin_that_does_not_load(self):
        os.makedirs(self.path("broken"), exist_ok=True)
        with open(self.path("broken/libtauscape_cuda.so"), "w", encoding="utf-8") as file:
            file.write("no library")
        folder = self.path("broken")
        self.assert_refused("does not load: .*libtauscape_cuda.so", "install", TAUSCAPE_PLUGIN_PATH=folder)
        result = self.fails("doctor", what="something is missing", env={"TAUSCAPE_PLUGIN_PATH": folder})
        self.assertRegex(result.out, r"bad +libtauscape_cuda\.so")

    @unittest.skipUnless(REAL, "the plugin was not built: there is no nvcc")
    def test_the_plugin_shows_one_symbol_and_needs_none_of_cuda(self):
        plugin = os.path.join(REAL, "libtauscape_cuda.so")
        shown = subprocess.run(["nm", "-D", "--defined-only", plugin], capture_output=True, text=True, check=True).stdout
        self.assertEqual([line.split()[-1] for line in shown.splitlines()], ["tau_plugin_entry"])
        if shutil.which("readelf"):
            needed = subprocess.run(["readelf", "-d", plugin, harness.PROGRAM], capture_output=True, text=True,
                                    check=True).stdout
            self.assertNotRegex(needed, r"NEEDED.*(cuda|cublas|nvidia)")

    @unittest.skipUnless(REAL, "the plugin was not built: there is no nvcc")
    @unittest.skipIf(has_gpu(), "there is a GPU here")
    def test_the_plugin_without_a_gpu(self):
        self.assert_refused("driver|no device|no GPU", "driver|--device cpu", TAUSCAPE_PLUGIN_PATH=REAL)
        doctor = json.loads(self.ok("doctor", "--json", env={"TAUSCAPE_PLUGIN_PATH": REAL}).out)
        self.assertTrue(doctor["healthy"])
        checks = {check["check"]: check for check in doctor["checks"]}
        self.assertTrue(checks["libtauscape_cuda.so"]["ok"])
        self.assertFalse(checks["cuda"]["used"])


if __name__ == "__main__":
    harness.main()
