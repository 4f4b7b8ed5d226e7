"""All that writes a user's file or folder, whole or not at all; knows nothing of contents.

* `place.py`: whether a folder may be written at a path: links, home, mounts, rights
* `folder.py`: folders that replace older ones at once or not at all
* `gradual.py`: folders that fill file by file
* `single.py`: single files, and which of them may be replaced
* `lists.py`: what is in a folder and not listed, or changed
* `lock.py`: one writer at a time
* `exchange.py`: two folders trading places
* `disk.py`: full disks and other failures of writing

Which folder is an older bundle, and may be replaced: `snncc/bundle/write.py` (`BundleKind`).
"""

from .disk import Content, failures, fill
from .folder import Kind, Replacement, recover, remaking, replacing
from .gradual import GradualFolder
from .lists import digest, find_changed, list_strangers
from .place import refuse_folder
from .single import MARK, refuse_file, write_file

__all__ = [
    "MARK",
    "Content",
    "GradualFolder",
    "Kind",
    "Replacement",
    "digest",
    "failures",
    "fill",
    "find_changed",
    "list_strangers",
    "recover",
    "refuse_file",
    "refuse_folder",
    "remaking",
    "replacing",
    "write_file",
]
