"""The PyTorch side of tools/gpu-report; every answer is one JSON object a line, so that what is late is only missing.

usage: gpu_torch.py machine                           names, versions, and the card's measured ceilings
       gpu_torch.py data FOLDER NAME COUNT SHAPE...   random samples and labels to FOLDER/NAME-x.npy and -y.npy
       gpu_torch.py time FOLDER NAME NETWORK SECONDS  times variants of PyTorch at points around NETWORK.safetensors
"""
import json
import math
import os
import struct
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

POINTS_MAX = 100
BATCHES = (10000, 2500, 1000)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate(((16, 16), (16, 32), (32, 64)), 1):
            layers = [Block(inputs if i == 0 else outputs, outputs, 2 if stage > 1 and i == 0 else 1)
                      for i in range(blocks)]
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(torch.flatten(F.avg_pool2d(x, 8), 1))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 512), nn.Linear(512, 512), nn.Linear(512, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))))


NETWORKS = {"mnist-cnn": Cnn, "resnet20": lambda: ResNet(3), "resnet56": lambda: ResNet(9), "mlp": Mlp}


def say(**answer):
    print(json.dumps(answer), flush=True)


def read_safetensors(path):
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        head = json.loads(file.read(size))
        body = file.read()
    return {name: torch.from_numpy(numpy.frombuffer(body[slice(*entry["data_offsets"])], "<f4").copy())
            .reshape(entry["shape"]) for name, entry in head.items() if name != "__metadata__"}


def load(name, network):
    net = NETWORKS[name]()
    missing = net.load_state_dict(read_safetensors(network), strict=False).missing_keys
    if any(not key.endswith("num_batches_tracked") for key in missing):
        raise SystemExit(f"{network} lacks {missing}")
    return net.eval().requires_grad_(False)


class Variant:
    """A network whose parameters are views of one vector, moved to a point by one fused operation a term."""

    def __init__(self, name, network, x, y, batch, dtype, compiled=False, graphed=False):
        self.net = load(name, network).cuda().to(dtype)
        if x.dim() == 4:
            x = x.contiguous(memory_format=torch.channels_last) if dtype != torch.float32 else x
        if x.dim() == 4 and dtype != torch.float32:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.x, self.y = x.to(dtype), y
        parameters = list(self.net.parameters())
        centre = torch.cat([p.detach().float().flatten() for p in parameters])
        generator = torch.Generator(device="cuda").manual_seed(1)
        self.vectors = [centre] + [0.05 * centre.abs().mean() * torch.randn(len(centre), device="cuda",
                                                                             generator=generator) for _ in range(2)]
        self.flat, start = torch.empty(len(centre), device="cuda", dtype=dtype), 0
        for parameter in parameters:
            part = self.flat[start:start + parameter.numel()]
            last = dtype != torch.float32 and parameter.dim() == 4
            shape = parameter.shape
            parameter.data = part.view(shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2) if last \
                else part.view(shape)
            start += parameter.numel()
        self.batch = min(batch, len(x))
        self.total = torch.zeros((), device="cuda")
        self.right = torch.zeros((), device="cuda", dtype=torch.long)
        self.forward = torch.compile(self.net, dynamic=False) if compiled else self.net
        self.graph = None
        if graphed:
            self.capture()

    def evaluate(self):
        self.total.zero_()
        self.right.zero_()
        for start in range(0, len(self.x), self.batch):
            output = self.forward(self.x[start:start + self.batch]).float()
            y = self.y[start:start + self.batch]
            self.total += F.cross_entropy(output, y, reduction="sum")
            self.right += (output.argmax(1) == y).sum()

    def capture(self):
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.evaluate()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.evaluate()

    def point(self, alpha, beta):
        centre, delta, eta = self.vectors
        self.flat.copy_(torch.add(centre, delta, alpha=alpha).add_(eta, alpha=beta))
        if self.graph:
            self.graph.replay()
        else:
            self.evaluate()

    def run(self, points):
        for i in range(points):
            self.point(0.5 * math.sin(i), 0.5 * math.cos(i))
        torch.cuda.synchronize()

    def milliseconds(self):
        self.run(3)
        started = time.perf_counter()
        self.run(2)
        points = max(3, min(POINTS_MAX, int(0.4 / ((time.perf_counter() - started) / 2))))
        rounds = []
        for _ in range(3):
            started = time.perf_counter()
            self.run(points)
            rounds.append(1e3 * (time.perf_counter() - started) / points)
        return sorted(rounds)[1], points


