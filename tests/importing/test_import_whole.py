"""Complete imports: a failed or interrupted import leaves no project, and features can be read from
files."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lodespace.errors import DatasetError, ProjectError
from lodespace.importing.arrays.array_items import from_arrays
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.project.opening import open_project
from lodespace.project.project import MANIFEST
from lodespace.training.dataset import to_dataset
from samples.pictures import Import, draw


@pytest.mark.slow
def test_an_import_that_is_interrupted_anywhere_leaves_no_project(
    tmp_path: Path, slow: bool
) -> None:
    """Between the first and the last file, the import gets Ctrl-C at two moments; ten with
    --slow, which can also be during the features.
    """
    more = [] if slow else ["--features", "none"]
    root = tmp_path / "pictures"
    root.mkdir()
    draw(0, (300, 300), "RGB").save(root / "0.png")
    for i in range(1, 300):
        shutil.copy(root / "0.png", root / f"{i}.png")
    script = "import sys; from lodespace.cli import main; sys.exit(main(sys.argv[1:]))"
    for moment in range(10) if slow else (0, 6):
        out = tmp_path / f"work{moment}"
        process = subprocess.Popen(
            [sys.executable, "-c", script, "import", str(root), "-o", str(out), *more],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Wait for the start of the import, then for a short time.
        end = time.monotonic() + 30
        while (
            not list(tmp_path.glob(f".work{moment}.*/data"))
            and process.poll() is None
            and time.monotonic() < end
        ):
            time.sleep(0.01)
        time.sleep(0.03 * moment)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()
        whole = (out / MANIFEST).is_file()
        assert whole == out.exists(), "the project is incomplete"
        if whole:
            assert len(item_set.load(out / "data")) == 300
        else:
            assert process.returncode in (130, -signal.SIGINT, 1)
        assert not list(tmp_path.glob(f".work{moment}.*")), (
            "temporary files are left beside the project"
        )


def test_an_interrupt_is_raised_between_two_items_and_the_second_at_once() -> None:
    from lodespace.importing.interruption import Interruption

    heard = signal.default_int_handler
    # This handler is set because a background job ignores SIGINT.
    before = signal.signal(signal.SIGINT, heard)
    try:
        with pytest.raises(KeyboardInterrupt), Interruption() as interruption:
            signal.raise_signal(signal.SIGINT)  # no effect before `check`
            interruption.check()
        assert signal.getsignal(signal.SIGINT) is heard
        with pytest.raises(KeyboardInterrupt), Interruption():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is heard
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_ignored_interrupt_has_no_effect() -> None:
    from lodespace.importing.interruption import Interruption

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            interruption.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_full_disk_is_reported_and_nothing_is_left(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lodespace.importing.array_writer import ArrayWriter

    def full(self: ArrayWriter, item: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ArrayWriter, "append", full)
    with pytest.raises((DatasetError, ProjectError), match="the disk is full"):
        open_project(folder, project_folder=tmp_path / "work")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["pictures"]


def test_data_that_do_not_fit_are_refused_before_reading(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(DatasetError, match="GB are free"):
        open_project(folder, project_folder=tmp_path / "work")


def test_the_model_uses_the_normalisation_of_the_data_set(tmp_path: Path, bring: Import) -> None:
    vectors = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    items, _ = bring(from_arrays("a", vectors))
    dataset = to_dataset(items)
    assert items.standardisation is not None
    mean, deviation = np.array(items.standardisation)
    np.testing.assert_allclose(
        dataset.stored.numpy(), (vectors - mean) / deviation, rtol=1e-5, atol=1e-6
    )
    # The stored values are used and are not computed again.
    path = next(tmp_path.glob("imported-*")) / "standardisation.npy"
    np.save(path, np.stack([mean + 1, 2 * deviation]))
    again = to_dataset(item_set.load(path.parent))
    np.testing.assert_allclose(
        again.stored.numpy(), (vectors - mean - 1) / (2 * deviation), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["npy", "npz", "parquet"])
def test_features_are_read_from_a_file_by_row_or_by_id(
    folder: Path, tmp_path: Path, bring: Import, kind: str
) -> None:
    plain, _ = bring(folder)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(5, 7)).astype(np.float32)
    path = tmp_path / f"features.{kind}"
    order = rng.permutation(5)
    ids = np.array(plain.ids)
    if kind == "npy":
        np.save(path, features)
    elif kind == "npz":
        np.savez(path, X=features[order], ids=ids[order])
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(
            pa.table({"id": ids[order].tolist(), "vector": features[order].tolist()}), path
        )
    items, _ = bring(folder, features=path)
    np.testing.assert_array_equal(items.features, features)
    dataset = to_dataset(items)
    assert dataset.alike().kind == "vector"
    assert dataset.kind == "image"


def test_features_that_do_not_fit_are_refused(folder: Path, tmp_path: Path, bring: Import) -> None:
    def refused(array: np.ndarray, message: str) -> None:
        np.save(tmp_path / "f.npy", array)
        with pytest.raises(DatasetError, match=message):
            bring(folder, features=tmp_path / "f.npy")

    refused(np.zeros((4, 3)), "4 rows for 5 items")
    refused(np.full((5, 3), np.nan), "NaN")
    refused(np.zeros((5, 4, 4)), "pictures")
    (folder / "bad.png").write_text("x")
    refused(np.zeros((5, 3)), "1 were left out")
    np.savez(tmp_path / "f.npz", X=np.zeros((2, 3)), ids=["4.png", "other"])
    with pytest.raises(DatasetError, match="no row for 4 items"):
        bring(folder, features=tmp_path / "f.npz")
    with pytest.raises(DatasetError, match="the file does not exist"):
        bring(folder, features=tmp_path / "none.npy")


@pytest.mark.slow
def test_a_backbone_with_weights_on_disk_computes_features(
    folder: Path, tmp_path: Path, bring: Import
) -> None:
    import torch
    from safetensors.torch import save_file
    from torchvision.models import squeezenet1_1

    torch.manual_seed(0)
    network = squeezenet1_1(weights=None)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    items, _ = bring(folder, backbone="squeezenet1_1", weights=tmp_path / "weights.safetensors")
    assert items.features is not None
    assert len(items.features) == 5
    assert np.isfinite(items.features).all()
    assert len(np.unique(items.features.round(5), axis=0)) == 5, (
        "different pictures have the same features"
    )
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    with pytest.raises(DatasetError, match="safetensors"):
        bring(folder, backbone="squeezenet1_1", weights=tmp_path / "weights.pth")
    with pytest.raises(DatasetError, match="does not fit the network resnet18"):
        bring(folder, backbone="resnet18", weights=tmp_path / "weights.safetensors")
    with pytest.raises(DatasetError, match="no such network"):
        bring(folder, backbone="nonet", weights=tmp_path / "weights.safetensors")
    with pytest.raises(DatasetError, match="go together"):
        bring(folder, backbone="resnet18")


@pytest.mark.parametrize("side", [32, 64, 128])
def test_the_option_size_sets_the_side(folder: Path, bring: Import, side: int) -> None:
    items, _ = bring(folder, size=side)
    assert items.data.shape == (5, side, side)
    assert to_dataset(items).item_shape == (1, side, side)
    with pytest.raises(DatasetError, match="32, 64 or 128"):
        bring(folder, size=50)


def test_a_data_set_folder_is_used_as_it_is(folder: Path, tmp_path: Path, bring: Import) -> None:
    items, _ = bring(folder)
    first = next(tmp_path.glob("imported-*"))
    again, _ = bring(first)
    np.testing.assert_array_equal(again.data, items.data)
    assert again.ids == items.ids


@pytest.mark.parametrize("damage", ["pixels", "table", "labels", "manifest", "escape"])
def test_a_damaged_data_set_is_refused_with_a_reason(
    folder: Path, tmp_path: Path, bring: Import, damage: str
) -> None:
    bring(folder)
    target = tmp_path / "imported-0"
    name = {"pixels": "pixels.npy", "table": "items.arrow", "labels": "labels.npy"}.get(
        damage, "dataset.json"
    )
    path = target / name
    if damage == "escape":
        path.write_text(path.read_text().replace('"pixels.npy"', '"../../secret.npy"'))
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DatasetError):
        item_set.load(target)


def test_import_options_have_the_defaults_of_the_command_line() -> None:
    from lodespace.cli import _parser
    from lodespace.cli.options import data_options_from

    assert data_options_from(_parser().parse_args(["import", "x"])) == ImportOptions()
