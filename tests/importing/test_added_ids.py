"""Ids of added items: an item of the project is recognised, and no other item is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from lodespace.errors import DatasetError, NoNewItemError
from lodespace.importing.added_source import AddedItems
from lodespace.importing.addition import Addition
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.folders.added_files import AddedFiles
from lodespace.importing.sounds import cutting
from lodespace.importing.source import ImportOptions, RawItem, Source
from lodespace.items.errors import BadItem
from lodespace.project.growth import add_to_project
from lodespace.project.opening import new_project
from lodespace.project.project import Project
from samples.pictures import draw


def made(folder: Path, data: str | Source, **options: Any) -> Project:
    project = new_project(folder, data, "test", ImportOptions(**options))
    project.report = None
    return project


def add(project: Project, data: str | Source, **options: Any) -> Addition:
    added = add_to_project(project, data, ImportOptions(**options))
    project.items = added.items
    return added


def pictures(folder: Path, *numbers: int, size: tuple[int, int] = (28, 28)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, number in enumerate(numbers):
        draw(number, size).save(folder / f"{name}.png")
    return folder


def test_rows_of_an_array_follow_the_largest_number(tmp_path: Path) -> None:
    """Numbers have gaps where rows were left out."""
    rows = np.random.default_rng(0).normal(size=(6, 4))
    rows[[1, 2]] = np.nan
    project = made(tmp_path / "p", from_arrays("v", rows))
    assert list(project.items.ids) == ["0", "3", "4", "5"]
    assert add(project, from_arrays("new", np.ones((3, 4)))).count == 3
    assert list(project.items.ids)[4:] == ["6", "7", "8"]


def test_rows_without_ids_get_numbers_unless_they_are_the_same(tmp_path: Path) -> None:
    def table(name: str, rows: np.ndarray) -> str:
        text = "\n".join(",".join(f"{value:.3f}" for value in row) for row in rows)
        (tmp_path / name).write_text(f"a,b,c\n{text}\n")
        return str(tmp_path / name)

    rows = np.random.default_rng(0).normal(size=(8, 3))
    project = made(tmp_path / "p", table("first.csv", rows[:5]))
    added = add(project, table("first.csv", rows[:6]))
    assert (added.count, added.known) == (1, 5), "the table has one more row"
    assert "already in the project: 5 items" in added.summary("p")
    assert add(project, table("other.csv", rows[6:])).count == 2
    assert list(project.items.ids) == [*"01234567"]


def test_pages_of_another_stack_are_added(tmp_path: Path) -> None:
    def stack(name: str, first: int) -> str:
        pages = [draw(first + number) for number in range(3)]
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
        return str(tmp_path / name)

    project = made(tmp_path / "p", stack("a.tif", 0))
    assert add(project, stack("b.tif", 10)).count == 3
    assert list(project.items.ids) == [*"012345"]
    with pytest.raises(NoNewItemError, match="no item that the project does not have"):
        add(project, stack("a.tif", 0))


@pytest.mark.parametrize("size", [(28, 28), (90, 90)])
def test_the_same_path_on_another_disk_is_another_file(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    project = made(tmp_path / "p", str(pictures(tmp_path / "own", 0, 1, 2)))
    add(project, str(pictures(tmp_path / "disk1" / "images", 3, 4, size=size)))
    added = add(project, str(pictures(tmp_path / "disk2" / "images", 5, 4, 6, size=size)))
    assert (added.count, added.known) == (2, 1)
    again = tmp_path / "disk2" / "images"
    with pytest.raises(NoNewItemError):
        add(project, str(again))
    names = ["images/0.png", "images/1.png", "images/0 (2).png", "images/2.png"]
    assert list(project.items.ids)[3:] == names


def test_frames_of_a_video_elsewhere_do_not_repeat_the_video(tmp_path: Path) -> None:
    project = made(tmp_path / "p", str(pictures(tmp_path / "own", 0, 1)))

    class Frames(AddedFiles):
        def __iter__(self) -> Iterator[RawItem | BadItem]:
            for number, item in enumerate(super().__iter__()):
                assert isinstance(item, RawItem)
                item.start = float(number) or None
                yield item

    other = pictures(tmp_path / "other", 2, 3)
    source = Frames(other, [b"0.png", b"1.png"], project.items)
    picture, frame = AddedItems(source, project.items)
    assert isinstance(picture, RawItem) and isinstance(frame, RawItem)
    assert picture.original == (other / "0.png").read_bytes()
    assert frame.original is None


def test_a_recording_that_changes_while_it_is_read_is_not_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sounds"
    folder.mkdir()

    def write(name: str, seconds: int) -> None:
        soundfile.write(folder / name, np.full(8000 * seconds, 0.1), 8000)

    for name in ("a.wav", "b.wav"):
        write(name, 3)
    project = made(tmp_path / "p", str(folder))
    write("c.wav", 3)
    read = cutting.windows

    def growing(*arguments: Any) -> Any:
        yield from read(*arguments)
        write("c.wav", 6)

    with monkeypatch.context() as changed:
        changed.setattr(cutting, "windows", growing)
        with pytest.raises(DatasetError, match=r"c\.wav changed while it was read"):
            add(project, str(folder))
    assert add(project, str(folder)).count == 2
