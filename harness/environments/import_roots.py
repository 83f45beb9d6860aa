"""The folders that the modules of a project are imported from."""

from __future__ import annotations

import os


def import_roots(folder: str) -> tuple[str, ...]:
    """The folders that modules of a project at `folder` are imported from: it, and ``src`` where that is no package."""
    src = os.path.join(folder, "src")
    layout = os.path.isdir(src) and not os.path.exists(os.path.join(src, "__init__.py"))
    return (folder, src) if layout else (folder,)
