"""The two-step floating catchment (两步移动搜寻法): seats within reach a child."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def two_step_catchment(
    children: ArrayLike, seats: ArrayLike, distance: ArrayLike, reach: float
) -> Array:
    """Return the seats within reach a child of each place.

    Parameters
    ----------
    children
        ``(I,)`` children of each place.
    seats
        ``(J,)`` seats of each school.
    distance
        ``(I, J)``; a missing distance is out of reach.
    reach
        Places and schools at most this far apart reach each other.

    Returns
    -------
    Array
        ``(I,)``; 0 where no school is within reach.

    Notes
    -----
    Step 1: ``R_j = S_j / sum of P_i over i with d_ij <= reach``. Step 2: ``A_i = sum of R_j over
    j with d_ij <= reach``. A school without any child in reach gives nothing to anybody. Weighted
    by children, A adds up to the seats that somebody reaches. Source: Luo and Wang (2003),
    Measures of spatial accessibility to health care in a GIS environment, Environment and
    Planning B 30, 865-884.
    """
    people = np.asarray(children, dtype=float)
    supply = np.asarray(seats, dtype=float)
    near = np.asarray(distance, dtype=float) <= reach
    demand = near.T @ people
    ratio = np.where(demand > 0, supply / np.where(demand > 0, demand, 1.0), 0.0)
    return np.asarray(near @ ratio)
