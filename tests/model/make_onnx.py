#!/usr/bin/env python3
"""Makes the small ONNX files beside this script, as exporters of different ages write them.

Needs numpy and onnx (Debian: python3-onnx). The weights are a fixed ramp: reading them back tells order and type."""
import os

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper as nh

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")


def ramp(name, *shape, start=0.0, kind=np.float32):
    count = int(np.prod(shape))
    return nh.from_array((start + np.arange(count) / 64).reshape(shape).astype(kind), name)


def ints(name, *values):
    return nh.from_array(np.array(values, dtype=np.int64), name)


def constant(name, tensor):
    return h.make_node("Constant", [], [name], value=tensor)


def save(name, nodes, inputs, outputs, stored, opset, ir, check=True, **extra):
    graph = h.make_graph(nodes, name, inputs, outputs, stored, **extra)
    model = h.make_model(graph, producer_name="make_onnx", opset_imports=[h.make_opsetid("", opset)])
    model.ir_version = ir
    if check:
        onnx.checker.check_model(model, full_check=opset > 7)
    onnx.save(model, os.path.join(HERE, name + ".onnx"))


def floats(name, *shape):
    return h.make_tensor_value_info(name, T.FLOAT, shape)


def torch_cnn_opset7():
    """An old PyTorch: numbered tensors, weights among the inputs, batch fixed to 1, view(x.size(0), -1) written out."""
    stored = [ramp("conv1.weight", 2, 1, 3, 3), ramp("conv1.bias", 2), ramp("bn1.weight", 2, start=1),
              ramp("bn1.bias", 2), ramp("bn1.running_mean", 2), ramp("bn1.running_var", 2, start=1),
              ramp("fc.weight", 3, 18), ramp("fc.bias", 3)]
    nodes = [
        h.make_node("Conv", ["input.1", "conv1.weight", "conv1.bias"], ["9"], dilations=[1, 1], group=1,
                    kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]),
        h.make_node("BatchNormalization", ["9", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"],
                    ["10"], epsilon=1e-5, momentum=0.9),
        h.make_node("Relu", ["10"], ["11"]),
        h.make_node("MaxPool", ["11"], ["12"], kernel_shape=[2, 2], pads=[0, 0, 0, 0], strides=[2, 2]),
        h.make_node("Shape", ["12"], ["13"]),
        h.make_node("Constant", [], ["14"], value=nh.from_array(np.array(0, dtype=np.int64))),
        h.make_node("Gather", ["13", "14"], ["15"], axis=0),
        h.make_node("Constant", [], ["16"], value=nh.from_array(np.array(-1, dtype=np.int64))),
        h.make_node("Unsqueeze", ["15"], ["17"], axes=[0]),
        h.make_node("Unsqueeze", ["16"], ["18"], axes=[0]),
        h.make_node("Concat", ["17", "18"], ["19"], axis=0),
        h.make_node("Reshape", ["12", "19"], ["20"]),
        h.make_node("Dropout", ["20"], ["21", "mask"], ratio=0.25),
        h.make_node("Gemm", ["21", "fc.weight", "fc.bias"], ["22"], alpha=1.0, beta=1.0, transB=1),
        h.make_node("LogSoftmax", ["22"], ["23"], axis=1)]
    inputs = [floats("input.1", 1, 1, 6, 6)] + [floats(t.name, *t.dims) for t in stored]
    save("torch_cnn_opset7", nodes, inputs, [floats("23", 1, 3)], stored, 7, 3)


