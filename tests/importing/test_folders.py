"""Folders of pictures: labels from folders, items that are left out, decoded pictures."""

import contextlib
import os
import stat
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lodespace.errors import DatasetError
from lodespace.importing import class_ids
from lodespace.importing.folders.picture_folder import PictureFolder
from lodespace.importing.label_text import alike
from lodespace.importing.source import RawItem
from lodespace.importing.tally import Tally
from lodespace.items import decoding
from lodespace.items.errors import ItemError
from samples.pictures import Import, draw, reasons


def test_subfolders_are_classes_and_loose_files_are_unlabelled(folder: Path, bring: Import) -> None:
    items, report = bring(folder)
    assert items.ids == ("4.png", "_unlabelled/3.png", "cat/0.png", "cat/1.png", "dog/deep/2.png")
    assert items.class_names == ("cat", "dog")
    assert items.truth is not None
    assert items.truth.tolist() == [-1, -1, 0, 0, 1]
    assert items.labels_given
    assert (report.imported, report.bad) == (5, [])


def test_uppermost_folders_named_train_and_test_are_splits(tmp_path: Path, bring: Import) -> None:
    for number, name in enumerate(["train/a/0.png", "train/b/1.png", "test/a/2.png"]):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(path)
    items, _ = bring(tmp_path / "data")
    assert items.class_names == ("a", "b")
    assert items.table is not None
    assert items.table.column("lodespace.split") == ["test", "train", "train"]


def test_masks_of_an_inspection_data_set_are_left_out(tmp_path: Path, bring: Import) -> None:
    names = ["train/good/0.png", "test/good/1.png", "test/crack/2.png"]
    for number, name in enumerate([*names, "ground_truth/crack/2_mask.png"]):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(path)
    items, report = bring(tmp_path / "data")
    assert items.ids == ("test/crack/2.png", "test/good/1.png", "train/good/0.png")
    assert items.class_names == ("crack", "good")
    assert items.table is not None
    assert items.table.column("lodespace.split") == ["test", "test", "train"]
    assert [(bad.name, bad.kind) for bad in report.bad] == [("1 file in ground_truth/", "masks")]
    assert len(bring(tmp_path / "data", masks="items")[0]) == 4
    assert bring(tmp_path / "data", labels_at="top")[0].class_names == ("test", "train")


def test_small_pictures_of_one_size_keep_their_pixels(folder: Path, bring: Import) -> None:
    items, _ = bring(folder)
    assert items.data.shape == (5, 40, 40)
    np.testing.assert_array_equal(items.data[0], np.asarray(draw(4)))


