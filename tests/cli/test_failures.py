"""Every kind of failure: one sentence on stderr and the documented exit code."""

import errno

import click
import pytest

from snncc.cli.failures import Session, report
from snncc.ir import DeviceError, ImportRefused, SpikesDiffer, UsageError

CASES = {
    "refused model": (ImportRefused("no rule for x"), 1, "error: no rule for x\n"),
    "wrong call": (UsageError("unknown board 'x'"), 2, "error: unknown board 'x'\n"),
    "spikes": (SpikesDiffer("tick 3 of %s1"), 3, "error: tick 3 of %s1\n"),
    "device": (DeviceError("no answer"), 4, "error: no answer\n"),
    "click's own": (click.UsageError("no such option"), 2, "error: no such option\n"),
    "interrupt": (KeyboardInterrupt(), 130, "interrupted\n"),
    "interrupt seen by click": (click.Abort(), 130, "interrupted\n"),
    "absent file": (
        FileNotFoundError(errno.ENOENT, "No such file or directory", "a.npz"),
        2,
        "error: No such file or directory: a.npz\n",
    ),
    "full disk": (
        OSError(errno.ENOSPC, "No space left on device", "b.snnb"),
        4,
        "error: No space left on device: b.snnb\n",
    ),
    "absent extra": (
        ModuleNotFoundError("No module named 'unicorn'", name="unicorn"),
        4,
        "error: no module unicorn is installed; add it with: pip install 'snncc[boards]'\n",
    ),
    "extra under another name": (
        ModuleNotFoundError("No module named 'elftools'", name="elftools.elf"),
        4,
        "error: no module elftools.elf is installed; add it with: pip install 'snncc[boards]'\n",
    ),
    "too little memory": (
        MemoryError("Unable to allocate 8.00 TiB"),
        4,
        "error: this machine has too little memory for that (Unable to allocate 8.00 TiB); give "
        "fewer samples or ticks with --data, or use a larger machine\n",
    ),
    "hidden characters": (
        UsageError("unknown board '\x1b[31mred\u202e\r'"),
        2,
        "error: unknown board '\\x1b[31mred\\u202e\\x0d'\n",
    ),
    "mistake of ours": (
        ZeroDivisionError("division by zero"),
        1,
        "internal error: ZeroDivisionError: division by zero; please report this; "
        "`snncc --debug ...` shows the traceback\n",
    ),
    "module of ours": (
        ModuleNotFoundError("No module named 'snncc.gone'", name="snncc.gone"),
        1,
        "internal error: ModuleNotFoundError: No module named 'snncc.gone'; please report this; "
        "`snncc --debug ...` shows the traceback\n",
    ),
}


@pytest.mark.parametrize(("failure", "code", "message"), CASES.values(), ids=CASES)
def test_a_failure_is_one_sentence_and_a_code(
    failure: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(failure, Session()) == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", message)


def test_debug_adds_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def deep() -> None:
        raise UsageError("a wrong call")

    with pytest.raises(UsageError) as caught:
        deep()
    assert report(caught.value, Session(debug=True)) == 2
    shown = capsys.readouterr().err
    assert "in deep" in shown
    assert shown.endswith("error: a wrong call\n")