def torch_mlp_opset11():
    """Linear on three axes: the weights come through a Transpose, the bias through an Add; Clip with inputs."""
    stored = [ramp("encoder.weight", 4, 3), ramp("encoder.bias", 4), ramp("head.weight", 2, 4, kind=np.float64),
              ramp("low"), ramp("high", start=6)]
    nodes = [
        h.make_node("Transpose", ["encoder.weight"], ["t1"], name="Transpose_0", perm=[1, 0]),
        h.make_node("MatMul", ["x", "t1"], ["m1"], name="MatMul_1"),
        h.make_node("Add", ["m1", "encoder.bias"], ["a1"], name="Add_2"),
        h.make_node("Clip", ["a1", "low", "high"], ["c1"], name="Clip_3"),
        h.make_node("Cast", ["head.weight"], ["w32"], name="Cast_4", to=T.FLOAT),
        h.make_node("Transpose", ["w32"], ["t2"], name="Transpose_5", perm=[1, 0]),
        h.make_node("MatMul", ["c1", "t2"], ["y"], name="MatMul_6")]
    save("torch_mlp_opset11", nodes, [floats("x", "batch", 5, 3)], [floats("y", "batch", 5, 2)], stored, 11, 6)


def keras_cnn_opset13():
    """tf2onnx: NHWC input, transposes around the convolution, kernels (in, out), SAME padding, folded shape."""
    stored = [ramp("sequential/conv2d/Conv2D/ReadVariableOp:0", 4, 2, 3, 3),
              ramp("sequential/conv2d/BiasAdd/ReadVariableOp:0", 4),
              ramp("sequential/dense/MatMul/ReadVariableOp:0", 36, 2),
              ramp("sequential/dense/BiasAdd/ReadVariableOp:0", 2), ints("const_fold_opt__20", -1, 36)]
    nodes = [
        h.make_node("Transpose", ["input_1"], ["t:0"], name="sequential/conv2d/Conv2D__6", perm=[0, 3, 1, 2]),
        h.make_node("Conv", ["t:0", stored[0].name, stored[1].name], ["c:0"], name="sequential/conv2d/Conv2D",
                    auto_pad="SAME_UPPER", dilations=[1, 1], group=1, kernel_shape=[3, 3], strides=[2, 2]),
        h.make_node("Elu", ["c:0"], ["r:0"], name="sequential/conv2d/Elu"),
        h.make_node("Transpose", ["r:0"], ["b:0"], name="sequential/conv2d/BiasAdd__16", perm=[0, 2, 3, 1]),
        h.make_node("Reshape", ["b:0", "const_fold_opt__20"], ["f:0"], name="sequential/flatten/Reshape"),
        h.make_node("MatMul", ["f:0", stored[2].name], ["m:0"], name="sequential/dense/MatMul"),
        h.make_node("Add", ["m:0", stored[3].name], ["a:0"], name="sequential/dense/BiasAdd"),
        h.make_node("Softmax", ["a:0"], ["dense"], name="sequential/dense/Softmax")]
    save("keras_cnn_opset13", nodes, [floats("input_1", "unk__23", 5, 5, 2)], [floats("dense", "unk__24", 2)], stored,
         13, 7)


def torch_attention_opset17():
    """Slashed names, squeeze and unsqueeze with axes as inputs, a product of activations, Gelu through Erf, 1-D windows,
    depthwise convolution, pads as input, half-precision weights, a learned scale with a batch axis of 1."""
    stored = [ramp("conv.weight", 4, 1, 3, kind=np.float16), ramp("scale", 1, 4, 1, start=1), ramp("one", start=1),
              ints("axes", 3), ints("pads", 0, 0, 1, 0, 0, 1), ramp("root", start=1.4140625), ramp("half", start=0.5)]
    nodes = [
        h.make_node("Pad", ["x", "pads", ""], ["/p"], name="/Pad", mode="constant"),
        h.make_node("Cast", ["conv.weight"], ["/k32"], name="/conv/Cast", to=T.FLOAT),
        h.make_node("Conv", ["/p", "/k32"], ["/c"], name="/conv/Conv", group=4, kernel_shape=[3]),
        h.make_node("Mul", ["/c", "scale"], ["/s"], name="/Mul"),
        h.make_node("Div", ["/s", "root"], ["/d"], name="/act/Div"),
        h.make_node("Erf", ["/d"], ["/e"], name="/act/Erf"),
        h.make_node("Add", ["/e", "one"], ["/a"], name="/act/Add"),
        h.make_node("Mul", ["/s", "/a"], ["/m"], name="/act/Mul"),
        h.make_node("Mul", ["/m", "half"], ["/g"], name="/act/Mul_1"),
        h.make_node("Transpose", ["/g"], ["/t"], name="/Transpose", perm=[0, 2, 1]),
        h.make_node("MatMul", ["/g", "/t"], ["/q"], name="/MatMul"),
        h.make_node("Softmax", ["/q"], ["/w"], name="/Softmax", axis=-1),
        h.make_node("MatMul", ["/w", "/g"], ["/v"], name="/MatMul_1"),
        h.make_node("Unsqueeze", ["/v", "axes"], ["/u"], name="/Unsqueeze"),
        h.make_node("Squeeze", ["/u", "axes"], ["/r"], name="/Squeeze"),
        h.make_node("Concat", ["/r", "/g"], ["/k"], name="/Concat", axis=-1),
        h.make_node("AveragePool", ["/k"], ["/o"], name="/AveragePool", kernel_shape=[4], strides=[3], ceil_mode=1,
                    count_include_pad=1),
        h.make_node("GlobalAveragePool", ["/o"], ["/n"], name="/Global"),
        h.make_node("Flatten", ["/n"], ["y"], name="/Flatten")]
    save("torch_attention_opset17", nodes, [floats("x", "batch", 4, 8)], [floats("y", "batch", 4)], stored, 17, 8)


