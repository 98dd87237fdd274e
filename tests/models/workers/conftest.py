from collections.abc import Iterator
from pathlib import Path

import pytest

from lodespace.models.workers.launch import local_team
from lodespace.models.workers.team import Team

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def team() -> Iterator[Team]:
    """Two processes on the CPU. This process leads. The follower can import samples/."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(TESTS))
        with local_team(2, "cpu", threads=1) as made:
            yield made
