"""Each encoder on random signals: PyTorch, both references, C and an emulated board.

The signals are what a sensor of 8 bits delivers. What is behind the encoders that put out no
spikes is a population of integrate-and-fire neurons.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from snncc.build import compile_model
from snncc.bundle import BuildRequest, Bundle
from snncc.encoders import Chain
from snncc.encoders.modules import encode
from snncc.encoders.wiring import integrate
from snncc.ir import Network, Node, Use, Values, run, show, verify
from snncc.run import verify as verify_bundle

CHAINS = (
    "rate,seed=3",
    "regular",
    "latency,threshold=4",
    "latency,threshold=2,decay=0.75",
    "delta,step=0.0625",
    "crossing,threshold=0.3",
    "population,neurons=4",
    "window,ticks=5",
    "standard,mean=0.5,deviation=0.25",
    "standard,mean=0.5,deviation=0.25,delta,step=0.25",
)
SIGNALS, TICKS, CHANNELS, LEVELS = 1_000, 32, 3, 256
BEHIND = 2.0  # threshold of the neurons behind what is no spike
COLUMNS = 132


def draw_signals(count: int) -> Values:
    """Random samples of 8 bits, float64 `[count, TICKS, CHANNELS]`: noise, steps and drifts."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, LEVELS, (count, TICKS, CHANNELS))
    held = np.repeat(noise[:, ::8], 8, axis=1)
    drift = np.cumsum(rng.integers(-24, 25, noise.shape), axis=1) + noise[:, :1]
    kinds = np.arange(count)[:, None, None] % 3
    chosen = np.where(kinds == 0, noise, np.where(kinds == 1, held, drift))
    return np.clip(chosen, 0, LEVELS - 1) / LEVELS


def network_of(chain: Chain, shape: tuple[int, ...]) -> Network:
    """The encoders, and neurons behind them where they put out no spikes."""
    alone = chain.network(shape)
    if chain.spikes:
        return alone
    behind = Node("neurons", integrate(BEHIND), alone.outputs)
    return verify(Network("encoders", (*alone, behind), (Use("neurons"),), 1e-3, alone.tensors))


def measure(text: str, signal: Values, folder: Path) -> dict[str, Any]:
    """How many values differ between each stage and the next, over all signals."""
    began = time.perf_counter()
    chain = Chain.parse(text)
    network = network_of(chain, signal.shape[2:])
    source, data = folder / "encoders.snn", folder / "signals.npz"
    source.write_text(show(network))
    np.savez(source.with_suffix(".npz"), **{n: t.values for n, t in network.tensors.items()})
    np.savez(data, x=signal)
    built = compile_model(
        BuildRequest(str(source), "c99", data=data, output=folder / "encoders.snnb")
    )
    opened = Bundle.open(built)
    floats, integers = (run(each, signal, record="spikes") for each in (network, opened.network))
    own = run(chain.network(signal.shape[2:]), signal).output
    report = verify_bundle(opened, data=data, target_samples=len(signal))
    found = {f"{each.left} = {each.right}": each.mismatches for each in report.comparisons}
    absent = [each.absent for each in report.comparisons if each.absent]
    return {
        "encoder": text,
        "signals": len(signal),
        "spikes": int(integers.output.sum()),
        "pytorch": int(np.count_nonzero(encode(chain, signal) != own)),
        "integers": floats.compare(integers)[0],
        "c": found["reference-quantized = native"],
        "board": found["reference-quantized = target"],
        "absent": absent,
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    """Print the table; with --json FILE also write it there."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--signals", type=int, default=SIGNALS)
    parser.add_argument("chains", nargs="*", default=CHAINS)
    arguments = parser.parse_args()
    signal = draw_signals(arguments.signals)
    heads = ("encoder", "signals", "spikes", "PyTorch", "integers", "C", "board", "seconds")
    table = Table(*heads, title="values that differ from the stage before")
    rows = []
    for text in arguments.chains:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(text, signal, Path(folder))
        rows.append(row)
        keys = ("signals", "spikes", "pytorch", "integers", "c", "board", "seconds")
        table.add_row(row["encoder"], *(f"{row[key]:,}" for key in keys))
    console = Console()
    if not console.is_terminal:
        console.width = COLUMNS  # a file wraps nothing
    console.print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
