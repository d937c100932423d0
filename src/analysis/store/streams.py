"""Big raw tables: a CSV file of a nation's schools to Parquet, block by block."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

#: The Parquet writer carries no types.
pq: Any = pyarrow.parquet


def import_large(source: Path, folder: Path, table: str) -> dict[str, int]:
    """Stream a tidy CSV file into ``<folder>/<table>.parquet`` in bounded memory.

    Parameters
    ----------
    source
        CSV file in UTF-8, its first line the headers.
    folder
        Where the table goes; the file appears only when it is whole.
    table
        Name of the canonical table.

    Returns
    -------
    dict
        Cells set aside by column; ``rows`` are rows without a key, ``written`` rows written.

    Raises
    ------
    IntakeError
        The file cannot be read as that table.
    """
    from analysis import intake

    counts: Counter[str] = Counter()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{table}.parquet.part"
    writer: Any = None
    try:
        with source.open("rb") as raw:
            for frame, set_aside in intake.stream(raw, table, name=source.name):
                block = pa.Table.from_pandas(frame, preserve_index=False)
                if writer is None:
                    writer = pq.ParquetWriter(part, block.schema, compression="zstd")
                writer.write_table(block)
                counts.update(set_aside)
                counts["written"] += len(frame)
        if writer is not None:
            writer.close()
            part.replace(folder / f"{table}.parquet")
    finally:
        part.unlink(missing_ok=True)
    return dict(counts)
