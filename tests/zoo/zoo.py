#!/usr/bin/env python3
"""Networks exported by PyTorch, and graphs as other exporters write them, mean here what they mean there.

Every network of networks.py is exported at several opsets, in the way users do it (batch norm fused, constants folded,
the batch fixed) and in the way that keeps names (nothing fused or folded, the batch open). Loss and accuracy of
`tauscape compute` are compared with double-precision PyTorch; in the second way also at a corner of a random plane,
which shows that every stored tensor is where its name says. Needs torch, onnx, numpy and h5py; without them: exit 77.

    TAUSCAPE=build/dev/src/cli/tauscape python3 zoo.py [-v] [Zoo.test_centre …]    (ZOO_NETS=vgg,lenet chooses networks)
"""

import copy
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

try:
    import h5py
    import numpy as np
    import onnx
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

import handmade
import networks

PROGRAM = os.path.abspath(os.environ["TAUSCAPE"])
BACKENDS = os.environ.get("ZOO_BACKENDS", "cpu,ref").split(",")
CHOSEN = set(filter(None, os.environ.get("ZOO_NETS", "").split(",")))
OPSETS = (9, 11, 13, 15, 17)
SAMPLES = 24
CENTRE_TOLERANCE, CORNER_TOLERANCE = 1e-6, 1e-5


torch.set_num_threads(1)


def export(net, shape, opset, keep_names, batch):
    """The ONNX file as bytes. `keep_names`: nothing fused or folded, the batch left open."""
    mode, file = torch.onnx.TrainingMode, io.BytesIO()
    torch.onnx.export(net, torch.zeros(batch, *shape), file, opset_version=opset, input_names=["x"], output_names=["y"],
                      training=mode.PRESERVE if keep_names else mode.EVAL, do_constant_folding=not keep_names,
                      dynamic_axes={"x": {0: "N"}, "y": {0: "N"}} if keep_names else None)
    return file.getvalue()


def run_program(*words):
    return subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL)


def compute(folder, model, tag, *words):
    """What `tauscape compute` prints as JSON, or the text of its error."""
    file, land = os.path.join(folder, tag + ".onnx"), os.path.join(folder, tag + ".land.h5")
    with open(file, "wb") as out:
        out.write(model)
    data = ("--data", os.path.join(folder, "x.npy"), "--labels", os.path.join(folder, "y.npy"), "--test-fraction", 0)
    result = run_program("compute", file, *data, "--dirs", "random", "-j", 1, "--json", "-q", "-o", land, *words)
    return json.loads(result.stdout) if result.returncode == 0 else result.stderr.strip() or f"exit {result.returncode}"


class Task:
    """One network with its samples; the truth comes from double-precision PyTorch."""

    def __init__(self, entry, folder):
        generator = torch.Generator().manual_seed(7)
        torch.manual_seed(11)
        self.entry, self.folder = entry, os.path.join(folder, entry.name)
        net = entry.make()
        net(torch.zeros(2, *entry.shape))  # lazy layers learn their sizes
        self.net = networks.settle(net, generator)
        self.x = torch.randn(SAMPLES, *entry.shape, generator=generator)
        self.y = torch.randint(entry.classes or 2, (SAMPLES,), generator=generator)
        os.mkdir(self.folder)
        np.save(os.path.join(self.folder, "x.npy"), self.x.numpy())
        np.save(os.path.join(self.folder, "y.npy"), self.y.numpy())

    def truth(self, state=None):
        """Loss and accuracy, of other parameters if given."""
        net = copy.deepcopy(self.net).double()
        if state:
            net.load_state_dict(state, strict=False)
        with torch.no_grad():
            out = net(self.x.double())
        last = list(net.modules())[-1]
        if not self.entry.classes:
            out, target = out[:, 0], self.y.double()
            loss = F.binary_cross_entropy if isinstance(last, torch.nn.Sigmoid) else F.binary_cross_entropy_with_logits
            right = (out > (0.5 if isinstance(last, torch.nn.Sigmoid) else 0)) == (target == 1)
            return float(loss(out, target)), float(right.double().mean())
        logs = out.log() if isinstance(last, torch.nn.Softmax) else F.log_softmax(out, 1)
        return float(F.nll_loss(logs, self.y)), float((out.argmax(1) == self.y).double().mean())

    def corner(self, model, land):
        """Loss at the first point of the plane in `land`: told there, and by PyTorch with parameters moved by name."""
        with h5py.File(land, "r") as file:
            group = file[next(iter(file))]
            alpha, beta, told = group["alpha"][0], group["beta"][0], group["loss"][0, 0]
            step = alpha * group["directions/delta"][...].astype(float) + beta * group["directions/eta"][...].astype(float)
        state, offset = {}, 0
        own = self.net.state_dict()
        for name in parameters_in_order(onnx.load_from_string(model).graph):
            size = own[name].numel()
            moved = own[name].double().flatten() + torch.from_numpy(step[offset:offset + size])
            state[name], offset = moved.view(own[name].shape), offset + size
        assert offset == len(step), f"{offset} parameters in the network, {len(step)} in the file"
        return told, self.truth(state)[0]


