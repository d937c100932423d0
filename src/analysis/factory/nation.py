"""A nation's schools where they lie: partitioned Parquet, two partitions in memory at a time.

A partition is a Parquet file that holds whole counties (a province, say) in the columns of
:data:`analysis.indicators.national.COLUMNS`. Each is assessed by itself, so memory is bounded by
the largest partition, and the same partitions can be sent to a cluster.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analysis import standards
from analysis.errors import DataError, ParameterError
from analysis.indicators.national import COLUMNS, GROUP, national
from analysis.store import write_bytes

SCHOOLS, COUNTIES = "schools", "counties.parquet"
#: While one partition is flushed to the disk the next one is computed.
_AT_A_TIME = 2
#: Columns of a source that the result repeats, so that a row can be found again.
_KEPT = (*GROUP, "school_id", "pupils")


@dataclass(frozen=True)
class NationOutcome:
    """What an assessment of a nation left: rows assessed, groups found, the files written."""

    rows: int
    groups: int
    counties: Path
    schools: Path


def partitions(source: Path) -> list[Path]:
    """Return the Parquet files of a partitioned table, in the order of their names.

    Raises
    ------
    ParameterError
        There is none.
    """
    found = [source] if source.is_file() else sorted(source.rglob("*.parquet"))
    if not found:
        msg = f"There is no Parquet file in {source}."
        raise ParameterError(msg)
    return found


def assess_partition(path: Path, rules: str, target: Path) -> tuple[int, bytes]:
    """Assess the schools of one partition and write them; give its rows and its counties.

    Parameters
    ----------
    path
        The Parquet file.
    rules
        Name of the rule set.
    target
        File for ratios, shortfalls and verdict of every school.

    Returns
    -------
    tuple
        Number of rows; the table of counties as Parquet.

    Raises
    ------
    DataError
        A column is missing.
    """
    rows = pl.scan_parquet(path, hive_partitioning=False)
    missing = [name for name in COLUMNS if name not in rows.collect_schema().names()]
    if missing:
        raise DataError(
            table=path.name,
            problem=f"columns are missing: {', '.join(missing)}",
            fix="Give every column of analysis.indicators.national.COLUMNS.",
            rows=pl.DataFrame({"column": missing}).to_pandas(),
        )
    result = national(rows.select(COLUMNS), standards.load(rules))
    made = [c for c in result.schools.columns if c not in COLUMNS]
    write_bytes(target, _parquet(result.schools.select(*_KEPT, *made)))
    return result.schools.height, _parquet(result.counties)


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4")  # half the time of zstd, a tenth more bytes
    return buffer.getvalue()


def assess_nation(
    source: Path, target: Path, *, rules: str = "national_2017", scheduler: str = ""
) -> NationOutcome:
    """Assess every school, county and year of a nation, partition by partition.

    Parameters
    ----------
    source
        Folder of Parquet files (or one file); every county lies in one file only.
    target
        Folder for ``counties.parquet`` and ``schools/``, one file a partition.
    rules
        Name of the rule set.
    scheduler
        Address of a Dask scheduler; then its workers do the partitions. They must see both
        folders at the same paths.

    Returns
    -------
    NationOutcome
        Rows, groups, and where the tables are.

    Raises
    ------
    ParameterError
        There is no partition.
    DataError
        A column is missing, or a county lies in more than one partition.
    """
    found = partitions(source)
    base = source.parent if source.is_file() else source
    targets = [target / SCHOOLS / path.relative_to(base) for path in found]
    done = list(_assessed(found, rules, targets, scheduler))
    counties = pl.concat([pl.read_parquet(content) for _, content in done]).sort(GROUP)
    twice = counties.select(GROUP).filter(pl.struct(GROUP).is_duplicated()).unique()
    if twice.height:
        raise DataError(
            table=source.name,
            problem="a county lies in more than one partition",
            fix="Write the table again so that each county is in one file.",
            rows=twice.sort(GROUP).to_pandas(),
        )
    written = write_bytes(target / COUNTIES, _parquet(counties))
    return NationOutcome(sum(n for n, _ in done), counties.height, written, target / SCHOOLS)


def _assessed(
    found: Sequence[Path], rules: str, targets: Sequence[Path], scheduler: str
) -> Iterator[tuple[int, bytes]]:
    if not scheduler:
        with ThreadPoolExecutor(_AT_A_TIME) as threads:
            yield from threads.map(assess_partition, found, [rules] * len(found), targets)
        return
    from analysis.factory.cluster import connected, fingerprint

    with connected(scheduler) as client:
        ours = fingerprint()
        futures = [
            client.submit(_there, path.resolve(), rules, target.resolve(), ours, pure=False)
            for path, target in zip(found, targets, strict=True)
        ]
        yield from client.gather(futures)


def _there(path: Path, rules: str, target: Path, expected: dict[str, str]) -> tuple[int, bytes]:
    """Assess a partition on a worker that has the client's code; runs there."""
    from analysis.factory.cluster import refuse_other_code

    refuse_other_code(expected)
    return assess_partition(path, rules, target)
