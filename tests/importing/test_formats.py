"""Formats of files: which suffixes are read, and which extra reads the other files."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lodespace.items import formats
from lodespace.items import table as item_table
from samples.pictures import Import

_NOT_READ = {"MAT4", "MAT5", "RAW", "SD2"}
"""Formats of libsndfile that are not read. formats.SOUNDS gives the reasons."""
_ONLY_WRITTEN_AS = {
    "AIFF": ".aif",
    "IRCAM": ".sf",
    "MPC2K": ".snd",
    "NIST": ".sph",
    "WAVEX": ".wav",
    "XI": "",
}
"""Suffix of each format whose suffix is not the name of the format.

The test leaves out formats with an empty suffix: an XI file cannot be read from a stream.
"""


@pytest.fixture
def tone() -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(3200) / 16_000)).astype(np.float32)


def test_every_format_of_libsndfile_is_imported(
    tmp_path: Path, bring: Import, tone: np.ndarray
) -> None:
    root = tmp_path / "sounds"
    root.mkdir()
    written = set()
    for name in set(soundfile.available_formats()) - _NOT_READ:
        suffix = _ONLY_WRITTEN_AS.get(name, f".{name.lower()}")
        if not suffix:
            continue
        assert suffix in formats.SOUNDS, name
        path = root / f"{name}{suffix}"
        soundfile.write(path, tone, 16_000, "ALAW" if name == "WVE" else None, format=name)
        written.add(path.name)
    items, report = bring(root, window=0.2)
    assert report.bad == []
    assert items.table is not None
    paths = items.table.column(item_table.PATH)
    assert {path.decode() for path in paths if path is not None} == written
    assert items.data.any(axis=(1, 2)).all()


def test_each_extra_is_in_the_project_file() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    for extra in formats.EXTRAS:
        assert extra.name in project["optional-dependencies"], extra.name
    suffixes = [suffix for extra in formats.EXTRAS for suffix in extra.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert not formats.SOUNDS & set(suffixes)


def test_a_missing_extra_is_named_with_its_command() -> None:
    missing = formats.Extra("heif", "no_such_module", frozenset({".heic"}))
    assert not missing.installed()
    assert missing.command() == "pip install 'lodespace[heif]'"
    assert formats.extra_for(".heic") == formats.HEIF
    assert formats.extra_for(".png") is None
