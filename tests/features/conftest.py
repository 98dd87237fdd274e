"""Fixtures of the tests of networks with downloaded weights."""

from pathlib import Path

import pytest

from lodespace.features import weights


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of weights, empty, also for processes."""
    folder = tmp_path / "cache" / "lodespace" / "weights"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "cache_folder", lambda: folder)
    return folder
