"""Graphs as tf2onnx and JAX exporters write them, with their loss in double-precision NumPy."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SAMPLES = 20


class Maker:
    """Collects nodes and stored tensors; weights are random."""

    def __init__(self, seed):
        self.random, self.nodes, self.stored = np.random.default_rng(seed), [], []

    def weight(self, name, *shape):
        return self.store(name, self.random.normal(size=shape) * 0.5)

    def store(self, name, values, kind=np.float32):
        values = np.asarray(values, kind)
        self.stored.append(numpy_helper.from_array(values, name))
        return values.astype(float) if kind == np.float32 else values

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output.rsplit(":", 1)[0], **attributes))

    def model(self, x, y, opset, batch="unk__1"):
        """`x`, `y`: name and shape of a sample."""
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape]) for name, *shape in (x, y)]
        graph = helper.make_graph(self.nodes, "tf2onnx", values[:1], values[1:], self.stored)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()


def cross_entropy(logits, y):
    shifted = logits - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return float(-logs[np.arange(len(y)), y].mean())


def convolve(x, kernel, before):
    """x [N,H,W,C], kernel [h,w,C,O]; zeros around it: `before` at the start, the rest of a SAME padding at the end."""
    h, w = kernel.shape[:2]
    x = np.pad(x, ((0, 0), (before, h - 1 - before), (before, w - 1 - before), (0, 0)))
    rows, columns = x.shape[1] - h + 1, x.shape[2] - w + 1
    return sum(x[:, i:i + rows, k:k + columns] @ kernel[i, k] for i in range(h) for k in range(w))


def keras_dense():
    """tf2onnx of a Sequential of Dense layers: (in, out) kernels, biases as own Adds, a Softmax at the end."""
    m = Maker(1)
    w1, b1 = m.weight("sequential/dense/MatMul/ReadVariableOp:0", 6, 8), m.weight("sequential/dense/BiasAdd/ReadVariableOp:0", 8)
    w2, b2 = m.weight("sequential/dense_1/MatMul/ReadVariableOp:0", 8, 4), m.weight("sequential/dense_1/BiasAdd/ReadVariableOp:0", 4)
    x, y = m.random.normal(size=(SAMPLES, 6)).astype(np.float32), m.random.integers(4, size=SAMPLES)
    m.node("MatMul", ["dense_input", "sequential/dense/MatMul/ReadVariableOp:0"], "sequential/dense/MatMul:0")
    m.node("Add", ["sequential/dense/MatMul:0", "sequential/dense/BiasAdd/ReadVariableOp:0"], "sequential/dense/BiasAdd:0")
    m.node("Relu", ["sequential/dense/BiasAdd:0"], "sequential/dense/Relu:0")
    m.node("MatMul", ["sequential/dense/Relu:0", "sequential/dense_1/MatMul/ReadVariableOp:0"], "sequential/dense_1/MatMul:0")
    m.node("Add", ["sequential/dense_1/MatMul:0", "sequential/dense_1/BiasAdd/ReadVariableOp:0"],
           "sequential/dense_1/BiasAdd:0")
    m.node("Softmax", ["sequential/dense_1/BiasAdd:0"], "dense_1", axis=-1)
    logits = np.maximum(x @ w1 + b1, 0) @ w2 + b2
    return m.model(("dense_input", 6), ("dense_1", 4), 13), x, y, cross_entropy(logits, y)


def keras_cnn():
    """tf2onnx of a channels-last CNN: transposes around it, SAME padding, batch norm left as Mul and Add, flattened in
    channels-last order with a stored shape."""
    m = Maker(2)
    kernel = m.random.normal(size=(2, 2, 3, 4))
    kernel = m.store("model/conv2d/Conv2D/ReadVariableOp:0", kernel.transpose(3, 2, 0, 1)).transpose(2, 3, 1, 0)
    scale, shift = m.weight("model/bn/mul:0", 1, 4, 1, 1), m.weight("model/bn/sub:0", 1, 4, 1, 1)
    w, b = m.weight("model/dense/MatMul/ReadVariableOp:0", 36, 5), m.weight("model/dense/BiasAdd/ReadVariableOp:0", 5)
    m.store("const_fold_opt__12", [-1, 36], np.int64)
    x, y = m.random.normal(size=(SAMPLES, 6, 6, 3)).astype(np.float32), m.random.integers(5, size=SAMPLES)
    m.node("Transpose", ["input_1"], "model/conv2d/Conv2D__6:0", perm=[0, 3, 1, 2])
    m.node("Conv", ["model/conv2d/Conv2D__6:0", "model/conv2d/Conv2D/ReadVariableOp:0"], "model/conv2d/Conv2D:0",
           auto_pad="SAME_UPPER", dilations=[1, 1], strides=[1, 1], kernel_shape=[2, 2], group=1)
    m.node("Mul", ["model/conv2d/Conv2D:0", "model/bn/mul:0"], "model/bn/FusedBatchNormV3/mul:0")
    m.node("Add", ["model/bn/FusedBatchNormV3/mul:0", "model/bn/sub:0"], "model/bn/FusedBatchNormV3:0")
    m.node("Relu", ["model/bn/FusedBatchNormV3:0"], "model/re_lu/Relu:0")
    m.node("MaxPool", ["model/re_lu/Relu:0"], "model/pool/MaxPool:0", kernel_shape=[2, 2], strides=[2, 2], auto_pad="VALID")
    m.node("Transpose", ["model/pool/MaxPool:0"], "model/pool/MaxPool__16:0", perm=[0, 2, 3, 1])
    m.node("Reshape", ["model/pool/MaxPool__16:0", "const_fold_opt__12"], "model/flatten/Reshape:0")
    m.node("MatMul", ["model/flatten/Reshape:0", "model/dense/MatMul/ReadVariableOp:0"], "model/dense/MatMul:0")
    m.node("Add", ["model/dense/MatMul:0", "model/dense/BiasAdd/ReadVariableOp:0"], "dense")
    z = np.maximum(convolve(x.astype(float), kernel, 0) * scale.ravel() + shift.ravel(), 0)
    z = z.reshape(SAMPLES, 3, 2, 3, 2, 4).max((2, 4)).reshape(SAMPLES, -1)
    return m.model(("input_1", 6, 6, 3), ("dense", 5), 13), x, y, cross_entropy(z @ w + b, y)


def keras_global_pool():
    """A channels-last mean over the positions (GlobalAveragePooling2D) written as a ReduceMean, the weights read through
    Identity nodes, the batch fixed."""
    m = Maker(3)
    kernel = m.store("conv/kernel", m.random.normal(size=(4, 3, 3, 3))).transpose(2, 3, 1, 0)
    bias = m.weight("conv/bias", 4)
    w = m.weight("dense/kernel", 4, 5)
    x, y = m.random.normal(size=(SAMPLES, 5, 5, 3)).astype(np.float32), m.random.integers(5, size=SAMPLES)
    m.node("Identity", ["dense/kernel"], "model/dense/MatMul/ReadVariableOp:0")
    m.node("Transpose", ["input"], "to_nchw:0", perm=[0, 3, 1, 2])
    m.node("Conv", ["to_nchw:0", "conv/kernel", "conv/bias"], "conv:0", pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    m.node("Transpose", ["conv:0"], "to_nhwc:0", perm=[0, 2, 3, 1])
    m.node("Elu", ["to_nhwc:0"], "elu:0", alpha=1.0)
    m.node("ReduceMean", ["elu:0"], "mean:0", axes=[1, 2], keepdims=0)
    m.node("MatMul", ["mean:0", "model/dense/MatMul/ReadVariableOp:0"], "logits")
    z = convolve(x.astype(float), kernel, 1) + bias
    z = np.where(z < 0, np.expm1(np.minimum(z, 0)), z).mean((1, 2))
    return m.model(("input", 5, 5, 3), ("logits", 5), 11, batch=1), x, y, cross_entropy(z @ w, y)


def jax_dense():
    """jax2tf: operands in the other order, biases reshaped to [1, n] and broadcast, tanh-GELU spelled out with scalar
    initializers."""
    m = Maker(4)
    w1, b1, w2 = m.weight("params_0_w", 6, 7), m.weight("params_0_b", 1, 7), m.weight("params_1_w", 7, 4)
    for name, value in (("half", 0.5), ("one", 1), ("cubic", 0.044715), ("root", (2 / np.pi) ** 0.5)):
        m.store(name, value)
    x, y = m.random.normal(size=(SAMPLES, 6)).astype(np.float32), m.random.integers(4, size=SAMPLES)
    m.node("MatMul", ["x", "params_0_w"], "dot_0")
    m.node("Add", ["params_0_b", "dot_0"], "add_0")
    m.node("Mul", ["add_0", "add_0"], "square")
    m.node("Mul", ["square", "add_0"], "cube")
    m.node("Mul", ["cubic", "cube"], "scaled")
    m.node("Add", ["add_0", "scaled"], "sum")
    m.node("Mul", ["root", "sum"], "inner")
    m.node("Tanh", ["inner"], "tanh")
    m.node("Add", ["one", "tanh"], "outer")
    m.node("Mul", ["half", "outer"], "gate")
    m.node("Mul", ["add_0", "gate"], "gelu")
    m.node("MatMul", ["gelu", "params_1_w"], "logits")
    z = x @ w1 + b1
    z = z * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z ** 3)))
    return m.model(("x", 6), ("logits", 4), 15), x, y, cross_entropy(z @ w2, y)


def entries():
    """Name, model, inputs, labels and the loss."""
    return [(make.__name__, *make()) for make in (keras_dense, keras_cnn, keras_global_pool, jax_dense)]