def jax_mlp_opset21():
    """Opset 20 and later: Gelu as an operator; constants of several spellings; unread outputs and dead nodes."""
    stored = [ramp("dense/kernel", 3, 4), ramp("dense/bias", 4), ramp("out/kernel", 4, 1), ramp("out/bias", 1)]
    nodes = [
        h.make_node("Gemm", ["x", "dense/kernel", "dense/bias"], ["h"], name="dense"),
        h.make_node("Gelu", ["h"], ["g"], name="gelu", approximate="tanh"),
        h.make_node("Relu", ["h"], ["dead"], name="dead"),
        h.make_node("Constant", [], ["two"], name="two", value_float=2.0),
        h.make_node("Constant", [], ["shifts"], name="shifts", value_floats=[0.5, 1.0, 1.5, 2.0]),
        h.make_node("Div", ["g", "two"], ["d"], name="halve"),
        h.make_node("Sub", ["d", "shifts"], ["s"], name="shift"),
        h.make_node("MatMul", ["s", "out/kernel"], ["m"], name="out"),
        h.make_node("Add", ["out/bias", "m"], ["a"], name="out_bias"),
        h.make_node("Identity", ["a"], ["y"], name="end")]
    save("jax_mlp_opset21", nodes, [floats("x", 0, 3)], [floats("y", 0, 1)], stored, 21, 10, check=False)


def dynamo_cnn_opset18():
    """PyTorch's newer exporter: part of a shape, paddings of chosen axes, inlined shapes."""
    stored = [ramp("conv.weight", 2, 1, 3, 3), ramp("conv.bias", 2), ramp("fc.weight", 3, 32), ramp("fc.bias", 3),
              ints("val_1", 1, 0, 2, 1), ints("val_2", -1, -2), ramp("zero"), ints("val_3", -1)]
    nodes = [
        h.make_node("Pad", ["x", "val_1", "zero", "val_2"], ["pad"], name="node_pad"),
        h.make_node("Conv", ["pad", "conv.weight", "conv.bias"], ["conv"], name="node_conv", auto_pad="NOTSET",
                    group=1, pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1]),
        h.make_node("Sigmoid", ["conv"], ["gate"], name="node_gate"),
        h.make_node("Mul", ["conv", "gate"], ["silu"], name="node_silu"),
        h.make_node("Shape", ["x"], ["val_4"], name="node_shape", start=0, end=1),
        h.make_node("Concat", ["val_4", "val_3"], ["val_5"], name="node_join", axis=0),
        h.make_node("Reshape", ["silu", "val_5"], ["view"], name="node_view", allowzero=1),
        h.make_node("Gemm", ["view", "fc.weight", "fc.bias"], ["y"], name="node_linear", transB=1)]
    save("dynamo_cnn_opset18", nodes, [floats("x", "s0", 1, 5, 3)], [floats("y", "s0", 3)], stored, 18, 8,
         check=False)