@pytest.mark.parametrize(("largest", "side"), [(20, 32), (50, 64), (100, 128), (700, 128)])
def test_pictures_of_many_sizes_are_fitted_into_one_square(
    tmp_path: Path, bring: Import, largest: int, side: int
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for number in range(6):
        draw(number, (largest, largest - number)).save(root / f"{number}.png")
    items, _ = bring(root)
    assert items.data.shape == (6, side, side)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".gif"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_format_is_read_in_grey_and_colour(
    tmp_path: Path, bring: Import, suffix: str, mode: str
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for number in range(3):
        draw(number, mode=mode).save(
            root / f"{number}{suffix}", **({"lossless": True} if suffix == ".webp" else {})
        )
    items, report = bring(root)
    assert report.bad == []
    assert items.data.ndim == (3 if mode == "L" else 4)
    assert items.content == ("symbols" if mode == "L" else "photos")
    wanted = np.asarray(draw(1, mode=mode), int)
    assert np.abs(items.data[1] - wanted).mean() < 20  # JPEG and GIF are lossy


def test_a_late_colour_picture_makes_all_pictures_coloured(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for number in range(9):
        draw(number, mode="RGB" if number == 7 else "L").save(root / f"{number}.png")
    items, _ = bring(root)
    assert items.data.shape == (9, 40, 40, 3)
    for number in range(9):
        wanted = np.asarray(draw(number, mode="RGB" if number == 7 else "L").convert("RGB"))
        np.testing.assert_array_equal(items.data[number], wanted)


def test_a_grey_picture_saved_in_rgb_is_grey(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for number in range(3):
        draw(number).convert("RGB").save(root / f"{number}.png")
    assert bring(root)[0].data.ndim == 3


def test_a_picture_is_rotated_by_its_exif_orientation() -> None:
    import io

    upright = draw(1, (60, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF: rotate by 90 degrees
    out = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(out, "PNG", exif=exif)
    out.seek(0)
    np.testing.assert_array_equal(np.asarray(decoding.decode(out)), np.asarray(upright))


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        (Image.new("1", (8, 8), 1), 255),
        (Image.fromarray(np.full((8, 8), 257 * 100, np.uint16)), 100),
        (Image.new("RGBA", (8, 8), (0, 0, 0, 0)), 255),
        (Image.new("LA", (8, 8), (50, 255)), 50),
        (Image.new("P", (8, 8), 0), None),
        (Image.new("CMYK", (8, 8), (0, 0, 0, 0)), 255),
    ],
    ids=["1", "16 bit", "transparent", "LA", "P", "CMYK"],
)
def test_every_kind_of_pixel_becomes_grey_or_rgb_bytes(
    image: Image.Image, wanted: int | None
) -> None:
    plain = np.asarray(decoding.plain(image))
    assert plain.dtype == np.uint8
    assert plain.shape[2:] in ((), (3,))
    if wanted is not None:
        assert (plain == wanted).all()


def test_pixels_without_a_finite_number_are_refused() -> None:
    with pytest.raises(ItemError, match="no finite number"):
        decoding.plain(Image.new("F", (8, 8), float("nan")))


def test_fitting_keeps_proportions_and_takes_the_border_as_background() -> None:
    wide = np.full((40, 80), 200, np.uint8)
    wide[15:25, 30:50] = 0
    out = decoding.fitted(wide, (32, 32))
    assert out.shape == (32, 32)
    assert (out[0] == 200).all()
    assert (out[-1] == 200).all()
    dark = out < 100
    assert dark.any(axis=0).sum() == pytest.approx(8, abs=1)
    assert dark.any(axis=1).sum() == pytest.approx(4, abs=1)


# Bad files ----------------------------------------------------------------------------------------


def test_other_files_are_left_out_with_name_and_reason(folder: Path, bring: Import) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)
    Image.fromarray(noise).save(folder.parent / "whole.png")
    whole = (folder.parent / "whole.png").read_bytes()
    for cut in range(10):
        (folder / f"cut{cut}.png").write_bytes(whole[: len(whole) * cut // 10])
    (folder / "text.png").write_text("no picture")
    (folder / "script.svg").write_text("<svg onload='alert(1)'/>")
    (folder / "polyglot.gif").write_bytes(b"GIF89a/*" + b"\0" * 20 + b"*/=alert(1)")
    (folder / "notes.txt").write_text("x")
    items, report = bring(folder)
    found = reasons(report)
    assert len(items) == 5
    assert found["cut0.png"] == "the file is empty"
    assert all(f"cut{cut}.png" in found for cut in range(10))
    assert "not a picture" in found["text.png"]
    assert "polyglot.gif" in found
    assert found["script.svg"] == found["notes.txt"] == "not imported as an item"


def test_pictures_with_far_too_many_pixels_are_left_out(folder: Path, bring: Import) -> None:
    Image.new("1", (13000, 13000)).save(folder / "large.png")  # Pillow only warns about it
    huge = bytearray((folder / "large.png").read_bytes())
    huge[16:24] = (50_000).to_bytes(4, "big") * 2
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    (folder / "huge.png").write_bytes(huge)
    items, report = bring(folder)
    assert len(items) == 5
    assert set(reasons(report)) == {"large.png", "huge.png"}
    assert all("pixels" in reason for reason in reasons(report).values())


def test_a_picture_with_megabytes_of_text_in_it_is_left_out(folder: Path, bring: Import) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("comment", "a" * (100 << 20), zip=True)
    draw(9).save(folder / "text-bomb.png", pnginfo=info)
    items, report = bring(folder)
    assert len(items) == 5
    assert list(reasons(report)) == ["text-bomb.png"]


def test_odd_shapes_and_long_animations_are_imported(folder: Path, bring: Import) -> None:
    Image.new("L", (1, 1), 7).save(folder / "dot.png")
    Image.new("L", (1, 60_000), 7).save(folder / "line.png")
    frames = [Image.new("P", (4, 4), k % 2) for k in range(2)]
    frames[0].save(
        folder / "many.gif", save_all=True, append_images=[frames[k % 2] for k in range(3000)]
    )
    items, report = bring(folder)
    assert len(items) == 8
    assert report.bad == []
    assert (items.data[items.ids.index("dot.png")] == 7).all()


def test_an_animation_of_100_000_frames_becomes_its_first(folder: Path, bring: Import) -> None:
    """The GIF and the APNG are written byte by byte, without Pillow."""
    frame = b"\x2c" + bytes(4) + b"\x04\0\x04\0\0" + b"\x02\x03\x84\x8f\x05\0"
    head = b"GIF89a\x04\0\x04\0\x80\0\0" + b"\xff\xff\xff\0\0\0"
    (folder / "many.gif").write_bytes(head + frame * 100_000 + b"\x3b")

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    pixels = zlib.compress(b"".join(b"\0" + bytes([200] * 4) for _ in range(4)))
    control = (4).to_bytes(4, "big") * 2 + bytes(8) + b"\0\x01\0\x0a\0\0"
    frames = bytearray()
    for k in range(100_000):
        frames += chunk(b"fcTL", (2 * k + 1).to_bytes(4, "big") + control)
        frames += chunk(b"fdAT", (2 * k + 2).to_bytes(4, "big") + pixels)
    (folder / "many.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", (4).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0")
        + chunk(b"acTL", (100_001).to_bytes(4, "big") + bytes(4))
        + chunk(b"fcTL", bytes(4) + control)
        + chunk(b"IDAT", pixels)
        + bytes(frames)
        + chunk(b"IEND", b"")
    )
    items, report = bring(folder)
    assert report.bad == []
    assert len(items) == 7
    assert (items.data[items.ids.index("many.png")] == 200).all()


def test_names_may_be_any_bytes(tmp_path: Path, bring: Import) -> None:
    root = tmp_path / "data"
    root.mkdir()
    names = [
        b"\xff\xfe.png",
        b"a\nb.png",
        "right\u202egnp.png".encode(),
        b"<img onerror=alert(1)>.png",
        b"=cmd|' -C calc'!A0.png",
        "\u00e9.png".encode(),  # NFC
        "e\u0301.png".encode(),  # NFD, which looks the same
        b"case.png",
        b"CASE.png",
        b"x" * 251 + b".png",
    ]
    for number, name in enumerate(names):
        with Path(os.fsdecode(os.fsencode(root) + b"/" + name)).open("wb") as file:
            draw(number).save(file, "PNG")
    items, report = bring(root)
    assert report.bad == []
    assert len(items) == len(set(items.ids)) == len(names)
    assert "\\xff\\xfe.png" in items.ids
    assert "a\\x0ab.png" in items.ids
    assert not any("\u202e" in item_id for item_id in items.ids)
    assert "=cmd|' -C calc'!A0.png" in items.ids
    # Each item is found by the name of its file, although its id differs.
    from lodespace.items.originals import picture

    for item in range(len(items)):
        np.testing.assert_array_equal(np.asarray(picture(items, item, 512)), items.data[item])


def test_links_are_followed_only_within_the_folder(
    folder: Path, tmp_path: Path, bring: Import
) -> None:
    draw(20).save(tmp_path / "secret.png")
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "outdir").symlink_to(tmp_path)
    (folder / "in.png").symlink_to(folder / "4.png")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.png").symlink_to(folder / "nothing")
    items, report = bring(folder)
    assert set(items.ids) == {
        "4.png",
        "_unlabelled/3.png",
        "cat/0.png",
        "cat/1.png",
        "dog/deep/2.png",
        "in.png",
    }
    found = reasons(report)
    assert set(found) == {"out.png", "outdir", "loop", "nowhere.png"}
    assert "leads out" in found["out.png"]


def test_pipes_and_devices_are_left_out(folder: Path, bring: Import) -> None:
    os.mkfifo(folder / "pipe.png")
    names = ["pipe.png"]
    with contextlib.suppress(PermissionError):  # making a device requires rights
        os.mknod(
            folder / "device.png", 0o600 | stat.S_IFCHR, os.makedev(1, 5)
        )  # this device is /dev/zero, which never ends
        names.append("device.png")
    items, report = bring(folder)
    assert len(items) == 5
    assert sorted(reasons(report)) == sorted(names)
    assert all("not a regular file" in reason for reason in reasons(report).values())


def test_unreadable_files_are_left_out(folder: Path, bring: Import) -> None:
    (folder / "4.png").chmod(0)
    if os.access(folder / "4.png", os.R_OK):
        pytest.skip("this user may read every file, whatever its permissions")
    _, report = bring(folder)
    assert "4.png" in reasons(report)


@pytest.mark.parametrize("how_many", [0, 1])
def test_fewer_than_two_pictures_are_refused(tmp_path: Path, bring: Import, how_many: int) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for number in range(how_many):
        draw(number).save(root / f"{number}.png")
    with pytest.raises(DatasetError, match=r"no file in .* can be read|at least 2"):
        bring(root)
    assert not list(tmp_path.glob("imported-*"))


def test_a_folder_removed_during_import_loses_only_its_items(folder: Path, bring: Import) -> None:
    from lodespace.importing.folders.picture_folder import PictureFolder

    source = PictureFolder(folder)
    (folder / "cat/0.png").unlink()
    (folder / "cat/1.png").write_bytes(b"")
    items, report = bring(source)
    assert len(items) == 3
    assert reasons(report) == {
        "cat/0.png": "there is no such file",
        "cat/1.png": "the file is empty",
    }


@pytest.mark.slow
def test_too_many_classes_are_refused(
    tmp_path: Path, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_ids, "MAX_CLASSES", 4)
    root = tmp_path / "data"
    for number in range(5):
        (root / str(number)).mkdir(parents=True)
        draw(number, (4, 4)).save(root / str(number) / "a.png")
        os.link(root / str(number) / "a.png", root / str(number) / "b.png")
    with pytest.raises(DatasetError, match="5 classes; at most 4 "):
        bring(root)


def test_names_that_look_alike_are_one_class_or_doubtful(tmp_path: Path) -> None:
    folders = ["\u00c9rable", "E\u0301rable", "great_tit", "Great tit", "owl"]
    for number, folder in enumerate(folders):
        (tmp_path / folder).mkdir()
        Image.new("L", (8, 8), number).save(tmp_path / folder / f"{number}.png")
    tally = Tally()
    source = PictureFolder(tmp_path)
    for item in source:
        assert isinstance(item, RawItem)
        tally.add(item)
    assert tally.labels["\u00c9rable"] == 2
    (found,) = [finding for finding in tally.findings(source, "") if finding.doubtful]
    assert "capitals or spaces: Great tit, great_tit;" in found.text
    assert alike(["1", "-1", "a-1", "b"]) == []
    assert alike(["a-1", "a 1"]) != []
