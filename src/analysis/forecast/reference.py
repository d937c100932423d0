"""Reference errors (参考误差): how wrong forecasts usually are where no past can be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.forecast.panel import Array


@dataclass(frozen=True)
class ReferenceErrors:
    """Reference standard deviations of log errors, by years ahead ``h`` and pupils ``n``.

    Shared: ``shared_rate * h ** shared_power``. Own variance: what size does not average out,
    ``(floor_rate * h ** floor_power) ** 2``, and what it does,
    ``noise * h ** (2 noise_power) / n``.
    """

    shared_rate: float
    shared_power: float
    floor_rate: float
    floor_power: float
    noise: float
    noise_power: float

    def shared(self, horizon: Array) -> Array:
        """Return the standard deviation of the error all areas share, by years ahead."""
        return np.asarray(self.shared_rate * horizon**self.shared_power)

    def own(self, horizon: Array, pupils: Array) -> Array:
        """Return the standard deviation of an area's own error, by years ahead and pupils."""
        floor = (self.floor_rate * horizon**self.floor_power) ** 2
        noise = self.noise * horizon ** (2 * self.noise_power) / np.maximum(pupils, 1.0)
        return np.asarray(np.sqrt(floor + noise))

    def whole(self, horizon: Array, pupils: Array) -> Array:
        """Return the standard deviation of an area's whole error."""
        return np.asarray(np.hypot(self.shared(horizon), self.own(horizon, pupils)))


#: Stages of several grades. Shared: the England-wide error of the authorities' own forecasts
#: (1.0-1.4 per cent one year ahead, 1.5-3.2 three years ahead; DfE scorecards 2019-2025) and the
#: shared errors of this model in Taiwan, North Dakota and the US states lie around it. Own: robust
#: spread of this model's rolling-origin errors there, from 70 to 300,000 pupils.
REFERENCE = ReferenceErrors(0.010, 0.65, 0.007, 0.90, 0.40, 0.68)
#: The entry grade by itself, its children counted before they enter: wrong at once, and hardly
#: more later.
ENTRY_REFERENCE = ReferenceErrors(0.022, 0.15, 0.018, 0.60, 1.40, 0.18)
#: The entry grade by itself when nobody counted the children: a turn of births goes unseen, and
#: what is shared grows with the years ahead.
BLIND_ENTRY_REFERENCE = ReferenceErrors(0.030, 0.80, 0.018, 0.60, 1.40, 0.18)


def reference_for(columns: Sequence[int], *, births_known: bool = True) -> ReferenceErrors:
    """Return the reference errors of a level: the entry grade alone, or a stage."""
    if list(columns) != [0]:
        return REFERENCE
    return ENTRY_REFERENCE if births_known else BLIND_ENTRY_REFERENCE
