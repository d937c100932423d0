"""Big raw text files: block by block to Parquet, in bounded memory, with the same checks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from analysis.errors import IntakeError
from analysis.tables import contract

if TYPE_CHECKING:
    from analysis import intake

#: The Parquet writer carries no types.
pq: Any = pyarrow.parquet
_TEXT_ENDS = (".csv", ".tsv", ".txt")
#: Rows of ``enrolment`` whose jumps are looked at together (tool default).
JUMP_ROWS = 2_000_000
#: Rows that are judged by the rules one by one at a time (tool default).
JUDGED_ROWS = 200_000


def is_large(path: Path) -> bool:
    """Tell whether a raw file is a text file so big that it is streamed if it can be."""
    from analysis import intake

    large = path.suffix.lower() in _TEXT_ENDS and path.stat().st_size >= intake.LARGE_BYTES
    return large and not path.name.lower().startswith(("corrections", "更正"))


def split_large(
    paths: Mapping[str, Path],
) -> tuple[dict[str, bytes], dict[str, tuple[Path, intake.Layout]]]:
    """Return the files to be read whole, and those to be streamed with their layout."""
    from analysis import intake

    small = {name: path.read_bytes() for name, path in paths.items() if not is_large(path)}
    large: dict[str, tuple[Path, intake.Layout]] = {}
    book = intake.header_book(small)
    for name in [n for n in paths if n not in small]:
        layout = None
        # what is wrong with a file that cannot be laid out, the ordinary reader says
        with paths[name].open("rb") as source, contextlib.suppress(IntakeError):
            layout = intake.layout_of(source, name, book)
        if layout is None:
            small[name] = paths[name].read_bytes()
        else:
            large[name] = paths[name], layout
    return small, large


def read_raw(paths: Mapping[str, Path], folder: Path, *, area_code: str) -> intake.IntakeResult:
    """Read raw files into canonical tables; big text files go straight to ``folder``.

    Parameters
    ----------
    paths
        Raw files by their name below the area's folder.
    folder
        Where a streamed table is written, ``<table>.parquet``; each appears only when whole.
    area_code
        The county's code.

    Returns
    -------
    IntakeResult
        ``streamed`` says how many rows of which tables are in ``folder``; all others are in
        ``tables``. A table has all its rows in one place.
    """
    from analysis import intake

    small, large = split_large(paths)
    result = intake.read_area(small, area_code=area_code, apart=list(large))
    if large:
        _Import(result, folder, large).run()
    return result


class _Import:
    """Streams the big files of one area, then judges the places that may break a rule."""

    def __init__(
        self,
        result: intake.IntakeResult,
        folder: Path,
        large: Mapping[str, tuple[Path, intake.Layout]],
    ) -> None:
        self.result, self.folder, self.large = result, folder, large
        self.found = result.found
        self.layouts = {
            (layout.region.grid.file, layout.region.grid.sheet): layout
            for _, layout in large.values()
        }
        self.writers: dict[str, Any] = {}
        self.sieves: dict[str, intake.Sieve] = {}

    def run(self) -> None:
        """Write and judge every table of the big files."""
        from analysis import intake

        self.folder.mkdir(parents=True, exist_ok=True)
        self.found.most_alike = intake.MOST_ALIKE
        try:
            for name, (path, layout) in self.large.items():
                self._file(name, path, layout)
            for table, writer in self.writers.items():
                writer.close()
                self._judge(table)
            for table in self.writers:
                self._part(table).replace(self.folder / f"{table}.parquet")
                self.result.streamed[table] = _rows(self.folder / f"{table}.parquet")
        finally:
            self.found.count_the_rest()
            for writer in self.writers.values():
                writer.close()
            for table in self.writers:
                self._part(table).unlink(missing_ok=True)

    def _file(self, name: str, path: Path, layout: intake.Layout) -> None:
        from analysis import intake

        left = self.result.left
        intake.say_streamed(layout, self.found)
        stream = intake.Stream(layout, self.found, left[left["file"] == name])
        with path.open("rb") as source:
            for piece in _ahead(stream.read(source)):
                self._write(piece.table, piece.rows)

    def _part(self, table: str) -> Path:
        return self.folder / f".{table}.parquet.part"

    def _write(self, table: str, rows: pa.Table) -> None:
        """Append rows; the rows of the same table that smaller files gave come first."""
        if table not in self.writers:
            self.sieves[table] = self._sieve(table)
            self.writers[table] = _writer(self._part(table), table)
            before = self.result.tables.pop(table, None)
            if before is not None:
                self._write(table, pa.Table.from_pandas(before, preserve_index=False))
        self.sieves[table].take(rows)
        self.writers[table].write_table(rows.cast(_schema(table)))

    def _sieve(self, table: str) -> intake.Sieve:
        from analysis import intake

        key = contract(table).keys[0]
        lists = {"school_id": "schools", "town_id": "towns"}
        of = lists.get(key, "")
        streamed = {part.table for _, lay in self.large.values() for part in lay.region.parts}
        known: set[str] = set()
        if of and of != table and of not in streamed and of in self.result.tables:
            known = set(self.result.tables[of][key])
        return intake.Sieve(table, known)

    def _judge(self, table: str) -> None:
        from analysis import intake

        sieve, part = self.sieves[table], self._part(table)
        if sieve.unknown:
            intake.say_unknown(sieve, self.found)
        self._more_places(sieve, part)
        places = sorted(sieve.places)
        patches = intake.Patches()
        step = max(1, JUDGED_ROWS * max(1, len(places)) // max(1, sieve.rows))
        step = max(step, 500)
        for start in range(0, len(places), step):
            rows = _rows_of(part, sieve.key, places[start : start + step])
            more = intake.judge(rows, sieve, self.layouts, self.found)
            patches.removed |= more.removed
            for column, values in more.values.items():
                patches.values.setdefault(column, {}).update(values)
        if patches.any():
            _rewrite(part, table, patches)

    def _more_places(self, sieve: intake.Sieve, part: Path) -> None:
        """Add the places of repeated keys, of lonely years, and of jumps from year to year."""
        import polars as pl

        from analysis import intake

        marks = sieve.repeated()
        lonely = sieve.lonely_years()
        if not (len(marks) or lonely or sieve.table == "enrolment"):
            return
        item = contract(sieve.table)
        if len(marks) or lonely:
            for block in pq.ParquetFile(part).iter_batches(columns=list(item.keys)):
                frame = pl.DataFrame(pa.Table.from_batches([block]))
                twice = pl.Series(intake.key_marks(frame, sieve.table)).is_in(marks)
                if lonely:
                    counts = sieve.years
                    rare = [y for y, n in counts.items() if n * 5 <= max(counts.values())]
                    twice = twice | frame["school_year"].is_in(rare)
                sieve.places |= set(frame.filter(twice)[sieve.key])
        if sieve.table == "enrolment":
            parts = 1 + sieve.rows // JUMP_ROWS
            for number in range(parts):
                mine = pl.col("school_id").hash(seed=2) % parts == number
                frame = pl.scan_parquet(part).filter(mine).drop("source").collect()
                sieve.places |= intake.jump_places(frame)


def _ahead(pieces: Iterator[intake.Streamed]) -> Iterator[intake.Streamed]:
    """Yield pieces while the next one is being read, so that reading and writing overlap."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next, pieces, None)
            yield piece


