"""The zoo's PyTorch networks: small, but with the layers and the idioms of real ones."""

import torch
import torch.nn.functional as F
from torch import nn


class Entry:
    """A network, the shape of one sample, how many classes it tells apart (0 = one binary target) and the first
    opset that its operators can be exported to."""

    def __init__(self, name, make, shape, classes=5, opset=9):
        self.name, self.make, self.shape, self.classes, self.opset = name, make, shape, classes, opset


class Apply(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def mlp(activation, head=None, classes=5):
    layers = [nn.Linear(6, 8), activation(), nn.Linear(8, 7), activation(), nn.Linear(7, classes)]
    return nn.Sequential(*layers, *([head] if head else []))


def conv_bn(inputs, outputs, kernel=3, **more):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, bias=False, **more), nn.BatchNorm2d(outputs))


def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 5), nn.Tanh(),
                         nn.AvgPool2d(2), nn.Flatten(), nn.Linear(32, 12), nn.Tanh(), nn.Linear(12, 5))


class SmallCnn(nn.Module):
    """Two convolutions, a pool, dropout and two linear layers, flattened in one way or the other."""

    def __init__(self, flatten):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 6, 3)
        self.fc1, self.fc2 = nn.Linear(54, 10), nn.Linear(10, 5)
        self.flatten = flatten

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = F.dropout(F.max_pool2d(x, 2), 0.25, self.training)
        x = F.relu(self.fc1(self.flatten(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def vgg():
    def block(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*block(3, 4), *block(4, 4), nn.MaxPool2d(2), *block(4, 6), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Dropout(0.5), nn.Linear(24, 9), nn.ReLU(), nn.Dropout(0.5), nn.Linear(9, 5))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, shortcut):
        super().__init__()
        self.first, self.second = conv_bn(inputs, outputs, stride=stride, padding=1), conv_bn(outputs, outputs, padding=1)
        self.shortcut = shortcut
        same = stride == 1 and inputs == outputs
        self.project = nn.Sequential() if same or not shortcut else conv_bn(inputs, outputs, 1, stride=stride)

    def forward(self, x):
        y = self.second(F.relu(self.first(x)))
        return F.relu(y + self.project(x) if self.shortcut else y)


def resnet(shortcut):
    return nn.Sequential(conv_bn(3, 4, padding=1), nn.ReLU(), ResidualBlock(4, 4, 1, shortcut),
                         ResidualBlock(4, 6, 2, shortcut), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(6, 5))


class OptionA(nn.Module):
    """A residual block whose shortcut strides and pads channels with zeros, as for CIFAR-10."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = conv_bn(4, 8, stride=2, padding=1), nn.Linear(8, 5)

    def forward(self, x):
        shortcut = F.pad(F.avg_pool2d(x, 1, 2), (0, 0, 0, 0, 2, 2))
        return self.fc(F.relu(self.conv(x) + shortcut).mean([2, 3]))


class DenseBlock(nn.Module):
    def __init__(self, inputs, growth, layers):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(inputs + i * growth), nn.ReLU(),
                          nn.Conv2d(inputs + i * growth, growth, 3, padding=1, bias=False)) for i in range(layers))

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


def densenet():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), DenseBlock(4, 3, 2), nn.BatchNorm2d(10), nn.ReLU(),
                         nn.Conv2d(10, 5, 1, bias=False), nn.AvgPool2d(2), DenseBlock(5, 3, 2), nn.BatchNorm2d(11),
                         nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(11, 5))


def separable():
    return nn.Sequential(conv_bn(3, 6, stride=2, padding=1), nn.ReLU6(), conv_bn(6, 6, padding=2, dilation=2, groups=6),
                         nn.ReLU6(), conv_bn(6, 8, 1), nn.ReLU6(), nn.Conv2d(8, 8, 3, padding=1, groups=2),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))


def conv1d():
    return nn.Sequential(nn.Conv1d(2, 5, 5, stride=2, padding=2), nn.BatchNorm1d(5), nn.ReLU(), nn.MaxPool1d(2),
                         nn.Conv1d(5, 6, 3, padding=2, dilation=2, groups=1), nn.ELU(), nn.AvgPool1d(2),
                         nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(6, 5))


def asymmetric():
    return nn.Sequential(nn.ZeroPad2d((0, 1, 2, 1)), nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(0, 1)), nn.ReLU(),
                         nn.ConstantPad2d((1, 0, 0, 2), -0.5), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
                         nn.Flatten(), nn.LazyLinear(5))


def pools(**options):
    return nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.AvgPool2d(3, stride=2, padding=1, **options), nn.Tanh(),
                         nn.Conv2d(3, 4, 2), nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=options["ceil_mode"]),
                         nn.AvgPool2d(2, stride=1, padding=1, **options), nn.Flatten(), nn.LazyLinear(5))


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.down, self.up = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 2, 1), nn.Conv2d(2, 6, 1)
        self.gain = nn.Parameter(torch.randn(6, 1, 1))
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = F.silu(self.conv(x))
        gate = torch.sigmoid(self.up(F.relu(self.down(x.mean((2, 3), keepdim=True)))))
        return self.fc((x + self.gain * (x * gate)).mean([2, 3]))


class Turned(nn.Module):
    """Squeezes, unsqueezes, permutes; a linear layer on three axes."""

    def __init__(self):
        super().__init__()
        self.mix, self.conv, self.fc = nn.Linear(4, 6), nn.Conv2d(1, 2, 3), nn.Linear(16, 5)

    def forward(self, x):
        x = torch.tanh(self.mix(x)).transpose(1, 2)
        x = self.conv(x.unsqueeze(1)).permute(0, 2, 3, 1)
        return self.fc(x.reshape(x.shape[0], -1, 2)[..., None].squeeze(-1).flatten(1))


class Mixer(nn.Module):
    """Patches, then one layer that mixes patches and one that mixes channels."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 6, 4, stride=4)
        self.tokens = nn.Sequential(nn.Linear(4, 7), nn.GELU(), nn.Linear(7, 4))
        self.channels = nn.Sequential(nn.Linear(6, 9), nn.GELU(), nn.Linear(9, 6))
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(x.transpose(1, 2)).transpose(1, 2)
        return self.fc((x + self.channels(x)).mean(1))


class Attention(nn.Module):
    """Two heads that attend over five tokens, with a learned position."""

    def __init__(self):
        super().__init__()
        self.position = nn.Parameter(torch.randn(1, 5, 6))
        self.query, self.key, self.value = nn.Linear(6, 6), nn.Linear(6, 6, bias=False), nn.Linear(6, 6)
        self.out, self.fc = nn.Linear(6, 6), nn.Linear(30, 5)

    def split(self, x):
        return x.view(x.size(0), 5, 2, 3).transpose(1, 2)

    def forward(self, x):
        x = x + self.position
        weights = self.split(self.query(x)) @ self.split(self.key(x)).transpose(-2, -1) / 3 ** 0.5
        y = torch.softmax(weights, -1) @ self.split(self.value(x))
        return self.fc((x + self.out(y.transpose(1, 2).reshape(x.size(0), 5, 6))).flatten(1))


class Tied(nn.Module):
    """One matrix read in both directions, a layer used twice, a vector that is no parameter."""

    def __init__(self):
        super().__init__()
        self.weight, self.shared, self.fc = nn.Parameter(torch.randn(6, 6)), nn.Linear(6, 6), nn.Linear(6, 5)

    def forward(self, x):
        x = torch.tanh(F.linear(x, self.weight)) + torch.tensor([-1, 0, 1, 2, 3, 0.5], dtype=x.dtype)
        return self.fc(torch.tanh(self.shared(torch.relu(self.shared(x @ self.weight)))))


def one_logit():
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


def entries():
    flat, image, wide = (6,), (1, 10, 10), (3, 8, 8)
    activations = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "elu": lambda: nn.ELU(0.7), "selu": nn.SELU,
                   "gelu": nn.GELU, "gelu_tanh": lambda: nn.GELU("tanh"), "leaky_relu": lambda: nn.LeakyReLU(0.2),
                   "softplus": nn.Softplus, "softsign": nn.Softsign, "hardsigmoid": nn.Hardsigmoid,
                   "hardtanh": lambda: nn.Hardtanh(-0.3, 0.4), "relu6": nn.ReLU6, "silu": nn.SiLU, "mish": nn.Mish,
                   "hardswish": nn.Hardswish}
    yield from (Entry(f"mlp_{name}", lambda a=a: mlp(a), flat) for name, a in activations.items())
    yield Entry("softmax_head", lambda: mlp(nn.ReLU, nn.Softmax(dim=1)), flat)
    yield Entry("log_softmax_head", lambda: mlp(nn.ReLU, nn.LogSoftmax(dim=-1)), flat)
    yield Entry("sigmoid_head", lambda: mlp(nn.ReLU, nn.Sigmoid(), 1), flat, 0)
    yield Entry("one_logit_bn1d", one_logit, flat, 0)
    yield Entry("lenet", lenet, (1, 16, 16))
    yield Entry("cnn_view", lambda: SmallCnn(lambda x: x.view(x.size(0), -1)), image)
    yield Entry("cnn_flatten", lambda: SmallCnn(lambda x: torch.flatten(x, 1)), image)
    yield Entry("cnn_view_fixed", lambda: SmallCnn(lambda x: x.view(-1, 54)), image)
    yield Entry("vgg", vgg, wide)
    yield Entry("resnet", lambda: resnet(True), wide)
    yield Entry("resnet_noshort", lambda: resnet(False), wide)
    yield Entry("resnet_option_a", OptionA, (4, 8, 8))
    yield Entry("densenet", densenet, wide)
    yield Entry("separable", separable, wide)
    yield Entry("conv1d", conv1d, (2, 24))
    yield Entry("asymmetric", asymmetric, (2, 7, 8))
    for count in (False, True):
        for ceil in (False, True):
            yield Entry(f"pools_{'counted' if count else 'uncounted'}_{'ceil' if ceil else 'floor'}",
                        lambda c=count, m=ceil: pools(count_include_pad=c, ceil_mode=m), (1, 10, 9))
    yield Entry("squeeze_excite", SqueezeExcite, wide)
    yield Entry("turned", Turned, (4, 4))
    yield Entry("mixer", Mixer, wide)
    yield Entry("attention", Attention, (5, 6))
    yield Entry("tied", Tied, flat)


def foreign():
    """Networks beyond the operators that are read: name, network, shape of a sample, the operator to be named."""

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.fc = nn.LSTM(4, 5, batch_first=True), nn.Linear(5, 5)

        def forward(self, x):
            return self.fc(self.lstm(x)[0].mean(1))

    yield "lstm", Recurrent(), (3, 4), "LSTM|Transpose"
    yield "deconvolution", nn.Sequential(nn.ConvTranspose2d(1, 2, 3), nn.Flatten(), nn.Linear(128, 5)), (1, 6, 6), \
        "ConvTranspose"
    yield "prelu", mlp(nn.PReLU), (6,), "PRelu"


def settle(net, generator):
    """Parameters and batch-norm statistics as after some training: none equal, none at its start; eval mode."""
    with torch.no_grad():
        for tensor in list(net.parameters()) + list(net.buffers()):
            if tensor.is_floating_point():
                tensor += 0.3 * torch.rand(tensor.shape, generator=generator) * (1 + tensor.abs())
    return net.eval()
