#!/usr/bin/env python3
"""Writes golden.txt: outputs, losses and gradients of cases of the parity table, computed by
PyTorch in double.

    python3 tests/parity/make_golden.py > tests/parity/golden.txt

Numbers follow parity_value and parity_fill of networks.c; a case is its "scaled" network: the input times a
parameter of its shape, then the operator. Long vectors are written with a stride.
"""
import sys

import torch
import torch.nn.functional as F

SAMPLES, MOST_VALUES = 5, 16
MASK = 0xFFFFFFFF


def value(stream, index):
    h = (index * 2654435761 + stream * 2246822519) & MASK
    h = ((h ^ h >> 16) * 0x85EBCA6B) & MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & MASK
    h ^= h >> 16
    return (h >> 8) * 2.0**-23 - 1.0


def tensor(shape, function):
    count = 1
    for n in shape:
        count *= n
    return torch.tensor([function(i) for i in range(count)], dtype=torch.float64).reshape(shape)


def away_from_zero(v):
    return v - 0.25 if v < 0 else v + 0.25


def weights(shape, number):
    fan, scale = 1, 1.0
    for n in shape[1:]:
        fan *= n
    while fan >= 4:
        fan, scale = fan // 4, scale / 2
    return tensor(shape, lambda i: scale * away_from_zero(value(100 + number, i))).requires_grad_()


def single(v):
    return torch.tensor(v, dtype=torch.float32).double().item()


def conv(stride=1, pad=(0, 0, 0, 0), dilation=1, groups=1):
    """pad = left, right, top, bottom"""
    return lambda x, w, b=None: F.conv2d(F.pad(x, pad), w, b, stride, 0, dilation, groups)


def conv1d(stride=1, pad=(0, 0), dilation=1, groups=1):
    return lambda x, w, b=None: F.conv1d(F.pad(x, pad), w, b, stride, 0, dilation, groups)


SAME = (1, 1, 1, 1)
INF = float("inf")
CASES = {
    "linear_transposed": ((7,), [(5, 7), (5,)], F.linear),
    "linear_in_out": ((7,), [(7, 5), (5,)], lambda x, w, b: x @ w + b),
    "linear_without_bias": ((13,), [(3, 13)], F.linear),
    "linear_rank_2": ((3, 5), [(4, 5), (4,)], F.linear),
    "linear_rank_3": ((2, 3, 5), [(5, 4), (4,)], lambda x, w, b: x @ w + b),
    "matmul_batched": ((2, 4, 3), [], lambda x: x @ x.transpose(-1, -2)),
    "matmul_swapped": ((2, 4, 3), [], lambda x: x.transpose(-1, -2) @ x),
    "conv_3x3": ((3, 7, 6), [(5, 3, 3, 3), (5,)], conv()),
    "conv_3x3_same": ((3, 9, 11), [(17, 3, 3, 3), (17,)], conv(pad=SAME)),
    "conv_3x3_many_channels": ((33, 9, 10), [(35, 33, 3, 3), (35,)], conv(pad=SAME)),
    "conv_1x1": ((5, 4, 3), [(7, 5, 1, 1), (7,)], conv()),
    "conv_1x1_stride_2": ((4, 7, 7), [(8, 4, 1, 1)], conv(2)),
    "conv_3x3_stride_2": ((3, 8, 7), [(4, 3, 3, 3), (4,)], conv(2, SAME)),
    "conv_stride_3x1": ((2, 10, 5), [(3, 2, 2, 3), (3,)], conv((3, 1), (1, 1, 0, 0))),
    "conv_asymmetric_padding": ((2, 6, 5), [(3, 2, 3, 3), (3,)], conv((1, 2), (2, 1, 0, 3))),
    "conv_dilation_2": ((2, 9, 8), [(3, 2, 3, 3), (3,)], conv(1, (2, 2, 2, 2), 2)),
    "conv_dilation_3x1": ((2, 9, 8), [(3, 2, 2, 3), (3,)], conv((2, 1), (0, 0, 1, 1), (3, 1))),
    "conv_groups_2": ((6, 5, 5), [(4, 3, 3, 3), (4,)], conv(1, SAME, 1, 2)),
    "conv_depthwise": ((5, 6, 6), [(5, 1, 3, 3), (5,)], conv(1, SAME, 1, 5)),
    "conv_depthwise_doubled": ((3, 6, 6), [(6, 1, 3, 3), (6,)], conv(2, SAME, 1, 3)),
    "conv_1d": ((3, 11), [(4, 3, 3), (4,)], conv1d(1, (1, 1))),
    "conv_1d_stride_dilation_groups": ((4, 13), [(6, 2, 3)], conv1d(2, (0, 3), 2, 2)),
    "max_pool_odd": ((3, 7, 5), [], lambda x: F.max_pool2d(x, 2)),
    "max_pool_overlapping_padded": ((3, 7, 7), [], lambda x: F.max_pool2d(x, 3, 2, 1)),
    "max_pool_ceil": ((2, 7, 8), [], lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True)),
    "max_pool_dilated": (
        (2, 8, 7), [], lambda x: F.max_pool2d(F.pad(x, (1, 0, 0, 1), value=-INF), 2, (1, 2), 0, (2, 3))),
    "max_pool_1d": ((3, 11), [], lambda x: F.max_pool1d(F.pad(x, (1, 0), value=-INF), 3, 2)),
    "average_pool_2": ((3, 6, 5), [], lambda x: F.avg_pool2d(x, 2)),
    "average_pool_padding_counts": ((2, 7, 7), [], lambda x: F.avg_pool2d(x, 3, 2, 1)),
    "average_pool_padding_excluded": (
        (2, 7, 7), [], lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)),
    "average_pool_ceil_padding_counts": ((2, 8, 6), [], lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True)),
    "average_pool_ceil_padding_excluded": (
        (2, 8, 6), [], lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)),
    "average_pool_asymmetric": (
        (2, 5, 6), [], lambda x: F.avg_pool2d(F.pad(x, (0, 2, 1, 0)), (2, 3), (1, 2))),
    "average_pool_1d": ((3, 9), [], lambda x: F.avg_pool1d(x, 4, 2, 1, count_include_pad=False)),
    "global_average_pool": ((5, 3, 7), [], lambda x: F.adaptive_avg_pool2d(x, 1)),
    "relu": ((37,), [], F.relu),
    "leaky_relu": ((37,), [], lambda x: F.leaky_relu(x, single(0.1))),
    "elu": ((37,), [], lambda x: F.elu(x, single(0.7))),
    "selu": ((37,), [], lambda x: single(1.05070102) * F.elu(x, single(1.67326319))),
    "gelu": ((37,), [], F.gelu),
    "gelu_tanh": ((37,), [], lambda x: F.gelu(x, approximate="tanh")),
    "sigmoid": ((37,), [], torch.sigmoid),
    "hard_sigmoid": ((37,), [], lambda x: torch.clamp(single(0.2) * x + 0.5, 0, 1)),
    "tanh": ((37,), [], torch.tanh),
    "softplus": ((37,), [], lambda x: F.softplus(x, threshold=1e9)),
    "softsign": ((37,), [], F.softsign),
    "erf": ((37,), [], torch.erf),
    "clip": ((37,), [], lambda x: torch.clamp(x, -0.5, 0.75)),
    "softmax_vector": ((11,), [], lambda x: F.softmax(x, 1)),
    "softmax_axis_1": ((3, 4, 5), [], lambda x: F.softmax(x, 2)),
    "log_softmax_vector": ((11,), [], lambda x: F.log_softmax(x, 1)),
    "log_softmax_axis_0": ((3, 4, 5), [], lambda x: F.log_softmax(x, 1)),
    "add_channels": ((3, 4, 5), [(3, 1, 1)], torch.add),
    "add_stretches_input": ((3, 1, 5), [(3, 4, 1)], torch.add),
    "sub_from_parameter": ((4, 5), [(1, 5)], lambda x, p: p - x),
    "mul_activation_broadcast": ((3, 4, 5), [], lambda x: x * x.mean((2, 3), keepdim=True)),
    "div_parameter": ((4, 5), [(5,)], torch.div),
    "div_activation": ((4, 5), [], lambda x: x / torch.sigmoid(x)),
    "transpose_rank_4": ((2, 3, 4, 5), [], lambda x: x.permute(0, 3, 1, 4, 2)),
    "concat_3_axis_1": ((3, 4, 5), [], lambda x: torch.cat([x, F.relu(x), torch.sigmoid(x)], 2)),
    "pad_image": ((2, 3, 4), [], lambda x: F.pad(x, (2, 1, 1, 3), value=-0.5)),
}
BATCH_NORMS = {
    "batch_norm_image": ((5, 3, 4), 1e-5, 0.9),
    "batch_norm_sequence": ((3, 7), 1e-3, 0.99),
    "batch_norm_vector": ((17,), 1e-5, 0.9),
}


