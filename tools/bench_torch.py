"""The PyTorch side of tools/bench.

usage: bench_torch.py FOLDER WORKLOAD prepare    trains a little, writes ONNX, weights and samples to FOLDER
       bench_torch.py FOLDER WORKLOAD THREADS    answers requests, one JSON object a line
"""
import json
import math
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

SAMPLES = {"cnn": 1000, "mlp": 10000, "tiny": 1000, "resnet": 1000}
SHAPES = {"cnn": (1, 28, 28), "mlp": (784,), "tiny": (2,), "resnet": (3, 32, 32)}
BATCHES = {"cnn": (16, 25, 50, 100, 250, 1000), "mlp": (100, 250, 500, 1000, 2500, 10000), "tiny": (1000,),
           "resnet": (16, 25, 50, 100, 250, 1000)}
STACKS = {"mlp": ((4, 100), (4, 500), (16, 100), (16, 500), (16, 1000)),
          "tiny": ((25, 1000), (101, 250), (101, 1000), (505, 100), (505, 1000), (1010, 100), (1010, 1000), (3030, 100)),
          "cnn": ((4, 25), (4, 50))}
LEAST_SECONDS = 0.5


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return F.log_softmax(self.fc2(x), dim=1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                          nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(inner + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        widths = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
        self.blocks = nn.Sequential(*[Block(first if step == 0 else width, width, stride if step == 0 else 1)
                                      for first, width, stride in widths for step in range(3)])
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return F.log_softmax(self.linear(torch.flatten(F.avg_pool2d(x, 8), 1)), dim=1)


def make_network(workload):
    if workload == "cnn":
        return Cnn()
    if workload == "resnet":
        return ResNet20()
    if workload == "mlp":
        return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10),
                             nn.LogSoftmax(1))
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))


def make_samples(workload):
    """Noisy copies of ten patterns, or points labelled by quadrant: something that can be learnt."""
    count, shape = SAMPLES[workload], SHAPES[workload]
    if workload == "tiny":
        x = torch.randn(count, 2)
        return x, (x[:, :1] * x[:, 1:] > 0).float()
    y = torch.arange(count) % 10
    patterns = torch.randn(10, *shape)
    return patterns[y] + 2 * torch.randn(count, *shape), y


def loss_of(workload, output, y, reduction="mean"):
    if workload == "tiny":
        return F.binary_cross_entropy_with_logits(output, y, reduction=reduction)
    return F.nll_loss(output, y, reduction=reduction)


def right_of(workload, output, y):
    return ((output > 0) == (y > 0.5)).sum() if workload == "tiny" else (output.argmax(1) == y).sum()


def prepare(folder, workload):
    torch.manual_seed(0)
    network, (x, y) = make_network(workload), make_samples(workload)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    batch = 100
    for step in range(20 if workload == "resnet" else 60):
        part = slice(step * batch % len(x), step * batch % len(x) + batch)
        optimizer.zero_grad()
        loss_of(workload, network(x[part]), y[part]).backward()
        optimizer.step()
    network.eval()
    path = os.path.join(folder, workload)
    numpy.save(path + "-x.npy", x.numpy())
    numpy.save(path + "-y.npy", y.numpy())
    torch.save(network.state_dict(), path + ".pt")
    # PRESERVE keeps batch norm as it is: fused away, the parameters would not be those of PyTorch.
    torch.onnx.export(network, x[:1], path + ".onnx", input_names=["input"], output_names=["output"],
                      dynamic_axes={"input": {0: "N"}, "output": {0: "N"}}, opset_version=13,
                      do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)


