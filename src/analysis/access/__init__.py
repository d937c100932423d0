"""Access (就近入学): distance, coverage, two-step floating catchment, mergers, boundaries."""

from analysis.access.boundaries import Boundaries, read_boundaries
from analysis.access.catchment import two_step_catchment
from analysis.access.changes import catchment_changes
from analysis.access.distance import haversine_km
from analysis.access.mergers import merger_proposals
from analysis.access.projects import project_access
from analysis.access.step import access

__all__ = [
    "Boundaries",
    "access",
    "catchment_changes",
    "haversine_km",
    "merger_proposals",
    "project_access",
    "read_boundaries",
    "two_step_catchment",
]
