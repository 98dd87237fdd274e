"""Regions in feature space."""

import numpy as np

from lodespace.rules.regions import FeatureRows, Region, region_of


def groups(n: int = 400, width: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows around four centres (N, F), and the group of each row (N,)."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 4, n)
    centres = random.normal(size=(4, width)) * 5
    return (centres[group] + random.normal(size=(n, width))).astype(np.float32), group


def test_a_region_reproduces_a_cluster() -> None:
    rows, group = groups()
    selected = np.flatnonzero(group == 2)
    region = region_of(FeatureRows("x", rows), selected)
    assert np.array_equal(region.matching(rows), selected)
    assert len(region.radii) == 1, "one prototype is enough"


def test_a_region_reproduces_two_clusters_with_two_prototypes() -> None:
    rows, group = groups()
    selected = np.flatnonzero((group == 2) | (group == 0))
    region = region_of(FeatureRows("x", rows), selected)
    assert np.array_equal(region.matching(rows), selected)
    assert len(region.radii) <= 3


def test_a_region_matches_new_rows_of_its_cluster() -> None:
    rows, group = groups(800)
    region = region_of(FeatureRows("x", rows[:400]), np.flatnonzero(group[:400] == 1))
    matched = np.isin(np.arange(400), region.matching(rows[400:]))
    assert (matched == (group[400:] == 1)).mean() > 0.98


def test_scaled_features_decide_and_reach_multiplies_the_radii() -> None:
    rows, group = groups()
    noise = np.random.default_rng(1).normal(size=(len(rows), 1)).astype(np.float32) * 1e4
    scale = np.append(np.ones(8), 1e-6).astype(np.float32)
    space = FeatureRows("x", np.hstack([rows, noise]), scale)
    selected = np.flatnonzero(group == 3)
    region = region_of(space, selected)
    assert np.array_equal(region.matching(space.rows), selected)
    assert set(region.matching(space.rows, 0.5)) < set(selected)
    assert len(region.matching(space.rows, 10)) == len(rows)


def test_single_items_and_all_items_are_regions() -> None:
    rows, _ = groups(50)
    space = FeatureRows("x", rows)
    assert region_of(space, np.array([7])).matching(rows).tolist() == [7]
    assert len(region_of(space, np.arange(50)).matching(rows)) == 50
    same = FeatureRows("x", np.ones((20, 3), np.float32))
    assert len(region_of(same, np.array([1, 2])).matching(same.rows)) == 20


def test_a_region_far_from_the_origin_keeps_its_items() -> None:
    rows, group = groups()
    far = rows + 1000
    selected = np.flatnonzero(group == 1)
    region = region_of(FeatureRows("x", far), selected)
    assert np.array_equal(region.matching(far), selected)


def test_a_stored_region_without_rows_matches_nothing() -> None:
    region = Region(np.zeros((1, 3), np.float32), np.ones(1, np.float32))
    assert region.matching(np.zeros((0, 3), np.float32)).tolist() == []