def _schema(table: str) -> pa.Schema:
    return pa.Schema.from_pandas(contract(table).empty(), preserve_index=False)


def _writer(path: Path, table: str) -> Any:
    """Return a writer that spends no dictionary on columns in which nearly every value differs."""
    item = contract(table)
    varied = ("school_id", "town_id", "source")
    texts = [c.name for c in item.columns if c.dtype == "str" and c.name not in varied]
    others = [name for name in item.names if name != "source"]
    return pq.ParquetWriter(
        path,
        _schema(table),
        compression="snappy",
        use_dictionary=texts,
        write_statistics=others,
    )


def _rows(path: Path) -> int:
    return int(pq.ParquetFile(path).metadata.num_rows)


def _rows_of(part: Path, key: str, places: list[str]) -> list[dict[str, object]]:
    """Return all rows of some places, each with its number in the table."""
    import polars as pl

    rows = pl.scan_parquet(part).with_row_index("at").filter(pl.col(key).is_in(places))
    return rows.collect().to_dicts()


def _rewrite(part: Path, table: str, patches: intake.Patches) -> None:
    """Write the table again with the patches, group of rows by group of rows."""
    import polars as pl

    again = part.with_suffix(".again")
    source, first = pq.ParquetFile(part), 0
    writer = _writer(again, table)
    try:
        for number in range(source.num_row_groups):
            frame = pl.DataFrame(source.read_row_group(number))
            places = range(first, first + len(frame))
            for column, values in patches.values.items():
                here = {at - first: v for at, v in values.items() if at in places}
                if here:
                    column_now = frame[column].scatter(list(here), list(here.values()))
                    frame = frame.with_columns(column_now.alias(column))
            gone = [at - first for at in patches.removed if at in places]
            if gone:
                kept = pl.Series(range(len(frame))).is_in(gone).not_()
                frame = frame.filter(kept)
            writer.write_table(frame.to_arrow().cast(_schema(table)))
            first += len(places)
        writer.close()
        again.replace(part)
    finally:
        writer.close()
        again.unlink(missing_ok=True)
