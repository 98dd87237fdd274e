"""Data sets of the annotation benchmark: items, features for other methods, files to import."""

import hashlib
import lzma
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from annotation_gain import (
    data_sets,
    made_sets,
    packaged_sets,
    plan,
    r_sets,
    register,
    views,
)
from annotation_gain.data_sets import LabelledItems, MissingDataError
from annotation_gain.import_files import write_import_files
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set

NEEDS_GAIN = "pip install -e '.[gain]'"


def load(name: str) -> LabelledItems:
    try:
        return data_sets.load(name)
    except MissingDataError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("breast-cancer", (569, 30), 2),
        ("segments", (2310, 18), 7),
        ("OSULeaf", (442, 427), 6),
        ("ArrowHead", (211, 251), 3),
        ("ItalyPowerDemand", (1096, 24), 2),
        ("vowel", (990, 10), 11),
        ("satellite", (3000, 36), 6),
        ("diabetes", (768, 8), 2),
        ("sonar", (208, 60), 2),
        ("dna", (1500, 180), 3),
        ("spam", (1500, 57), 2),
        ("musk", (476, 166), 2),
        ("ACSF1", (200, 1460), 10),
        ("glass", (214, 9), 6),
        ("ionosphere", (351, 34), 2),
        ("vehicle", (846, 18), 4),
        ("shuttle", (1500, 9), 5),
        ("letter-recognition", (1500, 16), 26),
        ("GunPoint", (200, 150), 2),
        ("cells", (1000, 56), 2),
        ("credit", (1000, 9), 2),
        ("churn", (1000, 15), 2),
        ("hpc", (1000, 5), 4),
        ("bivariate", (1000, 2), 2),
        ("two-class", (791, 2), 2),
        ("classes-200", (6000, 96), 200),
    ],
)
def test_rows_have_the_documented_shape(name: str, shape: tuple[int, int], classes: int) -> None:
    data = load(name)
    assert data.items.shape == shape and data.items.dtype == np.float32
    assert data.n_classes == classes and len(np.unique(data.truth)) == classes
    assert np.isfinite(data.items).all()
    source = (data_sets.sources() | data_sets.development())[name]
    assert data.kind == source.kind and data.name == name
    # Items are in a random order, so no class is at one end only.
    frequent = np.flatnonzero(np.bincount(data.truth) > 8)
    assert np.isin(frequent, data.truth[: len(data) // 2]).all()


def test_a_file_with_other_content_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file .*gone"):
        packaged_sets.read(tmp_path / "gone", "")
    changed = tmp_path / "changed.csv"
    changed.write_text("1,2")
    with pytest.raises(MissingDataError, match=r"changed\.csv has other data"):
        packaged_sets.read(changed, packaged_sets.SEGMENTS)


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingDataError, match="package not_there is not installed"):
        data_sets.folder_of("not_there")


def test_missing_photographs_name_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged_sets, "STAMPS", tmp_path / "none")
    for name in ("photos", "photo-features"):
        with pytest.raises(MissingDataError, match="tuxpaint-stamps-default"):
            data_sets.load(name)


def test_a_missing_package_of_r_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(r_sets, "FOLDER", tmp_path)
    (tmp_path / "mlbench" / "data").mkdir(parents=True)
    with pytest.raises(MissingDataError, match=r"no file .*Sonar\.rda"):
        data_sets.load("sonar")
    for name in ("musk", "cells"):
        package = r_sets.TABLES[name].package
        with pytest.raises(MissingDataError, match=rf"apt-get install .*r-cran-{package}`"):
            data_sets.load(name)


def test_each_table_of_r_is_a_data_set_and_has_a_hash() -> None:
    names = set(data_sets.sources() | data_sets.development())
    for name, table in r_sets.TABLES.items():
        assert name in names
        assert (table.sha256 is None) == (table.package in r_sets.DATABASES)


def write_table(folder: Path, content: bytes) -> r_sets.Table:
    """Write the file Small.rda of mlbench. Return its table, with a column `kind` of classes."""
    (folder / "mlbench" / "data").mkdir(parents=True, exist_ok=True)
    (folder / "mlbench" / "data" / "Small.rda").write_bytes(content)
    return r_sets.Table("mlbench", "Small", hashlib.sha256(content).hexdigest(), "kind")


def test_missing_rdata_is_named_after_the_file_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(r_sets, "FOLDER", tmp_path)
    monkeypatch.setitem(r_sets.TABLES, "small", write_table(tmp_path, b"a table"))
    monkeypatch.setitem(sys.modules, "rdata", None)
    with pytest.raises(MissingDataError, match=r"package rdata is not installed.*\[gain\]"):
        r_sets.vectors("small")
    write_table(tmp_path, b"another table")
    with pytest.raises(MissingDataError, match=r"Small\.rda has other data"):
        r_sets.vectors("small")


