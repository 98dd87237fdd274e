"""Folders of pictures with tables of labels, and folders that hold a single table or array."""

import json
from pathlib import Path

import numpy as np
import pytest

from lodespace.errors import DatasetError
from lodespace.importing.check import check_data
from lodespace.importing.detect import open_source
from lodespace.importing.source import ImportOptions, RawItem
from lodespace.items.errors import BadItem
from samples.pictures import draw

FOLDS = ((1, "train"), (2, "test"))


def make(root: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(root / name)
    return root


def labels(root: Path, **options: object) -> dict[str, str | None]:
    source = open_source(str(root), ImportOptions(**options))  # type: ignore[arg-type]
    items = [item for item in source if not isinstance(item, BadItem)]
    return {item.item_id: item.label for item in items}


def doubts(root: Path, **options: object) -> list[str]:
    source = open_source(str(root), ImportOptions(**options))  # type: ignore[arg-type]
    list(source)
    return [finding.text for finding in source.findings() if finding.doubtful]


def test_pictures_without_folders_of_classes_have_the_labels_of_the_table(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "images/a.png", "images/b.png", "images/c.png")
    (root / "train.csv").write_text("id,breed,age\na,pug,3\nb,boxer,4\n")
    assert labels(root) == {"images/a.png": "pug", "images/b.png": "boxer", "images/c.png": None}
    source = open_source(str(root), ImportOptions())
    first = next(iter(source))
    assert not isinstance(first, BadItem)
    assert first.columns["age"] == "3"
    assert any("train.csv" in finding.text for finding in source.findings())


def test_folders_of_classes_count_unless_the_table_is_asked_for(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "cat/a.png", "cat/b.png", "dog/c.png", "dog/d.png")
    rows = "".join(f"{name}.png,{'old' if name in 'ac' else 'new'}\n" for name in "abcd")
    (root / "ages.csv").write_text("file_name,label\n" + rows)
    assert set(labels(root).values()) == {"cat", "dog"}
    assert any("4 pictures with other labels in ages.csv" in text for text in doubts(root))
    for options in ({"label": "label"}, {"labels_at": "none"}):
        assert list(labels(root, **options).values()) == ["old", "new", "old", "new"]
    with pytest.raises(DatasetError, match="no table that names the pictures"):
        labels(root, label="species")


def test_a_table_with_the_classes_of_the_folders_labels_the_rest(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "Train/0/a.png", "Train/14/b.png", "Test/c.png", "Test/d.png")
    (root / "Test.csv").write_text("Width,ClassId,Path\n40,14,Test/c.png\n40,0,Test/d.png\n")
    assert labels(root) == {
        "Test/c.png": "14",
        "Test/d.png": "0",
        "Train/0/a.png": "0",
        "Train/14/b.png": "14",
    }


def test_tables_beside_splits_with_equal_names_are_not_mixed_up(tmp_path: Path) -> None:
    root = make(tmp_path / "d", *(f"{s}/{n}.png" for s in ("train", "test") for n in range(2)))
    for split, names in (("train", "ab"), ("test", "ba")):
        rows = "".join(f"{number}.png,{name}\n" for number, name in enumerate(names))
        (root / split / "metadata.csv").write_text("file_name,label\n" + rows)
    assert labels(root) == {
        "test/0.png": "b",
        "test/1.png": "a",
        "train/0.png": "a",
        "train/1.png": "b",
    }


def test_rows_of_the_same_picture_and_unused_rows_are_doubtful(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "a/0.png", "b/0.png", "b/1.png", "c/2.png")
    rows = "1.png,x\n1.png,y\n1.png,y\n2.png,x\n2.png,x\n0.png,z\n"
    (root / "t.csv").write_text("file_name,label\n" + rows)
    found = doubts(root, labels_at="none")
    assert "t.csv: 3 rows with the picture of an earlier row; 1 picture with" in " ".join(found)
    assert any("t.csv: 1 row not used, such as line 7: the path fits 2 files" in t for t in found)
    items = list(open_source(str(root), ImportOptions(labels_at="none")))
    others = {i.item_id: i.other_labels for i in items if not isinstance(i, BadItem)}
    assert others["b/1.png"] == "y"
    (root / "u.csv").write_text("file_name,label\n2.png,q\n")
    assert any("have different labels for 1 picture" in t for t in doubts(root, labels_at="none"))


def test_rows_of_a_picture_that_disagree_on_the_split_are_doubtful(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "cat/a.png", "dog/b.png")
    rows = "".join(f"{fold},{grp},cat/a.png\n{fold},train,dog/b.png\n" for fold, grp in FOLDS)
    (root / "folds.csv").write_text("fold,grp,filename\n" + rows)
    items = list(open_source(str(root), ImportOptions()))
    assert [item.split for item in items if not isinstance(item, BadItem)] == [None, None]
    assert doubts(root) == [
        "folds.csv: 2 rows with the picture of an earlier row",
        "folds.csv: rows have different splits for 2 pictures in the column fold, "
        "which is not used",
    ]


def test_folders_that_repeat_the_ids_of_a_table_are_doubtful(tmp_path: Path) -> None:
    names = [f"train_images/{patient}/{patient}{n}.png" for patient in (106, 107) for n in range(2)]
    root = make(tmp_path / "d", *names)
    table = "site_id,patient_id,image_id,view\n"
    table += "".join(
        f"2,{name.split('/')[1]},{Path(name).stem},{'ab'[i % 2]}\n" for i, name in enumerate(names)
    )
    (root / "train.csv").write_text(table)
    assert set(labels(root).values()) == {"106", "107"}
    lines = check_data(str(root), ImportOptions()).lines
    found = {line.option: line.text for line in lines if line.doubtful}
    assert "repeat the column patient_id of train.csv" in found["--labels-at none"]
    assert "no column has a usual name for labels" in found["--label view"]


def test_a_table_of_pictures_without_a_class_folder_is_reported(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "train/n01/a.png", "train/n02/b.png", "val/c.png", "val/d.png")
    (root / "val.csv").write_text("ImageId,Prediction\nc,n01 8 1 9\nd,n02 7 2 5 n02 1 2 3\n")
    assert list(labels(root).values()) == ["n01", "n02", None, None]
    assert any("val.csv names 2 pictures without a label; its column" in t for t in doubts(root))
    (root / "val.csv").write_text("ImageId,grade\nc,x\nd,y\n")
    assert any("val.csv: the column grade may have labels" in t for t in doubts(root))


def test_whole_numbers_of_tables_and_folders_are_equal_by_value(tmp_path: Path) -> None:
    names = [f"train/{n:05}/{n}_{i}.png" for n in range(12) for i in range(2)]
    root = make(tmp_path / "d", *names, "test/100.png", "test/101.png")
    for n in range(12):
        rows = "".join(f"{n}_{i}.png,{n}\n" for i in range(2))
        (root / f"train/{n:05}/GT-{n}.csv").write_text("Filename,ClassId\n" + rows)
    (root / "test/GT.csv").write_text("Filename,ClassId\n100.png,7\n101.png,11\n")
    found = labels(root)
    assert (found["test/100.png"], found["test/101.png"]) == ("00007", "00011")
    assert doubts(root) == []
    for options in ({"label": "ClassId"}, {"labels_at": "none"}):
        assert labels(root, **options) == {
            name: str(int(label)) for name, label in found.items() if label is not None
        }
    (root / "test/GT.csv").write_text("Filename,ClassId\n100.png,x\n101.png,y\n")
    for n in range(12):
        (root / f"train/{n:05}/GT-{n}.csv").unlink()
    assert labels(root)["test/100.png"] is None
    assert any("2 pictures without a label from a folder. Labels in" in t for t in doubts(root))


def test_tables_beyond_the_first_eight_forms_are_doubtful(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "cat/a.png", "dog/b.png")
    for n in range(10):
        (root / f"{n}.csv").write_text(f"file_name,size {n}\na.png,1\nb.png,2\n")
    assert "only 8 of 10 tables are read" in doubts(root)


def test_the_label_option_replaces_folders_and_keeps_further_tables(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "p1/a.png", "p1/b.png", "p2/c.png", "p2/d.png")
    (root / "train.csv").write_text("file,cancer\na.png,0\nb.png,1\nc.png,0\n")
    (root / "size.csv").write_text("file,species,width\na.png,x|z,1\nd.png,y,2\n")
    assert list(labels(root, label="cancer").values()) == ["0", "1", "0", None]
    source = open_source(str(root), ImportOptions(label="cancer"))
    items = [item for item in source if isinstance(item, RawItem)]
    assert [item.columns for item in items] == [
        {"species": "x|z", "width": "1"},
        {},
        {},
        {"species": "y", "width": "2"},
    ]
    texts = [finding.text for finding in source.findings() if finding.topic == "labels"]
    assert texts == ["3 from train.csv, by the path", "train.csv: from the column cancer"]
    assert set(labels(root, label="cancer", labels_at="parent").values()) == {"0", "1", "p2"}
    with pytest.raises(DatasetError, match="no table that names the pictures"):
        labels(root, label="age")


def test_boxes_with_a_bracket_in_the_header_give_no_labels(tmp_path: Path) -> None:
    root = make(tmp_path / "d", *(f"images/{n}.png" for n in range(6)))
    names = ("Heart", "Heart|Lung", "None found", "Liver|Bone", "None found", "Skin")
    rows = "".join(f"{n}.png,{name}\n" for n, name in enumerate(names))
    (root / "entry.csv").write_text("Image Index,Finding Labels\n" + rows)
    boxes = "0.png,Heart,225.1,547,86.7,79.1,,,\n1.png,Lung,225.5,547,86.7,79.1,,,\n"
    (root / "box.csv").write_text("Image Index,Finding Label,Bbox [x,y,w,h],,,\n" + boxes)
    assert set(labels(root).values()) == set(names)
    text = " ".join(doubts(root))
    assert "is read as one class, but other labels have 1 of the 4 parts, such as Heart;" in text
    (root / "box.csv").write_text("Image Index,Bbox [x,y,w,h]\n0.png,2.1,547,8,7\n1.png,2,3,8,7\n")
    assert set(labels(root).values()) == set(names)


def test_files_that_cannot_give_the_labels_are_not_proposed(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "images/a_red.png", "images/b_red.png")
    (root / "train.csv").write_text("Id,Target\na,16 0\nb,7\n")
    coco = {"images": [], "annotations": [], "categories": []}
    (root / "instances.json").write_text(json.dumps(coco))
    (root / "album.json").write_text('{"title": "Summer"}')
    (root / "annotations.xml").write_text("<annotations/>")
    (root / "a_red.png.json").write_text('{"title": "a_red.png"}')
    lines = check_data(str(root), ImportOptions()).lines
    found = [line for line in lines if line.doubtful and line.option]
    assert {line.option for line in found} == {"--labels-from FILE"}
    text = " ".join(line.text for line in found)
    assert (
        "no row of train.csv names a picture, but names of pictures begin with cells of its" in text
    )
    for part in ("instances.json: COCO", "album.json: it", "annotations.xml: this"):
        assert part in text
    assert "1 file named like a picture, such as a_red.png.json" in text
    (root / "train.csv").write_text("when,Pic,who\n1,a_red,x\n2,c,y\n3,d,x\n")
    lines = check_data(str(root), ImportOptions()).lines
    assert "--image Pic --root FOLDER" in {line.option for line in lines}
    (root / "train.csv").write_text(
        "image,choice,annotation_id,lead_time\nd/1a2b3c4d-a_red.png,x,1,2\n"
    )
    assert any("train.csv" in text for text in doubts(root))
    (root / "train.csv").write_text("x,y\n1,2\n")
    (root / "list.txt").write_text("Nom du fichier\tAge\na_red.png\t1\nb_red.png\t2\n", "utf-16")
    lines = check_data(str(root), ImportOptions()).lines
    assert "--image 'Nom du fichier' --root FOLDER" in {line.option for line in lines}
    (root / "train.csv").write_text("file_name,label\nimg/c.png,x\nimg/d.png,y\n")
    with pytest.raises(DatasetError, match="--root FOLDER names the folder"):
        check_data(str(root / "train.csv"), ImportOptions())


def test_folders_in_another_column_are_part_of_the_path(tmp_path: Path) -> None:
    names = ("Station 1/0.png", "Station 2/May/0.png", "1.png")
    root = make(tmp_path / "d", *names)
    rows = "0.png,Station 1,Fox\n0.png,Station 2\\May,Owl\n1.png,,Hare\n"
    (root / "t.csv").write_text("File,RelativePath,Species\n" + rows)
    wanted = dict(zip(names, ("Fox", "Owl", "Hare"), strict=True))
    assert labels(root, label="Species") == wanted


def test_columns_of_several_tables_are_joined_and_guesses_not_used(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "images/a.png", "images/b.png", "images/c.png")
    (root / "part.csv").write_text("image_id,partition\na.png,0\nb.png,0\nc.png,1\n")
    (root / "size.csv").write_text("image_id,weight\na.png,1.25\nb.png,2.5\nc.png,3.75\n")
    assert set(labels(root).values()) == {None}
    assert any("part.csv: the column partition may have labels" in text for text in doubts(root))
    assert list(labels(root, label="partition").values()) == ["0", "0", "1"]
    (root / "truth.csv").write_text("image_id,label\na.png,x\nb.png,y\nc.png,x\n")
    assert list(labels(root).values()) == ["x", "y", "x"]
    first = next(iter(open_source(str(root), ImportOptions())))
    assert not isinstance(first, BadItem)
    assert first.columns == {"weight": "1.25", "partition": "0"}


def test_tables_about_something_else_are_left_out(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "cat/a.png", "dog/b.png")
    (root / "results.csv").write_text("model,accuracy\nresnet,0.9\nvit,0.8\n")
    (root / "broken.parquet").write_bytes(b"x")
    (root / "sample_submission.csv").write_text("id,label\na,cat\nb,cat\n")
    source = open_source(str(root), ImportOptions())
    left_out = [item.name for item in source if isinstance(item, BadItem)]
    assert left_out == ["results.csv", "sample_submission.csv", "broken.parquet"]
    assert labels(root) == {"cat/a.png": "cat", "dog/b.png": "dog"}


def test_a_table_that_names_no_picture_is_doubtful_if_labels_are_missing(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "images/a.png", "images/b.png")
    (root / "labels.csv").write_text("patient,label\np1,ill\np2,well\n")
    assert any("no row of labels.csv names a picture" in text for text in doubts(root))
    assert doubts(make(tmp_path / "e", "cat/a.png", "dog/b.png")) == []


def test_a_text_beside_pictures_without_labels_is_doubtful(tmp_path: Path) -> None:
    root = make(tmp_path / "d", "images/a.png", "images/b.png")
    (root / "readme.txt").write_text("x")
    assert doubts(root) == []
    (root / "lists").mkdir()
    (root / "lists/labels.json").write_text('[{"file": "a", "label": "x"}]')
    lines = check_data(str(root), ImportOptions()).lines
    found = [(line.text, line.option) for line in lines if line.doubtful]
    assert found == [
        ("no item has a label", ""),
        ("lists/labels.json may have labels", "--labels-from FOLDER/lists/labels.json"),
    ]
    assert doubts(root, labels_at="none") == []


def test_a_folder_with_a_single_table_or_array_is_opened(tmp_path: Path) -> None:
    root = tmp_path / "d"
    (root / "data").mkdir(parents=True)
    (root / "readme.txt").write_text("x")
    np.save(root / "data" / "vectors.npy", np.zeros((3, 4), np.float32))
    assert open_source(str(root), ImportOptions()).kind == "vector"
    np.save(root / "data" / "more.npy", np.zeros((3, 4), np.float32))
    with pytest.raises(DatasetError, match=r"as DATA: data/more\.npy, data/vectors"):
        open_source(str(root), ImportOptions())


def test_a_folder_that_cannot_be_read_is_described(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.CR2").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"3 files are camera raw \(.cr2\): convert"):
        open_source(str(tmp_path), ImportOptions())
    with pytest.raises(DatasetError, match=r"'.cr2' cannot be read; convert"):
        open_source(str(tmp_path / "0.CR2"), ImportOptions())
