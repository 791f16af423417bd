"""Records a training of any Python framework as a run file of tauscape. Needs numpy and h5py; this file is all of it.

    with Recorder("net.run.h5", net, x, y) as recorder:      # net: a torch module, or an ONNX graph as bytes or path
        for step in range(steps):
            recorder.step(step, step / batches)              # the state after `step` batches: 0 = before training
            train_one_batch()
        recorder.step(steps, steps / batches, record=True, loss=loss)    # numbers of any name, at any step

The training is only read. `tauscape watch` follows the file while it grows; docs/formats.md says what is in it.
"""

import collections
import contextlib
import copy
import errno
import fcntl
import inspect
import io
import json
import math
import os
import socket
import struct
import sys
import time

import h5py
import numpy as np

LOSSES = ("nll", "cross-entropy", "mse", "mae", "huber", "bce", "bce-logits")
RUNNING, FINISHED, FAILED = 0, 1, 2
# What the stored operands of an operator are. Those of arithmetic are constants where they are single numbers.
ROLES = {"Gemm": ("", "weight", "bias"), "MatMul": ("", "weight"), "Conv": ("", "weight", "bias"),
         "BatchNormalization": ("", "bn_gamma", "bn_beta", "bn_mean", "bn_var"),
         "Add": ("bias", "bias"), "Sub": ("bias", "bias"), "Mul": ("weight", "weight"), "Div": ("weight", "weight")}
ARITHMETIC = ("Add", "Sub", "Mul", "Div")
SIGMOIDS = ("Sigmoid", "HardSigmoid")
FLOAT_TYPES = (1, 10, 11, 16)


def text_type(size):
    return h5py.string_dtype("utf-8", max(1, size))


PARAMETER = np.dtype([("name", text_type(256)), ("layer", text_type(256)), ("role", text_type(16)),
                      ("shape", "<i8", (6,)), ("offset", "<i8")])
RECORD = np.dtype([("name", "<i8"), ("step", "<i8"), ("epoch", "<f8"), ("value", "<f8")])
SIGN = np.dtype([("status", "<i8"), ("pid", "<i8"), ("heartbeat", "<f8"), ("host", text_type(64))])
SLOT = np.dtype([("sequence", "<i8"), ("step", "<i8"), ("moments", "<i8"), ("epoch_samples", "<i8"),
                 ("epoch_loss", "<f8"), ("epoch_accuracy", "<f8"), ("checksum", "<i8")])


# ---- the graph: as much of ONNX as tells which stored tensors are trained ----

