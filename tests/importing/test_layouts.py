"""Layouts of folders, decided from relative paths: classes, splits, masks, wrappers."""

from collections.abc import Sequence

import pytest

from lodespace.errors import DatasetError
from lodespace.importing.folders.file_names import label_of_name
from lodespace.importing.folders.layout import Layout, layout_of


def paths(text: str, files: int = 3) -> list[str]:
    """Paths of `files` pictures in each of the folders in `text`; "." is the top."""
    return [
        f"{number}.png" if folder == "." else f"{folder}/{number}.png"
        for folder in text.split()
        for number in range(files)
    ]


def read(layout: Layout, folders: Sequence[str]) -> str:
    """Return the label and the split of the files of each folder, as "label@split".

    "-" replaces a missing label. A folder without a split has no "@". "mask" stands for a folder of
    masks.
    """
    out: list[str] = []
    for folder in folders:
        folder = "" if folder == "." else folder
        if folder in layout.masks.folders:
            out.append("mask")
            continue
        place = layout.places[folder]
        out.append((place.label or "-") + (f"@{place.split}" if place.split else ""))
    return " ".join(out)


def doubts(layout: Layout) -> list[str]:
    return [f"{f.topic}: {f.option}" for f in layout.findings if f.doubtful]


LAYOUTS = [
    # folders; label@split per folder
    ("cat dog", "cat dog"),
    (". cat dog", "- cat dog"),
    ("_unlabelled cat dog", "- cat dog"),
    ("cat _unlabelled", "cat -"),
    (". cat", "- cat"),
    ("cat/_unlabelled cat dog", "cat cat dog"),
    # Wrappers
    (
        "Development_Set/Training_Set/a Development_Set/Training_Set/b "
        "Development_Set/Validation_Set/a",
        "a@Training_Set b@Training_Set a@Validation_Set",
    ),
    ("data/cat data/dog", "cat dog"),
    ("images/Images/n02-Pug images/Images/n03-Boxer", "n02-Pug n03-Boxer"),
    ("a/b/c/cat a/b/c/dog", "cat dog"),
    (". data/cat data/dog", "- cat dog"),
    ("flower_photos/daisy flower_photos/rose flower_photos", "daisy rose -"),
    ("cat/cat dog/dog", "cat dog"),
    ("2750/AnnualCrop 2750/Forest", "AnnualCrop Forest"),
    # Splits
    ("train/cat train/dog val/cat val/dog", "cat@train dog@train cat@val dog@val"),
    ("images/train/cat images/train/dog images/val/cat images/val/dog",
     "cat@train dog@train cat@val dog@val"),
    ("train/cat train/dog test", "cat@train dog@train -@test"),
    ("train/cat train/dog dev/cat dev/dog", "cat@train dog@train cat@dev dog@dev"),
    ("Train/cat Train/dog Valid/cat Valid/dog", "cat@Train dog@Train cat@Valid dog@Valid"),
    ("training/1 training/2 testing/1 testing/2",
     "1@training 2@training 1@testing 2@testing"),
    ("Training_Set/a Training_Set/b Test-Set/a", "a@Training_Set b@Training_Set a@Test-Set"),
    ("trainset/a trainset/b holdout/a", "a@trainset b@trainset a@holdout"),
    ("train_images/a train_images/b eval/a", "a@train_images b@train_images a@eval"),
    ("images_train/a images_train/b images_hold-out/b",
     "a@images_train b@images_train b@images_hold-out"),
    ("train2017 val2017", "-@train2017 -@val2017"),
    ("imagesTr/a imagesTr/b imagesTs/a", "a@imagesTr b@imagesTr a@imagesTs"),
    ("trainval/a trainval/b test/a", "a@trainval b@trainval a@test"),
    ("birds_train/a birds_train/b birds_test/a", "a@birds_train b@birds_train a@birds_test"),
    ("seg_train/seg_train/sea seg_train/seg_train/ice seg_test/seg_test/sea seg_pred/seg_pred",
     "sea@seg_train ice@seg_train sea@seg_test -@seg_pred"),
    ("train/images valid/images test/images", "-@train -@valid -@test"),
    ("train/cat train/dog", "cat@train dog@train"),
    ("train/cat/a train/dog/b test/cat/c test/dog/d", "cat@train dog@train cat@test dog@test"),
    ("t/train/n1/images t/train/n2/images t/val/images t/test/images",
     "n1@train n2@train -@val -@test"),
    ("x/1._Images/a._Training_Set x/1._Images/b._Testing_Set",
     "-@a._Training_Set -@b._Testing_Set"),
    ("train-clean-100/s1 train-clean-100/s2 train-other/s3 dev-clean/s1 dev-other/s2 test-clean/s2",
     "s1@train-clean-100 s2@train-clean-100 s3@train-other s1@dev-clean s2@dev-other "
     "s2@test-clean"),
    ("train_cats train_dogs test_cats test_dogs",
     "cats@train dogs@train cats@test dogs@test"),
    ("box_train/a box_train/b box_test/a", "a@box_train b@box_train a@box_test"),
    ("train/_unlabelled train/a test/b", "-@train a@train b@test"),
    ("images/train images/val", "-@train -@val"),
    ("x/train/a x/train/b x/test/a x/val/b", "a@train b@train a@test b@val"),
    ("c/train/a c/train/b c/test/a c/test/b c/c/train/a c/c/train/b c/c/test/b",
     "a@train b@train a@test b@test a@train b@train b@test"),
    # Classes first
    ("cat/train cat/test dog/train dog/test", "cat@train cat@test dog@train dog@test"),
    ("d/cat/Train d/cat/Valid d/dog/Train", "cat@Train cat@Valid dog@Train"),
    ("COVID/images Normal/images", "COVID Normal"),
    ("cat/fold1 cat/fold2 dog/fold1 dog/fold2", "cat@fold1 cat@fold2 dog@fold1 dog@fold2"),
    ("site1/2024-05-01 site1/2024-05-02 site2/2024-05-01", "site1 site1 site2"),
    # Masks
    ("train/good test/good test/crack ground_truth/crack",
     "good@train good@test crack@test mask"),
    ("images masks", "- mask"),
    ("d/images d/annotations/trimaps", "- mask"),
    ("COVID/images COVID/masks Normal/images Normal/masks", "COVID mask Normal mask"),
    ("train train_masks", "-@train mask"),
    ("train trainannot val valannot", "-@train mask -@val mask"),
    ("imagesTr labelsTr imagesTs", "-@imagesTr mask -@imagesTs"),
    ("V/JPEGImages V/SegmentationClass V/SegmentationObject", "- mask mask"),
    ("train/images train/labels val/images val/labels", "-@train mask -@val mask"),
    ("leftImg8bit/train/ulm leftImg8bit/val/bonn gtFine/train/ulm gtFine/val/bonn",
     "ulm@train bonn@val mask mask"),
    ("images/cat images/dog gt/cat gt/dog", "cat dog mask mask"),
    (". masks", "- mask"),
    ("mask no_mask", "mask no_mask"),
    ("with_mask without_mask mask", "with_mask without_mask mask"),
    ("masks", "-"),
    # Trains are vehicles, too
    ("train car plane", "train car plane"),
    ("train_station bus_station", "train_station bus_station"),
    ("raw cooked", "raw cooked"),
    ("left right", "left right"),
    ("images_A images_B", "images_A images_B"),
    # Parts
    ("images_001/images images_002/images", "- -"),
    ("HAM_images_part_1 HAM_images_part_2", "- -"),
    ("DCIM/100APPLE DCIM/101APPLE", "- -"),
    ("2024-05-01 2024-05-02", "- -"),
    ("0 1 2", "0 1 2"),
]  # fmt: skip


