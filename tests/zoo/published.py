"""Other formulations of the published vision models: from their state dicts, tick by tick.

Everything stateless is folded by hand, neurons count in U = 2 V: U <- U / 2 + x, a spike where
U >= 2 threshold, then U <- 0 (Zhou et al. 2023, appendix; equal to h = v + (x - v) / 2).
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d

State = dict[str, Tensor]


class Neurons:
    """All populations of one model, each under a name of its own."""

    def __init__(self) -> None:
        self.u: dict[str, Tensor] = {}

    def __call__(self, name: str, x: Tensor, threshold: float = 1.0) -> Tensor:
        u = self.u.get(name, torch.zeros_like(x)) / 2 + x
        spikes = (u >= 2 * threshold).to(x.dtype)
        self.u[name] = u * (1 - spikes)
        return spikes


def scaled(state: State, norm: str) -> tuple[Tensor, Tensor]:
    """A batch norm as gain and offset."""
    gain = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + 1e-5).sqrt()
    return gain, state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain


def conv(state: State, name: str, norm: str, x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """A convolution, its norm folded into it."""
    gain, offset = scaled(state, norm)
    weight = state[f"{name}.weight"]
    bias = state.get(f"{name}.bias", torch.zeros_like(gain))
    kernel = weight.reshape(*weight.shape[:2], *(weight.shape[2:] or (1, 1)))
    kernel = kernel if kernel.ndim == 4 else kernel[..., None]
    padding = kernel.shape[-1] // 2
    return conv2d(
        x, kernel * gain[:, None, None, None], bias * gain + offset, stride, padding, 1, groups
    )


def stem(state: State, n: Neurons, x: Tensor, pools: str, counts: bool) -> Tensor:
    """The patch embedding of both transformers; `counts`: spikes are added to spikes."""
    for index, suffix in enumerate(("", "1", "2", "3")):
        y = conv(state, f"patch_embed.proj_conv{suffix}", f"patch_embed.proj_bn{suffix}", x)
        real = index == 3 and not counts
        x = y if real else n(f"stem{index}", y)
        x = max_pool2d(x, 3, 2, 1) if pools[index] == "1" else x
    s = x if counts else n("stem3", x)
    y = conv(state, "patch_embed.rpe_conv", "patch_embed.rpe_bn", s)
    return x + (n("rpe", y) if counts else y)


def sdt1(state: State, x: Tensor, depth: int, pools: str) -> Tensor:
    """Yao et al. 2023: the gate is whether k and v ever coincide in the channel."""
    n, outputs = Neurons(), []
    for image in x:
        y = stem(state, n, image, pools, counts=False)
        for b in (f"block.{index}" for index in range(depth)):
            s = n(f"{b}.s", y)
            q, k, v = (
                n(f"{b}.{w}", conv(state, f"{b}.attn.{w}_conv", f"{b}.attn.{w}_bn", s))
                for w in "qkv"
            )
            gate = ((k * v).amax((2, 3), keepdim=True) > 0).to(y.dtype)
            y = y + conv(state, f"{b}.attn.proj_conv", f"{b}.attn.proj_bn", q * gate)
            inner = conv(state, f"{b}.mlp.fc1_conv", f"{b}.mlp.fc1_bn", n(f"{b}.1", y))
            y = y + conv(state, f"{b}.mlp.fc2_conv", f"{b}.mlp.fc2_bn", n(f"{b}.2", inner))
        s = n("head", y.mean((2, 3)))
        outputs.append(s @ state["head.weight"].T + state["head.bias"])
    return torch.stack(outputs)


def attention(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """q (k^T v) / 8 per head; all `[batch, width, tokens]`."""
    split: Callable[[Tensor], Tensor] = lambda x: x.reshape(len(x), heads, -1, x.shape[-1])  # noqa: E731
    kv = torch.einsum("bhdn,bhen->bhde", split(k), split(v))
    return torch.einsum("bhdn,bhde->bhen", split(q), kv).reshape(q.shape) / 8


def spikformer(state: State, x: Tensor, depth: int, pools: str, heads: int) -> Tensor:
    """Zhou et al. 2023: what blocks pass on are counts of spikes."""
    n, outputs = Neurons(), []
    for image in x:
        y = stem(state, n, image, pools, counts=True)
        shape = y.shape

        def dense(b: str, part: str, s: Tensor) -> Tensor:
            name, norm = f"{b}.{part}_linear", f"{b}.{part}_bn"
            return n(f"{b}.{part}", conv(state, name, norm, s))

        for index in range(depth):
            b = f"block.{index}.attn"
            q, k, v = (dense(b, w, y).flatten(2) for w in "qkv")
            a = n(f"{b}.a", attention(q, k, v, heads), 0.5).reshape(shape)
            y = y + dense(b, "proj", a)
            b = f"block.{index}.mlp"
            y = y + dense(b, "fc2", dense(b, "fc1", y))
        outputs.append(y.mean((2, 3)) @ state["head.weight"].T + state["head.bias"])
    return torch.stack(outputs)


def merged(state: State, name: str) -> tuple[Tensor, Tensor]:
    """A re-parameterised convolution as one: kernel `[out, in, 3, 3]` and bias."""
    first, second, third = (
        scaled(state, f"{name}.{norm}") for norm in ("0.body.1.bn", "0.body.2.2", "1")
    )
    point = state[f"{name}.0.body.0.weight"][:, :, 0, 0]
    deep = state[f"{name}.0.body.2.0.weight"][:, 0]
    last = state[f"{name}.0.body.2.1.weight"][:, :, 0, 0] * (third[0] * second[0])[:, None]
    kernel = torch.einsum("om,mhw,m,mi->oihw", last, deep, first[0], point)
    bias = last @ (deep.sum((1, 2)) * first[1]) + third[0] * second[1] + third[1]
    return kernel, bias


def sdt2(state: State, x: Tensor, heads: int, convs: int, blocks: tuple[int, int]) -> Tensor:
    """Yao et al. 2024, with every re-parameterised convolution merged into one."""
    n, outputs = Neurons(), []

    def down(name: str, y: Tensor, stride: int, first: bool = False) -> Tensor:
        s = y if first else n(name, y)
        return conv(state, f"{name}.encode_conv", f"{name}.encode_bn", s, stride)

    def block(b: str, y: Tensor) -> Tensor:
        c = f"{b}.Conv"
        s = n(f"{c}.2", conv(state, f"{c}.pwconv1", f"{c}.bn1", n(f"{c}.1", y)))
        s = conv2d(s, state[f"{c}.dwconv.weight"], padding=3, groups=s.shape[1])
        y = y + conv(state, f"{c}.pwconv2", f"{c}.bn2", s)
        inner = conv(state, f"{b}.conv1", f"{b}.bn1", n(f"{b}.1", y))
        return y + conv(state, f"{b}.conv2", f"{b}.bn2", n(f"{b}.2", inner))

    def former(b: str, y: Tensor) -> Tensor:
        s = n(f"{b}.s", y)
        q, k, v = (
            n(f"{b}.{w}", conv2d(s, *merged(state, f"{b}.attn.{w}_conv"), padding=1)).flatten(2)
            for w in "qkv"
        )
        a = n(f"{b}.a", attention(q, k, v, heads), 0.5).reshape(y.shape)
        y = y + conv2d(a, *merged(state, f"{b}.attn.proj_conv"), padding=1)
        inner = conv(state, f"{b}.mlp.fc1_conv", f"{b}.mlp.fc1_bn", n(f"{b}.1", y))
        return y + conv(state, f"{b}.mlp.fc2_conv", f"{b}.mlp.fc2_bn", n(f"{b}.2", inner))

    for image in x:
        y = block("ConvBlock1_1.0", down("downsample1_1", image, 2, first=True))
        y = down("downsample2", block("ConvBlock1_2.0", down("downsample1_2", y, 2)), 2)
        for index in range(convs):
            y = block(f"ConvBlock2_{index + 1}.0", y)
        y = down("downsample3", y, 2)
        for index in range(blocks[0]):
            y = former(f"block3.{index}", y)
        y = down("downsample4", y, 1)
        for index in range(blocks[1]):
            y = former(f"block4.{index}", y)
        outputs.append(n("head", y.mean((2, 3))) @ state["head.weight"].T + state["head.bias"])
    return torch.stack(outputs)


def mlp(state: State, x: Tensor, depths: tuple[int, ...], patch: int) -> Tensor:
    """Li et al. 2023: h enters every block of its stage anew."""
    n, outputs = Neurons(), []

    def cell(p: str, x: Tensor) -> Tensor:
        a, b, c = (
            conv(state, f"{p}.cell2node.{i}.0", f"{p}.cell2node.{i}.1", x, 2) for i in range(3)
        )
        b = b + conv(state, f"{p}.node1_node2.0", f"{p}.node1_node2.1", n(f"{p}.1", a))
        c = c + a + conv(state, f"{p}.node2_node3.0", f"{p}.node2_node3.1", n(f"{p}.2", b))
        return torch.cat((a, b, c), 1)

    def along(t: str, x: Tensor, letters: str) -> Tensor:
        gain, offset = scaled(state, f"{t}.2")
        matrix = state[f"{t}.1.weight"][:, :, 0, 0]
        mixed = torch.einsum(letters, matrix * gain[:, None], x)
        bias = state[f"{t}.1.bias"] * gain + offset
        return n(t, mixed + (bias[:, None] if letters.endswith("ow") else bias))

    def tokens(t: str, x: Tensor) -> Tensor:
        high = along(f"{t}.proj_h", x, "oh,bchw->bcow")
        wide = along(f"{t}.proj_w", x, "ow,bchw->bcho")
        return conv(state, f"{t}.fuse.0", f"{t}.fuse.1", torch.cat((x, high, wide), 1))

    def channels(c: str, x: Tensor) -> Tensor:
        gain1, offset1 = scaled(state, f"{c}.1")
        gain2, offset2 = scaled(state, f"{c}.4")
        y = torch.einsum("oc,bcn->bon", state[f"{c}.0.weight"], x.flatten(2))
        y = n(c, (y + state[f"{c}.0.bias"][:, None]) * gain1 + offset1)
        y = torch.einsum("oc,bcn->bon", state[f"{c}.3.weight"], y) + state[f"{c}.3.bias"][:, None]
        return (y * gain2 + offset2).reshape(x.shape)

    for image in x:
        y, index = image, 0
        for stage, depth in enumerate(depths):
            p = f"to_patch_embedding.{stage}"
            if stage:
                h = cell(p, y)
            else:
                gain, offset = scaled(state, f"{p}.1")
                h = conv2d(y, state[f"{p}.0.weight"] * gain[:, None, None, None], offset, patch)
            y = n(p, h)
            for block in range(index, index + depth):
                t = h + tokens(f"token_mix.{block}", y)
                y = n(f"{block}.t", t)
                y = n(f"{block}.c", t + channels(f"channel_mix.{block}.1.net", y))
            index += depth
        gain, offset = scaled(state, "batch_norm")
        mean = (y * gain[:, None, None] + offset[:, None, None]).mean((2, 3))
        outputs.append(mean @ state["mlp_head.1.weight"].T + state["mlp_head.1.bias"])
    return torch.stack(outputs)