def test_factors_become_numbers_and_classes_have_no_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rdata = pytest.importorskip("rdata", reason=NEEDS_GAIN)
    pandas = pytest.importorskip("pandas", reason=NEEDS_GAIN)
    order = np.random.default_rng(0).permutation(6)
    names = np.array(["c", "b", "b", "c", "b", "a"])  # in the order of the items
    levels = np.array(["10", "3", "3", "10", "3", "3"])
    place = np.argsort(order)
    # The first column has the classes, as in letter-recognition.
    frame = pandas.DataFrame(
        {
            "kind": pandas.Categorical(names[place], ["c", "a", "b", "empty"]),
            "level": pandas.Categorical(levels[place], ["3", "10"]),
            "number": np.arange(6) + 0.5,
        }
    )
    rdata.write_rda(tmp_path / "made.rda", {"Small": frame})
    table = write_table(tmp_path, (tmp_path / "made.rda").read_bytes())
    monkeypatch.setattr(r_sets, "FOLDER", tmp_path)

    monkeypatch.setitem(r_sets.TABLES, "small", table)
    whole = r_sets.vectors("small")
    assert whole.items.dtype == np.float32 and whole.kind == "vectors"
    assert np.array_equal(whole.items, np.stack([levels.astype(float), order + 0.5], axis=1))
    assert np.array_equal(np.array(["a", "b", "c"])[whole.truth], names)

    monkeypatch.setitem(r_sets.TABLES, "small", replace(table, most=5))
    part = r_sets.vectors("small")
    assert np.array_equal(part.items, whole.items[:5]) and part.n_classes == 2
    assert np.array_equal(np.array(["b", "c"])[part.truth], names[:5])


def test_a_table_of_a_database_has_numbers_that_vary_in_whole_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rdata = pytest.importorskip("rdata", reason=NEEDS_GAIN)
    pandas = pytest.importorskip("pandas", reason=NEEDS_GAIN)
    frame = pandas.DataFrame(
        {
            "text": pandas.Categorical(["x", "y", "x", "y"]),
            "count": pandas.array([3, None, 5, 6], "Int32"),
            "constant": [1.5, 2.5, 1.5, 1.5],  # except in the row with a missing value
            "number": [0.5, 1.5, 2.5, 3.5],
            "kind": pandas.Categorical(["b", "c", "a", "b"]),
        }
    )
    folder = tmp_path / "modeldata" / "data"
    folder.mkdir(parents=True)

    # The database has another object before the table, and one after it.
    rdata.write_rds(tmp_path / "made.rds", frame, compression=None)
    content = (tmp_path / "made.rds").read_bytes()
    filters = [{"id": lzma.FILTER_LZMA2}]
    packed = lzma.compress(content, lzma.FORMAT_RAW, filters=filters)
    chunk = len(content).to_bytes(4, "big") + b"Z" + packed
    (folder / "Rdata.rdb").write_bytes(b"before" + chunk + b"after")
    place = {"Small": np.array([6, len(chunk)], np.int32)}
    rdata.write_rds(folder / "Rdata.rdx", {"variables": place})

    hashes = [
        hashlib.sha256((folder / file).read_bytes()).hexdigest()
        for file in ("Rdata.rdx", "Rdata.rdb")
    ]
    table = r_sets.Table("modeldata", "Small", classes="kind", mixed=True)
    monkeypatch.setattr(r_sets, "FOLDER", tmp_path)
    monkeypatch.setitem(r_sets.DATABASES, "modeldata", tuple(hashes))
    monkeypatch.setitem(r_sets.TABLES, "small", table)
    small = r_sets.vectors("small")
    order = np.argsort(small.items[:, 0])
    assert small.items.dtype == np.float32
    assert small.items[order].tolist() == [[3, 0.5], [5, 2.5], [6, 3.5]]
    assert small.truth[order].tolist() == [1, 0, 1]

    (folder / "Rdata.rdb").write_bytes(b"another version")
    with pytest.raises(MissingDataError, match=r"Rdata\.rdb has other data"):
        r_sets.vectors("small")


def test_development_sets_are_not_part_of_the_measurement() -> None:
    development = set(data_sets.development())
    assert len(development) == 12 and not development & set(data_sets.sources())
    assert not development & {run.data for run in plan.runs(1)}
    assert not any(register.is_registered(name) for name in development)
    held_out = ("vowel", "satellite", "diabetes", "sonar", "dna", "spam", "musk", "ACSF1")
    assert all(register.is_registered(name) for name in held_out)


def test_photographs_are_on_white_and_drawings_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for below in ("animals/birds", "animals/birds/cartoon", "animals/fish/deep"):
        (tmp_path / below).mkdir(parents=True)
        Image.new("RGBA", (300, 100), (255, 0, 0, 128)).save(tmp_path / below / "a.png")
    monkeypatch.setattr(packaged_sets, "STAMPS", tmp_path)
    with pytest.raises(MissingDataError, match="other data"):
        packaged_sets.photos()
    monkeypatch.setattr(packaged_sets, "_check", lambda *_: None)
    photos = packaged_sets.photos()
    assert photos.items.shape == (2, 128, 128, 3) and sorted(photos.truth) == [0, 1]
    assert photos.items[0, 0, 0].tolist() == [255, 255, 255]
    assert np.abs(photos.items[0, 64, 64].astype(int) - [255, 127, 127]).max() <= 1