@pytest.mark.parametrize(("folders", "wanted"), LAYOUTS, ids=[row[0] for row in LAYOUTS])
def test_a_layout_gives_labels_splits_and_masks(folders: str, wanted: str) -> None:
    layout = layout_of(paths(folders))
    assert read(layout, folders.split()) == wanted


DOUBTFUL = [
    ("t/Photos_from_2023 t/Fotos_von_2022 t/Alps", "- - Alps", "--labels-at parent"),
    ("t/Fotos_de_2023 t/Fotos_de_2022", "- -", "--labels-at 2"),
    ("fold1/a fold1/b fold2/a fold2/b", "a@fold1 b@fold1 a@fold2 b@fold2", "--labels-at top"),
    ("p1/sad p1/glad p2/sad p2/glad", "sad glad sad glad", "--labels-at top"),
    ("mammal/cat mammal/dog bird/duck", "mammal mammal bird", "--labels-at 2"),
    ("cat dog/deep", "cat dog", "--labels-at parent"),
    ("cat", "-", "--labels-at parent"),
    ("rose tulip flowers/rose flowers/tulip", "rose tulip rose tulip", "--labels-at parent"),
    ("bottle/train/good bottle/test/good bottle/test/bad nut/train/good nut/test/good",
     "good@train good@test bad@test good@train good@test", "--labels-at top"),
    ("2024-05-01 2024-05-02", "- -", "--labels-at top"),
    # Dates and visits above the species
    ("n/2023-05-01/fox n/2023-05-02/owl s/2023-05-01/elk", "n n s", "--labels-at parent"),
    ("n/2023-05-01/fox n/2023-05-01/elk s/2023-05-02/fox s/2023-05-02/elk", "fox elk fox elk",
     "--labels-at top"),
    ("A/Visit_01/fox A/Visit_02/owl B/Visit_01/elk B/Visit_02/fox", "A A B B",
     "--labels-at parent"),
    ("fox/day_1 fox/day_2 elk/day_1 elk/day_2", "fox fox elk elk", "--labels-at 2"),
    ("Actor_01 Actor_02 Actor_03", "Actor_01 Actor_02 Actor_03", "--labels-at none"),
    # Words for any data may be classes, and only some classes may be in all splits
    ("photo picture", "- -", "--labels-at parent"),
    ("fox elk photos_from_2022", "fox elk photos_from_2022", ""),
    ("cats_train dogs_train cats_test", "cats@train dogs@train cats@test", "--labels-at parent"),
]  # fmt: skip


