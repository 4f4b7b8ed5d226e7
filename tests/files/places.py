"""Wrong places for an output, each in a folder of its own, and what a folder holds to the byte."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

MANIFEST = {
    "name": "My notes",
    "short_name": "notes",
    "start_url": "/index.html",
    "icons": [{"src": "icon.png", "sizes": "192x192", "type": "image/png"}],
}


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Path → mode and content of all that is below a folder; no link is followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = os.fsencode(path.readlink())
        else:
            content = path.read_bytes() if stat.S_ISREG(mode) else b""
        found[str(path.relative_to(folder))] = mode, content
    return found


def _file(place: Path, _: Path) -> None:
    place.write_text("my notes\n")


def _web_app(place: Path, _: Path) -> None:
    (place / "src").mkdir(parents=True)
    (place / "manifest.json").write_text(json.dumps(MANIFEST))
    (place / "src/app.js").write_text("let notes = [];\n")


def _holiday(place: Path, _: Path) -> None:
    place.mkdir()
    (place / "beach.jpg").write_bytes(bytes(range(256)))


def _stranger(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place)
    (place / "target/notes.txt").write_text("my notes\n")


def _stranger_folder(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place)
    (place / "results").mkdir()


def _edited(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place)
    text = place / "network.snn"
    text.write_text(text.read_text() + "# mine\n")


def _link_inside(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place)
    (place / "network.snn").rename(place.parent / "network.snn")
    (place / "network.snn").symlink_to(place.parent / "network.snn")


def _no_list(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place)
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps({**manifest, "files": {}}))


def _list_upward(place: Path, bundle: Path) -> None:
    (place.parent / "thesis.tex").write_text("Chapter 1\n")
    shutil.copytree(bundle, place)
    manifest = json.loads((place / "manifest.json").read_text())
    entry = manifest["files"]["network.snn"]
    manifest["files"]["../thesis.tex"] = entry
    (place / "manifest.json").write_text(json.dumps(manifest))


def _damaged(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place)
    (place / "manifest.json").write_text('{"format_version": 1, "snncc": "0.1.0"')


def _manifest_is_a_pipe(place: Path, _: Path) -> None:
    place.mkdir()
    os.mkfifo(place / "manifest.json")


def _link_to_bundle(place: Path, bundle: Path) -> None:
    shutil.copytree(bundle, place.with_name("real.snnb"))
    place.symlink_to("real.snnb")


def _link_to_nothing(place: Path, _: Path) -> None:
    place.symlink_to("nowhere")


def _socket(place: Path, _: Path) -> None:
    here = Path.cwd()
    os.chdir(place.parent)  # a socket's path has 107 bytes at most
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place.name)
    os.chdir(here)


PLACES: dict[str, Callable[[Path, Path], None]] = {
    "a web app": _web_app,
    "a folder of the user's": _holiday,
    "an empty folder": lambda place, _: place.mkdir(),
    "a file": _file,
    "an empty file": lambda place, _: place.touch(),
    "a pipe": lambda place, _: os.mkfifo(place),
    "a socket": _socket,
    "a link to a bundle": _link_to_bundle,
    "a link to nothing": _link_to_nothing,
    "a bundle with a stranger's file": _stranger,
    "a bundle with a stranger's folder": _stranger_folder,
    "a bundle with an edited file": _edited,
    "a bundle with a link": _link_inside,
    "a bundle without a list": _no_list,
    "a bundle that lists files outside": _list_upward,
    "a bundle with half a manifest": _damaged,
    "a folder whose manifest is a pipe": _manifest_is_a_pipe,
}
"""Kind of place → makes it at a path, with the help of a bundle."""
