"""tools/kernel-resources over recorded words of ptxas."""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "kernel-resources")

LOG = """ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z10fuse_layerILi16ELi1EEvPKfPf' for 'sm_80'
ptxas info    : Function properties for _Z10fuse_layerILi16ELi1EEvPKfPf
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 120 registers, used 1 barriers, 512 bytes smem, 400 bytes cmem[0]
ptxas info    : Compiling entry function '_Z4copyPf' for 'sm_90'
ptxas info    : Function properties for _Z4copyPf
    16 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads
ptxas info    : Used 24 registers, used 0 barriers
"""


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("kernel_resources", TOOL)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("kernel_resources", loader))
    loader.exec_module(module)
    return module


class KernelResources(unittest.TestCase):
    def setUp(self):
        self.tool = load()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.table = os.path.join(self.folder, "table.txt")
        self.release = "13.0"
        self.write("CMakeCache.txt", f"TAU_NVCC:FILEPATH={self.folder}/nvcc\n")
        self.write("nvcc", '#!/bin/sh\necho "Cuda compilation tools, release $(cat "${0%/*}/release"), V13"\n')
        self.write("release", "13.0")
        os.chmod(os.path.join(self.folder, "nvcc"), 0o755)
        self.write("fuse.cu.o.ptxas", LOG)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_tool(self, *arguments):
        run = subprocess.run([sys.executable, TOOL, self.folder, "--table", self.table, *arguments],
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout + run.stderr

    def assert_finds(self, text):
        status, output = self.run_tool()
        self.assertEqual(status, 1, output)
        self.assertIn(text, output)

    def test_names_are_readable_and_numbers_read(self):
        kernels, problems = self.tool.parse(LOG)
        self.assertEqual(problems, [])
        self.assertEqual(list(kernels.values()), [[120, 0], [24, 32]])
        self.assertIn(self.tool.demangle(["_Z4copyPf"])["_Z4copyPf"], ("copy", "_Z4copyPf"))

    def test_what_was_written_is_accepted(self):
        status, output = self.run_tool("--write")
        self.assertEqual(status, 0, output)
        self.assertEqual(self.run_tool()[0], 0)

    def test_drift_spills_and_unknown_kernels_are_found(self):
        self.run_tool("--write")
        self.write("fuse.cu.o.ptxas", LOG.replace("Used 120", "Used 121"))
        self.assert_finds("takes 121 registers, the table says 120")
        self.write("fuse.cu.o.ptxas", LOG.replace("20 bytes spill loads", "24 bytes spill loads"))
        self.assert_finds("spills 36 bytes, allowed are 32")
        self.write("more.cu.o.ptxas", LOG)
        self.assert_finds("is not in the table")
        os.unlink(os.path.join(self.folder, "more.cu.o.ptxas"))
        self.write("fuse.cu.o.ptxas", LOG[:LOG.rindex("ptxas info    : Compiling")])
        self.assert_finds("is in the table only")

    def test_serialised_wgmma_and_warnings_are_found(self):
        self.run_tool("--write")
        for words in ("ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized",
                      "ptxas warning : Value of threads per SM for entry f is out of range"):
            self.write("fuse.cu.o.ptxas", LOG + words + "\n")
            self.assert_finds(words)

    def test_another_compiler_answers_for_spills_alone(self):
        self.run_tool("--write")
        self.write("release", "13.2")
        self.write("fuse.cu.o.ptxas", LOG.replace("Used 120", "Used 140"))
        status, output = self.run_tool()
        self.assertEqual(status, 0, output)
        self.assertIn("registers not compared", output)
        self.write("fuse.cu.o.ptxas", LOG.replace("0 bytes spill stores", "4 bytes spill stores", 1))
        self.assert_finds("spills 4 bytes")

    def test_nothing_built_is_an_error(self):
        os.unlink(os.path.join(self.folder, "fuse.cu.o.ptxas"))
        self.assertEqual(self.run_tool()[0], 1)


if __name__ == "__main__":
    unittest.main()
