"""Small models around one construct each: the network is the model, or a sentence says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from snncc.frontends import Imported
from snncc.ir import ImportRefused
from tests.frontends.sidebyside import equal

Load = Callable[..., Imported]
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Exact:
    """An input shape, options, and what the import says beside the library's name."""

    shape: str
    options: Mapping[str, str] = field(default_factory=dict)
    decode: str = ""
    note: str = ""


EXACT = {
    "in_place:Summed": Exact("6"),
    "in_place:Joined": Exact("6"),
    "in_place:Accumulated": Exact("6"),
    "in_place:Traced": Exact("6"),
    "in_place:Charged": Exact("6"),
    "in_place:Emptied": Exact("6"),
    "built:lazy": Exact("2x6x6"),
    "built:LazyAtTheEnd": Exact("6"),
    "built:lazy_shared": Exact("7"),
    "built:scripted": Exact("6"),
    "built:scripted_image": Exact("2x6x6"),
    "built:traced_by_jit": Exact("6"),
    "built:Framed": Exact("2x5x5"),
    "built:Between": Exact("6"),
    "built:Cropped": Exact("6", {"ticks": "12"}),
    "built:LastTicks": Exact("6", {"ticks": "8"}),
    "read_out:Infinite": Exact("6", decode="last"),
    "read_out:BothOfIt": Exact("6", decode="mean"),
    "read_out:NonSpiking": Exact("6", decode="last"),
    "read_out:LargestPotential": Exact("6", decode="max", note="log_softmax of the scores"),
    "read_out:LargestOfAll": Exact("6", decode="max"),
    "read_out:AnySpike": Exact("6", decode="max"),
    "read_out:Relative": Exact("6", decode="mean", note="softmax of the scores is left out"),
    "read_out:Chosen": Exact("6", decode="count", note="softmax, argmax of the scores"),
    "read_out:Probable": Exact("6", decode="mean", note="sigmoid of the scores is left out"),
    "read_out:WithLosses": Exact("6", decode="mean", note="'score' is compiled"),
    "read_out:RelativeInside": Exact("6", decode="mean"),
    "read_out:LargestInside": Exact("6", decode="count"),
    "in_the_way:cured": Exact("6"),
    "in_the_way:Kept": Exact("6"),
    "in_the_way:walking": Exact("6"),
    "in_the_way:derived": Exact("6"),
    "in_the_way:ByHand": Exact("6"),
    "linear_maps:zero_padded": Exact("2x6x6"),
    "linear_maps:transposed": Exact("2x6x6"),
    "linear_maps:circular": Exact("2x6x6"),
    "linear_maps:reflected": Exact("2x6x6"),
    "linear_maps:enlarged": Exact("2x6x6"),
    "linear_maps:smoothly_enlarged": Exact("2x6x6"),
    "linear_maps:shuffled": Exact("2x6x6"),
    "linear_maps:pooled": Exact("2x6x6"),
    "linear_maps:pooled_to_more": Exact("2x6x6"),
    "linear_maps:grouped": Exact("2x6x6"),
    "linear_maps:eroded": Exact("2x6x6"),
    "linear_maps:averaged_over_channels": Exact("2x6x6"),
    "linear_maps:conv_over_ticks": Exact("2x6x6"),
    "linear_maps:pool_over_ticks": Exact("2x6x6"),
    "linear_maps:Framed": Exact("2x6x6"),
    "by_hand:AlifBase": Exact("12", {"signal": "real"}),
    "by_hand:AlifZero": Exact("12", {"signal": "real"}),
    "by_hand:AlifMinus": Exact("12", {"signal": "real"}),
    "by_hand:MaskMinus": Exact("12", {"signal": "real"}),
    "by_hand:MaskZero": Exact("12", {"signal": "real"}),
    "by_hand:MaskTimes": Exact("12", {"signal": "real"}),
    "by_hand:MaskMinusTensor": Exact("12", {"signal": "real"}),
    "by_hand:MaskOut": Exact("12", {"signal": "real"}),
    "by_hand:MaskedFill": Exact("12", {"signal": "real"}),
    "by_hand:WhereIn": Exact("12", {"signal": "real"}),
    "by_hand:NotMask": Exact("12", {"signal": "real"}),
    "by_hand:Lerp": Exact("12", {"signal": "real"}),
    "by_hand:Addcmul": Exact("12", {"signal": "real"}),
    "by_hand:AddAlpha": Exact("12", {"signal": "real"}),
    "by_hand:ReluSign": Exact("12", {"signal": "real"}),
    "by_hand:ClampFloor": Exact("12", {"signal": "real"}),
    "by_hand:ClampBoth": Exact("12", {"signal": "real"}),
    "by_hand:Maximum": Exact("12", {"signal": "real"}),
    "by_hand:Graded": Exact("12", {"signal": "real"}),
    "by_hand:GradedReset": Exact("12", {"signal": "real"}),
    "by_hand:Softplus": Exact("12", {"signal": "real"}),
    "by_hand:DetachReset": Exact("12", {"signal": "real"}),
    "by_hand:Bias": Exact("12", {"signal": "real"}),
    "by_hand:RestBelow": Exact("12", {"signal": "real"}),
    "by_hand:SoftAndLeak": Exact("12", {"signal": "real"}),
    "by_hand:Cuba": Exact("12", {"signal": "real"}),
    "by_hand:Adex": Exact("12", {"signal": "real"}),
    "by_hand:Inhibit": Exact("12", {"signal": "real"}),
    "data_flow:Flip": Exact("12"),
    "data_flow:Rot": Exact("12"),
    "data_flow:Tile": Exact("12"),
    "data_flow:RepeatInter": Exact("12"),
    "data_flow:Take": Exact("12"),
    "data_flow:Gather": Exact("12"),
    "data_flow:ChunkCat": Exact("12"),
    "data_flow:Unbind": Exact("12"),
    "data_flow:Narrow": Exact("12"),
    "data_flow:Diff": Exact("12"),
    "data_flow:Cumsum": Exact("12"),
    "data_flow:Tril": Exact("12"),
    "data_flow:Swap": Exact("12"),
    "data_flow:Triu": Exact("12"),
    "data_flow:Scatter": Exact("12"),
    "data_flow:IndexAdd": Exact("12"),
    "data_flow:Kron": Exact("12"),
    "data_flow:Outer": Exact("12"),
    "data_flow:Leaky": Exact("12"),
    "data_flow:Hard": Exact("12"),
    "data_flow:Relu6": Exact("12"),
    "data_flow:Abs": Exact("12"),
    "data_flow:Minimum": Exact("12"),
    "data_flow:Square": Exact("12"),
    "data_flow:Tanh": Exact("12"),
    "data_flow:Elu": Exact("12"),
    "data_flow:Xor": Exact("12"),
    "data_flow:And": Exact("12"),
    "data_flow:Or": Exact("12"),
    "data_flow:Past": Exact("12"),
    "data_flow:Addmm": Exact("12"),
    "data_flow:Bmm": Exact("12"),
    "data_flow:Tensordot": Exact("12"),
    "data_flow:Mv": Exact("12"),
    "data_flow:Ckpt": Exact("12"),
    "data_flow:Vmap": Exact("12"),
    "data_flow:ReturnNamed": Exact("12"),
    "data_flow:ReturnDict": Exact("12"),
    "data_flow:ReturnBare": Exact("12"),
    "data_flow:Spectral": Exact("12"),
    "data_flow:Pruned": Exact("12"),
    "data_flow:Masked": Exact("12"),
    "data_flow:Orthogonal": Exact("12"),
    "data_flow:Experts": Exact("12"),
    "data_flow:Embedding": Exact("12"),
    "data_flow:ByChannelsLast": Exact("12"),
    "data_flow:compiled": Exact("12"),
    "data_flow:wrapped": Exact("12"),
}
REFUSED = {
    "in_place:Decayed": ("6", "in_place.py:", "is not the one it returned at its last call"),
    "built:lazy_shared": ("6", "module '0' is a LazyLinear", "name the sizes in the model"),
    "built:frozen": ("6", "module '0'", "build the model without torch.jit"),
    "built:Cropped": ("6", "computes 12 ticks where its input has 64", "--option ticks=12"),
    "read_out:Subtracting": ("6", "neuron 'two' has an infinite", "give v_reset a number"),
    "read_out:LogAtEveryTick": ("6", "read_out.py:", "no op has a logarithm"),
    "read_out:Ranked": ("6", "read_out.py:", "leave that to the reader of the score"),
    "read_out:LayerAfterLargest": ("6", "read_out.py:", "follows the largest value of all ticks"),
    "in_the_way:built_with_another_reset": ("6", "module '1'", "build it with the reset"),
    "in_the_way:undescribed": (
        "6",
        "(Other): it is derived from LIFNode",
        "@neuron (docs/own-neurons",
    ),
    "in_the_way:Fixed": ("6", "in_the_way.py:", "take these from x.shape"),
    "in_the_way:misfit": ("6", "module '2' (Linear) takes 9 values and is given 8", "correct its"),
    "in_the_way:misnamed": ("6", "names a state 'mem'", "it has: v); name the one that contains"),
    "linear_maps:mixed_in_time": ("2x6x6", "'layer' (Conv3d)", "one of them must be ticks"),
    "linear_maps:dilated_maximum": ("2x6x6", "(MaxPool2d)", "which no op of the network has yet"),
    "built:LastTicks": ("6", "computes 8 ticks where its input has 64", "--option ticks=8"),
    "by_hand:Ternary": ("12", "by_hand.py:", '@neuron("lif"'),
    "by_hand:Gumbel": ("12", "by_hand.py:", "encode the data beforehand"),
    "by_hand:Alif": ("12", "by_hand.py:", '"alif" with states v and b'),
    "by_hand:AlifNorm": ("12", "by_hand.py:", "multiply it by `torch.reciprocal`"),
    "by_hand:Refractory": ("12", "by_hand.py:", '"refractory": ticks'),
    "by_hand:RefractoryMask": ("12", "by_hand.py:", '"refractory": ticks'),
    "by_hand:Izhikevich": ("12", "0.04 v v", "docs/own-neurons.md"),
    "by_hand:Counts": ("12", "'floor'", "docs/support.md"),
    "by_hand:Lateral": ("12", "by_hand.py:", "express it with tensors"),
    "data_flow:Sqrt": ("12", "`Sqrt = ", "torch.nn.functional.softplus"),
    "data_flow:Gelu": ("12", "`Gelu = ", "train with `torch.tanh`"),
    "data_flow:Topk": ("12", "`Topk = ", "it ranks the values"),
    "data_flow:Sort": ("12", "`Sort = ", "it ranks the values"),
    "data_flow:Fft": ("12", "`Fft = ", "docs/support.md"),
    "data_flow:Item": ("12", "`Item = ", "express it with tensors"),
    "data_flow:Numpy": ("12", "`Numpy = ", "keep the computation in tensors"),
    "data_flow:Drop": ("12", "`Drop = ", "leave dropout to self.training"),
    "data_flow:Noise": ("12", "`Noise = ", "encode the data beforehand"),
    "data_flow:Future": ("12", "in module 'b' (LIFNode)", "use the causal form"),
    "data_flow:Reverse": ("12", "in module 'b' (LIFNode)", "use the causal form"),
    "data_flow:TimeMeanSub": ("12", "in module 'b' (LIFNode)", "use the causal form"),
    "data_flow:Gru": ("12", "in module 'm' (GRU)", "use a neuron of a supported library"),
    "data_flow:Prelu": ("12", "in module 'm' (PReLU)", "train with `nn.ReLU()`"),
}
"""Model → shape, and what the sentence says of the place and of the cure."""


