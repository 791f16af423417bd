"""The program with the CUDA backend, whose kernels run on the emulated card of the tests: libtauscape_cuda.so of the
test tree, opened as any plugin is."""

import json
import os
import random
import signal
import subprocess
import time

import harness

PLUGINS = {"TAUSCAPE_PLUGIN_PATH": os.environ["TAUSCAPE_EMULATED_FOLDER"]}
# Bounds of the loss's relative error in each precision.
BOUNDS = {"exact": 1e-6, "fine": 1e-4, "fast": 1e-3}


class Cuda(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        test.ok("train", "--model", "lenet5", "--data", "digits:n=60", "--epochs", 1, "--record", "max=2", "-d", "cpu", "-o",
                "net.run.h5")

    def runTest(self):
        pass

    def run_program(self, *words, env=None, **more):
        return super().run_program(*words, env=dict(PLUGINS, **(env or {})), **more)

    def command(self, out, *more, grid=3):
        return ["compute", "net.run.h5", "-o", out, "--dirs", "random", "-g", grid, "--samples", 20, "--no-trace", *more]

    def losses(self, landscape):
        return {place: float(row["loss"]) for place, row in self.values(landscape).items()}

    def test_the_card_is_listed_and_auto_takes_it(self):
        cuda = self.ok_json("devices")["devices"][0]
        self.assertEqual((cuda["name"], cuda["available"], cuda["default_precision"]), ("cuda", True, "fast"))
        self.assertEqual(len(cuda["cards"]), 1)
        self.assertIn("cuda:0", self.ok("devices").out)
        self.assertTrue(self.ok_json("doctor")["healthy"])
        self.ok(*self.command("auto.land.h5"))
        identity = self.ok_json("info", "auto.land.h5")["recipe"]["identity"]
        self.assertEqual((identity["backend"], identity["precision"]), ("cuda", "fast"))
        self.fails(*self.command("second.land.h5", "-d", "cuda:1"), what="cuda:1")

    def test_metrics_are_those_of_the_reference(self):
        for device, precision in (("ref", "exact"), ("cuda", "exact"), ("cuda", "fast")):
            self.ok(*self.command(f"m-{device}-{precision}.land.h5", "-d", device, "--precision", precision, "-m", "mcc,f1"))
        truth = self.values("m-ref-exact.land.h5")
        for place, row in self.values("m-cuda-exact.land.h5").items():
            self.assertEqual([row[name] for name in ("accuracy", "macro-f1", "mcc")],
                             [truth[place][name] for name in ("accuracy", "macro-f1", "mcc")])
        self.assertEqual(list(self.ok_json("info", "m-cuda-fast.land.h5")["metrics"]), ["macro-f1", "mcc"])

    def test_each_precision_keeps_its_bound_and_its_name(self):
        self.ok(*self.command("ref.land.h5", "-d", "ref"))
        truth = self.losses("ref.land.h5")
        for precision, bound in BOUNDS.items():
            out = f"{precision}.land.h5"
            self.ok(*self.command(out, "-d", "cuda", "--precision", precision))
            for place, loss in self.losses(out).items():
                self.assertLessEqual(abs(loss - truth[place]), bound * abs(truth[place]), f"{precision} {place}")
            counts = self.ok_json("info", out)["precision"]
            self.assertEqual(sum(counts.values()), 9)
            self.assertGreater(counts.get(precision, 0), 0)

    def test_a_killed_computation_goes_on_bit_for_bit(self):
        self.ok(*self.command("whole.land.h5", "-d", "cuda", grid=5))
        started = time.monotonic()
        self.ok(*self.command("timed.land.h5", "-d", "cuda", "--tile", 1, grid=5))
        seconds, killed, generator = time.monotonic() - started, 0, random.Random(3)
        for _ in range(4):
            words = [harness.PROGRAM, *map(str, self.command("killed.land.h5", "-d", "cuda", "--tile", 1, grid=5))]
            process = subprocess.Popen(words, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=dict(os.environ, **PLUGINS))
            time.sleep(generator.uniform(0.2, 0.9) * seconds)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        self.assertGreater(killed, 0)
        self.ok(*self.command("killed.land.h5", grid=5))
        self.assertEqual(self.values("killed.land.h5"), self.values("whole.land.h5"))
        self.assertEqual(self.values("timed.land.h5"), self.values("whole.land.h5"))

    def test_a_landscape_goes_on_with_its_own_backend_and_precision_only(self):
        self.ok(*self.command("part.land.h5", "-d", "cuda", "--precision", "fine", "--shard", "1/2"))
        self.fails(*self.command("part.land.h5", "-d", "cpu"), what="backend|precision|instruction")
        self.fails(*self.command("part.land.h5", "-d", "cuda", "--precision", "fast"), what="precision")
        self.ok(*self.command("part.land.h5"))
        self.ok(*self.command("all.land.h5", "-d", "cuda", "--precision", "fine"))
        self.assertEqual(self.values("part.land.h5"), self.values("all.land.h5"))
        self.ok(*self.command("cpu.land.h5", "-d", "cpu", "--shard", "1/2"))
        self.fails(*self.command("cpu.land.h5", "-d", "cuda"), what="backend|precision|instruction")

    def test_training_follows_the_processor(self):
        for device in ("cpu", "cuda"):
            self.ok("train", "--model", "lenet5", "--data", "digits:n=60", "--epochs", 1, "--batch", 20, "--seed", 3, "-d",
                    device, "-o", f"{device}.run.h5")
        last = {}
        for device in ("cpu", "cuda"):
            group = self.ok_json("info", f"{device}.run.h5")["groups"][0]
            last[device] = group["metrics"]
        for name, value in last["cpu"].items():
            self.assertAlmostEqual(value, last["cuda"][name], delta=1e-4 * max(1, abs(value)), msg=name)

    def test_a_path_is_traced_in_the_precision_of_its_landscape(self):
        self.ok(*self.command("traced.land.h5", "-d", "cuda", "--precision", "exact"))
        for name, more in (("exact", []), ("truth", ["-d", "ref"])):
            self.ok("trace", "net.run.h5", "--on", "traced.land.h5", "--as", name, *more)
        self.ok("export", "traced.land.h5", "-o", "traced.json")
        with open(self.path("traced.json"), encoding="utf-8") as file:
            losses = {path["group"]: path["loss_true"] for path in json.load(file)["projections"]}
        for ours, truth in zip(losses["exact"], losses["truth"]):
            self.assertLessEqual(abs(ours - truth), BOUNDS["exact"] * truth)

    def test_fast_is_not_for_processors(self):
        result = self.fails(*self.command("fast.land.h5", "-d", "cpu", "--precision", "fast"), what="fast")
        self.assertIn("precision fast", result.err)


if __name__ == "__main__":
    harness.main()