def keras_old_opset11():
    """Uneven padding and the Softmax of old, which joins all axes from its own on."""
    stored = [ramp("kernel", 2, 1, 2, 2)]
    nodes = [h.make_node("Conv", ["x", "kernel"], ["c"], name="conv", auto_pad="SAME_LOWER", strides=[1, 2]),
             h.make_node("Softmax", ["c"], ["y"], name="softmax", axis=2)]
    save("keras_old_opset11", nodes, [floats("x", "batch", 1, 4, 4)], [floats("y", "batch", 2, 4, 2)], stored, 11, 6)


def keras_mean_opset17():
    """Means over the positions with the channels last and first; a bias that a late Constant node holds."""
    stored = [ramp("kernel", 3, 2)]
    nodes = [
        h.make_node("ReduceMean", ["x"], ["last"], name="last", axes=[1, 2], keepdims=1),
        h.make_node("Transpose", ["last"], ["turned"], name="turn", perm=[0, 3, 1, 2]),
        h.make_node("ReduceMean", ["turned"], ["first"], name="first", axes=[-1, -2], keepdims=0),
        h.make_node("MatMul", ["first", "kernel"], ["m"], name="dense"),
        h.make_node("Constant", [], ["bias"], name="late", value=ramp("value", 2, start=1)),
        h.make_node("Add", ["m", "bias"], ["y"], name="dense_bias")]
    save("keras_mean_opset17", nodes, [floats("x", "batch", 4, 5, 3)], [floats("y", "batch", 2)], stored, 17, 8)


def torch_pad_opset14():
    """F.pad as PyTorch writes it: the paddings, last axis first, are filled up, made a table, turned around and read
    column by column. Hardswish and the absolute value of Softsign."""
    stored = [ramp("fc.weight", 2, 42)]
    nodes = [
        constant("given", ints("", 1, 2, 0, 3)), constant("zero", ints("", 0)),
        constant("rank", nh.from_array(np.array(4))), constant("two", nh.from_array(np.array(2))),
        h.make_node("Mul", ["rank", "two"], ["places"]),
        h.make_node("Shape", ["given"], ["shape"]),
        h.make_node("Gather", ["shape", "zero"], ["count"], axis=0),
        h.make_node("Sub", ["places", "count"], ["missing"]),
        h.make_node("Cast", ["given"], ["wide"], to=T.INT64),
        h.make_node("ConstantOfShape", ["missing"], ["zeros"], value=ints("", 0)),
        h.make_node("Concat", ["wide", "zeros"], ["all"], axis=0),
        constant("pairs", ints("", -1, 2)),
        h.make_node("Reshape", ["all", "pairs"], ["table"]),
        constant("last", ints("", -1)), constant("beyond", ints("", -2**63 + 1)), constant("back", ints("", -1)),
        h.make_node("Slice", ["table", "last", "beyond", "zero", "back"], ["turned"]),
        h.make_node("Transpose", ["turned"], ["columns"], perm=[1, 0]),
        constant("flat", ints("", -1)),
        h.make_node("Reshape", ["columns", "flat"], ["list"]),
        h.make_node("Cast", ["list"], ["pads"], to=T.INT64),
        constant("filling", ramp("", start=-0.5)),
        h.make_node("Pad", ["x", "pads", "filling"], ["p"], name="pad", mode="constant"),
        h.make_node("HardSwish", ["p"], ["s"], name="act"),
        h.make_node("Abs", ["s"], ["a"], name="abs"),
        h.make_node("Flatten", ["a"], ["f"], name="flatten"),
        h.make_node("Gemm", ["f", "fc.weight"], ["y"], name="fc", transB=1)]
    save("torch_pad_opset14", nodes, [floats("x", "batch", 1, 3, 4)], [floats("y", "batch", 2)], stored, 14, 7)


