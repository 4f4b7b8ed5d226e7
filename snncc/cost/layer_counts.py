"""LayerCounts: what one node does in one inference, and what each count means; counts nothing.

Products are counted by the op (`Op.count_products`, `snncc/ir/ops`), the rest in `watched_node.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from snncc.backends import Json


@dataclass(frozen=True)
class LayerCounts:
    """What one node does in one inference: all ticks of one sample, the mean over the samples.

    A *product* is an input times a weight, or times another input. The words in brackets are those
    of NeuroBench 2.3, `SynapticOperations`.

    Attributes:
        node: its name.
        op: its keyword.
        dense: products if nothing is skipped, padding included.
        unpadded: the same without padding [Dense].
        products: whose inputs are not zero.
        effective: whose weights are not zero either [Effective_ACs or Effective_MACs].
        binary: whether all inputs that are not zero are 1 or -1, so that a product is an addition
            (of a product of signals: at least one of the two).
        first: whether a signal of the user's arrives here, nothing in between.
        rate: share of the inputs that are not zero; of several the smallest.
        biases: additions of a bias.
        ticks: of the inference.
        inputs: values that arrive in one tick where there are products, zeros too.
        outputs: values that it puts out in one tick.
        neurons: values that keep a state.
        updates: of such values, one a tick.
        leaks: whether a potential decays.
        spikes: put out by neurons, graded ones each as one.
        others: values computed by anything else, such as a norm or a sum.
        weights: synapses that are stored.
        kernel_positions: of kernels that slide, of all output channels; 0 where nothing slides.
        stored_biases: the same of biases.
        weight_bytes: of one weight.
        state_bytes: of all states together.
    """

    node: str
    op: str
    dense: float = 0.0
    unpadded: float = 0.0
    products: float = 0.0
    effective: float = 0.0
    binary: bool = False
    first: bool = False
    rate: float = 0.0
    biases: float = 0.0
    ticks: int = 0
    inputs: int = 0
    outputs: int = 0
    neurons: int = 0
    updates: float = 0.0
    leaks: bool = False
    spikes: float = 0.0
    others: float = 0.0
    weights: int = 0
    kernel_positions: int = 0
    stored_biases: int = 0
    weight_bytes: int = 0
    state_bytes: int = 0

    @property
    def accumulates(self) -> float:
        """Products that are additions, zeros skipped."""
        return self.effective if self.binary else 0.0

    @property
    def multiplies(self) -> float:
        """Products that are none, zeros skipped."""
        return 0.0 if self.binary else self.effective

    def as_json(self) -> dict[str, Json]:
        """As `estimate --json` prints it."""
        own: dict[str, Json] = {f.name: getattr(self, f.name) for f in fields(self)}
        return own | {"node": f"%{self.node}"}
