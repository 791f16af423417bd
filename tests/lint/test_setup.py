"""tools/setup on machines of several kinds, with programs of our own in the place of the package manager."""
import os
import shutil
import subprocess
import tempfile
import unittest

SETUP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "setup")
PROGRAMS = ("bash", "dirname", "awk", "cat", "env")


class SetupTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tauscape-setup-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.calls = os.path.join(self.folder, "calls")
        for name in PROGRAMS:
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        self.program("id", "echo 0")

    def program(self, name, body):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)

    def debian(self, installed):
        """A Debian on which every package answers `installed`."""
        self.program("dpkg-query", f"echo {installed}")
        self.program("apt-get", f'echo "apt-get $*" >> {self.calls}')

    def run_setup(self, *arguments, **environment):
        run = subprocess.run(["bash", SETUP, *arguments], capture_output=True, text=True, check=False,
                             stdin=subprocess.DEVNULL, env={"PATH": self.folder, "HOME": self.folder, **environment})
        return run.returncode, run.stdout + run.stderr

    def called(self):
        if not os.path.exists(self.calls):
            return ""
        with open(self.calls, encoding="utf-8") as file:
            return file.read()

    def test_what_is_missing_is_installed_after_an_update(self):
        self.debian("not-installed")
        status, output = self.run_setup()
        self.assertEqual(status, 0, output)
        update, install = self.called().splitlines()
        self.assertTrue(update.endswith("update"))
        for package in ("nettle-dev", "libhdf5-dev", "libcriterion-dev"):
            self.assertIn(package, install)
        self.assertNotIn("python3-torch", install)

    def test_nothing_is_updated_where_nothing_is_missing(self):
        self.debian("installed")
        status, output = self.run_setup()
        self.assertEqual(status, 0, output)
        self.assertIn("are installed", output)
        self.assertEqual(self.called(), "")

    def test_building_needs_no_test_packages_and_the_benchmark_needs_pytorch(self):
        self.debian("not-installed")
        self.run_setup("--build", "--bench")
        self.assertNotIn("libcriterion-dev", self.called())
        self.assertIn("python3-torch", self.called())

    def test_a_user_without_sudo_is_told_what_to_ask_for(self):
        self.debian("not-installed")
        self.program("id", "echo 1000")
        status, output = self.run_setup("--build")
        self.assertEqual(status, 1)
        self.assertIn("apt-get install build-essential", output)
        self.assertEqual(self.called(), "")

    def test_a_user_with_sudo_uses_it_without_a_question(self):
        self.debian("not-installed")
        self.program("id", "echo 1000")
        self.program("sudo", f'echo "sudo $*" >> {self.calls}')
        status, output = self.run_setup("--build")
        self.assertEqual(status, 0, output)
        self.assertIn("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get", self.called())

    def test_elsewhere_the_needs_are_listed_and_the_setup_goes_on(self):
        self.program("pkg-config", "exit 1")
        status, output = self.run_setup("--build")
        self.assertEqual(status, 0, output)
        self.assertIn("there is no apt here", output)
        self.assertIn("hdf5-serial (pkg-config)", output)

    def test_listing_installs_nothing(self):
        self.debian("not-installed")
        status, output = self.run_setup("--list")
        self.assertEqual(status, 0)
        self.assertIn("libonnx-dev\n", output)
        self.assertEqual(self.called(), "")

    def test_a_prefix_builds_and_installs(self):
        self.debian("installed")
        self.program("cmake", f'echo "cmake $*" >> {self.calls}')
        status, output = self.run_setup("--prefix", "--build")
        self.assertEqual(status, 0, output)
        self.assertIn(f"cmake --install build/release --prefix {self.folder}/.local", self.called())
        self.run_setup("--prefix", "/opt/x")
        self.assertIn("--prefix /opt/x", self.called())
        self.assertIn("is not on the PATH", output)

    def test_cuda_comes_from_pypi_where_there_is_no_nvcc(self):
        self.debian("installed")
        for name in ("ln", "mkdir"):
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        cuda = os.path.join(self.folder, "cuda")
        self.program("python3", f'echo "python3 $*" >> {self.calls}; mkdir -p {cuda}/nvidia/cu13/lib')
        more = {"CUDA_PATH": "/nowhere", "TAU_CUDA_FOLDER": cuda}
        status, output = self.run_setup("--build", "--cuda", **more)
        self.assertEqual(status, 0, output)
        for words in ("-m pip install", f"--target {cuda}", "nvidia-cuda-nvcc==13.0.*", "nvidia-nvvm==13.0.*"):
            self.assertIn(words, self.called())
        self.assertTrue(os.path.isdir(os.path.join(cuda, "nvidia/cu13/lib64")))
        self.program("python3", "exit 1")
        status, output = self.run_setup("--build", "--cuda", **more)
        self.assertEqual(status, 1)
        self.assertIn("  fix: install NVIDIA's CUDA Toolkit", output)

    def test_nvcc_at_hand_is_not_installed_again(self):
        self.debian("installed")
        self.program("nvcc", "echo 'Cuda compilation tools, release 12.4, V12.4.1'")
        status, output = self.run_setup("--build", "--cuda", CUDA_PATH="/nowhere")
        self.assertEqual(status, 0, output)
        self.assertIn("nvcc is at hand", output)
        self.assertEqual(self.called(), "")

    def test_an_nvcc_that_is_too_old_or_broken_is_not_at_hand(self):
        self.debian("installed")
        for name in ("ln", "mkdir"):
            os.symlink(shutil.which(name), os.path.join(self.folder, name))
        cuda = os.path.join(self.folder, "cuda")
        self.program("python3", f'echo "python3 $*" >> {self.calls}; mkdir -p {cuda}/nvidia/cu13/lib')
        for nvcc in ("echo 'Cuda compilation tools, release 11.8, V11.8.89'", "exit 1"):
            self.program("nvcc", nvcc)
            status, output = self.run_setup("--build", "--cuda", CUDA_PATH="/nowhere", TAU_CUDA_FOLDER=cuda)
            self.assertEqual(status, 0, output)
            self.assertIn("installing nvcc", output)
            self.assertIn("-m pip install", self.called())

    def test_unknown_options_are_a_usage_error(self):
        status, output = self.run_setup("--nonsense")
        self.assertEqual(status, 2)
        self.assertIn("usage:", output)


if __name__ == "__main__":
    unittest.main()
