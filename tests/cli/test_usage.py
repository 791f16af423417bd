"""Help, errors of usage, and the manners of the command line."""

import os
import re
import subprocess

import harness


class Usage(harness.CliTest):
    COMMANDS = "view demo train watch compute trace export info merge import devices doctor completion help".split()

    def test_overview_names_every_command(self):
        text = self.ok("--help").out
        for command in self.COMMANDS:
            self.assertIn(f"\n  {command} ", text)

    def test_every_command_explains_itself(self):
        for command in self.COMMANDS:
            text = self.ok(command, "--help").out
            self.assertIn("Usage", text)
            self.assertEqual(text, self.ok("help", command).out)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 120, f"{command}: {line}")
                self.assertEqual(line, line.rstrip(), command)
                option = re.match(r"  (-\w,|   ) --\S+( \S+)*?  +(?=\S)", line)
                if option:
                    self.assertEqual(option.end(), 32, f"{command}: {line}")

    def test_topics_fit_a_screen_each(self):
        for topic in ("concepts", "figures", "scripts", "slurm"):
            self.assertIn(topic, self.ok("help", "help").out)
            self.assertLess(len(self.ok("help", topic).out.splitlines()), 60)

    def test_version(self):
        self.assertRegex(self.ok("--version").out, r"^tauscape \d+\.\d+\.\d+\n$")

    def test_misspelt_words_get_a_suggestion(self):
        self.fails("comput", code=2, what="did you mean tauscape compute")
        self.fails("train", "--epoch", "3", code=2, what="did you mean --epochs")
        self.fails("compute", "x", "--norm", "filtre", code=2, what="filter")
        self.fails("help", "concept", code=2, what="concepts")

    def test_wrong_usage_exits_with_two(self):
        self.fails("compute", code=2, what="missing")
        self.fails("merge", "-o", code=2, what="needs a value")
        self.fails("train", "--epochs=many", "--model", "mlp:2-1:tanh", "--data", "moons", "-o", "x", code=2)
        self.fails("info", "--json=yes", "x", code=2, what="takes no value")
        for device in ("gpu", "cuda:", "cuda:x", "cpu:1", "cud"):
            self.fails("devices", "-d", device, code=2, what="choose one of auto")
        self.ok("devices", "-d", "cuda:1")

    def test_completions_are_valid_shell(self):
        script = self.ok("completion", "bash").out
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        probe = script + '\nCOMP_WORDS=(tauscape compute --no); COMP_CWORD=2; _tauscape; echo "${COMPREPLY[@]}"\n'
        words = subprocess.run(["bash"], input=probe, text=True, capture_output=True, check=True).stdout.split()
        self.assertIn("--norm", words)
        self.assertIn("--no-trace", words)
        probe = script + '\nCOMP_WORDS=(tauscape compute --device c); COMP_CWORD=3; _tauscape; echo "${COMPREPLY[@]}"\n'
        words = subprocess.run(["bash"], input=probe, text=True, capture_output=True, check=True).stdout.split()
        self.assertEqual(words, ["cpu", "cuda"])
        for shell in ("zsh", "fish"):
            self.assertIn("compute", self.ok("completion", shell).out)
        self.fails("completion", "tcsh", code=2)

    def test_colons_of_words_do_not_end_zshs_actions(self):
        actions = re.findall(r":value:(\{.*?\}|\(.*?\))'|\*:file:(\(.*?\))'", self.ok("completion", "zsh").out)
        self.assertTrue(any("states\\:" in action[0] for action in actions), actions)
        for action in actions:
            self.assertNotRegex("".join(action), r"(?<!\\):")

    def complete(self, *words):
        line = " ".join(f"'{word}'" for word in ("tauscape", *words))
        probe = self.ok("completion", "bash").out
        probe += f'\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _tauscape; echo "${{COMPREPLY[@]}}"\n'
        return subprocess.run(["bash"], input=probe, text=True, capture_output=True, check=True, cwd=self.folder).stdout.split()

    def test_completions_know_the_words_of_arguments_and_options(self):
        topics = self.complete("help", "")
        for word in self.COMMANDS + ["concepts", "figures", "scripts", "slurm", "man"]:
            self.assertIn(word, topics)
        self.assertEqual(self.complete("completion", ""), ["bash", "zsh", "fish"])
        demos = [line.split()[0] for line in self.ok("demo", "--list").out.splitlines()]
        self.assertEqual(self.complete("demo", ""), demos)
        open(self.path("plane.land.h5"), "w").close()
        self.assertIn("probability", self.complete("export", "--figure", "prob"))
        self.assertEqual(self.complete("train", "--model", "resnet2"), ["resnet20", "resnet20-noshort"])
        self.assertEqual(self.complete("compute", "--dirs", "p"), ["plane.land.h5", "pca"])
        self.assertIn("plane.land.h5", self.complete("info", ""))
        self.assertIn("--json", self.complete("help", "--js"))

    def test_man_page_names_every_option(self):
        page = self.ok("help", "man").out
        self.assertIn(".TH TAUSCAPE 1", page)
        self.assertIn("\\-\\-store\\-directions", page)

    def test_devices_and_doctor(self):
        devices = self.ok_json("devices")
        self.assertEqual([(d["name"], d["available"]) for d in devices["devices"]],
                         [("cpu", True), ("ref", True), ("cuda", False)])
        doctor = self.ok_json("doctor", env={"PATH": ""})
        self.assertTrue(doctor["healthy"])
        films = [one for one in doctor["checks"] if one["check"] == "films"][0]
        self.assertIn("no ffmpeg", films["detail"])
        with open(self.path("ffmpeg"), "w") as file:
            os.fchmod(file.fileno(), 0o755)
        self.assertIn(self.path("ffmpeg"), self.ok("doctor", env={"PATH": f"/nowhere:{self.folder}"}).out)

    def test_doctor_names_plugins_that_do_not_load(self):
        os.mkdir(self.path("plugins"))
        with open(self.path("plugins/libtauscape_broken.so"), "w") as file:
            file.write("no library")
        env = {"TAUSCAPE_PLUGIN_PATH": self.path("plugins")}
        result = self.fails("doctor", what="something is missing", env=env)
        self.assertRegex(result.out, r"bad +libtauscape_broken\.so")
        self.assertIn("none installed", self.ok("doctor", env={"TAUSCAPE_PLUGIN_PATH": ""}).out)

    def test_missing_and_foreign_files(self):
        self.fails("info", "nothing.h5", what="nothing.h5")
        for name in ("digts.run.h5", "/nosuch/plane"):
            self.fails(name, what="cannot read .*\n.*no such file")
        for name in ("x.npy", "empty"):
            with open(self.path(name), "wb") as file:
                file.write(b"\x93NUMPY"[:len(name)] if name != "empty" else b"")
            self.fails("info", name, what="no file that tauscape knows(.|\n)*\\.run\\.h5")
        with open(self.path("text.run.h5"), "w") as file:
            file.write("not a run\n")
        for command in (["info", "text.run.h5"], ["compute", "text.run.h5", "-o", "x.land.h5", "--data", "moons"],
                        ["export", "text.run.h5", "-o", "x.png"], ["trace", "text.run.h5", "--on", "text.run.h5"]):
            self.fails(*command)

    def test_standard_output_that_is_full_is_an_error(self):
        with open("/dev/full", "w") as full:
            code = subprocess.run([harness.PROGRAM, "--help"], stdout=full, stderr=subprocess.DEVNULL).returncode
        self.assertEqual(code, 1)


if __name__ == "__main__":
    harness.main()
