"""The recorder for other programs' training loops: what it writes is a run as tauscape's own."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import unittest
from unittest import mock

import harness

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
try:
    import torch
except ImportError:
    torch = None

from trainings import KILLED, TOOLS, Mlp, ending, field  # noqa: E402  (it needs numpy, the recorder its path)
import tauscape_recorder  # noqa: E402
from tauscape_recorder import Recorder, parts  # noqa: E402


class RecorderTest(harness.CliTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        train = [harness.PROGRAM, "train", "--model", "mlp:2-8-2:tanh", "--data", "moons:n=40", "--epochs", "1", "-q"]
        subprocess.run([*train, "-o", "own.run.h5"], cwd=cls.folder, check=True)
        subprocess.run([harness.PROGRAM, "export", "own.run.h5", "-o", "net.onnx", "-q"], cwd=cls.folder, check=True)

    def group(self, name, group="run"):
        groups = self.ok_json("info", name)["groups"]
        return next(item for item in groups if item["group"] == group)

    def status(self, name):
        return re.search(r"group +run: (.*)", self.ok("info", name).out)[1]

    def losses_of(self, name, states, group="run"):
        """The loss as tauscape computes it, at each state."""
        losses = []
        for state in range(states):
            land = self.path("point.land.h5")
            told = self.ok_json("compute", name, "--group", group, "--center", state, "--dirs", "random", "-g", 1, "-f",
                                "-o", land)
            losses.append(told["centre_loss"])
        return losses

    def layout(self, path, group):
        """Everything of a group but its values: types, chunks, attributes."""
        found = {}
        with h5py.File(path, "r") as file:
            def note(name, item):
                found[name] = sorted((key, value.dtype.kind if hasattr(value, "dtype") else type(value).__name__)
                                     for key, value in item.attrs.items())
                if isinstance(item, h5py.Dataset):
                    found[name] += [str(item.dtype), item.chunks, item.maxshape[:1] if item.chunks else None]
            note("", file[group])
            file[group].visititems(note)
        return found

    def test_a_loop_by_hand_is_a_run_like_any_other(self):
        net = Mlp(1)
        expected = net.record(self.path("hand.run.h5"), self.path("net.onnx"))
        info = self.group("hand.run.h5")
        self.assertEqual((info["states"], info["parameters"], self.status("hand.run.h5")), (7, 42, "finished"))
        np.testing.assert_allclose(self.losses_of("hand.run.h5", 7), expected, rtol=1e-5)
        self.assertLess(expected[-1], 0.9 * expected[0])
        self.ok("compute", "hand.run.h5", "--dirs", "pca", "-g", "5", "-o", "pca.land.h5")
        self.ok("export", "hand.run.h5", "--figure", "dashboard", "-o", "dashboard.png")
        self.assertGreater(harness.png_size(self.path("dashboard.png"))[0], 100)

    def test_the_layout_is_the_one_of_the_program(self):
        Mlp(1).record(self.path("layout.run.h5"), self.path("net.onnx"))
        self.assertEqual(self.layout(self.path("layout.run.h5"), "run"), self.layout(self.path("own.run.h5"), "run"))

    def test_several_groups_live_in_one_file_and_no_name_is_used_twice(self):
        with open(self.path("net.onnx"), "rb") as file:
            onnx = file.read()
        for seed, group in enumerate(("first", "second")):
            Mlp(seed).record(self.path("two.run.h5"), onnx, group)
        before = self.bytes("two.run.h5")
        with self.assertRaisesRegex(FileExistsError, "group 'first' already"):
            Mlp(5).record(self.path("two.run.h5"), onnx, "first")
        self.assertEqual(self.bytes("two.run.h5"), before)
        expected = Mlp(0).record(self.path("alone.run.h5"), onnx)
        np.testing.assert_allclose(self.losses_of("two.run.h5", 7, "first"), expected, rtol=1e-5)
        self.ok("train", "--model", "mlp:2-4-1:tanh", "--data", "moons:n=40", "--epochs", 1, "--group", "own", "-o", "two.run.h5")
        self.assertEqual([g["group"] for g in self.ok_json("info", "two.run.h5")["groups"]], ["first", "own", "second"])

    def test_a_file_that_is_added_to_keeps_its_mode_and_attributes(self):
        path, net = self.path("private.run.h5"), Mlp(1)
        net.record(path, self.path("net.onnx"), "first")
        os.chmod(path, 0o640)
        with h5py.File(path, "r+") as file:
            file.attrs["number"] = np.arange(3, dtype="<i2")
            file.attrs["nothing"] = h5py.Empty("f4")
            tauscape_recorder.set_texts(file, text="größer")
            types = {name: file.attrs.get_id(name).get_type() for name in file.attrs}
        net.record(path, self.path("net.onnx"), "second")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
        with h5py.File(path, "r") as file:
            self.assertEqual({name: file.attrs.get_id(name).get_type() for name in file.attrs}, types)
            self.assertEqual(file.attrs["number"].tolist(), [0, 1, 2])
            self.assertEqual(file.attrs["text"], "größer".encode())
            self.assertEqual(file.attrs["nothing"], h5py.Empty("f4"))

    def test_one_writer_at_a_time(self):
        net = Mlp(1)
        with Recorder(self.path("live.run.h5"), self.path("net.onnx"), net.x, net.y) as recorder:
            recorder.step(0, 0, net.parameters)
            self.assertRegex(self.status("live.run.h5"), "^unfinished; last sign of life")
            with self.assertRaisesRegex(FileExistsError, "another process"):
                Recorder(self.path("live.run.h5"), self.path("net.onnx"), net.x, net.y, "other")
            self.fails("train", "--model", "mlp:2-4-1:tanh", "--data", "moons", "--group", "g", "-o", "live.run.h5",
                       what="another process")
        self.assertEqual(self.status("live.run.h5"), "finished")

    def test_a_file_system_without_locks_is_written_to(self):
        net, lock = Mlp(1), tauscape_recorder.fcntl
        for code in (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL):
            name = f"lock{code}.run.h5"
            with mock.patch.object(lock, "fcntl", side_effect=OSError(code, "no locks")):
                net.record(self.path(name), self.path("net.onnx"))
            self.assertEqual(self.status(name), "finished")
        for code in (errno.EAGAIN, errno.EACCES):
            with mock.patch.object(lock, "fcntl", side_effect=OSError(code, "locked")), \
                    self.assertRaisesRegex(FileExistsError, "another process"):
                net.record(self.path(name), self.path("net.onnx"), "other")

    def test_a_killed_recorder_leaves_a_file_that_is_read_and_added_to(self):
        net = Mlp(1)
        np.savez(self.path("data.npz"), x=net.x, y=net.y, **net.parameters)
        killed = subprocess.run([sys.executable, "-c", KILLED, TOOLS], cwd=self.folder, stderr=subprocess.PIPE)
        self.assertEqual(killed.returncode, -signal.SIGKILL, killed.stderr)
        self.assertEqual(self.group("killed.run.h5")["states"], 3)
        self.fails("watch", "killed.run.h5", "--mode", "terminal", what="its process is gone")
        np.testing.assert_allclose(self.losses_of("killed.run.h5", 1), [net.loss()], rtol=1e-5)
        net.record(self.path("killed.run.h5"), self.path("net.onnx"), "again")
        self.assertEqual(self.group("killed.run.h5")["states"], 3)
        self.assertEqual(self.group("killed.run.h5", "again")["states"], 7)

    def test_what_a_writer_changes_lies_within_pages(self):
        """A write that is killed changes whole pages of the kernel's, or none: a header in two could be half new."""
        net, headers = Mlp(1), 0
        for group in ("a", "b"):
            with Recorder(self.path("paged.run.h5"), self.path("net.onnx"), net.x, net.y, group=group) as recorder:
                recorder.step(0, 0, net.parameters)
        with open(self.path("paged.run.h5"), "rb") as file:
            data = file.read()
        for found in re.finditer(rb"OHDR\x02", data):
            start = found.start()
            flags = data[start + 5]
            prefix, width = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0), 1 << (flags & 3)
            size = int.from_bytes(data[start + prefix:start + prefix + width], "little") + prefix + width + 4
            self.assertEqual(start // 4096, (start + size - 1) // 4096, start)
            headers += 1
        self.assertGreater(headers, 30)

    def test_what_was_interrupted_shifts_nothing(self):
        net, names, real = Mlp(1), [], tauscape_recorder.put

        def broken(table, at, rows):
            real(table, at, rows)
            if len(names) < 5 and table.name not in names and len(rows) and not table.name.endswith("step"):
                names.append(table.name)
                raise KeyboardInterrupt

        with Recorder(self.path("broken.run.h5"), self.path("net.onnx"), net.x, net.y) as recorder:
            self.addCleanup(setattr, tauscape_recorder, "put", real)
            tauscape_recorder.put = broken
            for step in range(7):
                try:
                    recorder.step(step, step, {name: np.full_like(value, step) for name, value in net.parameters.items()},
                                  **({"first": step} if step < 1 else {"second": step}))
                except KeyboardInterrupt:
                    self.assertLess(step, 5)
        self.assertEqual(names, [f"/run/{name}" for name in
                                 ("metrics/names", "metrics/records", "states/theta", "states/wall_time", "states/epoch")])
        with h5py.File(self.path("broken.run.h5"), "r") as file:
            run = file["run"]
            steps = run["states/step"][:].tolist()
            self.assertEqual(steps, [5, 6])
            self.assertEqual(run["states/theta"][:len(steps), 0].tolist(), steps)
            self.assertEqual(run["states/epoch"][:len(steps)].tolist(), steps)
            self.assertEqual([name.decode() for name in run["metrics/names"][:]], ["second"])
            records = run["metrics/records"][:]
            self.assertEqual(records["value"].tolist(), [1, 2, 3, 4, 5, 6])
            self.assertEqual(set(records["name"].tolist()), {0})

    def test_a_forked_worker_keeps_no_file_locked(self):
        net = Mlp(1)
        recorder = Recorder(self.path("forked.run.h5"), self.path("net.onnx"), net.x, net.y)
        recorder.step(0, 0, net.parameters)
        worker = os.fork()
        if worker == 0:
            signal.pause()
            os._exit(0)
        try:
            recorder.close()
            net.record(self.path("forked.run.h5"), self.path("net.onnx"), "second")
            self.ok("train", "--model", "mlp:2-4-1:tanh", "--data", "moons:n=40", "--epochs", 1, "--group", "own", "-o",
                    "forked.run.h5")
        finally:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)

    def test_a_clock_that_is_wrong_stops_no_watcher(self):
        net, real = Mlp(1), tauscape_recorder.time.time
        self.addCleanup(setattr, tauscape_recorder.time, "time", real)
        self.addCleanup(setattr, tauscape_recorder.socket, "gethostname", tauscape_recorder.socket.gethostname)
        tauscape_recorder.time.time = lambda: real() - 1000
        tauscape_recorder.socket.gethostname = lambda: "elsewhere"
        with Recorder(self.path("clock.run.h5"), self.path("net.onnx"), net.x, net.y) as recorder:
            recorder.step(0, 0, net.parameters)
            watcher = subprocess.Popen([harness.PROGRAM, "watch", "clock.run.h5", "--mode", "terminal", "--stale", "30"],
                                       cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for step in range(1, 4):
                tauscape_recorder.time.sleep(1.2)
                recorder.step(step, step, net.parameters)
            self.assertIsNone(watcher.poll())
        out, err = watcher.communicate(timeout=120)
        self.assertEqual(watcher.returncode, 0, err)
        self.assertIn("finished: 4 states, 4 shown", out)

    def test_a_draft_that_was_left_behind_is_no_hindrance(self):
        draft = self.path(f"left.run.h5.{os.getpid()}.draft")
        with open(draft, "w") as file:
            file.write("of a process of this number that was killed")
        Mlp(1).record(self.path("left.run.h5"), self.path("net.onnx"))
        self.assertFalse(os.path.exists(draft))

    def test_a_file_that_cannot_be_closed_leaves_no_trace_and_no_lock(self):
        net, close = Mlp(1), h5py.File.close

        def full(file):
            writes = bool(file) and file.mode != "r"
            close(file)
            if writes:
                raise OSError("the disk is full")

        def make(group, **more):
            return Recorder(self.path("full.run.h5"), self.path("net.onnx"), net.x, net.y, group, **more)

        def fail_to_make():
            with mock.patch.object(h5py.File, "close", full), \
                    mock.patch.object(Recorder, "make_group", side_effect=KeyError("the first failure")):
                with self.assertRaisesRegex(KeyError, "the first failure"):
                    make("other")

        fail_to_make()
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("full")], [])
        recorder = make("run")
        with mock.patch.object(h5py.File, "close", full), self.assertRaisesRegex(OSError, "the disk is full"):
            recorder.close()
        recorder.close()
        before = self.bytes("full.run.h5")
        fail_to_make()
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("full")], ["full.run.h5"])
        self.assertEqual(self.bytes("full.run.h5"), before)
        make("other").close()

    def test_a_file_that_cannot_be_begun_leaves_no_trace(self):
        def full(path, *_, **__):
            with open(path, "xb"):
                raise OSError("the disk is full")

        with mock.patch.object(h5py, "File", full), self.assertRaisesRegex(OSError, "the disk is full"):
            Mlp(1).record(self.path("begun.run.h5"), self.path("net.onnx"))
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("begun")], [])

    def test_a_softmax_at_the_end_belongs_to_the_losses_of_classes(self):
        net, onnx = Mlp(2), ending(self.bytes("net.onnx"), b"Softmax")
        for loss in ("nll", "cross-entropy"):
            name = f"{loss}.run.h5"
            expected = net.record(self.path(name), onnx, loss=loss)
            np.testing.assert_allclose(self.losses_of(name, 7), expected, rtol=1e-5)
            shown = [json.loads(line) for line in self.ok("watch", name, "--mode", "terminal", "--json").out.splitlines()]
            np.testing.assert_allclose([update["loss"] for update in shown], expected, rtol=1e-5)
            self.assertEqual(sum(shown[0]["probabilities"]), 60)
            self.ok("export", name, "--figure", "dashboard", "-f", "-o", "softmax.png")
        self.ok("export", "nll.run.h5", "-f", "-o", "softmax.onnx")
        self.assertIn(b"Softmax", self.bytes("softmax.onnx"))
        self.assertNotIn(b"LogSoftmax", self.bytes("softmax.onnx"))
        for end, loss in ((b"Sigmoid", "nll"), (b"Sigmoid", "cross-entropy"), (b"Softmax", "bce-logits")):
            with self.assertRaisesRegex(ValueError, f"ends in {end.decode()}"):
                net.record(self.path("refused.run.h5"), ending(self.bytes("net.onnx"), end), loss=loss)
        self.assertFalse(os.path.exists(self.path("refused.run.h5")))

    def test_an_onnx_file_that_ends_in_softmax_is_read_as_a_run_of_it(self):
        net = Mlp(3)
        with open(self.path("softmax.onnx"), "wb") as file:
            file.write(ending(self.bytes("net.onnx"), b"Softmax"))
        with open(self.path("sigmoid.onnx"), "wb") as file:
            file.write(ending(self.bytes("net.onnx"), b"Sigmoid"))
        np.save(self.path("x.npy"), net.x)
        np.save(self.path("y.npy"), net.y)
        data, point = ["--data", "x.npy", "--labels", "y.npy"], ["--dirs", "random", "-g", 1, "-f", "-o", "point.land.h5"]
        self.ok("import", "softmax.onnx", *data, "-o", "imported.run.h5")
        told = [self.ok_json("compute", "softmax.onnx", *data, *words, *point)["centre_loss"]
                for words in ([], ["--loss", "nll"], ["--loss", "cross-entropy"])]
        told += [self.ok_json("compute", "imported.run.h5", *words, *point)["centre_loss"]
                 for words in ([], ["--loss", "nll"])]
        np.testing.assert_allclose(told, told[0], rtol=1e-6)
        with open(self.path("logits.onnx"), "wb") as file:
            file.write(self.bytes("net.onnx"))
        logits = self.ok_json("compute", "logits.onnx", *data, "--loss", "cross-entropy", *point)["centre_loss"]
        self.assertAlmostEqual(told[0], logits, places=6)
        trained = [self.ok_json("train", "--model", name, *data, "--epochs", 2, "--test-fraction", 0, "--loss", "cross-entropy",
                                "-o", name + ".run.h5")["epoch_loss"] for name in ("softmax.onnx", "logits.onnx")]
        self.assertAlmostEqual(*trained, places=5)
        for run in ("imported.run.h5", "softmax.onnx.run.h5"):  # the network is recorded as it was given
            self.ok("export", run, "-f", "-o", "given.onnx")
            self.assertIn(b"Softmax", self.bytes("given.onnx"))
            self.assertNotIn(b"LogSoftmax", self.bytes("given.onnx"))
        for words in (["compute", "sigmoid.onnx", *data, *point], ["train", "--model", "sigmoid.onnx", *data, "-o", "s.run.h5"],
                      ["import", "sigmoid.onnx", *data, "--loss", "nll", "-o", "s.run.h5"]):
            self.fails(*words, what="the network ends in Sigmoid")

    def test_wrong_arguments_write_nothing(self):
        net = Mlp(1)
        for change, why in (({"loss": "hinge"}, "loss is one of"), ({"group": "a/b"}, "cannot be called"), ({"group": "a,b"}, "cannot be called"),
                            ({"group": "a#b"}, "cannot be called"),
                            ({"targets": net.y[:5]}, "as many targets"), ({"model": b"\x3a\x05no"}, "no sound ONNX"),
                            ({"targets": net.y - 1}, "targets must be"), ({"targets": net.x[:, 0]}, "class numbers"),
                            ({"class_count": 1}, "targets must be"), ({"targets": net.y + 1}, "class 2 has no output"),
                            ({"targets": net.y + 1, "class_count": 3}, "class 2 has no output"),
                            ({"targets": net.y, "loss": "mse"}, "1 target values, the network 2 outputs"),
                            ({"targets": np.ones((60, 3)), "loss": "bce"}, "3 target values, the network 2 outputs")):
            words = dict({"model": self.path("net.onnx"), "inputs": net.x, "targets": net.y}, **change)
            with self.assertRaisesRegex(ValueError, why):
                Recorder(self.path("wrong.run.h5"), **words)
        with Recorder(self.path("shape.run.h5"), self.path("net.onnx"), net.x, net.y) as recorder:
            with self.assertRaisesRegex(ValueError, "lack fc1.bias"):
                recorder.step(0, 0, {"fc1.weight": net.parameters["fc1.weight"]})
            with self.assertRaisesRegex(ValueError, "has the shape"):
                recorder.step(0, 0, dict(net.parameters, **{"fc1.bias": np.zeros(3)}))
        self.assertEqual([name for name in os.listdir(self.folder) if "wrong" in name or "draft" in name], [])

    def test_values_are_recorded_for_the_losses_of_values(self):
        self.ok("train", "--model", "mlp:2-4-1:tanh", "--data", "moons:n=40", "--epochs", 1, "-q", "-o", "binary.run.h5")
        self.ok("export", "binary.run.h5", "-o", "binary.onnx")
        with h5py.File(self.path("binary.run.h5"), "r") as file:
            inputs, targets, theta = (file[f"run/{name}"][:] for name in ("data/inputs", "data/targets", "states/theta"))
            parts = {row["name"].decode(): theta[0, row["offset"]:][:np.prod(row["shape"][row["shape"] > 0])].reshape(
                row["shape"][row["shape"] > 0]) for row in file["run/model/parameters"]}
        with Recorder(self.path("values.run.h5"), self.path("binary.onnx"), inputs, targets[:, 0].astype(int),
                      loss="bce-logits") as recorder:
            recorder.step(0, 0, parts)
        self.assertEqual(self.losses_of("values.run.h5", 1), self.losses_of("binary.run.h5", 1))
        self.ok("export", "values.run.h5", "--figure", "dashboard", "-o", "values.png")
        with self.assertRaisesRegex(ValueError, "class 1 has no output.*bce-logits"):
            Recorder(self.path("refused.run.h5"), self.path("binary.onnx"), inputs, targets[:, 0].astype(int))
        self.assertFalse(os.path.exists(self.path("refused.run.h5")))

    def test_the_values_of_an_output_are_those_of_all_its_axes(self):
        def width(*axes):
            model = parts(memoryview(self.bytes("net.onnx")))
            graph = parts(model[7][0])
            shape = b"".join(field(1, bytes([8]) + axis) for axis in (b"\x05", *axes))
            kind = field(1, bytes([8, 1]) + field(2, shape))
            graph[12] = [field(1, parts(graph[12][0])[1][0]) + field(2, kind)]
            return tauscape_recorder.Graph(field(7, b"".join(field(number, value) for number, values in graph.items()
                                                             for value in values))).width

        self.assertEqual([width(), width(b"\x02"), width(b"\x02", b"\x03", b"\x04")], [1, 2, 24])
        self.assertEqual([width(b"\x00"), width(b"\x02", b"\xff" * 9 + b"\x01")], [0, 0])

    def test_a_training_that_raises_has_failed(self):
        net = Mlp(1)
        with self.assertRaises(KeyError):
            with Recorder(self.path("failed.run.h5"), self.path("net.onnx"), net.x, net.y) as recorder:
                recorder.step(0, 0, net.parameters)
                raise KeyError("the loop's own")
        self.assertEqual(self.status("failed.run.h5"), "failed")

    def test_a_run_is_written_as_a_recording_of_deepreplay(self):
        self.ok("train", "--model", "mlp:2-3-1:tanh", "--data", "moons:n=40", "--epochs", 4, "--record", "every=1epoch",
                "--group", "mine", "-o", "epochs.run.h5")
        self.ok("export", "epochs.run.h5", "--format", "deepreplay", "-o", "old.h5")
        with h5py.File(self.path("epochs.run.h5")) as run, h5py.File(self.path("old.h5")) as old:
            ours, group = run["mine"], old["mine"]
            self.assertEqual({name: int(group.attrs[name]) for name in ("samples", "batch_size", "n_batches", "n_epochs",
                                                                        "n_layers")},
                             {"samples": 36, "batch_size": 64, "n_batches": 1, "n_epochs": 4, "n_layers": 2})
            self.assertEqual(list(group.attrs["activation_functions"]), [b"tanh", b"sigmoid"])
            np.testing.assert_array_equal(group["inputs"][:], ours["data/inputs"][:])
            np.testing.assert_array_equal(group["targets"][:], ours["data/targets"][:])
            theta = ours["states/theta"][:]
            np.testing.assert_array_equal(group["layer0/weights0"][:], theta[:, :6].reshape(5, 3, 2).transpose(0, 2, 1))
            np.testing.assert_array_equal(group["layer0/weights1"][:], theta[:, 6:9])
            np.testing.assert_array_equal(group["layer1/weights0"][:], theta[:, 9:12].reshape(5, 3, 1))
            names = [name.decode() for name in ours["metrics/names"]]
            records = ours["metrics/records"][:]
            losses = records["value"][records["name"] == names.index("epoch_loss")]
            np.testing.assert_allclose(group["loss"][:], losses, rtol=1e-6)
        with h5py.File(self.path("mine_model.h5")) as model:
            layers = json.loads(model.attrs["model_config"])["config"]
            self.assertEqual([(layer["class_name"], layer["config"]["units"]) for layer in layers], [("Dense", 3), ("Dense", 1)])
            self.assertEqual(json.loads(model.attrs["training_config"])["loss"], "binary_crossentropy")
            self.assertEqual(list(model["model_weights"].attrs["layer_names"]), [b"fc1", b"fc2"])
            np.testing.assert_array_equal(model["model_weights/fc1/fc1/bias:0"][:], theta[4, 6:9])
        self.ok("export", "old.h5", "--figure", "dashboard", "-o", "old.png")
        before = self.bytes("mine_model.h5")
        self.fails("export", "epochs.run.h5", "--format", "deepreplay", "-o", "old.h5", what="cannot write old.h5")
        self.fails("export", "epochs.run.h5", "--format", "deepreplay", "-o", "new.h5", what="cannot write mine_model.h5")
        self.assertFalse(os.path.exists(self.path("new.h5")))
        self.assertEqual(self.bytes("mine_model.h5"), before)
        self.ok("export", "epochs.run.h5", "--format", "deepreplay", "-f", "-o", "old.h5")
        self.fails("export", "epochs.run.h5", "--format", "deepreplay", "--figure", "loss", "-o", "x.h5", code=2, what="--figure")
        self.fails("export", "epochs.run.h5", "--format", "deepreplay", "-o", "old.png", code=2, what="OUT.h5")
        self.fails("export", "epochs.run.h5", "--format", "keras", "-o", "old.h5", code=2)
        self.ok("train", "--model", "mlp:2-3-1:tanh", "--data", "moons:n=40", "--batch", 8, "--epochs", 4, "--record", "every=3", "-o",
                "steps.run.h5")
        self.fails("export", "steps.run.h5", "--format", "deepreplay", "-o", "steps.h5", what="every=1epoch")
        self.fails("export", "epochs.run.h5", "--format", "deepreplay", "-o", "steps.run.h5", what="recorded trainings")

    @unittest.skipUnless(torch, "torch is missing")
    def test_a_torch_module_is_recorded_and_trains_as_if_it_were_not(self):
        x = torch.randn(50, 3, 6, 6, generator=torch.Generator().manual_seed(1))
        y = torch.arange(50) % 4

        def train(recorder_of):
            torch.manual_seed(2)
            net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
                                      torch.nn.Conv2d(4, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(),
                                      torch.nn.Dropout(0.2), torch.nn.Linear(16, 4))
            optimizer, states, recorder = torch.optim.Adam(net.parameters(), 0.01), [], recorder_of(net)
            for step in range(5):
                loss = torch.nn.functional.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                states.append({name: value.clone() for name, value in net.state_dict().items()})
                if recorder:
                    recorder.step(step + 1, step + 1, loss=loss)
            if recorder:
                recorder.close()
            self.assertTrue(net.training)
            return net, states

        _, alone = train(lambda net: None)
        net, states = train(lambda net: Recorder(self.path("torch.run.h5"), net, x, y))
        for name, value in alone[-1].items():
            self.assertTrue(torch.equal(value, states[-1][name]), name)
        with h5py.File(self.path("torch.run.h5"), "r") as file:
            rows = file["run/model/parameters"][:]
            self.assertEqual({row["name"].decode() for row in rows},
                             {name for name in net.state_dict() if "num_batches" not in name})
            for row in rows:
                values = states[2][row["name"].decode()].numpy().ravel()
                table = "buffers" if row["role"].startswith((b"bn_mean", b"bn_var")) else "theta"
                found = file[f"run/states/{table}"][2, row["offset"]:row["offset"] + values.size]
                np.testing.assert_array_equal(found, values, row["name"].decode())
        net.eval()
        with torch.no_grad():
            expected = float(torch.nn.functional.cross_entropy(net(x), y))
        told = self.ok_json("compute", "torch.run.h5", "--center", 4, "--dirs", "random", "-g", 1, "-o", "torch.land.h5")
        self.assertAlmostEqual(told["centre_loss"], expected, delta=1e-5 * expected)

    @unittest.skipUnless(torch, "torch is missing")
    def test_a_torch_module_that_ends_in_softmax_and_is_trained_on_its_logarithm(self):
        torch.manual_seed(3)
        x, y = torch.randn(40, 5), torch.arange(40) % 3
        net = torch.nn.Sequential(torch.nn.Linear(5, 3), torch.nn.Softmax(dim=1))
        optimizer, losses = torch.optim.SGD(net.parameters(), 0.5), []
        with Recorder(self.path("shares.run.h5"), net, x, y, loss="nll") as recorder:
            for step in range(4):
                loss = torch.nn.functional.nll_loss(torch.log(net(x)), y)
                losses.append(float(loss))
                recorder.step(step, step, loss=loss)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        self.assertLess(losses[-1], losses[0])
        np.testing.assert_allclose(self.losses_of("shares.run.h5", 4), losses, rtol=1e-5)


if __name__ == "__main__":
    harness.main()
