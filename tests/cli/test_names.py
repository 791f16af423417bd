"""Names that are awkward: bytes that are no UTF-8, what terminals obey, what shells and lists of names split."""

import json
import os
import shlex
import subprocess
import xml.dom.minidom

import harness

LATIN = os.fsdecode(b"caf\xe9")


class Names(harness.CliTest):
    MODEL = ("--model", "mlp:2-4-2:tanh", "--data", "moons:n=60")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", *cls.MODEL, "--epochs", 2, "-o", "r.run.h5", "--group", "one")
        test.ok("compute", "r.run.h5", "-g", 5, "-o", "l.land.h5")

    def runTest(self):
        pass

    def bash(self, command):
        """Runs a line of a shell in the folder; $T is the program."""
        return subprocess.run(["bash", "-c", command], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, T=harness.PROGRAM))

    def test_closed_descriptors_do_no_harm(self):
        words = shlex.join(["train", *self.MODEL, "--epochs", "2", "-o", "closed.run.h5", "--progress", "plain", "-v"])
        self.assertEqual(self.bash(f'"$T" {words} --group old').returncode, 0)
        for closed in ("<&- 2>&-", "<&- >&- 2>&-", ">&-"):
            self.bash(f'"$T" {words} --group new{len(closed)} {closed}')
        self.assertEqual([group["group"] for group in self.ok_json("info", "closed.run.h5")["groups"]],
                         ["new12", "new3", "new8", "old"])

    def test_new_groups_can_be_named_in_lists(self):
        self.ok("export", "r.run.h5", "-o", "w.safetensors", "--state", "last")
        for name in ("a,b", "a#b", LATIN, "a/b", ".."):
            self.fails("train", *self.MODEL, "--epochs", 1, "-o", "refused.run.h5", "--group", name, code=2,
                       what=r"cannot (name a group|be) .*")
            self.fails("import", "w.safetensors", *self.MODEL, "-o", "refused.run.h5", "--group", name, code=2,
                       what=r"cannot (name a group|be) .*")
        self.assertFalse(os.path.exists(self.path("refused.run.h5")))

    def test_old_groups_with_a_comma_open(self):
        try:
            import h5py
        except ImportError:
            self.skipTest("no h5py")
        for group in ("aXb", "a"):
            self.ok("train", *self.MODEL, "--epochs", 2, "-o", "old#1.run.h5", "--group", group, "--record", "every=1")
        for new in ("a,b", "a#b"):
            with h5py.File(self.path("old#1.run.h5"), "r+") as file:
                file.move("a,b" if "a,b" in file else "aXb", new)
            self.ok("compute", "old#1.run.h5", "--group", new, "-g", 3, "--dirs", "pca", "-o", f"{ord(new[1])}.land.h5")
            self.ok("compute", "r.run.h5", "--from", f"old#1.run.h5#{new}@first", "--to", "last", "-g", "3x1", "-o",
                    f"line{ord(new[1])}.land.h5")
            self.ok("export", "old#1.run.h5", "--group", new, "--figure", "loss-metric", "-o", "old.png")
            self.ok("export", "old#1.run.h5", "--group", f"a,{new}" if new == "a#b" else new, "--figure", "loss-metric",
                    "-o", "old.png")

    def test_titles_are_utf8(self):
        for option in ("--title", "--xlabel", "--ylabel", "--group"):
            self.fails("export", "l.land.h5", option, LATIN, "-o", "title.svg", code=2, what="it is not UTF-8")
        self.assertFalse(os.path.exists(self.path("title.svg")))

    def test_any_bytes_name_a_file(self):
        run, land = f"{LATIN}.run.h5", f"{LATIN}.land.h5"
        shown = "caf\\xE9"
        self.assertEqual(self.ok_json("train", *self.MODEL, "--epochs", 1, "-o", run)["run"], f"{shown}.run.h5")
        self.assertEqual(self.ok_json("compute", run, "-g", 3, "-o", land)["landscape"], f"{shown}.land.h5")
        self.assertEqual(self.ok_json("info", run)["file"], f"{shown}.run.h5")
        recipe = self.ok_json("info", land)["recipe"]["provenance"]
        self.assertEqual(recipe["source"], f"{shown}.run.h5")
        for extension in ("svg", "json", "png"):
            result = self.ok_json("export", land, "-o", f"{LATIN}.{extension}")
            self.assertEqual(result["written"], f"{shown}.{extension}")
        xml.dom.minidom.parse(self.path(f"{LATIN}.svg"))
        self.assertIn(b'"command": "tauscape', self.bytes(f"{LATIN}.svg").replace(b"&quot;", b'"'))
        with open(self.path(f"{LATIN}.json"), encoding="utf-8") as file:
            self.assertEqual(len(json.load(file)["loss"]), 3)
        self.ok("export", run, "--figure", "loss-metric", "-o", f"{LATIN}.run.svg")
        xml.dom.minidom.parse(self.path(f"{LATIN}.run.svg"))

    def test_the_recorded_command_can_be_given_to_a_shell(self):
        names = ["it's [a] `b` $(c) !d ~e.land.h5", "~.land.h5", "{a,b}.land.h5", os.fsdecode(b"\xe9'\\\x1b[1m.land.h5")]
        for name in names:
            self.ok("compute", "r.run.h5", "-g", 3, "-o", name)
            command = self.ok_json("info", name)["recipe"]["provenance"]["command"]
            words = self.bash(f"printf '%s\\0' {command}").stdout
            self.assertEqual(words, b"\0".join(map(os.fsencode, ["tauscape", "compute", "r.run.h5", "-g", "3", "-o", name, ""])))

    def test_a_terminal_obeys_no_name(self):
        name = "red\x1b[31m\x9b2J.land.h5"
        self.ok("compute", "r.run.h5", "-g", 3, "-o", name)
        for words in (["compute", "r.run.h5", "-g", "3", "-o", name], ["export", name, "-o", f"{name}.csv"],
                      ["info", f"{name}.missing"], ["compute", name, "-o", "x"]):
            result = self.run_program(*words)
            self.assertIn("red\\x1B[31m\\xC2\\x9B2J", result.out + result.err)
            self.assertNotRegex(result.out + result.err, "[\x00-\x08\x0b-\x1f\x7f-\x9f]")
        self.assertNotIn("\x1b", self.ok("info", name).out)

    def test_numbers_are_decimal_and_finite(self):
        for value in ("0x10", "inf", "nan", "1e999", " 1"):
            self.fails("export", "r.run.h5", "--figure", "loss-metric", "-o", "x.mp4", "--fps", value, code=2, what="is not a number")
            self.fails("train", *self.MODEL, "-o", "x.run.h5", "--schedule", f"step:{value}", code=2, what="no schedule")
            self.fails("train", "--model", f"mlp:2-4-2:tanh:dropout={value}", "--data", "moons", "-o", "x", code=2)
            self.fails("train", *self.MODEL[:2], "--data", f"moons:noise={value}", "-o", "x", code=2, what="is a number")
        for value in ("0x10", "+5", " 5"):
            self.fails("compute", "r.run.h5", "-o", "x", "--seed", value, code=2, what="is not a whole number")


if __name__ == "__main__":
    harness.main()
