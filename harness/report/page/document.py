"""A page as one file that asks nothing of a network: a template filled, with styles, scripts and data inside.

Its Content-Security-Policy names its own scripts and styles by their hashes: nothing else runs, loads or is sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from harness.files import in_one_piece
from harness.foreign_text import visible

PAGE_FILE = "report.html"

_STYLES = ("vendored/uPlot.min.css", "page.css")
_SCRIPTS = ("vendored/uPlot.iife.min.js", "page.js")

_JOINTS = re.compile(r"(?<=[._/\]])(?=\w)")

Group = Mapping[str, Any]
"""Charts that share an axis of hours: `backdrop`, `charts`, and whether what they show can be chosen (`toggles`)."""


def render(template: str, told: Mapping[str, Any], groups: Sequence[Group] = ()) -> str:
    """Return a page as HTML: `template` filled with what is `told`. All text of others is shown, and none is obeyed."""
    styles, scripts = ("\n".join(_asset(name) for name in names) for names in (_STYLES, _SCRIPTS))
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: _asset(f"templates/{name}")),
    )
    environment.filters["breakable"] = _breakable
    return environment.get_template(template).render(
        policy=_policy(styles, scripts),
        styles=Markup(styles),
        scripts=Markup(scripts),
        data=Markup(_json_in_html({"groups": groups})),
        **told,
    )


def write(text: str, path: Path) -> str:
    """Write a page in one piece; return its name. Raises OSError where that cannot be."""
    with in_one_piece(path) as partial:
        partial.write_text(text, encoding="utf-8")
    return path.name


def _seen(shown: object) -> object:
    """Return text with what nobody would see, and what turns it around, written out; the template escapes the rest."""
    return shown if isinstance(shown, Markup) or not isinstance(shown, str) else visible(shown)


def _breakable(name: str) -> Markup:
    """Return a name that may break after a dot or an underscore, where a narrow table needs it, and reads the same."""
    return Markup("<wbr>").join(_JOINTS.split(visible(name)))


def _asset(name: str) -> str:
    path = files("harness.report.page")
    for part in name.split("/"):
        path = path / part
    return path.read_text(encoding="utf-8")


def _json_in_html(content: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _policy(styles: str, scripts: str) -> str:
    """Return the policy; the hashes are those of the whole content of the two elements."""
    return (
        f"default-src 'none'; script-src '{_hash(scripts)}'; style-src '{_hash(styles)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"