def parameters_in_order(graph):
    """Names of the trained tensors of a file, in the order of first use by a layer or by arithmetic."""
    stored = {tensor.name for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    views, names = {}, []
    for node in graph.node:
        if node.op_type == "Transpose" and node.input[0] in stored:
            views[node.output[0]] = node.input[0]
    readers = {name: node for node in graph.node for name in node.input}
    for node in graph.node:
        operands = list(node.input)[:3] if node.op_type == "BatchNormalization" else list(node.input)
        after = readers.get(node.output[0])
        if node.op_type == "MatMul" and after is not None and after.op_type == "Add":
            operands += [name for name in after.input if name in stored]
        names += [views.get(name, name) for name in operands
                  if views.get(name, name) in stored and node.op_type not in ("Transpose", "Identity", "Clip", "Pad")]
    return list(dict.fromkeys(names))


def differs(told, truth, tolerance):
    return not abs(told - truth) <= tolerance * max(abs(truth), 1e-3)


class Zoo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tauscape-zoo-")
        cls.tasks = [Task(entry, cls.folder.name) for entry in networks.entries() if not CHOSEN or entry.name in CHOSEN]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def compare(self, job):
        """What is wrong with one export of one network, as a list of lines."""
        task, opset, keep_names, backend, model, truth = job
        tag = f"{opset}-{'kept' if keep_names else 'folded'}-{backend}"
        told = compute(task.folder, model, tag, "-g", "1", "-x", "-1:1", "-d", backend)
        where = f"{task.entry.name} {tag}"
        if isinstance(told, str):
            return [f"{where}: {told}"]
        names = ("centre_loss", "centre_accuracy")
        return [f"{where}: {name} {told[name]}, PyTorch {true}" for name, true in zip(names, truth)
                if differs(told[name], true, CENTRE_TOLERANCE)]

    def exports(self, task):
        for opset in OPSETS:
            if opset < task.entry.opset:
                continue
            for keep_names in (False, True):
                yield opset, keep_names, export(task.net, task.entry.shape, opset, keep_names, 1 if opset % 4 == 1 else 3)

    def test_centre(self):
        jobs = [(task, opset, keep_names, backend, model, truth) for task in self.tasks for truth in [task.truth()]
                for opset, keep_names, model in self.exports(task) for backend in BACKENDS]
        with ThreadPoolExecutor(2) as pool:
            wrong = [line for lines in pool.map(self.compare, jobs) for line in lines]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_corner(self):
        wrong = []
        for i, task in enumerate(self.tasks):
            model = export(task.net, task.entry.shape, OPSETS[2 + i % 3], True, 2)
            for backend in BACKENDS:
                told = compute(task.folder, model, f"corner-{backend}", "-g", 3, "-x", "-0.5:0.5", "-y", "-0.5:0.5",
                               "--ignore", "none", "--store-directions", "-d", backend)
                if isinstance(told, str):
                    wrong.append(f"{task.entry.name} {backend}: {told}")
                    continue
                ours, theirs = task.corner(model, told["landscape"])
                if differs(ours, theirs, CORNER_TOLERANCE):
                    wrong.append(f"{task.entry.name} {backend}: {ours}, PyTorch {theirs}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_untrained(self):
        """PyTorch merges equal tensors of a fresh network (gammas of 1, betas of 0); each is trained for itself."""
        for opset in (9, 13, 17):
            net = networks.resnet(True).eval()
            file = os.path.join(self.folder.name, f"untrained{opset}.onnx")
            with open(file, "wb") as out:
                out.write(export(net, (3, 8, 8), opset, True, 1))
            result = run_program("info", "--json", file)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout)["parameters"], sum(p.numel() for p in net.parameters()))

    def test_foreign(self):
        """What is not read ends in an error that names node, operator and opset."""
        for name, net, shape, operator in networks.foreign():
            file = os.path.join(self.folder.name, name + ".onnx")
            with self.subTest(name), open(file, "wb") as out:
                out.write(export(net.eval(), shape, 13, False, 1))
            result = run_program("info", file)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertRegex(result.stderr, rf"node '[^']+' \({operator}, opset 13\) is not supported")
            self.assertIsNone(re.search("Sanitizer", result.stderr))

    def test_handmade(self):
        wrong = []
        for name, model, x, y, truth in handmade.entries():
            folder = os.path.join(self.folder.name, name)
            os.mkdir(folder)
            np.save(os.path.join(folder, "x.npy"), x)
            np.save(os.path.join(folder, "y.npy"), y)
            for backend in BACKENDS:
                told = compute(folder, model, backend, "-g", "1", "-x", "-1:1", "-d", backend)
                if isinstance(told, str) or differs(told["centre_loss"], truth, CENTRE_TOLERANCE):
                    wrong.append(f"{name} {backend}: {told}; {truth} was right")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
