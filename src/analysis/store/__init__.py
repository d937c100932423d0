"""The only code that touches files: find the project, read, hold to contract, write, hash.

Every write is atomic (temporary file, flush to disk, rename), so no half file is ever seen under
its final name. Raw data is only read.
"""

from analysis.store.areas import (
    ROOT_VARIABLE,
    RawSource,
    area_names,
    named_paths,
    project_root,
    raw_files,
    raw_paths,
    raw_source,
    read_area,
)
from analysis.store.files import (
    file_sha256,
    parts_left,
    remove_parts,
    sha256,
    stamp,
    write_bytes,
    write_json,
    write_text,
)
from analysis.store.locks import run_lock
from analysis.store.runs import INPUTS_FILE, Run, import_raw, open_run, run_of
from analysis.store.streams import read_raw
from analysis.store.tables import (
    HIDDEN_VARIABLE,
    hidden_tables,
    read_csv,
    read_table,
    write_table,
)

__all__ = [
    "HIDDEN_VARIABLE",
    "INPUTS_FILE",
    "ROOT_VARIABLE",
    "RawSource",
    "Run",
    "area_names",
    "file_sha256",
    "hidden_tables",
    "import_raw",
    "named_paths",
    "open_run",
    "parts_left",
    "project_root",
    "raw_files",
    "raw_paths",
    "raw_source",
    "read_area",
    "read_csv",
    "read_raw",
    "read_table",
    "remove_parts",
    "run_lock",
    "run_of",
    "sha256",
    "stamp",
    "write_bytes",
    "write_json",
    "write_table",
    "write_text",
]
