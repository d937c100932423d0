"""Tables of a run as Parquet files, held to their contracts both ways; CSV files of the user's."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator, Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from analysis.errors import DataError, ParameterError
from analysis.store.files import write_bytes
from analysis.tables import Contract, contract, contracts

#: The Parquet functions carry no types.
pq: Any = pyarrow.parquet
#: Texts as pandas reads them itself.
_TEXT = dict.fromkeys((pa.string(), pa.large_string()), pd.Series([], dtype="str").dtype)
#: Under this name a Parquet file says which contract, in which version, it was written under.
_VERSION = b"xuewei.contract"

#: Names of tables, comma-separated, that a step must not see: those written by it and by later
#: steps in an earlier run. So a step reads the same whether or not the run has been made before.
HIDDEN_VARIABLE = "XUEWEI_HIDDEN_TABLES"


def hidden_tables() -> frozenset[str]:
    """Return the tables hidden from this process."""
    return frozenset(filter(None, os.environ.get(HIDDEN_VARIABLE, "").split(",")))


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Hold a table to its contract and write it as Parquet, with the version of its contract.

    Raises
    ------
    DataError
        The frame breaks its contract.
    """
    item = contract(name)
    table = pa.Table.from_pandas(item.validate(frame), preserve_index=False)
    buffer = BytesIO()
    pq.write_table(table.replace_schema_metadata(stamped(table.schema, item)), buffer)
    return write_bytes(folder / f"{name}.parquet", buffer.getvalue())


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read a table and hold it to its contract; an absent one reads as empty.

    A table written under another version of its contract is brought to the present one: columns
    that have been added since and may be missing are missing, columns that are gone are left out.

    Raises
    ------
    DataError
        The stored table breaks its contract, or is so old that what it lacks cannot be missing.
    """
    path = folder / f"{name}.parquet"
    item = contract(name)
    if not path.exists():
        return item.empty()
    # one small file of ours: no look for partitions, no threads, and not what pandas does around it
    with pq.ParquetFile(path) as file:
        frame: pd.DataFrame = file.read(use_threads=False).to_pandas(
            types_mapper=_TEXT.get, use_threads=False
        )
    if list(frame.columns) != item.names and stored_version(path) != item.version:
        frame = _brought_forward(frame, item)
    return item.validate(frame)


def stamped(schema: pa.Schema, item: Contract) -> dict[bytes, bytes]:
    """Return the metadata of a Parquet file with the name and version of its contract."""
    return {**(schema.metadata or {}), _VERSION: f"{item.name} {item.version}".encode()}


def stored_version(path: Path) -> str:
    """Return the version of the contract a table was written under; empty if it does not say."""
    said = pq.read_schema(path).metadata or {}
    return str(said.get(_VERSION, b"").decode().rpartition(" ")[2])


def _brought_forward(frame: pd.DataFrame, item: Contract) -> pd.DataFrame:
    absent = [c.name for c in item.columns if c.name not in frame and not c.nullable]
    if absent:
        raise DataError(
            table=item.name,
            problem=f"written by an older version, without {', '.join(absent)}",
            fix="Run the area again; the raw data are all that is needed.",
            rows=frame.head(0),
        )
    return frame.reindex(columns=item.names).astype(
        {c.name: c.dtype for c in item.columns if c.name not in frame}
    )


def read_csv(path: Path) -> pd.DataFrame:
    """Read a tidy CSV file of the user's (UTF-8, or as Excel in China saves it).

    Raises
    ------
    ParameterError
        There is no such file, or it is not a CSV file with commas.
    """
    try:
        if not path.is_file():  # a device would be read without end
            raise FileNotFoundError("there is no such file")
        content = path.read_bytes()
        found = pd.read_csv(StringIO(_decoded(content)))
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{path} cannot be read as a CSV file (UTF-8 or GB18030, commas): {error}"
        raise ParameterError(msg) from error
    head = str(found.columns[0])
    if len(found.columns) == 1 and (";" in head or "\t" in head):
        raise ParameterError(f"{path}: the columns are not separated by commas but as in {head!r}.")
    return found


def _decoded(content: bytes) -> str:
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


class StoredFrames(Mapping[str, pd.DataFrame]):
    """Tables of a folder, read when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hidden = set(hidden_tables())
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            if name not in self:
                raise KeyError(name)
            self._read[name] = read_table(self._folder, name)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        if name in self._hidden:
            return False
        return name in self._read or (self._folder / f"{name}.parquet").exists()

    def __iter__(self) -> Iterator[str]:
        known = contracts()
        names = (path.stem for path in sorted(self._folder.glob("*.parquet")))
        return (name for name in names if name in known and name not in self._hidden)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def rows_of(self, name: str) -> int:
        """Count the rows of a table without reading it."""
        if name in self._read:
            return len(self._read[name])
        return int(pq.read_metadata(self._folder / f"{name}.parquet").num_rows)

    def written(self, name: str, frame: pd.DataFrame) -> None:
        """Take the frame that has just been written for what a reading would give."""
        self._hidden.discard(name)
        self._read[name] = frame.reset_index(drop=True)

    @property
    def hidden(self) -> frozenset[str]:
        """Tables this view does not show."""
        return frozenset(self._hidden)
