"""Lists of class names beside data whose labels are numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from lodespace.importing.check import check_data
from lodespace.importing.source import ImportOptions
from samples.pictures import Import, draw


def doubts(path: Path) -> list[str]:
    return [line.text for line in check_data(str(path), ImportOptions()).lines if line.doubtful]


def classes(path: Path) -> str:
    """The classes of the report with their numbers of items."""
    texts = (line.text for line in check_data(str(path), ImportOptions()).lines)
    return next(text.partition(": ")[2] for text in texts if " classes: " in text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.json", '["cat", "dog", "owl"]'),
        ("cat_to_name.json", '{"0": "cat", "1": "dog", "2": "owl"}'),
        ("class_to_idx.json", '{"cat": 0, "owl": 2, "dog": 1}'),
        (
            "label_map.json",
            '[{"id": 0, "name": "cat"}, {"id": 1, "name": "dog"}, {"id": 2, "name": "owl"}]',
        ),
        ("labels.json", '{"id2label": {"0": "cat", "1": "dog", "2": "owl"}}'),
        (
            "imagenet_class_index.json",
            '{"0": ["n1", "cat"], "1": ["n2", "dog"], "2": ["n3", "owl"]}',
        ),
        ("class_names.txt", "cat\ndog\nowl\n"),
        ("labels.txt", "0 cat\n1 dog\n2 owl\n"),
        ("obj.names", "cat\r\ndog\r\nowl"),
    ],
)  # fmt: skip
def test_numbers_get_the_names_of_a_list(
    name: str, text: str, tmp_path: Path, bring: Import
) -> None:
    np.savez(tmp_path / "a.npz", X=np.random.default_rng(0).random((6, 3)), y=[2, 0, 1, 0, 1, 2])
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    items, report = bring(tmp_path / "a.npz")
    assert items.class_names == ("cat", "dog", "owl")
    assert items.truth is not None
    assert items.truth.tolist() == [2, 0, 1, 0, 1, 2]
    assert f"names of the classes from {name} (0 is cat)" in report.summary()
    assert report.lines == check_data(str(tmp_path / "a.npz"), ImportOptions()).lines


def test_a_list_beside_a_file_is_sure_only_with_its_name(tmp_path: Path) -> None:
    """A list beside a file is doubtful, because Downloads/ may contain lists of other data."""
    (tmp_path / "t.csv").write_text("u,v,label\n1,2,0\n3,4,1\n5,6,1\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/classes.txt").write_text("lion\nzebra\n")
    assert classes(tmp_path / "t.csv") == "1 (2), 0 (1)"
    (tmp_path / "classes.txt").write_text("lion\nzebra\n")
    assert classes(tmp_path / "t.csv") == "zebra (2), lion (1)"
    assert any("if it is not about t.csv" in text for text in doubts(tmp_path / "t.csv"))
    (tmp_path / "t.classes.txt").write_text("owl\nfox\n")
    assert classes(tmp_path / "t.csv") == "fox (2), owl (1)"
    assert not any("names of the classes" in text for text in doubts(tmp_path / "t.csv"))


def test_a_folder_of_data_has_the_list_in_a_folder_inside(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.random.default_rng(0).random((3, 3)), y=[1, 0, 1])
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/labels.txt").write_text("0 cat\n1 dog\n")
    assert classes(tmp_path) == "dog (2), cat (1)"


def test_folders_and_tables_with_numbers_get_names(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "flowers"
    for number in (1, 2, 10):
        (root / f"train/{number}").mkdir(parents=True)
        for k in range(2):
            draw(10 * number + k).save(root / f"train/{number}/{k}.png")
    names = {"10": "rose", "1": "lily", "2": "poppy", "3": "tulip"}
    (root / "cat_to_name.json").write_text(json.dumps(names))
    items, _ = bring(root)
    assert items.class_names == ("lily", "poppy", "rose")
    (tmp_path / "t.csv").write_text("u,v,label\n1,2,007\n3,4,8\n5,6,8\n")
    (tmp_path / "classes.txt").write_text("7 owl\n8 fox\n")
    assert bring(tmp_path / "t.csv")[0].class_names == ("owl", "fox")


def test_synsets_get_their_names(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "tiny"
    for wnid in ("n01443537", "n01629819"):
        (root / f"train/{wnid}").mkdir(parents=True)
        for k in range(2):
            draw(k).save(root / f"train/{wnid}/{wnid}_{k}.png")
    (root / "words.txt").write_text("n01443537\tgoldfish\nn01629819\tsalamander\nn02\tx\n")
    assert bring(root)[0].class_names == ("n01443537", "n01629819")
    words = "n01443537\tgoldfish\nn01629819\tsalamander\nn00000001\tx\nn00000002\tx\n"
    (root / "words.txt").write_text(words)
    assert bring(root)[0].class_names == ("goldfish", "salamander")


def test_a_list_without_all_numbers_is_stated_and_not_used(tmp_path: Path, bring: Import) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 3)), y=[0, 1, 5, 1])
    (tmp_path / "classes.json").write_text('["cat", "dog"]')
    assert bring(tmp_path / "a.npz")[0].class_names == ("0", "1", "5")
    text = "classes.json may name the classes, but is not used: it has no name for 5"
    assert text in doubts(tmp_path / "a.npz")


def test_a_list_is_not_used_if_items_have_several_labels(tmp_path: Path) -> None:
    """Only the first label of an item could get a name from the list."""
    (tmp_path / "t.csv").write_text("u,v,label\n1,2,0|1\n3,4,1\n5,6,0\n7,8,0|1\n")
    (tmp_path / "t.classes.txt").write_text("owl\nfox\n")
    assert classes(tmp_path / "t.csv") == "0 (3), 1 (1)"
    assert any("items have several labels" in text for text in doubts(tmp_path / "t.csv"))


def test_numbers_from_one_are_doubtful(tmp_path: Path, bring: Import) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 3)), y=[1, 2, 2, 1])
    (tmp_path / "classes.json").write_text('["cat", "dog"]')
    assert bring(tmp_path / "a.npz")[0].class_names == ("cat", "dog")
    assert any("the numbers count from 1" in text for text in doubts(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.json", "{"),
        ("classes.json", '{"a": {"b": 1}}'),
        ("classes.json", '["x", "x"]'),
        ("readme.txt", "cat\ndog"),
        ("labels.txt", "one line"),
        ("labels.txt", "1\n0\n1\n0\n"),
        ("label_1.txt", "0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n"),
        ("file_names.txt", "".join(f"{n}.png\n" for n in range(50))),
    ],
)
def test_other_files_are_not_lists_of_classes(
    name: str, text: str, tmp_path: Path, bring: Import
) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 3)), y=[0, 1, 1, 0])
    (tmp_path / name).write_text(text)
    assert bring(tmp_path / "a.npz")[0].class_names == ("0", "1")
