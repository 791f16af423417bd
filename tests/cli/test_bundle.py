"""A bundle runs wherever it is copied to, with its own libraries."""

import os
import shutil
import subprocess
import unittest

import harness

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "bundle")


class Bundle(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made, cls.home = os.path.join(cls.folder, "made"), os.path.join(cls.folder, "else where", "moved")
        subprocess.run([TOOL, "--build", os.environ["TAUSCAPE_BUILD"], made], check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(made, cls.home)
        shutil.rmtree(made)

    def moved(self, *words):
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("LD_LIBRARY_PATH", "TAUSCAPE_PLUGIN_PATH")}
        run = subprocess.run([os.path.join(self.home, "bin", "tauscape"), *map(str, words)], cwd=self.folder, text=True,
                             capture_output=True, env=environment, check=False)
        self.assertEqual(run.returncode, 0, run.stderr + run.stdout)
        return run.stdout

    def test_it_computes_where_it_was_moved_to(self):
        self.moved("train", "--model", "mlp:2-16-16-1:tanh", "--data", "moons:n=100", "--epochs", 1, "-o", "b.run.h5")
        self.moved("compute", "b.run.h5", "-o", "b.land.h5", "-g", 3, "-d", "cpu")
        self.moved("export", "b.land.h5", "-o", "b.png")
        self.assertGreater(os.path.getsize(self.path("b.png")), 1000)

    def test_doctor_finds_the_plugin_of_the_bundle(self):
        text = self.moved("doctor")
        if os.environ.get("TAUSCAPE_CUDA_FOLDER"):
            self.assertIn(os.path.join(self.home, "bin/../lib/tauscape/libtauscape_cuda.so"), text)
        else:
            self.assertIn("libtauscape_cuda.so is not installed", text)

    def test_its_own_libraries_are_used(self):
        listed = subprocess.run(["ldd", os.path.join(self.home, "bin", "tauscape")], text=True, capture_output=True,
                                check=True).stdout
        for library in ("libhdf5", "libjansson", "libcairo", "libnettle"):
            line = next(line for line in listed.splitlines() if library in line)
            self.assertIn(self.home, line)
        self.assertNotIn(self.home, next(line for line in listed.splitlines() if "libc.so" in line))
        self.assertTrue(os.path.exists(os.path.join(self.home, "lib/tauscape/spare")))

    def test_what_is_no_bundle_is_left_alone(self):
        run = subprocess.run([TOOL, "--build", os.environ["TAUSCAPE_BUILD"], self.folder], text=True, capture_output=True,
                             check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("is no bundle", run.stderr)


if __name__ == "__main__":
    harness.main()
