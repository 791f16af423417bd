"""What the command-line tests share: running the program, reading what it wrote."""

import csv
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

PROGRAM = os.environ["TAUSCAPE"]
# Only tests that name a folder of plugins see one: the others compute on the processor, also where there is a GPU.
os.environ["TAUSCAPE_PLUGIN_PATH"] = ""
SANITIZED = bool(os.environ.get("TAUSCAPE_SANITIZED"))


class Result:
    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr


class CliTest(unittest.TestCase):
    """A test in an empty folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tauscape-cli-")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def bytes(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_program(self, *words, timeout=300, env=None, cwd=None, **more):
        environment = dict(os.environ, **(env or {}))
        completed = subprocess.run([PROGRAM, *map(str, words)], cwd=cwd or self.folder, text=True, capture_output=True,
                                   timeout=timeout, stdin=subprocess.DEVNULL, env=environment, **more)
        result = Result(completed)
        self.assertNotRegex(result.err, "Sanitizer|runtime error:")
        self.assertGreaterEqual(result.code, 0, f"killed by signal {-result.code}: {result.err}")
        return result

    def ok(self, *words, **more):
        result = self.run_program(*words, **more)
        self.assertEqual(result.code, 0, f"tauscape {' '.join(map(str, words))}\n{result.err}{result.out}")
        return result

    def ok_json(self, *words, **more):
        return json.loads(self.ok(*words, "--json", **more).out)

    def fails(self, *words, code=1, what="error", **more):
        """The command ends in an error of up to three lines: error, why, fix."""
        result = self.run_program(*words, **more)
        self.assertEqual(result.code, code, f"tauscape {' '.join(map(str, words))}\n{result.err}{result.out}")
        lines = [line for line in result.err.splitlines() if not line.startswith(("note:", "warning:"))]
        self.assertTrue(lines and lines[0].startswith("error: "), result.err)
        for line in lines[1:]:
            self.assertRegex(line, "^  (why|fix): ")
        self.assertRegex(result.err, what)
        return result

    def values(self, landscape):
        """All values of a landscape as exported, exact to the last bit: {(alpha, beta): row}."""
        table = self.path("values.csv")
        self.ok("export", landscape, "-o", table)
        with open(table, newline="") as file:
            rows = {(row["alpha"], row["beta"]): row for row in csv.DictReader(file)}
        os.unlink(table)
        return rows


def png_size(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head[:8] == b"\x89PNG\r\n\x1a\n", path
    return struct.unpack(">II", head[16:24])


def read_png(data):
    """Width, height, channels, and rows of bytes of a PNG of 8 bits a channel."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8
    channels = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        if name == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += length + 12
    raw, rows, stride = zlib.decompress(packed), [], width * channels
    previous = bytearray(stride)
    for y in range(height):
        line = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        undo(raw[y * (stride + 1)], line, previous, channels)
        rows.append(bytes(line))
        previous = line
    return width, height, channels, rows


def undo(kind, line, previous, channels):
    """Takes the filter of one row back, in place."""
    for i, value in enumerate(line):
        left = line[i - channels] if i >= channels else 0
        above = previous[i]
        corner = previous[i - channels] if i >= channels else 0
        if kind == 1:
            line[i] = (value + left) & 255
        elif kind == 2:
            line[i] = (value + above) & 255
        elif kind == 3:
            line[i] = (value + (left + above) // 2) & 255
        elif kind == 4:
            guess = left + above - corner
            best = min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))
            line[i] = (value + best[2]) & 255


def main():
    unittest.main(verbosity=1)