class Server:
    def __init__(self, folder, workload):
        self.workload = workload
        self.path = os.path.join(folder, workload)
        self.x = torch.from_numpy(numpy.load(self.path + "-x.npy"))
        self.y = torch.from_numpy(numpy.load(self.path + "-y.npy"))
        self.x_last = self.x.contiguous(memory_format=torch.channels_last) if self.x.dim() == 4 else None
        self.networks = {}
        torch.manual_seed(1)
        self.centre = [p.detach().clone() for p in self.network(False).parameters()]
        # The size of the directions matters to the speed only through what the network computes: 1/10 of the weights.
        self.axes = [[0.1 * p.abs().mean() * torch.randn_like(p) for p in self.centre] for _ in range(2)]

    def network(self, last):
        if last not in self.networks:
            network = make_network(self.workload).eval()
            network.load_state_dict(torch.load(self.path + ".pt"))
            network.requires_grad_(False)
            self.networks[last] = network.to(memory_format=torch.channels_last) if last else network
        return self.networks[last]

    def place(self, network, alpha, beta):
        for parameter, centre, delta, eta in zip(network.parameters(), self.centre, *self.axes):
            torch.add(centre, delta, alpha=alpha, out=parameter)
            parameter.add_(eta, alpha=beta)

    def evaluate(self, function, x, batch):
        loss, right = torch.zeros(()), torch.zeros((), dtype=torch.long)
        for start in range(0, len(x), batch):
            output, y = function(x[start:start + batch]), self.y[start:start + batch]
            loss += loss_of(self.workload, output, y) * len(y)
            right += right_of(self.workload, output, y)
        return loss.item() / len(x), right.item() / len(x)

    def eager(self, batch, last):
        network, x = self.network(last), self.x_last if last else self.x

        def point(alpha, beta):
            self.place(network, alpha, beta)
            self.evaluate(network, x, batch)
        return 1, lambda points: [point(a, b) for a, b in points]

    def frozen(self, batch, last):
        """Traced, frozen and optimised for inference: weights become constants, so that it is done at every point."""
        network, x = self.network(last), self.x_last if last else self.x

        def point(alpha, beta):
            self.place(network, alpha, beta)
            graph = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x[:batch])))
            self.evaluate(graph, x, batch)
        return 1, lambda points: [point(a, b) for a, b in points]

    def stacked(self, stack, batch):
        """vmap over a stack of points."""
        from functorch import make_functional_with_buffers, vmap
        function, _, buffers = make_functional_with_buffers(self.network(False))

        def one(parameters, x, y):
            output = function(parameters, buffers, x)
            return loss_of(self.workload, output, y), right_of(self.workload, output, y)
        many = vmap(one, in_dims=(0, None, None))

        def run(points):
            at = torch.tensor(points)
            parameters = tuple(c + at[:, 0].view(-1, *[1] * c.dim()) * d + at[:, 1].view(-1, *[1] * c.dim()) * e
                               for c, d, e in zip(self.centre, *self.axes))
            loss = 0
            for start in range(0, len(self.x), batch):
                part, _ = many(parameters, self.x[start:start + batch], self.y[start:start + batch])
                loss = loss + part * len(self.x[start:start + batch])
            return (loss / len(self.x)).tolist()
        return stack, run

    def variants(self):
        """name: a function that makes (points a call, function of points)."""
        made = {}
        for batch in BATCHES[self.workload]:
            made[f"eager, batch {batch}"] = lambda b=batch: self.eager(b, False)
            if self.x_last is not None:
                made[f"eager channels_last, batch {batch}"] = lambda b=batch: self.eager(b, True)
        for batch in (50, 250) if self.x_last is not None else (1000,):
            made[f"jit frozen, batch {batch}"] = lambda b=batch: self.frozen(b, False)
        for stack, batch in STACKS.get(self.workload, ()):
            made[f"vmap of {stack} points, batch {batch}"] = lambda s=stack, b=batch: self.stacked(s, b)
        return made

    def time(self, name, points):
        """Seconds for `points` points (0 = as many as fill half a second), after a warm-up."""
        stack, run = self.variants()[name]()
        at = [(0.1 * math.sin(i), 0.1 * math.cos(i)) for i in range(stack)]
        run(at)
        started = time.perf_counter()
        run(at)
        once = time.perf_counter() - started
        calls = max(1, math.ceil(points / stack)) if points else max(1, math.ceil(LEAST_SECONDS / once))
        started = time.perf_counter()
        for _ in range(calls):
            run(at)
        return {"seconds": time.perf_counter() - started, "points": calls * stack}

    def losses(self, directions, places):
        """Losses in double precision at theta* + alpha·delta + beta·eta of given directions."""
        network = make_network(self.workload).eval()
        network.load_state_dict(torch.load(self.path + ".pt"))
        given = numpy.load(directions)
        delta, eta = (torch.from_numpy(given[name]).double() for name in ("delta", "eta"))
        centre = torch.cat([p.detach().reshape(-1) for p in network.parameters()]).double()
        result = []
        for alpha, beta in places:
            nn.utils.vector_to_parameters((centre + alpha * delta + beta * eta).float(), network.parameters())
            exact = make_network(self.workload).eval()
            exact.load_state_dict(network.state_dict())
            exact.double()
            y = self.y.double() if self.workload == "tiny" else self.y
            outputs = torch.cat([exact(part.double()) for part in self.x.split(250)])
            result.append(loss_of(self.workload, outputs, y).item())
        return result

    def answer(self, request):
        if "at" in request:
            return {"losses": self.losses(request["directions"], request["at"])}
        try:
            return self.time(request["variant"], request["points"])
        except (RuntimeError, ImportError, NotImplementedError) as error:
            return {"error": str(error).splitlines()[0]}


def blas_in_use():
    """Name of the BLAS that matrix products run on, from what is mapped into the process."""
    torch.randn(64, 64) @ torch.randn(64, 64)
    with open("/proc/self/maps", encoding="utf-8") as file:
        mapped = file.read().lower()
    return next((name for name in ("mkl", "openblas", "blis", "atlas") if f"lib{name}" in mapped), "reference BLAS")


def serve(folder, workload, threads):
    torch.set_num_threads(threads)
    answers, sys.stdout = sys.stdout, sys.stderr
    with torch.inference_mode():
        server = Server(folder, workload)
        greeting = {"variants": list(server.variants()), "torch": torch.__version__, "blas": blas_in_use()}
        print(json.dumps(greeting), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(server.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    if sys.argv[3] == "prepare":
        prepare(sys.argv[1], sys.argv[2])
    else:
        serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