@pytest.mark.parametrize(("folders", "wanted", "option"), DOUBTFUL)
def test_a_doubtful_layout_names_the_option(folders: str, wanted: str, option: str) -> None:
    layout = layout_of(paths(folders))
    assert read(layout, folders.split()) == wanted
    assert doubts(layout) == [f"labels: {option}"]


def test_a_test_folder_beside_classes_has_no_labels_and_is_doubtful() -> None:
    layout = layout_of(paths("cat dog test"))
    assert read(layout, ["cat", "dog", "test"]) == "cat dog -@test"
    assert [f.topic for f in layout.findings if f.doubtful] == ["splits"]


def test_folders_that_hold_one_file_each_are_not_classes() -> None:
    names = [f"case{number}" for number in range(20)]
    layout = layout_of([f"{name}/scan.png" for name in names])
    assert {place.label for place in layout.places.values()} == {None}
    assert doubts(layout) == ["labels: --labels-at parent"]


def test_masks_beside_their_pictures_are_apart() -> None:
    names = ["a/1.png", "a/1_mask.png", "b/2 (3).png", "b/2 (3)_mask.png", "b/2 (3)_mask_1.png"]
    layout = layout_of([*names, "b/mask.png"])
    assert sorted(layout.masks.files) == [names[1], names[3], names[4]]
    assert layout_of(names, masks="items").masks.files == frozenset()