def torch_untrained_opset13():
    """A network before training: PyTorch keeps one of the tensors that are equal (gamma and variance; beta, mean and
    bias) and names the others by Identity nodes. A matrix that is tied appears under one name."""
    stored = [nh.from_array(np.ones(3, np.float32), "bn1.weight"), nh.from_array(np.zeros(3, np.float32), "bn1.bias"),
              ramp("fc.weight", 3, 3)]
    nodes = [h.make_node("Identity", ["bn1." + kept], [other]) for kept, other in (
        ("weight", "bn2.running_var"), ("bias", "bn2.running_mean"), ("bias", "bn2.bias"), ("weight", "bn2.weight"),
        ("weight", "bn1.running_var"), ("bias", "bn1.running_mean"))]
    tensors = ["weight", "bias", "running_mean", "running_var"]
    nodes += [
        h.make_node("Gemm", ["x", "fc.weight"], ["1"], name="fc", transB=1),
        h.make_node("BatchNormalization", ["1", *("bn1." + t for t in tensors)], ["2"], name="bn1"),
        h.make_node("Gemm", ["2", "fc.weight"], ["3"], name="tied", transB=1),
        h.make_node("BatchNormalization", ["3", *("bn2." + t for t in tensors)], ["y"], name="bn2")]
    save("torch_untrained_opset13", nodes, [floats("x", "batch", 3)], [floats("y", "batch", 3)], stored, 13, 7)


def lenet5_opset17():
    """The built-in lenet5 as PyTorch writes it, with names and shapes but without weights, as in a run file."""
    shapes = {"conv1.weight": (6, 1, 5, 5), "conv1.bias": (6,), "conv2.weight": (16, 6, 5, 5), "conv2.bias": (16,),
              "fc1.weight": (120, 400), "fc1.bias": (120,), "fc2.weight": (84, 120), "fc2.bias": (84,),
              "fc3.weight": (10, 84), "fc3.bias": (10,)}
    stored = [T(name=name, dims=dims, data_type=T.FLOAT) for name, dims in shapes.items()]
    window = dict(dilations=[1, 1], group=1, kernel_shape=[5, 5], strides=[1, 1])
    pool = dict(ceil_mode=0, kernel_shape=[2, 2], pads=[0, 0, 0, 0], strides=[2, 2])
    nodes = [
        h.make_node("Conv", ["x", "conv1.weight", "conv1.bias"], ["/1"], name="/conv1/Conv", pads=[2] * 4, **window),
        h.make_node("Relu", ["/1"], ["/2"], name="/Relu"),
        h.make_node("MaxPool", ["/2"], ["/3"], name="/MaxPool", **pool),
        h.make_node("Conv", ["/3", "conv2.weight", "conv2.bias"], ["/4"], name="/conv2/Conv", pads=[0] * 4, **window),
        h.make_node("Relu", ["/4"], ["/5"], name="/Relu_1"),
        h.make_node("MaxPool", ["/5"], ["/6"], name="/MaxPool_1", **pool),
        h.make_node("Flatten", ["/6"], ["/7"], name="/Flatten", axis=1),
        h.make_node("Gemm", ["/7", "fc1.weight", "fc1.bias"], ["/8"], name="/fc1/Gemm", transB=1),
        h.make_node("Relu", ["/8"], ["/9"], name="/Relu_2"),
        h.make_node("Gemm", ["/9", "fc2.weight", "fc2.bias"], ["/10"], name="/fc2/Gemm", transB=1),
        h.make_node("Relu", ["/10"], ["/11"], name="/Relu_3"),
        h.make_node("Gemm", ["/11", "fc3.weight", "fc3.bias"], ["y"], name="/fc3/Gemm", alpha=1.0, beta=1.0, transB=1)]
    save("lenet5_opset17", nodes, [floats("x", "batch", 1, 28, 28)], [floats("y", "batch", 10)], stored, 17, 8,
         check=False)


if __name__ == "__main__":
    os.makedirs(HERE, exist_ok=True)
    for make in (torch_cnn_opset7, torch_mlp_opset11, keras_cnn_opset13, torch_attention_opset17, jax_mlp_opset21,
                 dynamo_cnn_opset18, keras_old_opset11, keras_mean_opset17, torch_pad_opset14, torch_untrained_opset13,
                 lenet5_opset17):
        make()
