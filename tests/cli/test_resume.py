"""A landscape is the same, bit for bit, however it was computed: killed, in shards, on other threads, in other tiles."""

import os
import random
import signal
import subprocess
import time

import harness

KILLS = 20


class Resume(harness.CliTest):
    NETWORK = ["--data", "digits:n=300", "--samples", "40" if harness.SANITIZED else "200", "--dirs", "random", "-g", "9",
               "-m", "mcc,f1,precision"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "lenet5", "--data", "digits:n=300", "--epochs", 1, "-o", "net.run.h5")
        test.ok("export", "net.run.h5", "-o", "net.onnx")
        test.whole = {}
        for precision in ("fine", "exact"):
            test.compute(f"whole-{precision}.land.h5", precision)
            cls.whole = getattr(cls, "whole", {})
            cls.whole[precision] = test.values(f"whole-{precision}.land.h5")

    def runTest(self):
        pass

    def command(self, out, precision, *more):
        return ["compute", "net.onnx", *self.NETWORK, "--precision", precision, "-o", out, *map(str, more)]

    def compute(self, out, precision, *more):
        return self.ok(*self.command(out, precision, *more))

    def kill_and_resume(self, precision):
        out, generator = f"killed-{precision}.land.h5", random.Random(7)
        seconds = max(0.05, self.time_of_one(precision))
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen([harness.PROGRAM, *self.command(out, precision, "--tile", 1, "-j", 1)],
                                       cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(generator.uniform(0, 1) * seconds)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        self.assertGreater(killed, 0)
        self.compute(out, precision)
        self.assertEqual(self.values(out), self.whole[precision])
        leftovers = [name for name in os.listdir(self.folder) if name.startswith(out) and name != out]
        self.assertEqual([name for name in leftovers if name.endswith(".journal")], [])

    def time_of_one(self, precision):
        start = time.monotonic()
        self.compute(f"timed-{precision}.land.h5", precision, "--tile", 1, "-j", 1)
        return time.monotonic() - start

    def test_killed_twenty_times_in_fine(self):
        self.kill_and_resume("fine")

    def test_killed_twenty_times_in_exact(self):
        self.kill_and_resume("exact")

    def test_one_and_two_threads_agree(self):
        for precision in ("fine", "exact"):
            for threads in (1, 2, 3):
                self.compute(f"threads-{precision}-{threads}.land.h5", precision, "-j", threads)
                self.assertEqual(self.values(f"threads-{precision}-{threads}.land.h5"), self.whole[precision])

    def test_three_shards_merged_are_the_whole(self):
        for precision in ("fine", "exact"):
            parts = [f"part-{precision}-{i}.land.h5" for i in (1, 2, 3)]
            for i, part in enumerate(parts):
                self.compute(part, precision, "--shard", f"{i + 1}/3")
            self.ok("merge", *parts, "-o", f"merged-{precision}.land.h5")
            self.assertEqual(self.values(f"merged-{precision}.land.h5"), self.whole[precision])
        self.fails("merge", "part-fine-1.land.h5", "part-exact-2.land.h5", "-o", "mixed.land.h5", what="precision")

    def test_slurm_array_names_the_shard(self):
        env = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_COUNT": "3"}
        self.ok(*self.command("slurm.land.h5", "fine", "--shard", "auto"), env=env)
        self.compute("third.land.h5", "fine", "--shard", "3/3")
        self.assertEqual(self.values("slurm.land.h5"), self.values("third.land.h5"))

    def test_tiles_do_not_matter_in_exact(self):
        for tile in (1, 7, 64):
            self.compute(f"tile-{tile}.land.h5", "exact", "--tile", tile)
            self.assertEqual(self.values(f"tile-{tile}.land.h5"), self.whole["exact"])

    def test_signals_save_and_say_so(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 75), (signal.SIGUSR1, 75), (signal.SIGUSR2, 75)):
            out = f"signal-{int(number)}.land.h5"
            process = subprocess.Popen([harness.PROGRAM, *self.command(out, "exact", "-g", "61", "--tile", 1)],
                                       cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            deadline = time.monotonic() + 60
            while not os.path.exists(self.path(out)) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, err)
            self.assertIn("saved", err)
            self.assertEqual(self.ok_json("info", out)["columns"], 61)

    def test_two_writers_are_refused(self):
        process = subprocess.Popen([harness.PROGRAM, *self.command("busy.land.h5", "exact", "-g", "61", "--tile", 1)],
                                   cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while not os.path.exists(self.path("busy.land.h5.journal")) and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.1)
            self.fails(*self.command("busy.land.h5", "exact", "-g", "61"), what="--shard")
        finally:
            process.kill()
            process.wait()

    def test_interrupted_training_goes_on_bit_for_bit(self):
        words = ["train", "--model", "lenet5", "--data", "digits:n=1500", "--epochs", 2, "--record", "every=7", "-o"]
        self.ok(*words, "straight.run.h5")
        process = subprocess.Popen([harness.PROGRAM, *map(str, words), "stopped.run.h5"], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3 if harness.SANITIZED else 0.6)
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(timeout=120), (0, 130))
        if process.returncode == 130:
            self.ok(*words, "stopped.run.h5")
        for name in ("straight", "stopped"):
            self.ok("export", f"{name}.run.h5", "-o", f"{name}.safetensors")
        with open(self.path("straight.safetensors"), "rb") as a, open(self.path("stopped.safetensors"), "rb") as b:
            self.assertEqual(a.read(), b.read())


if __name__ == "__main__":
    harness.main()
