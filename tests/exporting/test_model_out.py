"""The exported model gives the trainer's predictions: loaded in Python, and as ONNX in another
runtime."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from lodespace.errors import ProjectError
from lodespace.exporting.formats import export
from lodespace.exporting.model import ONNX_OUTPUTS, trainer_of
from lodespace.models import load_model
from lodespace.project.opening import open_project


@pytest.fixture(params=["pictures", "vectors"])
def worked(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def test_a_loaded_model_predicts_as_the_trainer(worked: Path, tmp_path: Path) -> None:
    export(worked, tmp_path / "model", "model")
    model = load_model(tmp_path / "model")
    project = open_project(worked)
    project.close()
    trainer = trainer_of(project)
    items = np.arange(len(project.items))
    with torch.no_grad():
        read = model(model.prepare(project.items.data))
        encoded = trainer.loop.vae_training.encode_all()
        contraction, rotation, translation = trainer.inspector.shown_transform()
        torch.testing.assert_close(
            read.latent_mean, (encoded * contraction) @ rotation + translation
        )
        torch.testing.assert_close(
            read.latent_log_variance, trainer.inspector.variance(items).log(), rtol=1e-4, atol=1e-4
        )
        back = model.decode(read.latent_mean[:5])
        # Both models decode shown positions, and a fit removes the rotation of the shown map.
        reference = trainer.inspector.decode(read.latent_mean[:5].numpy())
    if project.items.kind == "vector":
        mean, deviation = project.items.standardisation  # type: ignore[misc]
        reference = reference * deviation + mean
    np.testing.assert_allclose(back.numpy(), reference, atol=1e-3)
    # The export contains a student of the page's predictions, which use the graph, too.
    shown = trainer.snapshot()
    same = model.predict(project.items.data).class_ids == shown.prediction
    identical = same.mean()
    # Of the 24 pictures, some are as probable in one class as in the other.
    decided = shown.confidence >= 0.55
    assert same[decided].mean() >= 0.97 and identical >= 0.8
    assert model.description["agreement"]["identical"] == pytest.approx(identical, abs=0.02)
    assert model.class_names == list(project.items.class_names)


def test_a_scaled_and_rotated_map_is_encoded_and_decoded(vectors: Path, tmp_path: Path) -> None:
    """The exported model contains the display transform: the scale of each axis, the rotation and
    the translation of the map."""
    export(vectors, tmp_path / "model", "model")
    model = load_model(tmp_path / "model")
    items = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mean = model.vae.encoder((items - model.mean) / model.deviation)[0]
        model.contraction = torch.tensor([0.5, 0.25, 1.0])
        model.rotation = torch.linalg.qr(
            torch.randn(3, 3, generator=torch.Generator().manual_seed(1))
        )[0]
        model.translation = torch.tensor([1.0, -2.0, 3.0])
        shown = model(items).latent_mean
        torch.testing.assert_close(
            shown, (mean * model.contraction) @ model.rotation + model.translation
        )
        decoded = model.vae.decoder(mean) * model.deviation + model.mean
        torch.testing.assert_close(model.decode(shown), decoded, rtol=1e-4, atol=1e-4)


def test_the_ten_lines_of_the_example_run(
    worked: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    export(worked, tmp_path / "model", "model")
    (code,) = re.findall(
        r"```python\n(.*?)```", (tmp_path / "model" / "README.md").read_text(), re.S
    )
    assert len(code.splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    exec(code, {"__name__": "__main__"})
    assert capsys.readouterr().out


@pytest.mark.slow
def test_onnx_gives_equal_outputs(worked: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    export(worked, tmp_path / "model.onnx")
    export(worked, tmp_path / "model", "model")
    model = load_model(tmp_path / "model")
    project = open_project(worked)
    project.close()
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    for count in (1, 3, 11):  # any batch size
        items = model.prepare(np.asarray(project.items.data[:count]))
        outputs = session.run(list(ONNX_OUTPUTS), {"items": items.numpy()})
        with torch.no_grad():
            for ours, theirs in zip(model(items), outputs, strict=True):
                np.testing.assert_allclose(theirs, ours.numpy(), rtol=1e-3, atol=1e-4)
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["classes"].split("\n") == model.class_names
    assert metadata["kind"] == project.items.kind
    assert ("0 to 255" in metadata["scale"]) == (project.items.kind == "image")
    if project.items.kind == "image":
        assert metadata["size"] == "1 x 32 x 32"
        assert "28 x 28 are centred in 32 x 32" in metadata["padding"]
        background = list(model.source.background)
        assert json.loads(metadata["preprocessing"])["background"] == background


EXPORT = """
import sys
from lodespace.cli import main

print(main(["export", *sys.argv[1:]]), "sympy" in sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["pictures", pytest.param("vectors", marks=pytest.mark.only_slow("they need fewer modules"))],
)
def test_a_table_is_written_without_the_compiler(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The compiler of torch (with sympy) would take longer than the export of a small table."""
    project = request.getfixturevalue(kind)
    command = [sys.executable, "-c", EXPORT, str(project), "-o", str(tmp_path / "a.csv")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == "0 False", run.stderr


def test_an_export_without_a_model_fails_with_advice(sounds: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no model has been trained yet"):
        export(sounds, tmp_path / "model", "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("damage", ["weights", "description", "format", "shape"])
def test_a_damaged_model_is_refused_with_a_reason(
    vectors: Path, tmp_path: Path, damage: str
) -> None:
    export(vectors, tmp_path / "model", "model")
    weights, description = (
        tmp_path / "model" / "model.safetensors",
        tmp_path / "model" / "model.json",
    )
    if damage == "weights":
        weights.write_bytes(weights.read_bytes()[:-100])
    else:
        content = json.loads(description.read_text())
        content |= (
            {"format": 99}
            if damage == "format"
            else {"item_shape": [9]}
            if damage == "shape"
            else {}
        )
        description.write_text(json.dumps(content) if damage != "description" else "{")
    with pytest.raises(ValueError, match="model"):
        load_model(tmp_path / "model")