@pytest.mark.parametrize("name", ["bottle_label.jpg", "bottle_label.png", "bottle_mask.jpg"])
def test_photographs_with_the_names_of_masks_are_doubtful(name: str) -> None:
    names = [f"{n}{path}" for n in range(3) for path in ("bottle" + name[-4:], name)]
    layout = layout_of(names)
    assert len(layout.masks.files) == 3
    assert [f.option for f in layout.findings if f.doubtful] == ["--masks items"]


@pytest.mark.parametrize(
    ("labels_at", "wanted"),
    [
        ("top", "data data data"),
        ("parent", "cat deep 1"),
        ("2", "train train test"),
        ("3", "cat dog cat"),
        ("4", "- deep 1"),
        ("none", "- - -"),
    ],
)
def test_labels_at_names_the_folder_of_the_class(labels_at: str, wanted: str) -> None:
    folders = ["data/train/cat", "data/train/dog/deep", "data/test/cat/1"]
    layout = layout_of(paths(" ".join(folders)), labels_at)
    labels = [layout.places[folder].label or "-" for folder in folders]
    assert " ".join(labels) == wanted
    assert {layout.places[folder].split for folder in folders} == {"train", "test"}


@pytest.mark.parametrize("labels_at", ["", "0", "-1", "first", "1.5", "9" * 30])
def test_a_wrong_labels_at_is_refused(labels_at: str) -> None:
    with pytest.raises(DatasetError, match="parent, top, none, name, or a depth"):
        layout_of(["a/1.png"], labels_at)


def test_findings_show_an_example_of_label_and_split() -> None:
    layout = layout_of(paths("data/train/cat data/train/dog data/val/cat"))
    assert [(f.topic, f.text) for f in layout.findings] == [
        ("labels", "from the folder names (data/train/cat: cat)"),
        ("splits", "from the folder names (data/train/cat: train)"),
    ]


def test_names_of_files_that_seem_to_have_labels_are_suggested() -> None:
    cats = [f"train/cat.{number}.jpg" for number in range(3)]
    dogs = [f"train/dog.{number}.jpg" for number in range(3)]
    rest = [f"test1/{number}.jpg" for number in range(4)]
    assert doubts(layout_of([*cats, *dogs, *rest])) == ["labels: --labels-at name"]
    assert doubts(layout_of(["a/cat1.jpg", "a/cat2.jpg", "b/dog1.jpg", "b/dog2.jpg"])) == []
    assert doubts(layout_of([f"IMG_{number}.jpg" for number in range(9)])) == []
    yolo = [f"images/{split}/{split}{number}.jpg" for split in ("train", "val") for number in "123"]
    assert doubts(layout_of(yolo)) == []


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("a/cat.0.jpg", "cat"),
        ("Abyssinian_12.jpg", "Abyssinian"),
        ("great_pyrenees_7.jpg", "great_pyrenees"),
        ("benign (3).png", "benign"),
        ("dog12.png", "dog"),
        ("12.png", None),
        ("a.png", None),
        ("x_1_2.png", None),
        ("a/XC500 - Great Tit - Parus major.mp3", "Great Tit"),
        ("XC500 - Red-winged Blackbird - Agelaius.mp3", "Red-winged Blackbird"),
        ("XC500 - Owl.mp3", "Owl"),
        ("2024 - 05 - 01.png", None),
        ("obj1__0.png", "obj1"),
        ("12__0.png", None),
    ],
)
def test_the_label_in_the_name_of_a_file(path: str, label: str | None) -> None:
    assert label_of_name(path) == label


def test_names_of_files_without_classes_are_stated() -> None:
    layout = layout_of([f"{n}_jackson_{n}.wav" for n in range(4)], "name")
    (found,) = (f for f in layout.findings if f.topic == "labels")
    assert found.doubtful
    assert "found: 0_jackson_0.wav" in found.text
    assert found.option == "--labels-from FILE"


def test_the_same_splits_in_a_folder_beside_are_doubtful() -> None:
    folders = "c/train/a c/train/b c/test/a c/c/train/a c/c/train/b c/c/test/a"
    (found,) = (f for f in layout_of(paths(folders)).findings if f.topic == "splits")
    assert found.doubtful
    assert "c has the same splits again" in found.text


