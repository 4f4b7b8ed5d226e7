"""All that writes a user's file or folder, whole or not at all; knows nothing of contents."""

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
