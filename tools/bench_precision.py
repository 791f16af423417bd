"""Errors of each precision mode against the double-precision reference, on networks that tauscape trains itself."""
import csv
import os
import random
import struct
import subprocess

# label, model, data, epochs, samples evaluated; resnet20 learns random pictures: its arithmetic is what counts
NETWORKS = [("MNIST CNN", "mnist-cnn", "digits:n=2000", 2, 40),
            ("LeNet-5", "lenet5", "digits:n=2000", 2, 100),
            ("MLP 784-512-512-10", "mlp:784-512-512-10:relu", "digits:n=2000", 2, 100),
            ("MLP 2-16-16-1, tanh", "mlp:2-16-16-1:tanh", "moons", 20, 500),
            ("ResNet-20", "resnet20", None, 2, 20)]
MODES = [("exact", ["-d", "cpu", "--precision", "exact"]), ("fine", ["-d", "cpu", "--precision", "fine"])]
CUDA_MODES = [(mode, ["-d", "cuda", "--precision", mode]) for mode in ("exact", "fine", "fast")]
GRID = 5


def write_npy(path, descr, shape, values):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(values)


def make_pictures(folder, count=128):
    """Random 32x32 pictures in ten classes: the class shifts the mean, so that there is something to learn."""
    generator = random.Random(1)
    labels = [generator.randrange(10) for _ in range(count)]
    pixels = [generator.gauss(0.1 * label, 1) for label in labels for _ in range(3 * 32 * 32)]
    write_npy(os.path.join(folder, "x.npy"), "<f4", (count, 3, 32, 32), struct.pack(f"<{len(pixels)}f", *pixels))
    write_npy(os.path.join(folder, "y.npy"), "<i8", (count,), struct.pack(f"<{count}q", *labels))
    return ["--data", "x.npy", "--labels", "y.npy"]


def write_random(folder, name, count, shape):
    """Random samples in ten classes, NAME-x.npy and NAME-y.npy."""
    generator, size = random.Random(7), 1
    for extent in shape:
        size *= extent
    labels = [i % 10 for i in range(count)]
    block = [generator.gauss(0, 1) for _ in range(65536)]  # long enough for the eye of a network, quick to make
    values = struct.pack("<65536f", *block)
    bytes_wanted = 4 * count * size
    with_rest = values * (bytes_wanted // len(values) + 1)
    write_npy(os.path.join(folder, f"{name}-x.npy"), "<f4", (count, *shape), with_rest[:bytes_wanted])
    write_npy(os.path.join(folder, f"{name}-y.npy"), "<i8", (count,), struct.pack(f"<{count}q", *labels))


def run(program, folder, *words):
    subprocess.run([program, *map(str, words), "-q"], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def losses(program, folder, options, samples, name):
    run(program, folder, "compute", "net.run.h5", "--dirs", "random", "-g", GRID, "--samples", samples, "--no-trace",
        "-f", "-o", f"{name}.land.h5", *options)
    run(program, folder, "export", f"{name}.land.h5", "-f", "-o", f"{name}.csv")
    with open(os.path.join(folder, f"{name}.csv"), newline="", encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def measure(program, folder, modes=None, networks=None):
    """One row a network: {network, samples, exact, fine, …}, the largest relative errors of the loss over the plane."""
    rows = []
    for label, model, data, epochs, samples in networks or NETWORKS:
        run_file = os.path.join(folder, "net.run.h5")
        if os.path.exists(run_file):
            os.unlink(run_file)
        source = ["--data", data] if data else make_pictures(folder)
        run(program, folder, "train", "--model", model, *source, "--epochs", epochs, "--seed", 1, "--record", "max=2",
            "-d", "cpu", "-o", "net.run.h5")
        reference = losses(program, folder, ["-d", "ref"], samples, "reference")
        row = {"network": label, "samples": samples}
        for mode, options in modes or MODES:
            row[mode] = max(abs(ours - true) / abs(true)
                            for ours, true in zip(losses(program, folder, options, samples, mode), reference))
        rows.append(row)
    return rows
