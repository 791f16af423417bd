"""Trainings and networks for the tests of the recorder; it puts the recorder's folder on Python's path."""
import os
import sys

import numpy as np

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)
from tauscape_recorder import Recorder, parts  # noqa: E402  (its folder is known only now)

STEPS = 24
KILLED = """
import os, signal, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from tauscape_recorder import Recorder
data = np.load("data.npz")
recorder = Recorder("killed.run.h5", "net.onnx", data["x"], data["y"])
names = [name for name in data.files if name not in "xy"]
for step in range(3):
    recorder.step(step, step / 4, {name: data[name] for name in names}, loss=step)
recorder.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def field(number, data):
    """A field of a protobuf message, of bytes."""
    size, head = len(data), [8 * number + 2]
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes([*head, size]) + bytes(data)


def ending(onnx, kind):
    """The bytes of an ONNX graph with one more operator at its end."""
    model = parts(memoryview(onnx))
    graph = parts(model[7][0])
    output = parts(graph[12][0])
    graph[1].append(field(1, output[1][0]) + field(2, b"ending") + field(3, b"ending") + field(4, kind))
    graph[12] = [field(1, b"ending") + field(2, output[2][0])]
    inner = b"".join(field(number, value) for number, values in graph.items() for value in values)
    return bytes([8, model[1][0]]) + field(7, inner) + b"".join(field(8, value) for value in model[8])


class Mlp:
    """2-8-2 with tanh, trained by hand: gradient descent on the whole sample."""

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        self.x = random.normal(size=(60, 2)).astype(np.float32)
        self.y = (self.x[:, 0] * self.x[:, 1] > 0).astype(np.int64)
        self.parameters = {name: (0.7 * random.normal(size=shape)).astype(np.float32) for name, shape in
                           (("fc1.weight", (8, 2)), ("fc1.bias", (8,)), ("fc2.weight", (2, 8)), ("fc2.bias", (2,)))}

    def forward(self):
        p = {name: value.astype(float) for name, value in self.parameters.items()}
        hidden = np.tanh(self.x @ p["fc1.weight"].T + p["fc1.bias"])
        logits = hidden @ p["fc2.weight"].T + p["fc2.bias"]
        shares = np.exp(logits - logits.max(1, keepdims=True))
        return p, hidden, shares / shares.sum(1, keepdims=True)

    def loss(self):
        return float(-np.log(self.forward()[2][np.arange(60), self.y]).mean())

    def train(self, rate=0.5):
        p, hidden, shares = self.forward()
        error = (shares - np.eye(2)[self.y]) / 60
        inner = error @ p["fc2.weight"] * (1 - hidden ** 2)
        gradients = {"fc1.weight": inner.T @ self.x, "fc1.bias": inner.sum(0), "fc2.weight": error.T @ hidden,
                     "fc2.bias": error.sum(0)}
        for name, gradient in gradients.items():
            self.parameters[name] = (p[name] - rate * gradient).astype(np.float32)

    def record(self, path, onnx, group="run", **more):
        """The loss at each recorded state."""
        losses = []
        with Recorder(path, onnx, self.x, self.y, group, every=4, seed=3, optimizer="sgd", **more) as recorder:
            for step in range(STEPS + 1):
                if step % 4 == 0:
                    losses.append(self.loss())
                recorder.step(step, step / 4, self.parameters, loss=self.loss())
                self.train()
        return losses
