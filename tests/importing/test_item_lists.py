"""Text files beside the items that list their splits or classes."""

from collections import Counter
from pathlib import Path

import pytest

from lodespace.importing.check import check_data
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from samples.pictures import draw


def pictures(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(root / name)


def checked(root: Path, **options: object) -> ImportReport:
    return check_data(str(root), ImportOptions(**options))  # type: ignore[arg-type]


def lines(report: ImportReport, topic: str) -> list[str]:
    return [f"{'? ' * line.doubtful}{line.text}" for line in report.lines if line.topic == topic]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("cat/0\ncat/1\ndog/0\n", "dog/1\ndog/1\n"),
        ("./cat/0.png\r\ncat/1.png\r\ndog/0.png\r\n", "images/dog/1.png\n\ndog/1.png\n"),
        ("cat\\0.png 0\ncat\\1.png 0\ndog\\0.png 1\n", "dog\\1.png\t1\ndog\\1.png\t1\n"),
    ],
)
def test_lists_of_files_give_the_splits(train: str, test: str, tmp_path: Path) -> None:
    pictures(tmp_path, *(f"images/{c}/{n}.png" for c in ("cat", "dog") for n in range(2)))
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/train.txt").write_text(train)
    (tmp_path / "meta/testing_list.txt").write_text(test)
    found = lines(checked(tmp_path), "splits")
    assert found[0] == "train (3), testing (1)"
    assert found[1] == "from the lists meta/testing_list.txt, meta/train.txt"


def test_trainval_is_a_split_unless_its_parts_are_listed(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"images/{n}.png" for n in range(4)))
    (tmp_path / "train_val_list.txt").write_text("0.png\n1.png\n2.png\n")
    (tmp_path / "test_list.txt").write_text("3.png\n3.png\n")
    assert lines(checked(tmp_path), "splits")[0] == "trainval (3), test (1)"
    (tmp_path / "train.txt").write_text("0.png\n1.png\n")
    (tmp_path / "val.txt").write_text("2.png\n2.png\n")
    assert lines(checked(tmp_path), "splits")[0] == "train (2), test (1), val (1)"


def test_several_lists_per_split_are_doubtful(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"images/{c}/{n}.png" for c in ("cat", "dog") for n in range(2)))
    for name, text in {"train1": "0 1", "test1": "2 3", "train2": "2 3", "test2": "0 1"}.items():
        of = ("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png")
        (tmp_path / f"{name}.txt").write_text("\n".join(of[int(n)] for n in text.split()))
    (found,) = lines(checked(tmp_path), "splits")
    assert found.startswith("? test1.txt, test2.txt, train1.txt, ... list several splits")
    rows = "file_name,split\nimages/cat/0.png,train\nimages/dog/0.png,test\n"
    (tmp_path / "metadata.csv").write_text(rows)
    assert "2 of 4 items: test (1), train (1)" in lines(checked(tmp_path), "splits")


def test_splits_by_number_need_the_list_of_the_numbers(tmp_path: Path) -> None:
    names = [f"{c}/{n}.png" for c in ("cat", "dog") for n in range(2)]
    pictures(tmp_path, *(f"images/{name}" for name in names))
    (tmp_path / "train_test_split.txt").write_text("1 1\n2 0\n3 1\n4 1\n")
    assert lines(checked(tmp_path), "splits") == []
    rows = "".join(f"{n} {name}\n" for n, name in enumerate(names, 1))
    (tmp_path / "images.txt").write_text(rows)
    found = lines(checked(tmp_path), "splits")
    assert found == ["train (3), test (1)", "from train_test_split.txt: 1 is train, 0 is test"]


def test_a_list_labels_files_with_the_classes_of_folders(tmp_path: Path) -> None:
    names = [f"train/n0000000{k}/images/{k}_{n}.png" for k in (1, 2) for n in range(2)]
    pictures(tmp_path, *names, *(f"val/images/v{n}.png" for n in range(3)))
    text = "".join(f"v{n}.png\tn0000000{1 + n % 2}\t0\t32\t44\t62\n" for n in range(3))
    (tmp_path / "val/val_annotations.txt").write_text(text)
    (tmp_path / "words.txt").write_text("n00000001\tfox, red\nn00000002\towl\n")
    found = lines(checked(tmp_path), "labels")
    assert found[0] == "7 of 7 items in 2 classes: fox, red (4), owl (3)"
    assert "3 from val/val_annotations.txt, which names classes of folders" in found
    assert lines(checked(tmp_path, labels_at="none"), "labels")[0].endswith("no item has a label")
    (tmp_path / "val/val_annotations.txt").write_text(text.replace("n0000000", "x"))
    assert lines(checked(tmp_path), "labels")[0].startswith("4 of 7 items in 2 classes")


def test_cls_files_of_shards_give_the_classes(tmp_path: Path) -> None:
    names = [f"{'ab'[k]}/{k}{n}" for k in (0, 1) for n in range(3)]
    pictures(tmp_path, *(f"{name}.jpg" for name in names))
    for number, name in enumerate(names):
        (tmp_path / f"{name}.cls").write_text(f"{number % 3}\n")
    (tmp_path / "classes.txt").write_text("cat\ndog\nowl\n")
    report = checked(tmp_path)
    assert lines(report, "labels")[0] == "6 of 6 items in 3 classes: cat (2), dog (2), owl (2)"
    assert "from 6 .cls files, named like the items" in lines(report, "labels")
    assert report.left_out == 1  # the file classes.txt is left out
    by_folder = checked(tmp_path, labels_at="parent")
    assert "a (3)" in lines(by_folder, "labels")[0]
    (tmp_path / f"{names[0]}.cls").write_text("two\nlines\n")
    assert "a (3)" in lines(checked(tmp_path), "labels")[0]


def test_a_text_with_other_lines_does_not_give_splits(tmp_path: Path) -> None:
    pictures(tmp_path, "cat/0.png", "cat/1.png", "dog/0.png")
    (tmp_path / "train.txt").write_text("cat/0.png\nepoch 1\nloss 3\n")
    assert Counter(line.topic for line in checked(tmp_path).lines)["splits"] == 0
