"""Items of a region, compared with the shared test vectors that the tests of the page also read."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from lodespace.protocol import Region
from lodespace.scene.region_query import items_in_regions

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "selection" / "regions.json").read_text()
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_regions_hold_the_items_that_the_vectors_say(vector: dict[str, Any]) -> None:
    region = msgspec.convert(vector["region"], Region)
    items = items_in_regions(np.array(vector["points"], float), [region])
    assert items.tolist() == vector["items"]


def test_several_regions_are_joined() -> None:
    square = [-0.2, -0.2, 0.2, -0.2, 0.2, 0.2, -0.2, 0.2]
    identity = np.eye(4).reshape(-1).tolist()
    there = [x + 0.6 for x in square]
    regions = [
        Region(polygon=square, clip_from_latent=identity),
        Region(polygon=there, clip_from_latent=identity),
    ]
    points = np.array([[0, 0, 0], [0.6, 0.6, 0], [0.3, 0.3, 0]], float)
    assert items_in_regions(points, regions).tolist() == [0, 1]
