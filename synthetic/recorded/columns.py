"""What all files of market data share: rows as columns, words as numbers, and the first row that is wrong."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import IO, Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthetic.draws.hashes import I64

NOTHING = -1  # an empty cell; of a kind, side or symbol also an unknown word

_TRUTHS = ("true", "false")

LONGEST_LINE = 1 << 17
"""Characters of a line of a CSV file, and of a cell: what is longer is no market data, and is not read to its end."""

_LONGEST_SHOWN = 60
_MOST_NAMES = 20
_LONGEST_ERROR = 300

OwnRows = TypeVar("OwnRows", bound="Columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Consecutive rows of a file, all arrays (rows,); `number` counts them in the file from 1 below its header.

    `kind`, `symbol` and `side` are numbers of words, NOTHING where a cell is empty. Each format adds its times.
    """

    number: I64
    kind: I64
    symbol: I64
    side: I64
    price: NDArray[np.float64]
    quantity: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.kind.size)

    def at(self: OwnRows, rows: slice | NDArray[np.intp] | NDArray[np.bool_]) -> OwnRows:
        """Some of the rows; as views where `rows` is a slice."""
        return type(self)(**{name: getattr(self, name)[rows] for name in _names(type(self))})

    def followed_by(self: OwnRows, later: OwnRows) -> OwnRows:
        """These rows and those that come next in the file."""
        return type(self)(
            **{name: np.concatenate([getattr(self, name), getattr(later, name)]) for name in _names(type(self))}
        )


def _names(rows: type[Columns]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(rows))


def is_positive(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of `values` are finite numbers above 0."""
    return np.asarray((values > 0) & np.isfinite(values))


def first_problem(problems: Iterable[tuple[NDArray[np.bool_], str]]) -> tuple[int, str] | None:
    """The first row with a problem, and what it is; each problem says which rows (rows,) have it."""
    firsts = [(int(np.argmax(rows)), text) for rows, text in problems if rows.any()]
    return min(firsts, key=lambda first: first[0], default=None)


def numbered(words: Any, number_of: Callable[[str], int], *, empty: int = NOTHING) -> I64:
    """A column of words, encoded as a dictionary, as the words' numbers; `empty` where a cell is empty."""
    return by_word(words, [number_of(word) for word in words.dictionary.to_pylist()], empty=empty)


def by_word(words: Any, numbers: Sequence[int], *, empty: int = NOTHING) -> I64:
    """As `numbered`, with the numbers in the order of the column's dictionary."""
    table = np.array([*numbers, empty], dtype=np.int64)
    return np.asarray(table[words.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)], dtype=np.int64)


def whole_numbers(column: Any) -> I64:
    """A column of integers, NOTHING where a cell is empty."""
    return np.asarray(column.fill_null(NOTHING).to_numpy(zero_copy_only=False), dtype=np.int64)


def floats(column: Any) -> NDArray[np.float64]:
    """A column of numbers, NaN where a cell is empty."""
    return np.asarray(column.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def first_wrong_line(lines: Iterable[str], types: Mapping[str, Any], *, may_be_empty: bool) -> str | None:
    """What is wrong in the first line of a CSV file that cannot be read as these Arrow `types`, found line by line.

    Arrow itself names no row. None where nothing is wrong.
    """
    reader = csv.reader(lines)
    number = 0
    try:
        header = next(reader)
        for number, cells in enumerate(reader, 1):
            if len(cells) != len(header):
                return f"row {number} has {len(cells)} columns, not {len(header)}"
            for name, cell in zip(header, cells, strict=True):
                if name in types and (cell or not may_be_empty) and not _parses(cell, types[name]):
                    return f"row {number}: {name} = {quoted(cell)}: must be {types[name]}"
    except csv.Error as error:
        return f"row {number + 1}: {error}"
    return None


def lines_of(file: IO[str]) -> Iterator[str]:
    """The lines of a CSV file. Raises csv.Error at the first that is longer than LONGEST_LINE, which is not read on."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise csv.Error(f"is longer than {LONGEST_LINE:,} characters")
        yield line


def listed(names: Sequence[str]) -> str:
    """The columns of a file in words; names that are none in quotes."""
    shown = [name if name.isidentifier() and name.isascii() else quoted(name) for name in names[:_MOST_NAMES]]
    return ", ".join([*shown, *(["..."] if len(names) > len(shown) else [])])


def quoted(text: str) -> str:
    """What a file says, in quotes, on one line, as far as a message has room for it; control characters escaped."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} ...")


def _parses(cell: str, wanted: Any) -> bool:
    try:
        if wanted == pa.int64() and not -(2**63) <= int(cell) < 2**63:
            return False
        if wanted == pa.float64():
            float(cell)
    except ValueError:
        return False
    return wanted != pa.bool_() or cell.lower() in _TRUTHS


def first_line(error: BaseException) -> str:
    """The first line of an error's text, as far as a message has room for it; its class where it has none."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    text = text if len(text) <= _LONGEST_ERROR else f"{text[:_LONGEST_ERROR]} ..."
    return text if text.isprintable() else repr(text)
