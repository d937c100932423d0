"""Which past errors speak, with what weight, and what bands come of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtrit

from analysis.forecast.calibration import (
    QUANTILE_PRIOR_ERRORS,
    REFERENCE_QUANTILE,
    CalibratedCohort,
    pulled_quantile,
)
from analysis.forecast.reference import (
    BLIND_ENTRY_REFERENCE,
    ENTRY_REFERENCE,
    REFERENCE,
    reference_for,
)
from analysis.forecast.uncertainty import (
    ErrorProfile,
    error_profile,
    judging_origins,
    recency,
)
from tests.forecast.conftest import known_county


def test_reference_errors_by_hand():
    # one year, 1000 pupils: shared 0.010; own sqrt(0.007^2 + 0.40 / 1000) = 0.021190
    one = np.array([1.0])

    assert REFERENCE.shared(one)[0] == pytest.approx(0.010)
    assert REFERENCE.own(one, np.array([1_000.0]))[0] == pytest.approx(0.0211896, abs=1e-6)
    assert REFERENCE.whole(one, np.array([1_000.0]))[0] == pytest.approx(0.0234307, abs=1e-6)


def test_the_entry_grade_is_surer_when_births_were_counted():
    assert reference_for((0, 1, 2)) is REFERENCE
    assert reference_for((0,)) is ENTRY_REFERENCE
    assert reference_for((0,), births_known=False) is BLIND_ENTRY_REFERENCE
    five = np.array([5.0])
    assert BLIND_ENTRY_REFERENCE.shared(five) > 2 * ENTRY_REFERENCE.shared(five)


def test_origins_with_less_than_half_of_the_history_do_not_speak():
    errors = {2010 + i: np.zeros((1, 1, 1)) for i in range(3, 12)}

    # 2022: 13 years of history, half of them is position 6, never asked above 5
    assert judging_origins(errors, 2022, 2010) == [2015, 2016, 2017, 2018, 2019, 2020, 2021]
    # 2017: position 4; 2015: position 3
    assert judging_origins(errors, 2017, 2010) == [2014, 2015, 2016]
    assert judging_origins(errors, 2015, 2010) == [2013, 2014]
    assert judging_origins(errors, 2013, 2010) == []


def test_an_origin_weighs_four_fifths_of_the_next():
    assert recency([2018, 2019, 2020], 2020).tolist() == pytest.approx([0.64, 0.8, 1.0])


def test_quantile_is_pulled_towards_its_prior_by_hand():
    # 24 scores of 2 from one origin, nothing in common: 24 errors. (8 x 1.1 + 24 x 2) / 32 = 1.775
    # one year ahead; four years ahead they count a half: (8.8 + 12 x 2) / 20 = 1.64
    score = np.full((1, 24), 2.0)

    assert QUANTILE_PRIOR_ERRORS == 8
    one, four = (pulled_quantile(score, np.ones(1), 0.8, h, 1.1, 0.0) for h in (1, 4))
    assert one == pytest.approx(1.775)
    assert four == pytest.approx(1.64)


def test_errors_of_one_origin_that_are_alike_count_as_few():
    # two origins of 20 errors, 0.3 of the variance in common: 20 / (1 + 19 x 0.3) = 2.985075 each;
    # the older one weighs a half: 4.477612. (8 x 1.1 + 4.477612 x 2) / 12.477612 = 1.422966
    score = np.full((2, 20), 2.0)

    found = pulled_quantile(score, np.array([0.5, 1.0]), 0.8, 1, 1.1, 0.3)

    assert found == pytest.approx(1.422966, abs=1e-6)
    # wholly alike: one error an origin, (8.8 + 1.5 x 2) / 9.5
    assert pulled_quantile(score, np.array([0.5, 1.0]), 0.8, 1, 1.1, 1.0) == pytest.approx(
        11.8 / 9.5
    )


def test_ten_scores_are_enough_and_nine_are_not():
    score = np.full((1, 10), 2.0)

    assert pulled_quantile(score, np.ones(1), 0.8, 1, 1.15, 0.5) > 1.15
    assert pulled_quantile(score[:, :9], np.ones(1), 0.8, 1, 1.15, 0.5) == 1.15


def test_shared_error_of_one_origin_by_hand():
    # four equal areas, all 6 per cent high: with three origins of reference 0.010^2 and one seen:
    # sqrt((3 x 0.0001 + 0.0036) / 4) = 0.0312250
    errors = {2019: np.full((4, 1, 1), 0.06)}

    found = error_profile(errors, np.full((4, 1), 500.0), origin=2020, horizon=1)

    assert found.shared[0, 0] == pytest.approx(0.0312250, abs=1e-6)
    assert found.evidence[0, 0] == pytest.approx(4)
    assert found.origins == 1


def test_own_error_is_what_is_left_when_the_shared_one_is_taken_off():
    # +2 and -2 per cent around nothing shared: 80 per cent of |error| / expected lie at or below
    # 0.02 / 0.0291376; squared over 1.2816^2 against a reference weight of 25 rows and 4 seen
    errors = {2019: np.array([0.02, -0.02, 0.02, -0.02])[:, None, None]}
    expected = REFERENCE.own(np.array([1.0]), np.array([[500.0]]))[0, 0]
    seen = (0.02 / expected / 1.2816) ** 2

    found = error_profile(errors, np.full((4, 1), 500.0), origin=2020, horizon=1)

    assert found.own_scale[0, 0] == pytest.approx(np.sqrt((25 + 4 * seen) / 29))


def test_errors_beyond_the_origin_do_not_speak():
    # at two years ahead the origin of 2019 is judged in 2021 only
    errors = {2019: np.full((4, 1, 2), 0.06)}

    found = error_profile(errors, np.full((4, 1), 500.0), origin=2020, horizon=2)

    assert found.evidence[0].tolist() == pytest.approx([4, 3])
    # what one year ahead taught is carried to two by nine tenths of its log
    carried = REFERENCE.shared(np.array([2.0]))[0] * (0.0312250 / 0.010) ** 0.9
    assert found.shared[0, 1] == pytest.approx(carried, rel=1e-4)


def test_one_area_has_one_error():
    found = error_profile({}, np.array([[500.0]]), origin=2020, horizon=1)

    whole = REFERENCE.whole(np.array([1.0]), np.array([500.0]))[0]
    assert found.shared[0, 0] == pytest.approx(whole)
    assert found.own_scale[0, 0] == 0


def test_few_origins_widen_the_shared_part():
    # Student's t with four degrees: 1.533206 / 1.281552 = 1.196368
    item = ErrorProfile(
        np.full((1, 1), 0.02), np.ones((1, 1)), 1, np.full((1, 1), 4.0), (REFERENCE,)
    )

    assert item.predictive().shared[0, 0] == pytest.approx(
        0.02 * stdtrit(4, 0.9) / 1.2815516, rel=1e-6
    )


def test_spread_of_the_county_by_hand():
    # two towns of 500: own errors average out by the root of two, the shared one does not
    item = ErrorProfile(np.full((1, 1), 0.03), np.ones((1, 1)), 0, np.ones((1, 1)), (REFERENCE,))
    own = REFERENCE.own(np.array([1.0]), np.array([500.0]))[0]

    assert item.whole(0, np.array([500.0, 500.0]))[0] == pytest.approx(
        np.hypot(0.03, own / np.sqrt(2))
    )


def test_bands_are_symmetric_in_logs_and_nested():
    panel, _ = known_county(towns=6, noise=0.05)
    levels = {"primary": tuple(range(6))}
    fit = CalibratedCohort(panel, levels, 5).fit(panel, 5)

    middle, bands = fit.point(levels["primary"]), fit.bands(levels["primary"])

    for lower, upper in bands.values():
        assert lower * upper == pytest.approx(middle**2)
    assert (bands[0.95][1] > bands[0.8][1]).all()
    assert REFERENCE_QUANTILE[0.95] > REFERENCE_QUANTILE[0.8]


def test_bands_of_larger_areas_are_narrower():
    panel, _ = known_county(towns=12, noise=0.05)
    levels = {"primary": tuple(range(6))}
    fit = CalibratedCohort(panel, levels, 5).fit(panel, 5)

    size = panel.pupils[:, :6, -1].sum(axis=1)
    spread = fit.spread[0]
    assert spread[np.argmax(size), 0] < spread[np.argmin(size), 0]


class Bare(CalibratedCohort):
    """The calibration alone, on sizes, errors and spreads given by hand."""

    def __init__(self, size, errors, *, horizon=3, shared=0.03, years=range(2010, 2021)):
        self.horizon = horizon
        self.levels = {"all": (0, 1)}
        self.errors = errors
        self.reference = (REFERENCE,)
        self._profiles = {}
        self.size = np.array(size, float)
        self.shared = shared
        self.years = tuple(years)
        self.model = self
        self.panel = self

    def _sizes(self, origin):
        return self.size[:, None]

    def profile(self, origin):
        even = np.ones((1, self.horizon))
        return ErrorProfile(self.shared * even, even, 5, 9 * even, self.reference)


def scores_of(made, *found):
    made._scores = lambda origin, level: iter(found)
    return made


def test_quantiles_are_taken_by_size_band_and_pulled_towards_that_of_all():
    # 20 areas of 199 pupils with scores of 2, 20 of 200 with scores of 1; nothing shared, so every
    # error counts. All: 2 holds four fifths: (8 x 1.2 + 40 x 2) / 48 = 1.866667. Small:
    # (8 x 1.866667 + 20 x 2) / 28 = 1.961905; large (14.933333 + 20) / 28 = 1.247619
    size = [199] * 20 + [200] * 20
    score = np.array([[2.0] * 20 + [1.0] * 20])
    made = scores_of(Bare(size, {}, shared=0.0), (1, np.ones(1), score))

    found = made._quantiles(2020, 0, 0.8, np.array(size, float))

    assert found[0] == pytest.approx([1.961905] * 3, abs=1e-6)
    assert found[39] == pytest.approx([1.247619] * 3, abs=1e-6)


def test_years_ahead_without_errors_keep_what_nearer_ones_taught():
    # nothing one year ahead: the reference; from two on 30 scores of 2 count as 30 / sqrt(2)
    score = np.full((1, 30), 2.0)
    made = scores_of(Bare([5_000] * 30, {}, shared=0.0), (2, np.ones(1), score))

    found = made._quantiles(2020, 0, 0.8, made.size)[0]

    weight = 30 / np.sqrt(2)
    whole = (8 * 1.2 + weight * 2) / (8 + weight)
    assert found[0] == REFERENCE_QUANTILE[0.8] == 1.2
    assert found[1:] == pytest.approx([(8 * whole + weight * 2) / (8 + weight)] * 2)
    assert REFERENCE_QUANTILE[0.95] == 2.15


def test_quantiles_of_all_areas_together():
    score = np.full((1, 30), 2.0)
    made = scores_of(Bare([500] * 30, {}, shared=0.0), (2, np.ones(1), score))

    found = made._pooled_quantile(2020, 0, 0.8)

    weight = 30 / np.sqrt(2)
    assert found == pytest.approx([1.2, *[(9.6 + weight * 2) / (8 + weight)] * 2])


def test_what_areas_have_in_common_by_hand():
    # one year, 1000 pupils: own variance 0.007^2 + 0.4 / 1000 = 0.000449, shared 0.0009
    made = Bare([1_000, 1_000, 10], {}, shared=0.03)

    found = made._alike(2020, 0, made.size)

    assert found[0] == pytest.approx(0.0009 / (0.0009 + 0.000449))
    # an unknown size counts as one pupil: 0.007^2 + 0.4
    unknown = made._alike(2020, 0, np.array([np.nan]))
    assert unknown[0] == pytest.approx(0.0009 / (0.0009 + 0.400049))


def test_errors_are_measured_in_the_spread_of_their_own_origin():
    # spread of 1000 pupils one year ahead: root of 0.0009 + 0.000449
    errors = {y: np.full((2, 1, 3), 0.1 if y == 2017 else -0.2) for y in range(2013, 2020)}
    made = Bare([1_000, 1_000], errors)

    found = list(made._scores(2020, 0))

    assert [h for h, _, _ in found] == [1, 2, 3]
    _, recent, score = found[0]
    # eleven years of history: origins from position 5 on, up to 2019
    assert score.shape == (5, 2)
    assert recent == pytest.approx(0.8 ** np.array([4, 3, 2, 1, 0]))
    assert score[2, 0] == pytest.approx(0.1 / np.sqrt(0.001349))
    assert score[0, 0] == pytest.approx(0.2 / np.sqrt(0.001349))
    assert found[2][2].shape == (3, 2)  # three years ahead: 2015 to 2017
    assert found[2][1] == pytest.approx(0.8 ** np.array([2, 1, 0]))
    # nine years of history in 2018: position 4 on, and 2017 has just been judged
    assert len(next(made._scores(2018, 0))[2]) == 4


def test_the_profile_of_the_paths_holds_four_fifths():
    # quantiles of twice the normal one: twice the spread, and the shared part widened for resting
    # on nine origins
    made = Bare([1_000], {})
    made._pooled_quantile = lambda origin, level, share: np.full(3, 2 * 1.2816)

    found = made.calibrated_profile(2020)

    assert found.own_scale == pytest.approx(np.full((1, 3), 2.0))
    widen = stdtrit(9, 0.9) / 1.2815516
    assert found.shared == pytest.approx(np.full((1, 3), 0.06 * widen), rel=1e-6)
