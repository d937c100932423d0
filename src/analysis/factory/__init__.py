"""Many areas: a pool of processes on this machine, or an existing Dask cluster.

One area's failure, hang or hunger never stops the others; a re-run does only what is unfinished
or changed; the index shows every area with its status.
"""

from analysis.factory.batch import Outcome, run_with_progress
from analysis.factory.limits import Limits
from analysis.factory.since import changed_since, moment

__all__ = ["Limits", "Outcome", "changed_since", "moment", "run_with_progress"]