@pytest.mark.parametrize("name", EXACT)
def test_the_network_is_the_model(name: str, load: Load) -> None:
    file, factory = name.split(":")
    expected = EXACT[name]
    source = f"{FOLDER / file}.py:{factory}"
    imported = load(source, shape=expected.shape, **expected.options)
    assert expected.decode in ("", imported.network.decode)
    assert any(expected.note in note for note in imported.notes)
    rates = equal(imported)
    assert all(rate > 0 for rate in rates.values()), f"a silent neuron shows nothing: {rates}"


@pytest.mark.filterwarnings("ignore")  # PyTorch says of its own quantization that it will go
def test_weights_that_pytorch_has_quantized_are_asked_for_as_they_were(load: Load) -> None:
    with pytest.raises(
        ImportRefused, match="weights of module 'l'; give the model as it was before"
    ):
        load(f"{FOLDER / 'data_flow.py'}:quantized", shape="12")


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_one_sentence_with_a_place_and_a_cure(name: str, load: Load) -> None:
    file, factory = name.split(":")
    shape, place, cure = REFUSED[name]
    with pytest.raises(ImportRefused) as refused:
        load(f"{FOLDER / file}.py:{factory}", shape=shape)
    text = str(refused.value)
    assert place in text and cure in text
    head, *rest = text.splitlines()
    assert not rest or head.endswith("things in the model are in the way:")


def test_all_that_is_in_the_way_is_said_at_once(load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FOLDER / 'in_the_way.py'}:Planted", shape="6")
    head, *lines = str(refused.value).splitlines()
    assert head == "4 things in the model are in the way:"
    said = [("(GELU)", "approximate='tanh'"), ("(Wave)", "'sin'"), ("(MaxPool1d)", "with dilation")]
    for number, (place, cure) in enumerate([*said, ("in_the_way.py:", "'erfinv'")], 1):
        (line,) = (each for each in lines if place in each and cure in each)
        assert line.lstrip()[0] in "1234", number


def test_all_neurons_that_are_refused_are_named_at_once(load: Load) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(f"{FOLDER / 'in_the_way.py'}:two_neurons", shape="6")
    assert "QIFNode" in str(refused.value) and "EIFNode" in str(refused.value)
