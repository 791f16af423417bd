"""What the lints share: the files of the tree, C without its comments, and how findings are told."""
import os
import re
import subprocess
import sys

C_SUFFIXES = (".c", ".h", ".cu", ".cuh", ".cc", ".cpp", ".cxx", ".hpp", ".hh")


def tree(root, *folders):
    """Paths below `root` that git tracks or would track (all files where there is no git), sorted."""
    command = ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        paths = listed.stdout.splitlines()
    else:
        paths = [os.path.relpath(os.path.join(folder, name), root)
                 for folder, _, names in os.walk(root) for name in names]
        paths = [path for path in paths if not path.startswith(("build/", "demo/", ".git/")) and "__pycache__" not in path]
    wanted = tuple(folder + "/" for folder in folders)
    return sorted(path for path in set(paths)
                  if path.startswith(wanted or "") and os.path.isfile(os.path.join(root, path)))


def read(root, path):
    """Text of a file; what is not UTF-8 is replaced."""
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def is_binary(root, path):
    with open(os.path.join(root, path), "rb") as file:
        return b"\0" in file.read(8192)


TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def without_comments(text, strings=True):
    """C with comments (and, unless `strings`, literals) blanked; lines keep their numbers."""
    def blank(match):
        token = match.group()
        if strings and token[0] in "\"'":
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(blank, text)


class Findings:
    """Collects findings, prints them, and gives the exit status."""

    def __init__(self, name):
        self.name = name
        self.count = 0

    def add(self, path, line, message):
        place = f"{path}:{line}" if line else path
        print(f"{place}: {message}")
        self.count += 1

    def finish(self, checked):
        print(f"{self.name}: {checked} checked, {self.count} findings")
        sys.exit(1 if self.count else 0)
