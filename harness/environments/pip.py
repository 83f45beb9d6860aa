"""Installing packages for another interpreter with the pip of this one: wheels, unless a build is allowed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.environments.commands import carry_out
from harness.errors import UsageError

PATIENCE_S = 1800.0
"""Real seconds that an installation may take."""


class PipError(UsageError):
    """pip refused; the message is its own reason."""


def install(
    interpreter: str,
    packages: Sequence[str],
    *,
    target: Path | None = None,
    builds: bool = False,
    pins: Mapping[str, str] | None = None,
) -> None:
    """Install packages for an interpreter: into its own environment, or without what they need into `target`.

    With `builds` what has no wheel is built, which runs its code; `pins` are versions that whatever is installed has.
    Raises PipError, a line, where pip refuses, UsageError where there is no pip that can do it.
    """
    command = [sys.executable, "-I", "-m", "pip", "--python", interpreter, "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", *([] if builds else ["--only-binary", ":all:"])]
    command += [] if target is None else ["--no-deps", "--target", str(target)]
    with tempfile.TemporaryDirectory(prefix="soak-pip-", ignore_cleanup_errors=True) as folder:
        constraints = Path(folder) / "constraints.txt"
        lines = [f"{name}=={version}\n" for name, version in (pins or {}).items()]
        constraints.write_text("".join(lines), encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        env["TMPDIR"] = folder  # where pip leaves what is half-made when it is killed
        try:
            done = carry_out(
                [*command, "--constraint", str(constraints), "--", *packages], env=env, patience_s=PATIENCE_S
            )
        except TimeoutError:
            raise PipError(f"pip is not done after {PATIENCE_S / 60:g} minutes") from None
    if done.returncode:
        raise PipError(_reason(done.stderr or done.stdout))


def _reason(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return f"{sys.executable} has no pip: python -m ensurepip installs it"
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["pip said nothing"])[-1]
