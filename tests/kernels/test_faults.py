"""Breaks the fused kernels on purpose and expects their tests to notice.

Each fault is one replacement of text in a copy of a kernel; the copy is compiled against the emulation and linked with
the kernel's own test (before the library of all kernels, whose own copy is then left out), which must then fail or
hang. The kernel as it is must pass, built the same way. A rule whose text is not found is an error: the kernel has
moved on without it.

    test_faults.py BUILD_DIRECTORY KERNEL TEST_OBJECT LIBRARY…
"""
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

SECONDS = 300

# kernel: [(what is wrong, text of the kernel, what it becomes)]
FAULTS = {
    "fast_cnn": [
        ("the second chunks of a k-step are the first ones again",
         "pair * 2 * CHUNK_BYTES", "pair * 1 * CHUNK_BYTES"),
        ("a tap is two positions to the right", "j * BLOCK_BYTES + pair", "2 * j * BLOCK_BYTES + pair"),
        ("the producer does not say that a stage is full", "ptx_mbarrier_arrive(&shared.full[at.stage]);", ";"),
        ("the producer does not wait for an empty stage",
         "ptx_mbarrier_wait_parity(&shared.empty[at.stage], at.parity ^ 1u);", ";"),
        ("consumers do not wait for the lower stage",
         "ptx_mbarrier_wait_parity(&shared.full[lower.stage], lower.parity);", ";"),
        ("consumers release a stage before they have read it",
         "            float sums[2][SUMS];\n", "            ptx_mbarrier_arrive(&shared.empty[at.stage]);\n"
         "            float sums[2][SUMS];\n"),
        ("what the producer stored is not fenced", "ptx_fence_proxy_async();", ";"),
        ("sums are read before they are there", "ptx_wgmma_wait<0>();", "ptx_wgmma_wait<1>();"),
        ("images are overwritten while others read them", "ptx_bar_sync(PRODUCER_BARRIER, WARP_GROUP);", ";"),
        ("the last column of a half is not stored", "column < POOLED_SIZE / 2;", "column < POOLED_SIZE / 2 - 1;"),
        ("items that do not divide among the blocks are dropped",
         "end = items * (blockIdx.x + 1) / gridDim.x", "end = first + items / gridDim.x"),
        ("parameters of the first network serve all", "point != loaded", "loaded < 0"),
    ],
    "fast_block": [
        ("steps are not separated", "        ptx_cp_async_wait<1>();\n        __syncthreads();\n",
         "        ptx_cp_async_wait<1>();\n"),
        ("a row is read while it is fetched", "        ptx_cp_async_wait<1>();\n        __syncthreads();\n",
         "        ptx_cp_async_wait<2>();\n        __syncthreads();\n"),
        ("the second convolution follows too closely", "LAG = 2,", "LAG = 1,"),
        ("the ring between the convolutions is too short", "MIDDLE_ROWS = 4,", "MIDDLE_ROWS = 3,"),
        ("the ring of inputs is too short", "INPUT_ROWS = 6,", "INPUT_ROWS = 5,"),
        ("the column left of the image is not zero", "if (left) values", "if (false) values"),
        ("the row below the image is the next image's", "at.row + i > block.x.height", "false"),
        ("the second chunk of outputs is not stored", "chunk < 2; ++chunk) {", "chunk < 1; ++chunk) {"),
        ("the second parts of weights are left out", "from - j >= 0 &&", "part == 0 && from - j >= 0 &&"),
        ("items that do not divide among the blocks are dropped",
         "end = items * (blockIdx.x + 1) / gridDim.x", "end = first + items / gridDim.x"),
        ("weights of the first network serve all", "row == 0 || (at.row == 0 && at.group == 0)", "row == 0"),
    ],
}


def compile_command(build, kernel):
    """How the build compiles kernels/<kernel>.cu for the emulation: arguments, directory, and where the source is."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"].endswith(f"kernels/{kernel}.cu") and "-DTAU_CUDA_EMULATION" in entry["command"]:
            return shlex.split(entry["command"]), entry["directory"], pathlib.Path(entry["file"])
    sys.exit(f"{build} does not build kernels/{kernel}.cu")


def passes(build, kernel, text, link, folder):
    """Whether the kernel's test passes with this text of the kernel."""
    command, directory, source = compile_command(build, kernel)
    copy, result, program = (pathlib.Path(folder) / name for name in (f"{kernel}.cu", "kernel.o", "program"))
    copy.write_text(text)
    command = [str(copy) if argument == str(source) else argument for argument in command]
    command[command.index("-o") + 1] = str(result)
    subprocess.run([*command, "-w"], cwd=directory, check=True)
    test_object, *libraries = link
    subprocess.run([command[0], *[a for a in command if a.startswith("-fsanitize")], test_object, str(result),
                    *libraries, "-o", str(program)], check=True)
    try:
        return subprocess.run([str(program), "--jobs", "1", "--fail-fast"], timeout=SECONDS,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main():
    build, kernel, link = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    source = compile_command(build, kernel)[2].read_text()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        if not passes(build, kernel, source, link, folder):
            sys.exit(f"{kernel}: the test fails without any fault")
        for fault, text, becomes in FAULTS[kernel]:
            if text not in source:
                sys.exit(f"{kernel}: no such text, for the fault “{fault}”: {text!r}")
            caught = not passes(build, kernel, source.replace(text, becomes), link, folder)
            print(f"{'caught' if caught else 'MISSED'}: {fault}", flush=True)
            missed += [] if caught else [fault]
    sys.exit(f"{kernel}: {len(missed)} faults were not noticed" if missed else 0)


main()