def variants(count):
    """(name, batch, dtype, TF32 allowed, compiled, graphed) from the plainest on."""
    batches = [batch for batch in BATCHES if batch <= count] or [count]
    half, single = torch.float16, torch.float32
    for batch in batches:
        yield f"eager FP32, batch {batch}", batch, single, False, False, False
        yield f"eager TF32, batch {batch}", batch, single, True, False, False
        yield f"half channels_last, batch {batch}", batch, half, True, False, False
        yield f"half channels_last, CUDA graph, batch {batch}", batch, half, True, False, True
    for batch in batches[:2]:
        yield f"half channels_last, torch.compile, batch {batch}", batch, half, True, True, False
        yield f"half channels_last, torch.compile, CUDA graph, batch {batch}", batch, half, True, True, True


def load_samples(folder, name):
    return [torch.from_numpy(numpy.load(os.path.join(folder, f"{name}-{part}.npy"))).cuda() for part in "xy"]


def exact_loss(name, network, x, y):
    """At the network itself, in double precision."""
    net, total = load(name, network).double().cuda(), 0.0
    for start in range(0, len(x), 250):
        output = net(x[start:start + 250].double())
        total += F.cross_entropy(output, y[start:start + 250], reduction="sum").item()
    return total / len(x)


def time_variants(folder, data, network, seconds):
    started = time.perf_counter()
    name = os.path.basename(network).split("@")[0].removesuffix(".safetensors")
    x, y = load_samples(folder, data)
    with torch.inference_mode():
        say(centre=exact_loss(name, network, x, y))
        for label, batch, dtype, tf32, compiled, graphed in variants(len(x)):
            if time.perf_counter() - started > seconds:
                say(variant=label, error="no time was left")
                continue
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
            torch.backends.cudnn.benchmark = True
            try:
                ms, points = Variant(name, network, x, y, batch, dtype, compiled, graphed).milliseconds()
                say(variant=label, ms=ms, points=points)
            except Exception as error:  # a variant that does not run here is no reason to lose the others
                say(variant=label, error=(str(error) or type(error).__name__).splitlines()[0][:200])
            torch.cuda.empty_cache()


def make_data(folder, name, count, shape):
    generator = torch.Generator().manual_seed(7)
    y = torch.arange(count) % 10
    patterns = torch.randn(10, *shape, generator=generator)
    x = patterns[y] + 2 * torch.randn(count, *shape, generator=generator)
    numpy.save(os.path.join(folder, f"{name}-x.npy"), x.numpy())
    numpy.save(os.path.join(folder, f"{name}-y.npy"), y.numpy())
    say(count=count)


def rate_of(function, amount):
    """Median of ten, in `amount` a second."""
    times = []
    for _ in range(13):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        function()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end) * 1e-3)
    return amount / sorted(times[3:])[5]


def machine():
    if not torch.cuda.is_available():
        return say(error="PyTorch sees no GPU", torch=torch.__version__)
    card = torch.cuda.get_device_properties(0)
    size = min(1 << 30, card.total_memory // 8)
    a, b = (torch.randn(size // 4, device="cuda") for _ in range(2))
    copy = rate_of(lambda: b.copy_(a), 2.0 * size)
    del a, b
    m = torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
    n = torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
    matrix = rate_of(lambda: m @ n, 2.0 * 8192**3)
    say(device=card.name, memory=card.total_memory, torch=torch.__version__, cuda=torch.version.cuda,
        capability=f"{card.major}.{card.minor}", copy=copy, matrix=matrix)


def main(command, *words):
    if command == "machine":
        machine()
    elif command == "data":
        make_data(words[0], words[1], int(words[2]), tuple(map(int, words[3:])))
    else:
        time_variants(words[0], words[1], words[2], float(words[3]))


if __name__ == "__main__":
    main(*sys.argv[1:])
