"""Energy of one network on Loihi 1 by SANA-FE and by our profile `loihi1`, unit by unit.

SANA-FE is GPL-3 and no part of snncc: `--python` names the Python of an environment that has it
(`python -m venv there; there/bin/pip install sanafe==2.2.9`). It has the same weights, thresholds
and spikes, one core for each population, and updates neurons at every tick, as Loihi does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks.workloads import spike_trains
from snncc.cost import Counts, count_operations, find_profile
from snncc.ir import Network, Tensor, Values, parse

Weights: TypeAlias = npt.NDArray[np.float64]

SIZES, TICKS, RATE = (48, 40, 30, 10), 60, 0.2
THRESHOLD, DECAY = 60.5, 0.75
AXON_OUT, HOP = 111.0, 4.2  # picojoules: SANA-FE 2.2.9, arch/loihi.yaml
NEURON = (
    f'bias=0.0, threshold={THRESHOLD}, compare=">", reset="value", reset_amount=0.0, '
    f'reset_order="now", spikes=1, refractory=0, initial=0.0, decay={DECAY}'
)
PEER = """
import json, sys
import sanafe

told = json.load(sys.stdin)
chip, network, groups = sanafe.load_loihi(), sanafe.Network(), []
for index, size in enumerate(told["sizes"]):
    lif = {"threshold": told["threshold"], "leak_decay": told["decay"], "reset_mode": "hard",
           "force_update": True}
    soma = "loihi_lif" if index else "loihi_inputs[0]"
    group = network.create_neuron_group(f"g{index}", size, model_attributes=lif if index else {},
                                        soma_hw_name=soma, log_spikes=True)
    groups.append(group)
for neuron, spikes in enumerate(told["spikes"]):
    groups[0].neurons[neuron].set_attributes(soma_hw_name=f"loihi_inputs[{neuron}]",
                                             model_attributes={"spikes": spikes})
for before, behind, weights in zip(groups, groups[1:], told["weights"]):
    before.connect_neurons_dense(behind, {"weight": weights})
for index, group in enumerate(groups):
    group.map_to_core(chip.tiles[index].cores[0])
simulated = sanafe.SpikingChip(chip)
simulated.load(network)
found = simulated.sim(told["ticks"], spike_trace=True)
counts = [0] * len(groups)
for tick in found["spike_trace"]:
    for neuron in tick:
        counts[int(str(neuron).split(".")[0].split("g")[-1])] += 1
json.dump({"energy": found["energy"], "spikes": counts}, sys.stdout)
"""


def make_network() -> tuple[Network, list[Weights]]:
    """Populations in a row, and the weights that lead to each."""
    rng = np.random.default_rng(7)
    pairs = list(pairwise(SIZES))
    weights = [
        rng.integers(-25, 45, (behind, before)).astype(np.float64) for before, behind in pairs
    ]
    lines, source = [f'  %x = input() {{shape=[{SIZES[0]}], signal="spike"}}'], "x"
    for k in range(len(weights)):
        lines += [
            f"  %c{k} = dense(%{source}) {{weight=@w{k}}}",
            f"  %s{k} = lif(%c{k}) {{{NEURON}}}",
        ]
        source = f"s{k}"
    text = "network peer tick=0.001s decode=count {\n" + "\n".join(lines)
    tensors = {f"w{k}": Tensor(each) for k, each in enumerate(weights)}
    return parse(f"{text}\n  return %{source}\n}}\n", MappingProxyType(tensors)), weights


def ask_peer(python: str, weights: list[Weights], signal: Values) -> Any:
    """Energy in joules by unit, and spikes of each population, as SANA-FE has them."""
    late = signal[0]
    told = {
        "sizes": SIZES,
        "threshold": THRESHOLD,
        "decay": DECAY,
        "ticks": len(late),
        "spikes": [[bool(x) for x in row] for row in late.T],
        "weights": [each.T.ravel().tolist() for each in weights],
    }
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps(told), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout[done.stdout.index("{") :])


def price_units(counts: Counts) -> dict[str, float]:
    """Picojoules by unit, of our counts and prices."""
    profile = find_profile("loihi1")
    prices = {each.count: each.picojoules for each in profile.price}
    return {
        "synapse": prices["synapse read"] * counts.total("products"),
        "update": prices["neuron update"] * counts.total("updates"),
        "spike": prices["spike"] * counts.total("spikes"),
    }


def list_differences(counts: Counts, inputs: float) -> dict[str, float]:
    """What SANA-FE counts otherwise than our profile, in picojoules.

    Args:
        counts: of the network.
        inputs: spikes of the user's signal.
    """
    spikes = [layer.spikes for layer in counts.layers if layer.neurons]
    return {
        "messages of the user's spikes, which our profile leaves to the host": AXON_OUT * inputs,
        "spikes of the last population, which go nowhere": -AXON_OUT * spikes[-1],
        "one hop of each message": HOP * (inputs + sum(spikes[:-1])),
    }


def measure() -> tuple[Counts, list[Weights], Values]:
    """Our counts, the weights, and the user's spikes `[1, ticks, inputs]`."""
    network, weights = make_network()
    signal = spike_trains(1, TICKS, SIZES[0], RATE)
    # A spike of SANA-FE's takes a tick to each population: as many ticks more, and all arrive.
    late = np.pad(signal, ((0, 0), (0, len(weights)), (0, 0)))
    return count_operations(network, late), weights, late


def main() -> None:
    """Print both, and how far they are apart."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--python", help="of an environment that has sanafe")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.python is None:
        print("skipped: name the Python of an environment that has SANA-FE with --python")
        return
    counts, weights, signal = measure()
    peer = ask_peer(arguments.python, weights, signal)
    ours, differences = price_units(counts), list_differences(counts, float(signal.sum()))
    total, theirs = sum(ours.values()), 1e12 * peer["energy"]["total"]
    explained = total + sum(differences.values())
    table = Table("what", "pJ", title="one network on Loihi 1")
    for name, value in {**ours, "loihi1": total, **differences, "with these": explained}.items():
        table.add_row(name, f"{value:,.1f}")
    table.add_row("SANA-FE", f"{theirs:,.1f}")
    Console(width=110).print(table)
    spikes = [float(signal.sum()), *(layer.spikes for layer in counts.layers if layer.neurons)]
    print(f"spikes {spikes} and {peer['spikes']}")
    print(
        f"apart by {total / theirs - 1:+.2%}, with the differences by {explained / theirs - 1:+.1e}"
    )
    if arguments.json:
        found = {"loihi1": total, "explained": explained, "sanafe": theirs}
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
