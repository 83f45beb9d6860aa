"""Finding, reading, listing and writing scenario files."""

from __future__ import annotations

import importlib.resources
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from harness.environments.revisions import resolved
from harness.errors import UsageError
from harness.made_here import refuse_foreign
from harness.problems import not_finite, refused
from harness.scenario.contents import Scenario, ScenarioContents
from harness.scenario.described import described
from harness.scenario.refusals import problems_of
from harness.text import did_you_mean, near, shown_path

LARGEST_BYTES = 1_000_000  # a scenario is written by hand; whatever is larger is another file


@dataclass(frozen=True)
class Listing:
    """One scenario there is: the scenario, or the error that its file has."""

    name: str
    path: Path
    scenario: Scenario | None
    error: str | None

    @property
    def title(self) -> str:
        """The scenario's title, or what is wrong with its file."""
        return self.scenario.title if self.scenario is not None else f"broken: {self.error}"


Revise = Callable[[ScenarioContents], ScenarioContents]


def as_written(contents: ScenarioContents) -> ScenarioContents:
    """What a file says, unchanged."""
    return contents


def load(
    reference: str,
    *,
    import_target: bool = True,
    trusted: bool = False,
    revised: Revise = as_written,
) -> Scenario:
    """The scenario of that name (``./scenarios`` first, then those that come with the product) or at that path.

    With `import_target` another process imports the target, the configs are checked against its parameters and
    completed with their defaults; without, they stay as written, which is all that reading an old result needs. Whether
    there are the metrics that claims name, harness.analysis.verdict.claim_verdict checks. What is `revised` is what the
    file says, before anything is made of it.

    Raises UsageError, one line, for whatever is wrong with the reference, the file or its contents, and where it is of
    a result from elsewhere, is not `trusted`, and something would be installed or checked out for it.
    """
    path = _find(reference)
    source = shown_path(path)
    table = _read(path, source)
    return checked(
        table, source, name=path.stem, path=path, import_target=import_target, trusted=trusted, revised=revised
    )


def checked(
    table: dict[str, Any],
    source: str,
    *,
    name: str,
    path: Path,
    import_target: bool = True,
    trusted: bool = False,
    revised: Revise = as_written,
) -> Scenario:
    """The scenario that a table of a file says, as `load` has it; `source` is what errors call it."""
    try:
        contents = ScenarioContents.model_validate(table)
    except ValidationError as error:
        raise refused(source, problems_of(error, ScenarioContents, table)) from None
    contents = revised(contents)
    configs = contents.configs
    if import_target:
        if not trusted:
            refuse_to_make(contents, path)
        try:
            contents = _resolved(contents, path)
            description = described(contents, path)
        except UsageError as error:
            raise UsageError(f"{source}: {error}") from error
        problems = description.problems
        configs = contents.configs_with(description.configs)
    else:
        problems = not_finite(configs, "configs")
    if problems:
        raise refused(source, problems)
    try:
        return Scenario.model_validate({**contents.model_dump(), "configs": configs, "name": name, "path": path})
    except ValidationError:
        raise UsageError(
            f"{source}: a scenario is called as its file: begin with a letter or digit, then letters, digits, . _ -"
        ) from None


def available() -> list[Listing]:
    """The scenarios there are, by name; a broken file is listed with its error. Targets are not imported."""
    return [_listed(name, path) for name, path in sorted(_named().items())]


def to_toml(scenario: Scenario) -> str:
    """The scenario as TOML, every value resolved, for the result folder; `load` makes an equal one of it."""
    table = scenario.model_dump(exclude={"name", "path"})
    for claim in table["claims"]:
        claim["expected"] = ["open" if end is None else end for end in claim["expected"]]
    if not table["sweeps"]:
        del table["sweeps"]
    return tomli_w.dumps(_without_none(table), multiline_strings=True)


def refuse_to_make(contents: ScenarioContents, path: Path) -> None:
    """Raise UsageError where a scenario of a result that was not made here would install or check out something."""
    if contents.makes:
        refuse_foreign_result(contents, path)


def refuse_foreign_result(contents: ScenarioContents, path: Path) -> None:
    """Raise UsageError, which says what it would run, where a scenario is that of a result that was not made here."""
    if path.with_name("manifest.json").exists():
        refuse_foreign(path, shown_path(path), contents.target.factory, contents.run_beside())


def _resolved(contents: ScenarioContents, path: Path) -> ScenarioContents:
    """The scenario with a commit for every revision: a branch may move on before it is gone on with."""
    versions = contents.versions().items()
    factory = contents.target.factory
    tables = {name: resolved(name, version, factory, path).table() for name, version in versions if version.revision}
    configs = {name: {**table, **tables.get(name, {})} for name, table in contents.configs.items()}
    return contents.model_copy(update={"configs": configs})


def _listed(name: str, path: Path) -> Listing:
    try:
        return Listing(name, path, load(str(path), import_target=False), None)
    except UsageError as error:
        return Listing(name, path, None, str(error).removeprefix(f"{shown_path(path)}: "))


def _named() -> dict[str, Path]:
    """Every scenario that can be called by its name, with its file; a local one hides one of the product."""
    # Beside this package, not by its name: in an editable install a ./scenarios of the user would be imported instead.
    packaged = Path(str(importlib.resources.files("harness"))).parent / "scenarios"
    return {path.stem: path for folder in (packaged, Path("scenarios")) for path in sorted(folder.glob("*.toml"))}


def _find(reference: str) -> Path:
    path = Path(reference)
    if path.suffix == ".toml" or os.sep in reference:
        if not os.path.lexists(path):
            siblings = near(path.name, (sibling.name for sibling in path.parent.glob("*.toml")))
            offer = f"; did you mean {path.parent / siblings[0]}?" if siblings else ""
            raise UsageError(f"{reference}: no such file{offer}")
        return path
    named = _named()
    if reference in named:
        return named[reference]
    if reference and os.path.lexists(path):
        return path
    raise UsageError(
        f'no scenario is called "{reference}"; {did_you_mean(reference, named, noun="the scenarios")} '
        "(`soak list` shows them, a path to a .toml file works too)"
    )


def _read(path: Path, source: str) -> dict[str, Any]:
    """The table in the file; what is not a scenario at all is refused here."""
    if path.is_dir():
        raise UsageError(f"{source}: is a directory, not a scenario file")
    if path.exists() and not path.is_file():
        raise UsageError(f"{source}: is not an ordinary file")
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise UsageError(f"{source}: is no scenario: it has {size:,} bytes, a scenario at most {LARGEST_BYTES:,}")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: cannot be read: {error.strerror or error}") from error
    if b"\0" in content:
        raise UsageError(f"{source}: is a binary file, not a scenario")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{source}: is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}") from error
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{source}: is not valid TOML: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, and numbers of too many digits
        raise UsageError(f"{source}: is not valid TOML: {' '.join(str(error).split())}") from error
    if not table:
        required = [name for name, field in ScenarioContents.model_fields.items() if field.is_required()]
        raise UsageError(f"{source}: is empty; a scenario has at least {', '.join(required)}")
    return table


def _without_none(value: Any) -> Any:
    """TOML has no null: what is None in a table is left out, where it is the default anyway."""
    if isinstance(value, dict):
        return {key: _without_none(entry) for key, entry in value.items() if entry is not None}
    return [_without_none(entry) for entry in value] if isinstance(value, (list, tuple)) else value