def test_signs_are_coloured_and_all_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_sets, "OF_EACH_SIGN", 3)
    signs = made_sets.signs()
    assert signs.coloured and signs.items.shape == (60, 48, 48, 3)
    assert (np.bincount(signs.truth) == 3).all() and signs.n_classes == 20
    assert len({sign.tobytes() for sign in signs.items}) == 60
    assert np.array_equal(signs.items, made_sets.signs().items)


def test_sounds_of_a_class_differ_and_are_not_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_sets, "OF_EACH_SOUND", 2)
    sounds = made_sets.sounds()
    assert sounds.items.shape == (20, 8000) and sounds.n_classes == 10
    assert 0.1 < np.abs(sounds.items).max() < 1
    assert len({sound.tobytes() for sound in sounds.items}) == 20


def test_sizes_of_200_classes_differ_by_a_factor_of_ten() -> None:
    sizes = np.bincount(made_sets.many_classes().truth)
    assert sizes.min() >= 10 and sizes.max() > 9 * sizes.min()


def test_each_kind_has_views_of_one_row_per_item() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(3, 2, (12, 40)).astype(np.float32)
    truth = (np.arange(12) % 2).astype(np.int16)
    of_kind = {
        "vectors": LabelledItems("v", rows, truth, "vectors"),
        "embeddings": LabelledItems("e", rows, truth, "embeddings"),
        "series": LabelledItems("s", rows, truth, "series"),
        "sounds": LabelledItems("w", np.tile(rows, 30), truth, "sounds", rate=1000),
        "pictures": LabelledItems("p", random.integers(0, 255, (12, 64, 64, 3), np.uint8), truth),
    }
    assert set(of_kind) == set(views.OF_KIND)
    for kind, data in of_kind.items():
        for view in views.OF_KIND[kind]:
            made = views.VIEWS[view](data)
            assert len(made) == 12 and made.ndim == 2 and np.isfinite(made).all()
    assert views.first_view(of_kind["pictures"]).shape == (12, 32 * 32 * 3)
    assert np.allclose(views.standardised(of_kind["vectors"]).std(axis=0), 1, atol=1e-3)
    lengths = np.linalg.norm(views.normalised(of_kind["embeddings"]), axis=1)
    assert np.allclose(lengths, np.sqrt(40), rtol=1e-3)


def test_the_spectrum_of_a_series_does_not_depend_on_its_start() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(6, 64)).astype(np.float32)
    shifted = np.concatenate([rows[:3], np.roll(rows[:3], 17, axis=1)])
    made = views.spectrum(LabelledItems("s", shifted, np.zeros(6, np.int16), "series"))
    assert np.allclose(made[:3], made[3:], atol=1e-3)


def test_the_server_gets_the_items_in_order_and_no_classes(tmp_path: Path) -> None:
    truth = np.array([1, 0, 1], np.int16)
    rows = np.eye(3, 5, dtype=np.float32)
    arguments = write_import_files(LabelledItems("rows", rows, truth, "vectors"), tmp_path)
    assert len(arguments) == 1
    with np.load(arguments[0]) as arrays:
        assert arrays.files == ["X"] and np.array_equal(arrays["X"], rows)

    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.full((4, 4, 3), 50, np.uint8)
    folder, *options = write_import_files(LabelledItems("pictures", pictures, truth), tmp_path)
    assert options == ["--content", "symbols", "--features", "none"]
    files = sorted(Path(folder).iterdir())
    assert [int(np.asarray(Image.open(file))[0, 0, 0]) for file in files] == [0, 50, 100]

    waves = np.linspace(-0.5, 0.5, 3, dtype=np.float32)[:, None] * np.ones(200, np.float32)
    sounds = LabelledItems("sounds", waves, truth, "sounds", rate=100)
    folder, *options = write_import_files(sounds, tmp_path)
    assert options == ["--window", "2"]
    levels = [float(soundfile.read(file)[0][0]) for file in sorted(Path(folder).iterdir())]
    assert np.allclose(levels, [-0.5, 0, 0.5], atol=1e-3)


def imported(arguments: list[str], target: Path, **options: object) -> item_set.ItemSet:
    """Import the data at the path `arguments[0]`, as `lodespace serve` does. Return the items."""
    report = import_data(arguments[0], target, ImportOptions(**options))  # type: ignore[arg-type]
    return item_set.load(target, root=report.root)


def test_imported_items_are_in_the_order_of_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_sets, "OF_EACH_SIGN", 1)
    signs = made_sets.signs()
    pictures = imported(write_import_files(signs, tmp_path), tmp_path / "a", content="symbols")
    assert len(pictures) == 20 and pictures.kind == "image"
    means = np.array([np.asarray(picture).mean() for picture in pictures.data])
    assert np.abs(means - signs.items.mean(axis=(1, 2, 3))).max() < 4

    monkeypatch.setattr(made_sets, "OF_EACH_SOUND", 1)
    sounds = made_sets.sounds()
    arguments = write_import_files(sounds, tmp_path)
    found = imported(arguments, tmp_path / "b", window=float(arguments[2]))
    assert len(found) == len(sounds) == 10 and found.kind == "sound"  # one item per file
