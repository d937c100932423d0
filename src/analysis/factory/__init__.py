"""Many areas: a pool of processes on this machine, or an existing Dask cluster.

One area's failure, hang or hunger never stops the others; a re-run does only what is unfinished
or changed; the index shows every area with its status.
"""

from analysis.factory.batch import Outcome, run_with_progress
from analysis.factory.limits import Limits

__all__ = ["Limits", "Outcome", "run_with_progress"]
