"""Networks for sounds with downloaded weights: small networks with random weights."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from lodespace.errors import DatasetError
from lodespace.features import clap_networks, networks, process_main, registry
from lodespace.features.preparation import resampled
from lodespace.features.search_space import searches_words
from lodespace.importing.addition import add_data
from lodespace.importing.importer import import_data
from lodespace.importing.reading import Reading, open_new
from lodespace.importing.report import ImportReport
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.predict.examples import ExampleReader
from lodespace.predict.networks import Networks
from lodespace.predict.reading import read_batches
from samples.stored_weights import loaded, store_files

if importlib.util.find_spec("transformers") is None:
    pytest.skip("the package transformers is not installed", allow_module_level=True)

AST = "ast:owner/small"
CLAP = "clap:owner/small"
RATE = 8000


@pytest.fixture(scope="module")
def ast_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small Audio Spectrogram Transformer, as the hub has them: with a classifier
    behind the network."""
    networks.without_hub()
    from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("ast")
    config = ASTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_length=64,
        num_mel_bins=32,
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    ASTFeatureExtractor(max_length=64, num_mel_bins=32).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clap_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small CLAP with feature fusion."""
    networks.without_hub()
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("clap")
    sounds = {
        "hidden_size": 8,
        "patch_embeds_hidden_size": 4,
        "num_mel_bins": 8,
        "spec_size": 32,
        "depths": [1, 1],
        "num_attention_heads": [1, 2],
        "num_hidden_layers": 2,
        "window_size": 4,
        "patch_stride": [4, 4],
        "enable_fusion": True,
        "projection_dim": 8,
    }
    words = {
        "vocab_size": 300,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 40,
        "projection_dim": 8,
    }
    ClapModel(ClapConfig(text_config=words, audio_config=sounds, projection_dim=8)).save_pretrained(
        folder
    )
    ClapFeatureExtractor(feature_size=8, max_length_s=1).save_pretrained(folder)
    vocabulary = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", "<unk>"])}
    letters = [chr(33 + k) for k in range(90)] + ["Ġ"]
    vocabulary |= {letter: len(vocabulary) + k for k, letter in enumerate(letters)}
    model = {"type": "BPE", "vocab": vocabulary, "merges": [], "unk_token": "<unk>"}
    pre = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {"version": "1.0", "model": model, "pre_tokenizer": pre, "added_tokens": []}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 30})
    )
    return folder


def tone(hertz: float, seconds: float, rate: int) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.mark.slow
def test_an_ast_gives_the_published_features(cache: Path, ast_files: Path) -> None:
    from transformers import ASTFeatureExtractor, ASTForAudioClassification

    stored = store_files(AST, ast_files)
    extractor = loaded(AST)
    sound = tone(440, 0.5, 16_000)
    rows = extractor.features([sound, tone(2000, 0.5, 16_000)])
    network = ASTForAudioClassification.from_pretrained(ast_files).eval()
    read = ASTFeatureExtractor.from_pretrained(ast_files)(
        sound, sampling_rate=16_000, return_tensors="pt"
    )
    with torch.no_grad():
        own = network.audio_spectrogram_transformer(**read).pooler_output[0]
    np.testing.assert_allclose(rows[0], (own / own.norm()).numpy(), atol=1e-5)
    assert rows.shape == (2, 16) and np.abs(rows[0] - rows[1]).max() > 1e-4
    assert extractor.weights == stored


@pytest.mark.slow
def test_a_long_sound_gets_the_mean_of_its_parts(cache: Path, ast_files: Path) -> None:
    store_files(AST, ast_files)
    extractor = loaded(AST)
    first, second = tone(440, 0.5, 16_000), tone(3000, 0.5, 16_000)
    assert extractor.longest < len(first) + len(second) <= 2 * extractor.longest
    with torch.no_grad():
        parts = extractor.network([first, second]).mean(dim=0)
    whole = extractor.features([np.concatenate([first, second])])[0]
    np.testing.assert_allclose(whole, (parts / parts.norm()).numpy(), atol=1e-5)


@pytest.mark.slow
def test_very_short_and_silent_sounds_have_features(
    cache: Path, ast_files: Path, clap_files: Path
) -> None:
    store_files(AST, ast_files)
    store_files(CLAP, clap_files)
    sounds = [np.zeros(16_000, np.float32), np.full(20, 0.1, np.float32)]
    for name in (AST, CLAP):
        rows = loaded(name).features(sounds)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_a_clap_reads_sounds_and_words_without_chance(cache: Path, clap_files: Path) -> None:
    from transformers import ClapModel

    store_files(CLAP, clap_files)
    extractor = loaded(CLAP)
    sounds = [tone(440, 0.4, 48_000), tone(5000, 0.4, 48_000)]
    rows = extractor.features(sounds)
    np.testing.assert_array_equal(rows, extractor.features(sounds))
    np.testing.assert_allclose(rows[:1], extractor.features(sounds[:1]), atol=1e-5)
    words = extractor.embed_words(["a bird", "rain " * 100])
    assert rows.shape == words.shape == (2, 8)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1, atol=1e-5)
    network = ClapModel.from_pretrained(clap_files).eval()
    tokens = extractor._tokenizer(["a bird"], return_tensors="pt")
    with torch.no_grad():
        own = network.get_text_features(**tokens).pooler_output[0]
    np.testing.assert_allclose(words[0], own.numpy(), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("change", ["missing", "rate", "other"])
def test_files_that_do_not_fit_are_refused(
    cache: Path, ast_files: Path, tmp_path: Path, change: str
) -> None:
    from safetensors.torch import load_file, save_file

    files = tmp_path / "files"
    files.mkdir()
    for path in ast_files.iterdir():
        (files / path.name).write_bytes(path.read_bytes())
    if change == "missing":
        tensors = load_file(files / "model.safetensors")
        tensors.pop(next(name for name in tensors if "layernorm" in name))
        save_file(tensors, files / "model.safetensors", metadata={"format": "pt"})
    elif change == "rate":
        settings = json.loads((files / "preprocessor_config.json").read_text())
        settings["sampling_rate"] = 8000
        (files / "preprocessor_config.json").write_text(json.dumps(settings))
    else:
        (files / "config.json").write_text("no JSON")
    store_files(AST, files)
    with pytest.raises(DatasetError, match="do not fit the network ast:owner/small"):
        loaded(AST)


def test_the_source_and_its_licence_are_stated(cache: Path) -> None:
    found = registry.any_family(clap_networks.EXAMPLE)
    assert found is not None and found.weights is not None
    assert found.weights().description() == (
        "huggingface.co/laion/clap-htsat-fused/resolve/main/model.safetensors, about 617 MB, "
        "licence: Apache-2.0"
    )
    with pytest.raises(DatasetError, match=r"give OWNER/NAME, such as ast:MIT/ast-finetuned"):
        registry.family_of_sounds("ast:small").weights()  # type: ignore[misc,union-attr]


def test_a_missing_package_is_named(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = recordings(tmp_path / "sounds", 2)
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(DatasetError, match=r"pip install 'lodespace\[sounds\]'"):
        import_data(str(data), tmp_path / "data", ImportOptions(features=CLAP))


def recordings(folder: Path, count: int, first: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(first, first + count):
        soundfile.write(folder / f"{number}.wav", tone(300 * (1 + number), 1.2, RATE), RATE)
    return folder


def test_a_sound_is_resampled_to_the_rate_of_the_network() -> None:
    found = resampled(tone(440, 1, 44_100), 44_100, 16_000)
    assert found.dtype == np.float32 and len(found) == 16_000
    np.testing.assert_allclose(found[500:-500], tone(440, 1, 16_000)[500:-500], atol=2e-3)


@pytest.mark.slow
@pytest.mark.only_slow("the way of pictures")
def test_recordings_are_imported_added_predicted_and_found(
    cache: Path, clap_files: Path, tmp_path: Path
) -> None:
    stored = store_files(CLAP, clap_files)
    data = recordings(tmp_path / "sounds", 3)
    options = ImportOptions(features=CLAP, window=1.0)
    report = import_data(str(data), tmp_path / "data", options)
    items = item_set.load(tmp_path / "data", root=data)
    assert items.details["features"] == {"name": CLAP, "weights": stored}
    assert f"by the pretrained network {CLAP}" in {line.text for line in report.lines}
    assert items.features is not None and items.features.shape == (6, 8)
    first, _ = soundfile.read(data / "0.wav", frames=RATE, dtype="float32")
    expected = loaded(CLAP).features([resampled(first, RATE, 48_000)])
    np.testing.assert_allclose(items.features[0], expected[0], atol=1e-3)
    assert searches_words(items)

    reading = Reading.of_items(items)
    chosen = Networks(reading)
    source = open_new(str(data), reading, ImportOptions())
    (batch,) = read_batches(source, reading, ImportReport("new"), 10, chosen.family)
    np.testing.assert_allclose(chosen.features_of(batch.prepared), items.features, atol=1e-5)

    reader = ExampleReader(items, reading)
    found = reader.file("example.wav", (data / "1.wav").read_bytes())
    np.testing.assert_allclose(found, items.features[2:4], atol=1e-5)
    assert reader.words("a whistle").shape == (1, 8)

    recordings(data, 1, first=3)
    added = add_data(tmp_path / "data", str(data), ImportOptions(), root=data)
    assert added.count == 2 and added.items.features is not None
    assert added.items.features.shape == (8, 8)

    (data / "0.wav").unlink()
    with pytest.raises(DatasetError, match=r"the sound file 0\.wav is no longer in"):
        next(process_main._sounds(items, 48_000))
