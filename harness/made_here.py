"""Whether a file was written by this user, in this checkout, on this machine: else nothing that it names is run.

A job names a factory and an environment (LD_PRELOAD), which are code. So a key of the user's own, which is no part of
any result, signs it when it is written; one from elsewhere, or edited since, has no signature that fits. Where no key
can be kept, nothing counts as made here.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.errors import UsageError
from harness.files import in_one_piece

SUFFIX: Final = ".signature"
KEY_BYTES: Final = 32

_CHECKOUT: Final = Path(__file__).resolve().parents[1]


def key_file() -> Path:
    """Where the key lies: in the folder for a program's state (XDG Base Directory Specification)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    return (Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state") / "collector-soak" / "key"


def sign(file: Path, becomes: Path | None = None) -> None:
    """Sign a file as it is now, where a key can be kept, beside it or beside what it `becomes` next.

    Raises OSError where the signature cannot be written; then the one that was there still is.
    """
    key = None
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: this user has no home
        key = _key() or _new_key()
    if key is not None:
        with in_one_piece((becomes or file).with_suffix(SUFFIX)) as partial:
            partial.write_text(_signature(key, file) + "\n", encoding="ascii")


def is_made_here(file: Path) -> bool:
    """Return whether a file is as it was signed here."""
    try:
        key, signed = _key(), file.with_suffix(SUFFIX).read_bytes().strip()
        return key is not None and hmac.compare_digest(signed, _signature(key, file).encode("ascii"))
    except (OSError, RuntimeError):
        return False


def refuse_foreign(file: Path, what: str, factory: str, beside: Iterable[tuple[str, str]]) -> None:
    """Raise UsageError where a file is not as it was signed here: `what` it is, and what it would run.

    `beside` the factory are variables of environments, folders and packages, each by its name.
    """
    if not is_made_here(file):
        told = ", ".join(sorted({f"{name}={value}" for name, value in beside}))
        would_run = f"{factory}, with {told}" if told else factory
        raise UsageError(f"{what} was not written here, or was edited since: it would run {would_run}; --trust runs it")


def _signature(key: bytes, file: Path) -> str:
    told = os.fsencode(_CHECKOUT) + b"\0" + file.read_bytes()
    return hmac.new(key, told, hashlib.sha256).hexdigest()


def _key() -> bytes | None:
    try:
        key = key_file().read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) == KEY_BYTES else None


def _new_key() -> bytes | None:
    """Make the key, whole or not at all; of two processes at the same time one makes it."""
    file = key_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_name(f"key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(KEY_BYTES))
    finally:
        os.close(descriptor)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(partial, file)
    finally:
        partial.unlink()
    return _key()
