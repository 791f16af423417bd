"""Every lint must fail on a bad tree and pass on a good one."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")

GUARDED = "#ifndef G\n#define G\n%s#endif\n"
MATHS = "# Mathematics\n| tag | definition |\n|---|---|\n| `eq:tau` | line |\n| `eq:late` | later |\n\n" \
        "## Not yet due\n\n`eq:late`\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="tauscape-lint-")
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def lint(self, name, *arguments, path=None):
        command = [sys.executable, os.path.join(TOOLS, "lint-" + name), self.root, *arguments]
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        if path is not None:
            environment["PATH"] = path
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return run.returncode, run.stdout + run.stderr

    def assert_finds(self, name, *texts):
        status, output = self.lint(name)
        self.assertEqual(status, 1, output)
        for text in texts:
            self.assertIn(text, output)

    def assert_clean(self, name):
        status, output = self.lint(name)
        self.assertEqual(status, 0, output)


class Layers(LintTest):
    def setUp(self):
        super().setUp()
        self.write("src/core/status.h", GUARDED % "")
        self.write("src/store/run.h", GUARDED % '#include "core/status.h"\n')
        self.write("src/core/CMakeLists.txt", "tau_add_module(core SOURCES a.c)\n")
        self.write("src/store/CMakeLists.txt", "tau_add_module(store SOURCES a.c USES core LINKS m)\n")
        self.write("src/h5/file.c", '#include <hdf5.h>\n#include <stdio.h>\n#include "core/status.h"\n')

    def test_a_good_tree_passes(self):
        self.write("src/cli/main.c", '#include <stdio.h>\n#include "store/run.h"\nint main(void) { puts(""); }\n')
        self.write("src/store/a.c", '/* printf(); #include "cli/x.h" */\nconst char *a = "exit(1)";\n')
        self.assert_clean("layers")

    def test_includes_to_the_right_are_found(self):
        self.write("src/core/bad.c", '\n#include "store/run.h"\n')
        self.assert_finds("layers", "src/core/bad.c:2", "core must not include store")

    def test_neighbours_of_one_layer_do_not_include_each_other(self):
        self.write("src/backend_ref/plan.h", GUARDED % "")
        self.write("src/backend_cpu/bad.c", '#include "backend_ref/plan.h"\n')
        self.assert_finds("layers", "backend_cpu must not include backend_ref")

    def test_vendor_headers_outside_their_room_are_found(self):
        self.write("src/store/bad.c", "#  include <hdf5.h>\n")
        self.write("src/figure/bad.c", "#include <oneapi/dnnl/dnnl.h>\n")
        self.write("src/model/bad.c", "#include <boost/any.hpp>\n")
        self.assert_finds("layers", "<hdf5.h> may be included by h5, not by store",
                          "may be included by backend_cpu, not by figure", "by no module, not by model")

    def test_includes_without_a_module_are_found(self):
        self.write("src/store/bad.c", '#include "run.h"\n')
        self.assert_finds("layers", '"run.h" is not found below src')

    def test_generated_headers_belong_to_the_module_of_their_template(self):
        self.write("src/store/version.h.in", "")
        self.write("src/store/good.c", '#include "store/version.h"\n')
        self.assert_clean("layers")
        self.write("src/core/bad.c", '#include "store/version.h"\n')
        self.assert_finds("layers", "core must not include store")

    def test_unknown_modules_are_found(self):
        self.write("src/misc/a.c", "\n")
        self.assert_finds("layers", "misc is not a module")

    def test_printing_and_exiting_libraries_are_found(self):
        self.write("src/store/bad.c", 'void f(void) {\n    fprintf(stderr, "no");\n    exit(1);\n}\n')
        self.assert_finds("layers", "src/store/bad.c:2: fprintf", "src/store/bad.c:3: exit")

    def test_writing_to_a_file_is_not_printing(self):
        self.write("src/store/good.c", 'void f(FILE *a) { fprintf(a, "x"); snprintf(b, 1, "x"); }\n')
        self.assert_clean("layers")

    def test_foreign_languages_are_found(self):
        self.write("src/viewer/imgui_bridge.cpp", "")
        self.assert_clean("layers")
        self.write("src/viewer/window.cpp", "")
        self.write("src/sweep/fast.cu", "")
        self.assert_finds("layers", "src/viewer/window.cpp: C++ only", "src/sweep/fast.cu: CUDA only")

    def test_kernels_know_little_of_the_program(self):
        self.write("kernels/a.cu", '#include "kernels/a.h"\n#include "model/graph.h"\n#include <cuda_fp16.h>\n')
        self.write("kernels/device.cuh", '#include "emulation/ptx.h"\n#include <cuda_runtime.h>\n')
        self.write("src/backend_cuda/a.c", '#include "kernels/a.h"\n#include <cuda_runtime_api.h>\n#include <cublas_v2.h>\n')
        self.assert_clean("layers")
        self.write("kernels/b.cu", '#include "store/run.h"\n#include "emulation/ptx.h"\n#include <cublas_v2.h>\n')
        self.write("src/store/bad.c", '#include "kernels/a.h"\n#include <cuda_runtime_api.h>\n')
        self.assert_finds("layers", 'kernels/b.cu:1: "store/run.h" is unknown to kernels', "kernels/b.cu:2",
                          "kernels/b.cu:3: <cublas_v2.h> has no place in kernels",
                          '"kernels/a.h" may be included by backend_cuda, not by store',
                          "<cuda_runtime_api.h> may be included by backend_cuda, kernels, not by store")

    def test_what_kernels_must_not_use_is_found(self):
        self.write("kernels/ptx.cuh", 'inline void f() { asm volatile("fence;"); }\n')
        self.write("kernels/a.cu", "// no <<<>>> and no fmaxf() here\nx = a < 0 ? 0 : a;\n")
        self.assert_clean("layers")
        self.write("kernels/b.cu", 'f<<<1, 2>>>();\nx = fmaxf(a, 0);\n__constant__ int c;\nasm("nop;");\n')
        self.assert_finds("layers", "kernels/b.cu:1: <<<>>>", "kernels/b.cu:2: fmax", "kernels/b.cu:3: __constant__",
                          "kernels/b.cu:4: instructions")

    def test_uses_to_the_right_are_found(self):
        self.write("src/slice/CMakeLists.txt", "tau_add_module(slice SOURCES a.c USES core store LINKS m)\n")
        self.assert_finds("layers", "slice must not use store")


class Maths(LintTest):
    def setUp(self):
        super().setUp()
        self.write("docs/maths.md", MATHS)
        self.write("src/slice/slice.h", "/* eq:tau */\n")
        self.write("src/slice/slice.c", "/* eq:tau */\n")
        self.write("tests/slice/test_slice.c", "/* eq:tau */\n")

    def test_a_whole_tour_passes(self):
        self.assert_clean("maths")

    def test_each_missing_stop_is_found(self):
        for path, kind in (("src/slice/slice.h", "header"), ("src/slice/slice.c", "implementation"),
                           ("tests/slice/test_slice.c", "test")):
            self.write(path, "")
            self.assert_finds("maths", f"eq:tau stands in no {kind}")
            self.write(path, "/* eq:tau */\n")

    def test_kernels_are_implementations_too(self):
        self.write("src/slice/slice.c", "")
        self.write("kernels/tau.cu", "// eq:tau\n")
        self.assert_clean("maths")
        self.write("kernels/tau.cu", "// eq:tao\n")
        self.assert_finds("maths", "kernels/tau.cu: eq:tao is not defined")

    def test_unknown_tags_are_found(self):
        self.write("src/slice/other.c", "/* eq:tauu */\n")
        self.assert_finds("maths", "src/slice/other.c: eq:tauu is not defined")

    def test_a_stale_list_is_found(self):
        for path in ("src/slice/late.h", "src/slice/late.c", "tests/slice/test_late.c"):
            self.write(path, "/* eq:late */\n")
        self.assert_finds("maths", "eq:late is in the code: take it off")

    def test_an_empty_page_is_found(self):
        self.write("docs/maths.md", "# Mathematics\n")
        self.assert_finds("maths", "no table defines a tag")


class Headers(LintTest):
    def test_complete_headers_pass(self):
        self.write("src/core/a.h", GUARDED % "#include <stddef.h>\nstatic inline size_t f(void) { return 1; }\n")
        self.assert_clean("headers")

    def test_headers_that_lean_on_others_are_found(self):
        self.write("src/core/bad.h", GUARDED % "size_t f(void);\n")
        self.assert_finds("headers", "src/core/bad.h: does not compile alone", "size_t")

    def test_headers_of_kernels_are_compiled_against_the_emulation(self):
        self.write("tests/emulation/include/cuda_runtime.h", "#pragma once\n#define __device__\n")
        self.write("kernels/a.h", GUARDED % "#include <cuda_runtime.h>\n#include <stddef.h>\nsize_t f(void);\n")
        self.write("kernels/a.cuh", GUARDED % "#include <cuda_runtime.h>\ntemplate <class T> __device__ T f(T a);\n")
        self.assert_clean("headers")
        self.write("kernels/bad.cuh", GUARDED % "template <class T> __device__ T f(T a);\n")
        self.assert_finds("headers", "kernels/bad.cuh: does not compile alone")

    def test_headers_without_a_guard_are_found(self):
        self.write("src/core/bad.h", "struct a { int b; };\n")
        self.assert_finds("headers", "redefinition")

    def test_extensions_of_the_language_are_found(self):
        self.write("src/core/bad.h", GUARDED % "static inline int f(void) { return ({ 1; }); }\n")
        self.assert_finds("headers", "src/core/bad.h")


class Format(LintTest):
    def setUp(self):
        super().setUp()
        self.write(".clang-format", "BasedOnStyle: LLVM\n")

    @unittest.skipUnless(shutil.which("clang-format"), "clang-format is not installed")
    def test_unformatted_code_is_found(self):
        self.write("src/core/a.c", "int a;\n")
        self.assert_clean("format")
        self.write("tests/core/b.c", "int   b ;\n")
        self.write("kernels/c.cu", "int   c ;\n")
        self.assert_finds("format", "tests/core/b.c", "kernels/c.cu", "run clang-format -i")

    def test_a_missing_formatter_is_a_skip_that_is_said(self):
        status, output = self.lint("format", path="/nonexistent")
        self.assertEqual(status, 77)
        self.assertIn("skipped, clang-format is not installed", output)


class Text(LintTest):
    def test_plain_text_passes(self):
        self.write("README.md", "A stubborn file in /usr/share/doc and ~/work/ and build/root/x.\n")
        self.write("src/core/a.c", "int a(void) {\n    return 1;\n}\n")
        self.assert_clean("text")

    def test_words_that_put_work_off_are_found(self):
        for word in ("TO" "DO", "FIX" "ME", "a stu" "b", "Placeholde" "r", "not implemente" "d"):
            self.write("src/core/a.c", f"/* {word} */\n")
            self.assert_finds("text", "src/core/a.c:1")

    def test_paths_of_one_machine_are_found(self):
        for path in ("/ro" "ot/x", "/wo" "rk/y", "/ho" "me/me/z"):
            self.write("docs/a.md", f"see {path}\n")
            self.assert_finds("text", "docs/a.md:1", "path of one machine")

    def test_long_files_are_found(self):
        self.write("src/core/a.c", "\n" * 501)
        self.assert_finds("text", "501 lines, more than 500")

    @unittest.skipUnless(shutil.which("ctags"), "universal-ctags is not installed")
    def test_long_kernels_are_found(self):
        kernel = "template <int N> static __global__ void __launch_bounds__(128) run(float *x) {\n"
        for path in ("kernels/a.cu", "kernels/a.cuh"):
            self.write(path, kernel + "    f();\n" * 70 + "}\n")
            self.assert_finds("text", f"{path}:", "run has 72 lines")
            self.write(path, "")

    @unittest.skipUnless(shutil.which("ctags"), "universal-ctags is not installed")
    def test_long_functions_are_found(self):
        self.write("src/core/a.c", "int f(void) {\n" + "    f();\n" * 58 + "}\n")
        self.assert_clean("text")
        self.write("src/core/a.c", "int f(void) {\n" + "    f();\n" * 59 + "}\n")
        self.assert_finds("text", "f has 61 lines")

    def test_binary_files_are_left_alone(self):
        with open(os.path.join(self.root, "a.png"), "wb") as file:
            file.write(b"\0TO" b"DO")
        self.assert_clean("text")


if __name__ == "__main__":
    unittest.main()
