"""Matching of names with paths by the longest end that fits one path only."""

import pytest

from lodespace.importing.annotations.path_match import match_paths

PATHS = ["north/a.wav", "south/a.wav", "south/b.wav", "x/Ünïk.wav"]


@pytest.mark.parametrize(
    ("name", "index", "how"),
    [
        ("north/a.wav", 0, "full"),
        ("/mnt/data/north/a.wav", 0, "end"),
        ("D:\\field\\south\\a.wav", 1, "end"),
        ("file:///home/x/south/b.wav", 2, "end"),
        ("b.wav", 2, "end"),
        ("elsewhere/b.wav", 2, "name"),
        ("a.wav", -1, "end"),
        ("SOUTH/B.WAV", 2, "end"),
        ("x/U\u0308ni\u0308k.wav", 3, "end"),
        ("south/b", 2, "stem"),
        ("/data/upload/3/0a1b2c3d-b.wav", 2, "upload"),
        ("zzz.wav", None, ""),
    ],
)
def test_names_match_by_the_longest_unambiguous_end(name: str, index: int | None, how: str) -> None:
    found = match_paths([name], PATHS).get(name)
    assert (None if found is None else found.index) == index
    assert found is None or found.how == how


def test_a_name_in_another_folder_yields_to_a_better_match() -> None:
    found = match_paths(["bird/1.wav", "/data/cat/1.wav"], ["cat/1.wav"])
    assert set(found) == {"/data/cat/1.wav"}


@pytest.mark.parametrize(
    ("names", "paths", "indices"),
    [
        # the folders north and south are not the same: the name of west is unchanged
        (["north/0.jpg", "west/1.jpg"], ["south/0.jpg", "west/1.jpg"], [None, 1]),
        (["/d/north/0.jpg", "/d/west/1.jpg"], ["south/0.jpg", "west/1.jpg"], [None, 1]),
        (["north/a.wav", "south/b.wav"], ["south/a.wav", "south/b.wav"], [None, 1]),
        (["north/a/0.jpg", "west/a/0.jpg"], ["south/a/0.jpg", "west/a/0.jpg"], [-1, 1]),
        # the folder may have a new name, which is reported
        (["old/0.jpg", "old/1.jpg"], ["new/0.jpg", "new/1.jpg"], ["new/0.jpg", "new/1.jpg"]),
        # files of two folders cannot both be the same file
        (["cat/0.jpg", "dog/0.jpg", "dog/1.jpg"], ["0.jpg", "1.jpg"], [-1, -1, 1]),
        (["cat/0.jpg", "dog/0.jpg"], ["fox/0.jpg"], [-1, -1]),
        # several roots and several names of one file
        (["/a/x/0.jpg", "/b/x/0.jpg"], ["x/0.jpg"], [0, 0]),
        (["meta/0.jpg", "0.jpg"], ["x/0.jpg"], ["x/0.jpg", 0]),
        (["/old/x/0.jpg", "/old/y/1.jpg"], ["new/x/0.jpg", "new/y/1.jpg"], [0, 1]),
        (["/up/3/0a1b2c3d-0.jpg", "x/1.jpg"], ["x/0.jpg", "x/1.jpg"], [0, 1]),
    ],
)
def test_names_in_other_folders_are_left_out_or_reported(
    names: list[str], paths: list[str], indices: list[int | str | None]
) -> None:
    """`indices` has a path in place of an index if the match is in another folder."""
    found = match_paths(names, paths)
    assert [
        None if (m := found.get(n)) is None else paths[m.index] if m.elsewhere else m.index
        for n in names
    ] == indices