def varints(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def parts(message):
    """The fields of a protobuf message: number -> values, integers or views of bytes."""
    at, found = 0, collections.defaultdict(list)

    def varint():
        nonlocal at
        begin = at
        while message[at] > 127:
            at += 1
        at += 1
        return next(varints(message[begin:at]))

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            found[number].append(varint())
            continue
        size = {1: 8, 5: 4}[kind] if kind != 2 else varint()
        found[number].append(message[at:at + size])
        at += size
    return found


def texts(values):
    return [bytes(value).decode() for value in values]


def integers(values):
    """A repeated integer, packed or not."""
    return [item for value in values for item in ([value] if isinstance(value, int) else varints(value))]


class Graph:
    """`roles`: trained tensor -> role, in the order of their first use; `shapes` of all stored tensors; `width`: values
    of an output, 0 if open; `last`: the operator that makes it."""

    def __init__(self, onnx):
        try:
            graph = parts(parts(memoryview(onnx))[7][0])
            tensors = [parts(tensor) for tensor in graph[5]]
            nodes = [parts(node) for node in graph[1]]
            output = parts(graph[12][0])
            self.nodes = [(texts(node[4])[0], texts(node[1]), texts(node[2])) for node in nodes]
            self.output = texts(output[1])[0]
            shape = parts(parts(parts(output[2][0])[1][0])[2][0])[1]
            width = math.prod((integers(parts(size)[1]) or [0])[0] for size in shape[1:])
            self.width = width if width < 2**31 else 0  # -1 is open too
            self.shapes = {texts(tensor[8])[0]: tuple(integers(tensor[1])) for tensor in tensors
                           if integers(tensor[2])[0] in FLOAT_TYPES}
        except (IndexError, KeyError, StopIteration, UnicodeDecodeError, TypeError) as error:
            raise ValueError("the model is no sound ONNX graph") from error
        self.roles = {}
        self.origin = {name: name for name in self.shapes}  # where a name that nodes read is stored
        self.products = {}  # results of matrices of weights -> how wide
        self.find_readers()
        for node in self.nodes:
            self.visit(*node)
        self.last = next((kind for kind, _, outputs in self.nodes if self.output in outputs), None)

    def find_readers(self):
        self.readers = collections.Counter([self.output])
        live = []
        for node in reversed(self.nodes):
            if any(self.readers[name] for name in node[2]):
                self.readers.update(node[1])
                live.insert(0, node)
        self.nodes = live

    def visit(self, kind, inputs, outputs):
        stored = self.origin.get(inputs[0]) if inputs else None
        if kind in ("Identity", "Transpose") and stored:
            # Equal tensors of a fresh network are stored once and get their names through Identity: trained apart.
            is_twin = kind == "Identity" and self.readers[inputs[0]] > 1
            self.origin[outputs[0]] = outputs[0] if is_twin else stored
            self.shapes[outputs[0]] = self.shapes[inputs[0]][::-1 if kind == "Transpose" else 1]
        if kind == "Constant":
            self.origin[outputs[0]] = None
        if kind == "MatMul" and self.origin.get(inputs[1]) and self.readers[outputs[0]] == 1:
            self.products[outputs[0]] = self.shapes[inputs[1]][-1]
        for place, (name, role) in enumerate(zip(inputs, ROLES.get(kind, ()))):
            if role and name in self.origin and not self.is_constant(kind, inputs, place):
                if self.origin[name] is None:
                    raise ValueError(f"the graph keeps {name} in a Constant node: trained tensors must be initializers")
                self.roles.setdefault(self.origin[name], role)

    def is_constant(self, kind, inputs, place):
        shape = self.shapes.get(inputs[place])
        if kind in ARITHMETIC and shape is None:
            return True
        if kind in ARITHMETIC:
            is_bias = kind == "Add" and len(shape) == 1 and self.products.get(inputs[1 - place]) == shape[0]
            return math.prod(shape) <= 1 and not is_bias
        return kind == "Gemm" and place == 2 and math.prod(shape or ()) == 1 and 1 not in self.shapes[inputs[1]]

    def rows(self):
        """model/parameters: what is trained, then the statistics of batch norms."""
        rows, offset = [], {True: 0, False: 0}
        for name, role in self.roles.items():
            statistic, shape = role in ("bn_mean", "bn_var"), self.shapes[name]
            if len(name.encode()) > 255 or len(shape) > 6:
                raise ValueError(f"the tensor {name[:60]} has too long a name or too many axes")
            layer = name.rpartition(".")[0]
            rows.append((name.encode(), layer.encode(), role, shape + (0,) * (6 - len(shape)), offset[statistic]))
            offset[statistic] += math.prod(shape)
        if not offset[False]:
            raise ValueError("the graph stores no tensor that could be trained")
        rows.sort(key=lambda row: row[2] in ("bn_mean", "bn_var"))
        return np.array(rows, PARAMETER), offset[False], offset[True]


def array(value, kind=None):
    """A tensor of any framework in memory."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.float() if value.is_floating_point() else value).numpy()
    return np.asarray(value, kind)


def export(net, inputs):
    """The graph of a torch module, names kept and nothing fused. A copy is exported: the module stays as it is."""
    import torch
    net, file = copy.deepcopy(net).cpu().float().eval(), io.BytesIO()
    more = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(net, torch.from_numpy(inputs[:1].copy()), file, opset_version=13, input_names=["x"],
                      output_names=["y"], training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      dynamic_axes={"x": {0: "N"}, "y": {0: "N"}}, **more)
    return file.getvalue()


# ---- the file ----

def set_lock(file, kind):
    """False where another process has the lock. A file system without locks refuses nobody."""
    try:
        if hasattr(fcntl, "F_OFD_SETLK"):
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", kind, 0, 2**63 - 2, 1, 0))
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def lock(path):
    """The writer's lock. Processes that are forked share it: it falls with `unlock`, or when the last of them ends."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if set_lock(file, fcntl.F_WRLCK) and os.path.samestat(os.fstat(file), os.stat(path)):
            return file
    except OSError:  # it has lost its name
        pass
    os.close(file)
    raise FileExistsError(f"cannot write {path}: another process is writing it")


def unlock(file):
    try:
        set_lock(file, fcntl.F_UNLCK)
    finally:
        os.close(file)


def set_texts(place, **values):
    for name, text in values.items():
        text = str(text).encode()
        place.attrs.create(name, np.array(text, f"S{max(1, len(text))}"), dtype=text_type(len(text)))


def grow(place, name, kind, *row):
    """An empty table that rows are added to: chunks of 8 KiB, or of one row cut into parts of 2^20 numbers."""
    along = [math.ceil(n / math.ceil(n / 2**20)) for n in row]
    chunk = max(1, 8192 // (math.prod(along) * np.dtype(kind).itemsize))
    return place.create_dataset(name, (0, *row), kind, maxshape=(None, *row), chunks=(chunk, *along))


def put(table, at, rows):
    """Rows at their place, where those of a call that was interrupted may lie."""
    if len(rows):
        table.resize(max(len(table), at + len(rows)), 0)
        table[at:at + len(rows)] = rows
    table.flush()


class Recorder:
    """`every`: states at the steps that it divides. `targets`: class numbers [N], or values [N, K].
    Raises FileExistsError, with nothing written, where the file has the group or another process writes the file."""

    def __init__(self, path, model, inputs, targets, group="run", loss="cross-entropy", every=1, framework=None,
                 optimizer="", seed=0, hyper_parameters=None, class_count=None):
        if (not group or any(mark in group for mark in "/,#") or group in (".", "..") or not group.isprintable()
                or len(group.encode()) > 200):
            raise ValueError(f"a group cannot be called {group!r}")
        if loss not in LOSSES or every < 1:
            raise ValueError(f"loss is one of {', '.join(LOSSES)}, and every at least 1")
        is_graph = isinstance(model, (bytes, bytearray, str, os.PathLike))
        self.path, self.group, self.every = os.path.realpath(path), group, int(every)
        self.module = None if is_graph else model
        self.inputs, self.targets = np.ascontiguousarray(array(inputs, np.float32)), array(targets)
        if self.inputs.ndim < 2 or len(self.inputs) == 0 or self.targets.shape[:1] != self.inputs.shape[:1]:
            raise ValueError("inputs are [N, …], with as many targets, N at least 1")
        onnx = model if is_graph else export(model, self.inputs)
        if isinstance(onnx, (str, os.PathLike)):
            with open(onnx, "rb") as file:
                onnx = file.read()
        graph = Graph(onnx)
        self.shapes = graph.shapes
        self.rows, self.theta_size, self.buffer_size = graph.rows()
        self.choose_targets(loss, class_count, graph)
        if self.module is not None:
            self.gather(None)  # what cannot be recorded shows before anything is written
        self.step_done = self.state_done = -1
        self.series, self.records, self.recorded = {}, [], 0
        self.publish(lambda file: self.make_group(file, onnx, {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "command": " ".join(sys.argv),
            "framework": framework or ("onnx" if is_graph else "torch"), "loss": loss, "optimizer": optimizer,
            "hyper_parameters": json.dumps(hyper_parameters or {})}, int(seed)))

    def choose_targets(self, loss, class_count, graph):
        """nll and cross-entropy take class numbers, the other losses values. A Softmax at the end belongs to them: both
        are -log of the probability of the class."""
        self.class_count = 0
        refused = {"nll": SIGMOIDS, "cross-entropy": SIGMOIDS, "bce-logits": (*SIGMOIDS, "Softmax")}
        if graph.last in refused.get(loss, ()):
            raise ValueError(f"the network ends in {graph.last}, whose outputs the loss {loss} does not take")
        if loss not in ("nll", "cross-entropy"):
            self.targets = self.targets.reshape(len(self.targets), -1).astype(np.float32)
            if graph.width and self.targets.shape[1] != graph.width:
                raise ValueError(f"a sample has {self.targets.shape[1]} target values, the network {graph.width} outputs")
            return
        if self.targets.size != len(self.targets) or self.targets.dtype.kind not in "iub":
            raise ValueError(f"the targets of {loss} are class numbers, one whole number a sample")
        self.targets = self.targets.reshape(-1).astype(np.int32)
        self.class_count = int(class_count or max(2, graph.width, self.targets.max() + 1))
        if self.targets.min() < 0 or self.targets.max() >= self.class_count:
            raise ValueError(f"targets must be from 0 to {self.class_count - 1}")
        if graph.width and self.targets.max() >= graph.width:
            raise ValueError(f"class {self.targets.max()} has no output: the network has {graph.width}" + (
                ", and a loss of values, such as bce-logits, fits it" if graph.width == 1 else ""))

    def publish(self, make):
        """The group is made in a copy of the file, which then takes its place: a failure changes nothing."""
        draft, self.file = f"{self.path}.{os.getpid()}.draft", None
        original, self.lock = lock(self.path), None
        is_new = os.fstat(original).st_size == 0
        try:
            if os.path.lexists(draft):  # of a process of this number that was killed: the lock is ours
                os.unlink(draft)
            # Pages: who is killed while he writes leaves no header half changed.
            self.file = h5py.File(draft, "x", libver=("v110", "v110"), fs_strategy="page")
            self.lock = lock(draft)
            with contextlib.suppress(OSError):  # some file systems have no modes
                os.fchmod(self.lock, os.fstat(original).st_mode & 0o777)
            if not is_new:
                self.copy_groups()
            make(self.file)
            self.file.swmr_mode = True
            self.file.flush()
            os.fsync(self.lock)
            os.replace(draft, self.path)
        except BaseException:
            with contextlib.suppress(Exception), contextlib.ExitStack() as undo:  # the last first; each, whatever fails
                if self.file:
                    undo.callback(self.file.close)
                if self.lock is not None:
                    undo.callback(unlock, self.lock)
                if is_new:
                    undo.callback(os.unlink, self.path)
                if os.path.lexists(draft):
                    undo.callback(os.unlink, draft)
            raise
        finally:
            unlock(original)

    def copy_groups(self):
        with h5py.File(self.path, "r", swmr=True) as old:
            if old.attrs.get("tauscape_format") != 1 or any(
                    isinstance(group, h5py.Group) and "loss" in group for group in old.values()):
                raise ValueError(f"{self.path} is no run file")
            if self.group in old:
                raise FileExistsError(f"{self.path} has a group {self.group!r} already: choose another name")
            for name, value in old.attrs.items():
                self.file.attrs.create(name, value, dtype=old.attrs.get_id(name).dtype)
            for name in old:
                old.copy(name, self.file)

    def make_group(self, file, onnx, header, seed):
        file.attrs["tauscape_format"] = 1
        set_texts(file, creator="tauscape_recorder")
        group = file.create_group(self.group)
        set_texts(group, **header)
        group.attrs["seed"] = seed
        group["model/onnx"] = np.frombuffer(onnx, np.uint8)
        put(grow(group, "model/parameters", PARAMETER), 0, self.rows)
        group["data/inputs"], group["data/targets"] = self.inputs, self.targets
        if self.class_count:
            group["data"].attrs["class_count"] = self.class_count
        set_texts(group["data"], source="the recorder's sample", normalisation="")
        self.states = [grow(group, "states/theta", "<f4", self.theta_size)]
        grow(group, "resume/optimizer", "<f4", self.theta_size)
        if self.buffer_size:
            self.states.append(grow(group, "states/buffers", "<f4", self.buffer_size))
            grow(group, "resume/buffers", "<f4", self.buffer_size)
        self.states += [grow(group, f"states/{name}", kind)
                        for name, kind in (("wall_time", "<f8"), ("epoch", "<f8"), ("step", "<i8"))]
        self.names, self.table = grow(group, "metrics/names", text_type(64)), grow(group, "metrics/records", RECORD)
        put(grow(group, "resume/rng", SLOT), 0, np.zeros(2, SLOT))
        self.sign = grow(group, "status", SIGN)
        put(self.sign, 0, np.zeros(1, SIGN))
        self.flush()

    def flush(self, status=RUNNING):
        """Numbers that wait, then a sign of life."""
        put(self.table, self.recorded, np.array(self.records, RECORD))
        self.recorded, self.records = self.recorded + len(self.records), []
        self.sign[0] = np.array((status, os.getpid(), time.time(), socket.gethostname().encode()[:63]), SIGN)
        self.sign.flush()
        self.flushed = time.monotonic()

    def gather(self, parameters):
        """A state as two vectors, in the order of the table."""
        if parameters is None:
            parameters = {**self.module.state_dict(), **dict(self.module.named_buffers())}
        vectors = [[], []]
        for row in self.rows:
            name = row["name"].decode()
            if name not in parameters:
                raise ValueError(f"the parameters lack {name}")
            values = array(parameters[name], np.float32)
            if values.shape != self.shapes[name]:
                raise ValueError(f"{name} has the shape {values.shape}, in the graph {self.shapes[name]}")
            vectors[row["role"] in (b"bn_mean", b"bn_var")].append(values.ravel())
        return [np.concatenate(vector) for vector in vectors if vector]

    def write_state(self, step, epoch, parameters):
        vectors = self.gather(parameters)
        self.flush()  # who sees the state sees the numbers of its step
        place = len(self.states[-1])
        for table, value in zip(self.states, [*vectors, time.time(), epoch, step]):  # the step last: it makes it whole
            put(table, place, np.array([value], table.dtype))
        self.state_done = step
        self.flush()

    def step(self, step, epoch, parameters=None, record=False, **metrics):
        """After `step` batches. `parameters`: name in the graph -> array; left out: those of the torch module, or,
        with a graph, numbers only. `record`: a state also where `every` does not divide the step, as at the end."""
        step, epoch = int(step), float(epoch)
        if not self.file:
            raise ValueError("the recorder is closed")
        if step < max(0, self.step_done) or not math.isfinite(epoch):
            raise ValueError(f"step {step} at epoch {epoch} does not follow step {self.step_done}")
        self.step_done = step
        for name, value in metrics.items():
            if name not in self.series:
                if len(name.encode()) > 63:
                    raise ValueError(f"the name {name} has more than 63 bytes")
                put(self.names, len(self.series), np.array([name.encode()], text_type(64)))
                self.series[name] = len(self.series)
            self.records.append((self.series[name], step, epoch, float(value)))
        if step > self.state_done and (parameters is not None or self.module is not None):
            if record or step % self.every == 0:
                self.write_state(step, epoch, parameters)
        if time.monotonic() - self.flushed > 1:
            self.flush()

    def close(self, failed=False):
        """The run has finished, or failed. A file that is not closed belongs to a training that stopped."""
        if not self.file:
            return
        try:
            self.flush(FAILED if failed else FINISHED)
        finally:
            file, self.file = self.file, None
            try:
                file.close()
            finally:
                unlock(self.lock)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.close(failed=kind is not None)
