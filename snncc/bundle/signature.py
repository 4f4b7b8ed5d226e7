"""Signing a bundle's manifest, and with it by its digests every file; Ed25519 (RFC 8032)."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from snncc.ir import DeviceError, UsageError

from .checked_files import open_inside
from .file_names import MANIFEST, SIGNATURE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_BYTES = 1 << 16


class SigningKey:
    """A private key that signs manifests."""

    def __init__(self, file: Path) -> None:
        """Reads it.

        Args:
            file: PEM, as `openssl genpkey -algorithm ed25519` writes it, or OpenSSH's format; not
                encrypted.

        Raises:
            UsageError: the file is missing, or does not contain such a key.
            DeviceError: the package `cryptography` is not installed.
        """
        serialization = _serialization()
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        text = _read(file)
        openssh = text.startswith(b"-----BEGIN OPENSSH")
        try:
            load = (
                serialization.load_ssh_private_key
                if openssh
                else serialization.load_pem_private_key
            )
            key = load(text, password=None)
        except TypeError as error:
            raise UsageError(f"{file} is encrypted; give a key without a password") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError(f"{file} is not a private key in PEM or OpenSSH's format") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UsageError(f"{file} is a {type(key).__name__}; a bundle is signed with Ed25519")
        self._key = key

    def sign(self, manifest: bytes) -> bytes:
        """The content of the signature's file."""
        return base64.b64encode(self._key.sign(manifest)) + b"\n"


def require_signature(folder: Path, manifest: bytes, public: Path) -> None:
    """Refuses a bundle that the owner of a key did not sign.

    Args:
        folder: of the bundle.
        manifest: the bytes of its manifest, as they were checked.
        public: the key's public half: PEM, as `openssl pkey -pubout` writes it, or OpenSSH's line.

    Raises:
        UsageError: it is not signed, not by this key, or the key is not valid.
        DeviceError: the package `cryptography` is not installed.
    """
    key = _public(public)
    from cryptography.exceptions import InvalidSignature

    try:
        with open_inside(folder, SIGNATURE) as file:
            text = file.read(KEY_BYTES)
    except UsageError:
        raise UsageError(
            f"{folder} is not signed, and a signature by {public} is required; build it with "
            "--sign KEY"
        ) from None
    try:
        key.verify(base64.b64decode(text.strip(), validate=True), manifest)
    except (InvalidSignature, binascii.Error) as error:
        raise UsageError(
            f"{folder}: {SIGNATURE} is not a signature of {MANIFEST} by the owner of {public}; "
            "do not use the bundle"
        ) from error


def _public(file: Path) -> Ed25519PublicKey:
    serialization = _serialization()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text = _read(file)
    openssh = text.startswith(b"ssh-")
    try:
        load = serialization.load_ssh_public_key if openssh else serialization.load_pem_public_key
        key = load(text)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{file} is not a public key in PEM or OpenSSH's format") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{file} is a {type(key).__name__}; a bundle is signed with Ed25519")
    return key


def _serialization() -> ModuleType:
    try:
        from cryptography.hazmat.primitives import serialization
    except ModuleNotFoundError as missing:
        raise DeviceError(
            "signatures need the package cryptography; add it with: pip install 'snncc[sign]'"
        ) from missing
    return serialization


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(KEY_BYTES)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