@pytest.mark.parametrize(
    ("pattern", "doubtful"),
    [
        ("a/{}_GT.tif", False),
        ("a/{}_cp_masks.png", False),
        ("a/{}_nuclei_mask.png", False),
        ("a/{}_ground_truth.png", False),
        ("a/{}_manual1.gif", True),
        ("a_GT/SEG/{}.tif", True),
        ("a/seg/{}.png", False),
    ],
)
def test_masks_in_other_spellings_are_left_out(pattern: str, doubtful: bool) -> None:
    pictures = [f"{folder}/p{n}.tif" for folder in ("a", "b") for n in range(4)]
    masks = [pattern.format(f"p{n}") for n in range(4)]
    layout = layout_of([*pictures, *masks])
    assert [path for path in masks if not layout.masks.holds(path)] == []
    assert not any(map(layout.masks.holds, pictures))
    assert any(finding.doubtful for finding in layout.findings) == doubtful
    assert layout.places["a"].label == "a"


def test_masks_of_numbered_sequences_are_left_out() -> None:
    """The layout of the Cell Tracking Challenge."""
    names = [f"{s}/t{n:03}.tif" for s in ("01", "02") for n in range(3)]
    masks = [f"01_GT/SEG/man_seg{n:03}.tif" for n in range(3)] + ["02_ST/TRA/man_track000.tif"]
    layout = layout_of([*names, *masks])
    assert all(map(layout.masks.holds, masks))
    assert not any(map(layout.masks.holds, names))
    doubts = [(f.text, f.option) for f in layout.findings if f.doubtful]
    assert ("01, 02 may be sequences, not classes", "--labels-at none") in doubts


@pytest.mark.parametrize("word", ["mask_", "gt", "man_seg"])
def test_masks_whose_names_begin_with_a_word_for_masks(word: str) -> None:
    names = [f"img_{n:03}.png" for n in range(3)]
    masks = [f"{word}{n:03}.png" for n in range(3)]
    layout = layout_of([*names, *masks])
    assert [path for path in [*names, *masks] if layout.masks.holds(path)] == masks
    assert [f.option for f in layout.findings if f.doubtful] == ["--masks items"]


@pytest.mark.parametrize(
    "names",
    [
        ["mask_{}.jpg", "no_mask_{}.jpg"],
        ["mask_{}.jpg", "hat_{}.jpg", "glasses_{}.jpg"],
        ["face/f{}.jpg", "mask/m{}.jpg"],
        ["bottle/{}.jpg", "label/{}.jpg"],
        ["p{}.jpg", "q{}_label_torn.jpg"],
    ],
)
def test_classes_that_sound_like_masks_are_items(names: list[str]) -> None:
    paths = [name.format(n) for name in names for n in range(4)]
    assert not any(map(layout_of(paths).masks.holds, paths))


def test_pictures_named_after_other_pictures_are_doubtful() -> None:
    names = [f"a/p{n}{end}.png" for n in range(4) for end in ("", "_1stHO")]
    found = [f for f in layout_of(names).findings if f.topic == "items"]
    assert [(f.doubtful, f.option) for f in found] == [(True, "--masks '*_1stHO'")]
    chosen = layout_of(names, masks="*_1stHO")
    assert [path for path in names if chosen.masks.holds(path)] == names[1::2]
    assert not any(f.topic == "items" for f in chosen.findings)
    other = [f"{folder}/p{n}.png" for folder in ("images", "labelcol") for n in range(4)]
    found = [f for f in layout_of(other).findings if f.topic == "items"]
    assert [(f.doubtful, f.option) for f in found] == [(True, "--masks 'labelcol/*'")]
    assert layout_of(other, masks="labelcol/*").masks.holds("labelcol/p1.png")
    with pytest.raises(DatasetError, match="no file fits"):
        layout_of(other, masks="x*")
