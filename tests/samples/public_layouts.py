"""Small copies of the layouts of public data sets, with the labels that a person expects.

Each function writes the files of one data set below a folder, and returns the path to import. The
pictures and sounds are generated; the names of folders, files and columns are those of the data
sets.
"""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import soundfile

from lodespace.items.formats import HEIF
from samples.pictures import draw, png

Counts = dict[str | None, int]
"""Number of items per class. The key None stands for items without a label."""


class Layout(NamedTuple):
    """The layout of a public data set."""

    make: Callable[[Path], Path]
    """Function that writes the data set, and returns the path to import."""
    classes: Counts
    """Expected number of items per class."""
    splits: Sequence[str] = ()
    """Expected names of the splits."""
    kind: str = "image"
    """Expected kind of the items."""
    told: str = ""
    """Text that the report must contain, if a person should know more than the labels."""


def _pictures(root: Path, *names: str, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> None:
    """Write one picture per name.

    For a name that contains {}, write two pictures: with 0 and with 1 in place of {}.
    """
    for name in names:
        for number in range(2) if "{}" in name else [0]:
            path = root / name.format(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            draw(crc32(name.encode()) % 1000 + number, size, mode).save(path)


def _files(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def _text(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def _sounds(root: Path, *names: str, seconds: float = 3.0, rate: int = 16_000) -> None:
    """Write one sound per name.

    For a name that contains {}, write two sounds: with 0 and with 1 in place of {}.
    """
    for name in names:
        for number in range(2) if "{}" in name else [0]:
            path = root / name.format(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            time = np.arange(round(seconds * rate)) / rate
            wave = 0.3 * np.sin(2 * np.pi * (500 + 97 * (len(name) + number)) * time)
            soundfile.write(path, wave.astype(np.float32), rate)


def flower_photos(root: Path) -> Path:
    _pictures(root, *(f"flower_photos/{c}/{{}}.jpg" for c in ("daisy", "roses", "tulips")))
    _files(root, "flower_photos/LICENSE.txt")
    return root


def stanford_dogs(root: Path) -> Path:
    for breed in ("n02085620-Chihuahua", "n02085782-Japanese_spaniel"):
        _pictures(root, f"images/Images/{breed}/{breed[:9]}_{{}}.jpg")
        _files(root, f"annotations/Annotation/{breed}/{breed[:9]}_0")
    return root / "images"


def hymenoptera(root: Path) -> Path:
    for split in ("train", "val"):
        _pictures(root, f"hymenoptera_data/{split}/ants/{{}}.jpg")
        _pictures(root, f"hymenoptera_data/{split}/bees/{{}}.jpg")
    return root


def pet_images(root: Path) -> Path:
    _pictures(root, "PetImages/Cat/{}.jpg", "PetImages/Dog/{}.jpg")
    _files(root, "PetImages/Cat/666.jpg", "PetImages/Dog/Thumbs.db", "readme[1].txt")
    _files(root, "MSR-LA - 3467.docx")
    return root


def mvtec(root: Path) -> Path:
    _pictures(root, "bottle/train/good/{}.png", "bottle/test/good/{}.png")
    _pictures(root, "bottle/test/broken_large/{}.png", "bottle/test/contamination/{}.png")
    _pictures(root, "bottle/ground_truth/broken_large/{}_mask.png", mode="L")
    _pictures(root, "bottle/ground_truth/contamination/{}_mask.png", mode="L")
    _files(root, "bottle/license.txt", "bottle/readme.txt")
    return root


def intel_scenes(root: Path) -> Path:
    for scene in ("buildings", "forest"):
        _pictures(root, f"seg_train/seg_train/{scene}/{{}}.jpg")
        _pictures(root, f"seg_test/seg_test/{scene}/{{}}.jpg")
    _pictures(root, "seg_pred/seg_pred/{}.jpg")
    return root


def chest_xray(root: Path) -> Path:
    for split in ("train", "test", "val"):
        for name in ("NORMAL", "PNEUMONIA"):
            _pictures(root, f"chest_xray/{split}/{name}/{{}}.jpeg", mode="L")
            _files(root, f"__MACOSX/chest_xray/{split}/{name}/._0.jpeg")
    _files(root, "chest_xray/.DS_Store")
    return root


def eurosat(root: Path) -> Path:
    _pictures(root, "2750/Forest/Forest_{}.jpg", "2750/River/River_{}.jpg")
    return root


def oxford_pets(root: Path) -> Path:
    _pictures(root, "images/Abyssinian_{}.jpg", "images/beagle_{}.jpg")
    _pictures(root, "annotations/trimaps/Abyssinian_{}.png", mode="L")
    _pictures(root, "annotations/trimaps/beagle_{}.png", mode="L")
    _files(root, "annotations/list.txt", "annotations/xmls/beagle_1.xml", "images/Abyssinian_0.mat")
    return root


def cub_birds(root: Path) -> Path:
    top = "CUB_200_2011"
    for bird in ("001.Black_footed_Albatross", "002.Laysan_Albatross"):
        _pictures(root, f"{top}/images/{bird}/{bird[4:]}_{{}}.jpg")
    _files(root, f"{top}/README", f"{top}/classes.txt", "attributes.txt")
    return root


def gtsrb(root: Path) -> Path:
    _pictures(root, "Train/0/{}.png", "Train/14/{}.png", "Test/0000{}.png")
    _text(root / "Train.csv", "Width,Height,ClassId,Path\n40,30,0,Train/0/0.png\n")
    return root


def fruits_360(root: Path) -> Path:
    top = "fruits-360_dataset/fruits-360"
    for fruit in ("Apple Braeburn", "Banana"):
        _pictures(root, f"{top}/Training/{fruit}/{{}}_100.jpg", f"{top}/Test/{fruit}/{{}}_100.jpg")
    _files(root, f"{top}/LICENSE", f"{top}/readme.md")
    return root


def hub_parquet(root: Path) -> Path:
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    names = {"names": ["cat", "dog"], "_type": "ClassLabel"}
    info = {"info": {"features": {"image": {"_type": "Image"}, "label": names}}}
    for number, split in enumerate(("train", "test")):
        rows = [
            {"image": {"bytes": png(draw(10 * number + i)), "path": f"{i % 2}.png"}, "label": i % 2}
            for i in range(4)
        ]
        table = pa.Table.from_pylist(rows)
        table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
        path = root / "data" / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
    _files(root, "README.md", ".gitattributes")
    return root


def hub_image_folder(root: Path) -> Path:
    """A folder in the form ImageFolder of Hugging Face, with a table beside the pictures."""
    _pictures(root, "train/cat_{}.png", "train/dog_{}.png")
    lines = [f"{c}_{i}.png,{c}" for c in ("cat", "dog") for i in range(2)]
    _text(root / "train" / "metadata.csv", "file_name,label\n" + "\n".join(lines) + "\n")
    return root


def _excel(root: Path, delimiter: str, encoding: str, third: str, values: Sequence[str]) -> Path:
    _pictures(root, "Bilder/{}a.jpg", "Bilder/{}b.jpg")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(["path", "label", third])
    for i, name in enumerate(("0a", "1a", "0b", "1b")):
        writer.writerow([f"Bilder\\{name}.jpg", values[i % 2], "3,5"])
    _text(root / "liste.csv", out.getvalue(), encoding)
    return root / "liste.csv"


def excel_german(root: Path) -> Path:
    return _excel(root, ";", "cp1252", "Größe", ["Käfer", "Motte"])


def excel_french(root: Path) -> Path:
    return _excel(root, ";", "cp1252", "prénom", ["défaut", "intact"])


def excel_english(root: Path) -> Path:
    return _excel(root, ",", "utf-8-sig", "size", ["beetle", "moth"])


def aptos(root: Path) -> Path:
    _pictures(root, "train_images/00{}a.png", "train_images/00{}b.png")
    rows = "".join(f"00{i}{k},{i * 2}\n" for i in range(2) for k in "ab")
    _text(root / "train.csv", "id_code,diagnosis\n" + rows)
    return root / "train.csv"


def microscopy(root: Path) -> Path:
    import tifffile

    rng = np.random.default_rng(0)
    for group in ("control", "treated"):
        for number in range(2):
            path = root / "experiment 3" / group / f"well_{number}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            stack = rng.integers(200, 3000, (2, 48, 48)).astype(np.uint16)
            tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "CYX"})
    return root


def phone_photos(root: Path) -> Path:
    folder = "DCIM/100APPLE"
    _pictures(root, f"{folder}/IMG_000{{}}.JPG", size=(400, 300))
    _files(root, *(f"{folder}/IMG_1{n:03}.HEIC" for n in range(10)), f"{folder}/IMG_2.MOV")
    if HEIF.installed():
        import pillow_heif  # pyright: ignore[reportMissingImports]

        for number in range(10):
            heif = pillow_heif.from_pillow(draw(number, (400, 300), "RGB"))
            heif.save(root / folder / f"IMG_1{number:03}.HEIC")
    return root


def esc_50(root: Path) -> Path:
    _sounds(root, "ESC-50-master/audio/1-{}-A-0.wav", "ESC-50-master/audio/1-{}-A-14.wav")
    lines = [
        f"1-{i}-A-{t}.wav,1,{t},{c}"
        for t, c in ((0, "dog"), (14, "chirping_birds"))
        for i in range(2)
    ]
    _text(
        root / "ESC-50-master/meta/esc50.csv",
        "filename,fold,target,category\n" + "\n".join(lines) + "\n",
    )
    return root


def urban_sound(root: Path) -> Path:
    _sounds(root, "audio/fold1/{}-3-0-0.wav", "audio/fold2/{}-2-0-0.wav")
    lines = [
        f"{i}-{t}-0-0.wav,{i},fold{f},{t},{c}"
        for t, c, f in ((3, "dog_bark", 1), (2, "children_playing", 2))
        for i in range(2)
    ]
    _text(
        root / "metadata/UrbanSound8K.csv",
        "slice_file_name,fsID,fold,classID,class\n" + "\n".join(lines) + "\n",
    )
    return root


def speech_commands(root: Path) -> Path:
    _sounds(root, "yes/{}_nohash_0.wav", "no/{}_nohash_0.wav", seconds=1)
    _files(root, "testing_list.txt", "validation_list.txt", "LICENSE")
    return root


def raven_tables(root: Path) -> Path:
    _sounds(root, "site A/rec_{}.wav", seconds=6)
    head = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)"
    rows = "".join(
        f"{i}\tSpectrogram 1\t1\t{3 * i - 2.8:.1f}\t{3 * i - 0.2:.1f}\t400\t900\t{bird}\n"
        for i, bird in ((1, "NOCA"), (2, "WOTH"))
    )
    for number in range(2):
        path = root / "site A" / f"rec_{number}.Table.1.selections.txt"
        _text(path, f"{head}\tSpecies\n{rows}")
    return root


def birdnet(root: Path) -> Path:
    _sounds(root, "rec_{}.wav", seconds=6)
    for number in range(2):
        rows = "0.0,3.0,Turdus merula,Common Blackbird,0.9\n3.0,6.0,Parus major,Great Tit,0.8\n"
        head = "Start (s),End (s),Scientific name,Common name,Confidence\n"
        _text(root / f"rec_{number}.BirdNET.results.csv", head + rows)
    return root


def audacity(root: Path) -> Path:
    _sounds(root, "rec_{}.wav", seconds=6)
    for number in range(2):
        _text(root / f"rec_{number}.txt", "0.100000\t2.900000\tcall\n3.100000\t5.800000\tsong\n")
    return root


def xeno_canto(root: Path) -> Path:
    _sounds(root, "Parus major/XC10{}.mp3", "Turdus merula/XC20{}.mp3")
    return root


def ham10000(root: Path) -> Path:
    _pictures(root, "HAM10000_images_part_1/ISIC_00{}.jpg", "HAM10000_images_part_2/ISIC_10{}.jpg")
    rows = "".join(
        f"HAM_{i},ISIC_{k}0{i},{dx},histo,80.0\n"
        for k, dx in ((0, "bkl"), (1, "nv"))
        for i in range(2)
    )
    _text(root / "HAM10000_metadata.csv", f"lesion_id,image_id,dx,dx_type,age\n{rows}")
    return root


def dog_breeds(root: Path) -> Path:
    _pictures(root, "train/a{}.jpg", "train/b{}.jpg", "test/c{}.jpg")
    _text(root / "labels.csv", "id,breed\na0,pug\na1,pug\nb0,boxer\nb1,boxer\n")
    _text(root / "sample_submission.csv", "id,boxer,pug\nc0,0.5,0.5\nc1,0.5,0.5\n")
    return root


def birdclef(root: Path) -> Path:
    _sounds(root, "train_audio/asbfly/XC1{}.ogg", "train_audio/ashdro1/XC2{}.ogg")
    rows = "".join(
        f"{bird},[],1.0,{bird}/XC{k}{i}.ogg\n"
        for k, bird in ((1, "asbfly"), (2, "ashdro1"))
        for i in range(2)
    )
    _text(root / "train_metadata.csv", f"primary_label,secondary_labels,latitude,filename\n{rows}")
    return root


def keras_npz(root: Path) -> Path:
    rng = np.random.default_rng(0)
    root.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for split, n in (("train", 6), ("test", 2)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        arrays[f"y_{split}"] = (np.arange(n) % 2).astype(np.uint8)
    np.savez(root / "mnist.npz", **arrays)
    return root / "mnist.npz"


def embeddings_csv(root: Path) -> Path:
    rng = np.random.default_rng(0)
    head = ["", *(f"dim_{i}" for i in range(8)), "label"]
    lines = [
        [i, *(f"{v:.4f}" for v in rng.normal(size=8)), ["low", "high"][i % 2]] for i in range(6)
    ]
    text = "\n".join(",".join(map(str, line)) for line in [head, *lines])
    _text(root / "embeddings.csv", text + "\n")
    return root / "embeddings.csv"


LAYOUTS = {
    "flower photos": Layout(flower_photos, {"daisy": 2, "roses": 2, "tulips": 2}),
    "Stanford dogs": Layout(
        stanford_dogs, {"n02085620-Chihuahua": 2, "n02085782-Japanese_spaniel": 2}
    ),
    "hymenoptera": Layout(hymenoptera, {"ants": 4, "bees": 4}, ["train", "val"]),
    "PetImages": Layout(pet_images, {"Cat": 2, "Dog": 2}),
    "MVTec AD": Layout(
        mvtec, {"good": 4, "broken_large": 2, "contamination": 2}, ["train", "test"]
    ),
    "Intel scenes": Layout(
        intel_scenes,
        {"buildings": 4, "forest": 4, None: 2},
        ["seg_train", "seg_test", "seg_pred"],
    ),
    "chest X-ray": Layout(chest_xray, {"NORMAL": 6, "PNEUMONIA": 6}, ["train", "test", "val"]),
    "EuroSAT": Layout(eurosat, {"Forest": 2, "River": 2}),
    "Oxford pets": Layout(oxford_pets, {None: 4}, told="no item has a label"),
    "CUB birds": Layout(cub_birds, {"001.Black_footed_Albatross": 2, "002.Laysan_Albatross": 2}),
    "GTSRB": Layout(gtsrb, {"0": 2, "14": 2, None: 2}, ["Train", "Test"]),
    "fruits-360": Layout(fruits_360, {"Apple Braeburn": 4, "Banana": 4}, ["Training", "Test"]),
    "hub Parquet": Layout(hub_parquet, {"cat": 4, "dog": 4}, ["train", "test"]),
    "hub image folder": Layout(hub_image_folder, {"cat": 2, "dog": 2}, ["train"]),
    "Excel, German": Layout(excel_german, {"Käfer": 2, "Motte": 2}, told="read as cp1252"),
    "Excel, French": Layout(excel_french, {"défaut": 2, "intact": 2}, told="read as cp1252"),
    "Excel, English": Layout(excel_english, {"beetle": 2, "moth": 2}),
    "APTOS": Layout(aptos, {"0": 2, "2": 2}),
    "microscopy": Layout(microscopy, {"control": 2, "treated": 2}),
    "phone photos": Layout(
        phone_photos,
        {None: 12 if HEIF.installed() else 2},
        told="all files are in one folder" if HEIF.installed() else "10 of 13 files are HEIC",
    ),
    "ESC-50": Layout(esc_50, {"dog": 2, "chirping_birds": 2}, ["1"], "sound"),
    "UrbanSound8K": Layout(
        urban_sound, {"dog_bark": 2, "children_playing": 2}, ["fold1", "fold2"], "sound"
    ),
    "speech commands": Layout(speech_commands, {"yes": 2, "no": 2}, kind="sound"),
    "Raven tables": Layout(raven_tables, {"NOCA": 2, "WOTH": 2}, kind="sound"),
    "BirdNET results": Layout(
        birdnet,
        {"Common Blackbird": 2, "Great Tit": 2},
        kind="sound",
        told="4 annotations of a program",
    ),
    "Audacity labels": Layout(audacity, {"call": 2, "song": 2}, kind="sound"),
    "xeno-canto": Layout(xeno_canto, {"Parus major": 2, "Turdus merula": 2}, kind="sound"),
    "Keras npz": Layout(keras_npz, {"0": 4, "1": 4}, ["train", "test"]),
    "HAM10000": Layout(ham10000, {"bkl": 2, "nv": 2}),
    "dog breeds": Layout(dog_breeds, {"pug": 2, "boxer": 2, None: 2}, ["train", "test"]),
    "BirdCLEF": Layout(birdclef, {"asbfly": 2, "ashdro1": 2}, ["train_audio"], "sound"),
    "embeddings": Layout(
        embeddings_csv, {"low": 3, "high": 3}, kind="vector", told="8 columns of numbers"
    ),
}
