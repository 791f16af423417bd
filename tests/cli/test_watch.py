"""Trainings that are followed while another process records them, and changed while they run."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
import unittest

import harness

HAS_FFMPEG = bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))
SMALL = ["--model", "mlp:2-8-1:tanh", "--data", "moons:n=200", "-j", "1"]  # 180 samples: 3 batches an epoch
ENDLESS = [*SMALL, "--epochs", "1000000", "--record", "every=7"]
PATIENCE = 120


class Watch(harness.CliTest):
    def setUp(self):
        self.started = []

    def tearDown(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()

    def start(self, *words):
        process = subprocess.Popen([harness.PROGRAM, *map(str, words)], cwd=self.folder, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.append(process)
        return process

    def start_training(self, name, *words):
        """A training that has recorded its first states."""
        process = self.start("train", *words, "-o", name)
        self.wait_until(lambda: self.states_of(name) > 1)
        return process

    def states_of(self, name):
        if not os.path.exists(self.path(name)):
            return 0
        result = self.run_program("info", name, "--json")
        return json.loads(result.out)["groups"][0]["states"] if result.code == 0 else 0

    def wait_until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, "it takes too long")
            time.sleep(0.05)

    def read_until(self, process, text):
        """Lines of a process up to the one with the text."""
        lines = []
        while True:
            line = process.stdout.readline()
            self.assertTrue(line, f"ended before {text}: {lines}")
            lines.append(line.rstrip())
            if text in line:
                return lines

    def end_of(self, process):
        out, err = process.communicate(timeout=PATIENCE)
        self.assertNotRegex(err, "Sanitizer|runtime error:")
        return process.returncode, out, err

    def parameters(self, name, state):
        self.ok("export", name, "--state", state, "-f", "-o", "state.safetensors")
        data = self.bytes("state.safetensors")
        (length,) = struct.unpack("<Q", data[:8])
        return struct.unpack(f"<{(len(data) - 8 - length) // 4}f", data[8 + length:])

    def updates(self, name, *words):
        """The updates of a finished run as objects."""
        out = self.ok("watch", name, "--mode", "terminal", "--json", *words).out
        return [json.loads(line) for line in out.splitlines()]

    def shown(self, name, rule):
        return [update["state"] for update in self.updates(name, "--every", rule)]

    # ---- following ----

    def test_a_growing_run_is_followed_to_its_end(self):
        with open(self.path("knobs"), "w") as file:
            file.write("at 30 pause\n")
        trainer = self.start("train", *SMALL, "--epochs", 20, "--record", "every=1epoch", "--control", "knobs", "-o",
                             "grows.run.h5")
        self.wait_until(lambda: self.states_of("grows.run.h5") == 11)
        watcher = self.start("watch", "grows.run.h5", "--mode", "terminal")
        lines = self.read_until(watcher, "step 30 ")
        self.assertIsNone(watcher.poll())
        with open(self.path("knobs"), "a") as file:
            file.write("resume\n")
        code, out, err = self.end_of(watcher)
        self.assertEqual((code, err), (0, ""))
        lines += out.splitlines()
        self.assertEqual(lines.pop(), "finished: 21 states, 21 shown")
        for state, line in enumerate(lines):
            self.assertRegex(line, f"^state {state} epoch {state} step {3 * state} loss [0-9.]+ accuracy .* mcc ")
        self.assertEqual(self.end_of(trainer)[0], 0)

    def test_a_killed_writer_is_noticed_and_its_states_are_kept(self):
        trainer = self.start_training("killed.run.h5", *ENDLESS)
        words = ["--animate", "killed.mp4"] if HAS_FFMPEG else []
        watcher = self.start("watch", "killed.run.h5", "--mode", "file", "-o", "killed", "--size", "640x480",
                             "--every", 20, *words)
        self.read_until(watcher, "killed/00002.png")
        trainer.kill()
        trainer.wait()
        code, out, err = self.end_of(watcher)
        self.assertEqual(code, 1)
        self.assertRegex(err, r"error: the writer of 'run' in killed.run.h5 stopped\n")
        self.assertIn("its process is gone", err)
        states = self.states_of("killed.run.h5")
        self.assertIn(f"its {states} states are kept", err)
        pictures = sorted(os.listdir(self.path("killed")))
        self.assertEqual(pictures, [f"{i:05}.png" for i in range((states - 1) // 20 + 1)])
        for name in pictures:
            self.assertEqual(harness.png_size(self.path("killed/" + name)), (640, 480))
        if HAS_FFMPEG:
            self.assertIn("wrote killed.mp4", out)
            self.assertGreater(os.path.getsize(self.path("killed.mp4")), 1000)

    def test_a_silent_writer_has_stopped_unless_its_process_is_there(self):
        trainer = self.start_training("silent.run.h5", *ENDLESS)
        trainer.send_signal(signal.SIGSTOP)
        os.waitpid(trainer.pid, os.WUNTRACED)
        shutil.copy(self.path("silent.run.h5"), self.path("copy.run.h5"))  # which nobody holds locked
        here = self.start("watch", "silent.run.h5", "--mode", "terminal", "--stale", 0.5)
        copy = self.start("watch", "copy.run.h5", "--mode", "terminal", "--stale", 1.5)
        code, out, err = self.end_of(copy)
        self.assertEqual(code, 1)
        self.assertIn("no sign of life", err)
        self.assertIn("state 0 ", out)
        self.assertIsNone(here.poll())
        trainer.kill()
        trainer.wait()
        code, _, err = self.end_of(here)
        self.assertEqual(code, 1)
        self.assertIn("its process is gone", err)

    def test_a_file_with_fewer_states_takes_the_place_of_the_one_that_is_watched(self):
        trainer = self.start_training("long.run.h5", *SMALL, "--epochs", 1000000, "--record", "every=1epoch")
        trainer.send_signal(signal.SIGSTOP)  # in the middle of its writing a copy would have parts of two times
        os.waitpid(trainer.pid, os.WUNTRACED)
        shutil.copy(self.path("long.run.h5"), self.path("short.run.h5"))
        trainer.send_signal(signal.SIGCONT)
        short = self.states_of("short.run.h5")
        self.wait_until(lambda: self.states_of("long.run.h5") > short + 500)
        trainer.kill()
        trainer.wait()
        watched = [self.path("long.run.h5"), "--mode", "terminal", "--stale", 1000, "--animate", "long.gif"]
        keys = [(b"training", lambda _: os.replace(self.path("short.run.h5"), self.path("long.run.h5"))),
                (f"state {short - 1} ".encode(), b"\x03")]
        with open(self.path("long.run.h5"), "rb+") as one, open(self.path("short.run.h5"), "rb+") as other:
            for file in (one, other):  # a lock as a living writer has it: the watcher goes on
                fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", fcntl.F_WRLCK, 0, 2**63 - 2, 1, 0))
            code, drawn = self.run_in_terminal(keys, "watch", *(watched if HAS_FFMPEG else watched[:-2]))
        self.assertEqual((code, keys), (130, []), drawn[-2000:])
        self.assertNotRegex(drawn, "Sanitizer|runtime error:")
        self.assertIn(f"stopped watching after {short} updates", drawn)

    def test_ctrl_c_ends_watching_and_not_the_training(self):
        trainer = self.start_training("goes.run.h5", *ENDLESS)
        words = ["--animate", "goes.gif"] if HAS_FFMPEG else []
        watcher = self.start("watch", "goes.run.h5", "--mode", "terminal", "--every", 30, *words)
        self.read_until(watcher, "state 30 ")
        watcher.send_signal(signal.SIGINT)
        code, _, err = self.end_of(watcher)
        self.assertEqual(code, 130)
        self.assertIn("stopped watching", err)
        if HAS_FFMPEG:
            self.assertEqual(self.bytes("goes.gif")[:6], b"GIF89a")
        self.assertIsNone(trainer.poll())

    def test_a_diverged_training_is_said_to_have_failed(self):
        self.fails("train", *SMALL, "--model", "mlp:2-8-1:relu", "--loss", "mse", "--lr", "1e6", "-o", "bad.run.h5",
                   what="not finite")
        self.fails("watch", "bad.run.h5", "--mode", "terminal", what="the training 'run' in bad.run.h5 failed")

    # ---- which states ----

    def test_rules_choose_the_states(self):
        self.ok("train", *SMALL, "--epochs", 12, "--record", "every=1epoch", "-o", "rules.run.h5")
        self.assertEqual(self.shown("rules.run.h5", "5"), [0, 5, 10, 12])
        self.assertEqual(self.shown("rules.run.h5", "1"), list(range(13)))
        self.assertEqual(self.shown("rules.run.h5", "3,"), [3])
        self.assertEqual(self.shown("rules.run.h5", "2,epoch:4.5,step:30"), [2, 5, 10])
        self.assertEqual(self.shown("rules.run.h5", "rule:moved=1e9"), [0, 12])
        self.assertEqual(self.shown("rules.run.h5", "rule:moved=1e9,atleast=5"), [0, 5, 10, 12])
        self.assertEqual(self.shown("rules.run.h5", "rule:moved=0"), list(range(13)))
        theta = [self.parameters("rules.run.h5", state) for state in range(13)]
        chosen = [0]
        for state in range(1, 13):
            way = max(abs(a - b) for a, b in zip(theta[state], theta[chosen[-1]]))
            if way > 0.25 or state == 12:
                chosen.append(state)
        self.assertTrue(3 < len(chosen) < 12, chosen)
        self.assertEqual(self.shown("rules.run.h5", "rule:moved=0.25"), chosen)

    def test_updates_carry_the_numbers_of_the_dashboard(self):
        self.ok("train", *SMALL, "--epochs", 30, "--record", "every=1epoch", "-o", "numbers.run.h5")
        last = self.updates("numbers.run.h5")[-1]
        self.assertEqual((last["state"], last["step"], last["epoch"]), (30, 90, 30))
        self.assertEqual(len(last["probabilities"]), 50)
        self.assertEqual(sum(last["probabilities"]), 180)
        for name in ["loss", "accuracy", "precision", "recall", "f1", "mcc"]:
            self.assertIsInstance(last[name], float)
        self.assertAlmostEqual(last["f1"], 2 * last["precision"] * last["recall"] / (last["precision"] + last["recall"]))
        self.ok("train", "--model", "mlp:1-4-1:tanh", "--data", "sine:n=50", "--epochs", 1, "-o", "values.run.h5")
        self.assertNotIn("mcc", self.updates("values.run.h5")[-1])

    def test_mistakes_are_named(self):
        self.ok("train", *SMALL, "--epochs", 1, "-o", "fine.run.h5")
        os.makedirs(self.path("taken"), exist_ok=True)
        with open(self.path("taken/00000.png"), "w"):
            pass
        for words, code, what in [
                (["absent.run.h5"], 1, "absent"), (["fine.run.h5", "--group", "other"], 1, "other"),
                (["fine.run.h5", "--every", "0"], 2, "every"), (["fine.run.h5", "--every", "rule:mowed=1"], 2, "moved=0.1"),
                (["fine.run.h5", "--every", "rule:atleast=4"], 2, "moved=0.1"), (["fine.run.h5", "--every", "1,x"], 2, "x"),
                (["fine.run.h5", "--mode", "file"], 2, "add -o DIR"), (["fine.run.h5", "-o", "taken"], 1, "--force"),
                (["fine.run.h5", "--mode", "terminal", "--figure", "loss"], 2, "does nothing here"),
                (["fine.run.h5", "--mode", "screen", "--every", "2"], 2, "own settings"),
                (["fine.run.h5", "--mode", "terminal", "--animate", "film.txt"], 2, ".mp4, .webm, .gif, or"),
                (["fine.run.h5", "-o", "new", "--figure", "feature-spice"], 2, "feature-space")]:
            with self.subTest(words=words):
                self.fails("watch", *words, code=code, what=what)
        self.fails("train", *SMALL, "--watch=nowhere", "-o", "x.run.h5", code=2, what="--watch=file:DIR")
        self.fails("train", *SMALL, "--control", ".", "-o", "x.run.h5", what="neither")
        self.assertFalse(os.path.exists(self.path("x.run.h5")))

    # ---- changes while it runs ----

    def train_with(self, name, lines, *words, **more):
        with open(self.path(name + ".knobs"), "w") as file:
            file.write(lines)
        return self.run_program("train", *SMALL, "--epochs", 20, "--record", "every=1epoch", "--control",
                                name + ".knobs", "-o", name + ".run.h5", *words, **more)

    def series(self, name):
        """The last number of each series."""
        return json.loads(self.ok("info", name, "--json").out)["groups"][0]["metrics"]

    def test_the_rate_changed_while_it_runs_is_recorded_and_changes_the_loss(self):
        self.assertEqual(self.train_with("usual", "").code, 0)
        result = self.train_with("slowed", "at 30 lr 1e-12\n")
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("changed while it ran: 1 times", result.out)
        usual, slowed = self.updates("usual.run.h5"), self.updates("slowed.run.h5")
        self.assertEqual(usual[:11], slowed[:11])
        self.assertLess(usual[20]["loss"], usual[10]["loss"] - 1e-3)
        self.assertAlmostEqual(slowed[20]["loss"], slowed[10]["loss"], places=6)
        series = self.series("slowed.run.h5")
        self.assertEqual((series["set_lr"], series["lr"]), (1e-12, 1e-12))
        self.assertNotIn("set_lr", self.series("usual.run.h5"))

    def test_lines_that_mean_nothing_are_warned_of(self):
        result = self.train_with("odd", "lr\nlr 0\nlr nan\nbatch 0\nat x lr 1\n# a word\nat 5 faster\n" + "z" * 300 +
                                 "\nlr 0x10\nat 18446744073709551616 lr 1\n\033[31mred\u009b\nbatch 90")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.err.count("is not understood"), 10)
        self.assertNotRegex(result.err, "[\033\u009b]")
        self.assertEqual(self.series("odd.run.h5")["set_batch"], 90)
        result = self.train_with("flood", "faster\n" * 500)
        self.assertEqual(result.err.count("is not understood"), 20)

    def test_lines_of_before_are_not_carried_out_again(self):
        lines = "at 10 lr 0.5\nat 20 lr 0.25\nat 30 stop\nat 40 decay 0.001\n"
        self.assertEqual(self.train_with("again", lines).code, 75)
        result = self.train_with("again", lines)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("3 lines of again.knobs from before step 30 are not carried out again", result.err)
        series = self.series("again.run.h5")
        self.assertEqual((series["set_lr"], series["set_weight_decay"]), (0.25, 0.001))
        self.assertEqual(self.train_with("never", "stop\n").code, 75)
        self.assertEqual(self.train_with("never", "stop\n").code, 0)

    def test_a_file_that_is_written_anew_is_taken_from_where_it_differs(self):
        knobs = self.path("anew.knobs")

        def write(name, text):
            with open(self.path(name), "w") as file:
                file.write(text)

        write("anew.knobs", "at 30 pause\nat 50 lr 0.75\n")
        trainer = self.start("train", *SMALL, "--epochs", 20, "--record", "every=1epoch", "--control", "anew.knobs", "-o",
                             "anew.run.h5")
        self.wait_until(lambda: self.states_of("anew.run.h5") == 11)
        write("new", "at 30 pause\nlr 0.5\n")
        os.replace(self.path("new"), knobs)
        time.sleep(1.5)
        before = os.stat(knobs)
        write("anew.knobs", "at 30 pause\nresume\n")
        self.assertEqual((os.stat(knobs).st_ino, os.stat(knobs).st_size), (before.st_ino, before.st_size))
        self.assertEqual(self.end_of(trainer)[0], 0)
        self.assertEqual(self.series("anew.run.h5")["set_lr"], 0.5)

    def test_a_fifo_that_never_pauses_lets_the_training_go_on(self):
        os.mkfifo(self.path("flood"))
        trainer = self.start("train", *ENDLESS, "--control", "flood", "-o", "flooded.run.h5")
        with open(self.path("flood"), "w") as flood:
            writer = subprocess.Popen(["yes", "at 1000000000 lr 1"], stdout=flood, stderr=subprocess.DEVNULL)
        self.started.append(writer)
        self.wait_until(lambda: self.states_of("flooded.run.h5") > 500)
        trainer.send_signal(signal.SIGINT)
        code, _, err = self.end_of(trainer)
        self.assertEqual(code, 130, err)
        self.assertEqual(err.count("is left out, for 1000 lines wait for their steps"), 20)

    def test_a_changed_training_goes_on_to_the_same_bits(self):
        changes = "at 10 lr 0.05\nat 22 batch 33\nat 25 decay 0.001\n"
        self.assertEqual(self.train_with("whole", changes).code, 0)
        whole = self.parameters("whole.run.h5", "last")
        stopped = self.train_with("parts", changes + "at 41 stop\n")
        self.assertEqual(stopped.code, 75, stopped.err)
        again = self.train_with("parts", "")
        self.assertEqual(again.code, 0, again.err)
        self.assertIn("changed while it ran: rate 0.05, weight decay 0.001, batch 33", again.out)
        self.assertEqual(self.parameters("parts.run.h5", "last"), whole)
        self.assertEqual(self.updates("parts.run.h5"), self.updates("whole.run.h5"))
        self.assertEqual(self.series("parts.run.h5"), self.series("whole.run.h5"))

    def test_a_stopped_training_is_told_once(self):
        result = self.train_with("told", "at 41 stop\n", "--watch")
        self.assertEqual(result.code, 75, result.err)
        self.assertEqual(result.err.count("error:"), 1, result.err)
        self.assertIn("the training was stopped at step 41", result.err)

    def test_at_most_so_many_states_are_kept_where_a_changed_batch_makes_more_steps(self):
        words = ["--record", "max=6"]
        changes = "at 3 batch 1\nat 800 batch 7\n"
        self.assertEqual(self.train_with("most", changes, *words).code, 0)
        self.assertLessEqual(self.states_of("most.run.h5"), 6)
        self.assertEqual(self.train_with("some", changes + "at 700 stop\n", *words).code, 75)
        self.assertEqual(self.train_with("some", "at 800 batch 7\n", *words).code, 0)
        self.assertEqual(self.updates("some.run.h5"), self.updates("most.run.h5"))

    def test_a_fifo_pauses_and_resumes_and_a_killed_pause_goes_on(self):
        words = ["train", *SMALL, "--epochs", 30, "--record", "every=1epoch", "--control", "fifo", "-o", "fifo.run.h5"]
        os.mkfifo(self.path("fifo"))
        fifo = os.open(self.path("fifo"), os.O_RDWR)  # what is written now waits for the trainer
        self.addCleanup(os.close, fifo)
        os.write(fifo, b"at 12 batch 60\nat 30 pause\n")
        trainer = self.start(*words)
        self.wait_until(lambda: self.states_of("fifo.run.h5") == 11)
        self.wait_until(lambda: "paused" in self.series("fifo.run.h5"))
        time.sleep(0.3)
        self.assertIsNone(trainer.poll())
        self.assertEqual(self.states_of("fifo.run.h5"), 11)
        trainer.kill()
        trainer.wait()
        again = self.run_program(*words[:-4], "-o", "fifo.run.h5")
        self.assertEqual(again.code, 0, again.err)
        self.assertIn("batch 60", again.out)
        os.unlink(self.path("fifo"))

    # ---- train --watch ----

    def test_watching_never_touches_training(self):
        for name, words in [("alone", []), ("text", ["--watch"]), ("drawn", ["--watch=file:drawn"])]:
            result = self.ok("train", *SMALL, "--epochs", 6, "--record", "every=1epoch", *words, "-o", name + ".run.h5")
            if name == "text":
                self.assertIn("state 6 epoch 6 step 18", result.err)
        alone = self.parameters("alone.run.h5", "last")
        for name in ["text", "drawn"]:
            self.assertEqual(self.parameters(name + ".run.h5", "last"), alone)
            self.assertEqual(self.updates(name + ".run.h5"), self.updates("alone.run.h5"))
        self.assertEqual(sorted(os.listdir(self.path("drawn"))), [f"{i:05}.png" for i in range(7)])

    def run_in_terminal(self, keys, *words, shell=lambda run: run()):
        """What a command draws on a terminal of 90 × 30 where keys are pressed: a key for each text that appears, or what
        is called with the terminal. `shell` runs it there."""
        process, master = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.environ["TERM"] = "xterm"
            shell(lambda: os.execv(harness.PROGRAM, [harness.PROGRAM, *map(str, words)]))
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
        drawn, seen, end = b"", 0, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                block = os.read(master, 65536)
            except OSError:
                break
            if not block:
                break
            drawn += block
            while keys and keys[0][0] in drawn[seen:]:
                seen = len(drawn)
                key = keys.pop(0)[1]
                key(master) if callable(key) else os.write(master, key)
        os.close(master)
        _, status = os.waitpid(process, 0)
        return os.waitstatus_to_exitcode(status), drawn.decode(errors="replace")

    def test_a_terminal_that_stops_what_writes_in_the_background_stops_no_dashboard(self):
        def shell(run):
            settings = termios.tcgetattr(0)
            settings[3] |= termios.TOSTOP
            termios.tcsetattr(0, termios.TCSANOW, settings)
            run()

        code, drawn = self.run_in_terminal([], "train", *SMALL, "--epochs", 6, "--watch", "-o", "tostop.run.h5", shell=shell)
        self.assertEqual(code, 0, drawn[-2000:])
        self.assertIn("finished", drawn)

    def test_a_training_that_is_put_in_the_background_goes_on(self):
        def shell(run):
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            job = os.fork()
            if job == 0:
                os.setpgid(0, 0)
                os.tcsetpgrp(0, os.getpid())
                signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                run()
            os.waitpid(job, os.WUNTRACED)  # Ctrl-Z
            os.tcsetpgrp(0, os.getpid())
            os.kill(-job, signal.SIGCONT)
            os.write(1, b"in the background")
            _, status = os.waitpid(job, os.WUNTRACED)
            os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 99)

        def press(master):
            os.write(master, b"x")
            time.sleep(0.5)
            with open(self.path("bg.knobs"), "a") as file:
                file.write("resume\n")

        with open(self.path("bg.knobs"), "w") as file:
            file.write("at 30 pause\n")
        keys = [(b"paused", b"\x1a"), (b"in the background", press)]
        code, drawn = self.run_in_terminal(keys, "train", *SMALL, "--epochs", 20, "--watch", "--control", "bg.knobs", "-o",
                                           "bg.run.h5", shell=shell)
        self.assertEqual(keys, [], drawn[-2000:])
        self.assertEqual(code, 0, drawn[-2000:])

    def test_keys_on_the_dashboard_change_the_training(self):
        keys = [(b"keys: + -", b"-"), (b"epoch", b"B"), (b"epoch", b"q")]
        code, drawn = self.run_in_terminal(keys, "train", *ENDLESS, "--watch", "-o", "keys.run.h5")
        self.assertEqual(code, 75, drawn[-2000:])
        self.assertEqual(keys, [])
        series = self.series("keys.run.h5")
        self.assertEqual((series["set_lr"], series["set_batch"]), (0.01, 128))
        self.assertRegex(drawn, "\033\\[[0-9]+A")
        self.assertIn("probability of class 1", drawn)
        lines = drawn.replace("\r", "").replace("\033[K", "").split("\n")
        self.assertTrue(all(len(line) < 90 + 12 for line in lines if "error" not in line and "fix" not in line and
                            "data " not in line and "loss " in line), lines)


if __name__ == "__main__":
    harness.main()
