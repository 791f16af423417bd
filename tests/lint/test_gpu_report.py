"""tools/gpu-report: its page from recorded numbers, and the whole tool with a tauscape and a PyTorch of our own."""
import os
import stat
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)
sys.dont_write_bytecode = True
import gpu_page as report  # noqa: E402

RESULTS = {"date": "2026-01-02", "version": "0.1.0", "machine": {"device": "NVIDIA H200", "driver": "580.1", "copy": 4.3e12,
                                                                  "matrix": 7.9e14, "torch_version": "PyTorch 2.11"},
           "speed": [{"key": "cnn", "samples": 10000, "flop": 2.398e7, "ours_ms": 0.5, "difference": 2e-4,
                      "variants": {"eager FP32, batch 1000": 5.0, "half channels_last, CUDA graph, batch 2500": 2.0},
                      "failed": {"half channels_last, torch.compile, batch 1000": "no compiler"}},
                     {"key": "cnn512", "samples": 512, "flop": 2.398e7, "ours_ms": 0.1,
                      "variants": {"eager FP32, batch 512": 0.3, "half, torch.compile": 0.12, "half, CUDA graph": 0.15}}],
           "precision": [{"network": "LeNet-5", "samples": 100, "exact": 1e-7, "fine": 2e-5, "fast": None}],
           "kernels": {"MNIST CNN": [("fast_cnn", 10, 9.0), ("tau", 5, 1.0)]},
           "tests": {"passed": 3, "failed": 1, "skipped": 0}, "sanitizer": {"memcheck": "no findings"}}

# A tauscape that answers as the real one does on a machine with a GPU.
PROGRAM = r"""#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
out = words[words.index("-o") + 1] if "-o" in words else None
cuda = {"name": "cuda", "available": AVAILABLE, "why": "there is no driver", "cards": ["NVIDIA Test"]}
if words[0] == "devices": print(json.dumps({"devices": [cuda]}))
elif words[0] == "--version": print("tauscape 9.9.9")
elif words[0] == "info": print(json.dumps({"flop": 1e6}))
elif words[0] == "compute":
    if "-v" in words: print("note: kernel conv: 7 launches, 3.5 ms", file=sys.stderr)
    print(json.dumps({"seconds": 2.601, "points": 2601}))
elif words[0] == "export" and out.endswith(".csv"):
    with open(out, "w") as file:
        file.write("alpha,beta,loss\n" + "0,0,2.0\n" * 9)
"""
PYTHON = r"""#!/bin/sh
case "$*" in
*import*) echo /nowhere/nvidia/lib ;;
*" machine"*) echo '{"device": "NVIDIA Test", "torch": "9.9", "copy": 1e12, "matrix": 1e14}' ;;
*" data "*) : > "$3/$4-x.npy"; echo '{"count": 1}' ;;
*" time "*) echo '{"centre": 2.002}'; echo '{"variant": "eager FP32, batch 1000", "ms": 10, "points": 5}'
            echo '{"variant": "half, CUDA graph", "error": "out of memory"}' ;;
esac
"""


class Page(unittest.TestCase):
    def test_ratios_verdicts_and_shares(self):
        lines = report.speed_table(RESULTS).splitlines()
        cnn = next(line for line in lines if line.startswith("| MNIST CNN, 1.2"))
        self.assertIn("| 1.3 s (aim ≤ 1.4 s) | 0.5 | 2 | half channels_last, CUDA graph, batch 2500 "
                      "| **4.0** (aim 3) | **10.0** (aim 8) | 61 % |", cnn)
        few = next(line for line in lines if line.startswith("| MNIST CNN, few"))
        self.assertIn("| **1.5** (aim 2.3: missed) | **3.0** (aim 8: missed) |", few)
        self.assertTrue(any("ResNet-56" in line and report.UNKNOWN in line for line in lines))

    def test_the_page_tells_what_failed_and_what_was_found(self):
        page = report.page(RESULTS)
        for text in ("NVIDIA H200, driver 580.1, PyTorch 2.11, tauscape 0.1.0", "– (no compiler)", "by 2e-04", "4.30 TB/s",
                     "790 TFLOP/s", "| `fast_cnn` | 10 | 9 | 90 % |", "| LeNet-5 | 100 | 1.0e-07 | 2.0e-05 | not measured yet |",
                     "3 passed, 1 failed", "memcheck | no findings", "racecheck | not measured yet"):
            self.assertIn(text, page)

    def test_without_a_gpu_every_figure_is_missing_and_the_reason_stands_first(self):
        page = report.page({"date": "2026-01-02", "why": "there is no driver"})
        self.assertLess(page.index("there is no driver"), page.index("## Speed"))
        self.assertGreater(page.count("not measured yet"), 20)
        self.assertNotRegex(page, r"\*\*\d")

    def test_words_of_other_tools_are_read(self):
        self.assertEqual(report.parse_kernels("note: kernel a: 2 launches, 1.5 ms\nnote: kernel b: 1 launches, 9.0 ms\n"),
                         [("b", 1, 9.0), ("a", 2, 1.5)])
        self.assertEqual(report.parse_tests("1/2 Test ***Skipped\n50% tests passed, 1 tests failed out of 3\n"),
                         {"passed": 1, "failed": 1, "skipped": 1})
        self.assertEqual(report.parse_tests("Synthesis: Tested: 5 | Passing: 4 | Failing: 1 | Crashing: 0"),
                         {"passed": 4, "failed": 1, "skipped": 0})
        self.assertIsNone(report.parse_tests("nothing"))
        self.assertEqual(report.parse_sanitizer("========= ERROR SUMMARY: 0 errors\n"), "no findings")
        self.assertEqual(report.parse_sanitizer("========= ERROR SUMMARY: 3 errors\n"), "3 findings")
        self.assertIn("Device not supported", report.parse_sanitizer("========= Error: Device not supported\n"))


class Tool(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def program(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return path

    def run_report(self, available, *more):
        program = self.program("tauscape", PROGRAM.replace("AVAILABLE", str(available)))
        python = self.program("python", PYTHON)
        page = os.path.join(self.folder, "page.md")
        run = subprocess.run([sys.executable, os.path.join(TOOLS, "gpu-report"), "--program", program, "--python", python,
                              "--output", page, *more], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(page, encoding="utf-8") as file:
            return run.stdout, file.read()

    def test_without_a_gpu_the_page_says_why(self):
        output, page = self.run_report(False)
        self.assertIn("there is no driver", page)
        self.assertIn("there is no driver", output)

    def test_with_a_gpu_the_table_comes_last(self):
        output, page = self.run_report(True)
        self.assertTrue(output.rstrip().splitlines()[-1].startswith("| MNIST CNN, few samples"), output)
        self.assertIn("**10.0** (aim 3)", page)
        self.assertIn("PyTorch 9.9", page)
        self.assertIn("– (out of memory)", page)
        self.assertIn("differs from PyTorch's in double precision by 1e-03", page)
        self.assertIn("`conv` | 7", page)

    def test_without_time_everything_is_left_out_and_said(self):
        _, page = self.run_report(True, "--seconds", "1")
        self.assertIn("no time was left", page)


if __name__ == "__main__":
    unittest.main()