def write(key, values):
    flat = values.detach().reshape(-1)
    stride = (len(flat) + MOST_VALUES - 1) // MOST_VALUES
    print(key, len(flat), stride, *("%.17g" % v for v in flat[::stride].tolist()))


def loss_of(name, y):
    outputs = y[0].numel()
    if name == "log_softmax_vector":
        return F.nll_loss(y, torch.tensor([i * 7 % outputs for i in range(SAMPLES)]))
    return F.mse_loss(y, tensor(y.shape, lambda i: value(2, i)))


def write_case(name, shape, operands, function, mode=""):
    x = tensor((SAMPLES,) + shape, lambda i: 2 * value(1, i))
    theta = [weights(shape, 0)] + [weights(s, i + 1) for i, s in enumerate(operands)]
    y = function(x * theta[0], *theta[1:])
    loss = loss_of(name, y)
    print("case", name + mode)
    write("output", y)
    write("loss", loss)
    write("gradient", torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, theta)]))


def write_batch_norm(name, shape, epsilon, momentum):
    channels = (shape[0],)

    def statistics():
        return (tensor(channels, lambda i: 0.5 * value(50, i)),
                tensor(channels, lambda i: single(1.25 + value(51, i))))

    def apply(training, mean, var):
        return lambda x, gamma, beta: F.batch_norm(
            x, mean, var, gamma, beta, training, 1 - single(momentum), single(epsilon))

    write_case(name, shape, [channels] * 2, apply(False, *statistics()))
    mean, var = statistics()
    write_case(name, shape, [channels] * 2, apply(True, mean, var), " training")
    write("running", torch.cat([mean, var]))


def main():
    print("# Written by make_golden.py with PyTorch", torch.__version__.split("+")[0], "in double.")
    print("# case NAME; then KEY COUNT STRIDE and every STRIDE-th of COUNT values.")
    for name, (shape, operands, function) in CASES.items():
        write_case(name, shape, operands, function)
    for name, (shape, epsilon, momentum) in BATCH_NORMS.items():
        write_batch_norm(name, shape, epsilon, momentum)


if __name__ == "__main__":
    sys.exit(main())
