"""Seconds that pretrained networks take for the features of 1,000 items.

    python benchmarks/extractors.py efficientnet-lite0 minilm shapes
    python benchmarks/extractors.py timm:vit_small_patch14_dinov2.lvd142m --items 100

The items are made: JPEG files of 640 x 480 pixels, windows of 10 s of a recording with 44.1 kHz,
English sentences of 20 words, and STL files of some hundred triangles (`shapes`, which needs no
network). They are imported without features first. A line states the seconds to load the network,
and the seconds and processor seconds for 1,000 items: reading of the original files, preparation
and features, in the processes and threads of an import.

Packaged networks have their own weights. For all others, weights of the same size with random
numbers are written into a temporary cache, because the times do not depend on the numbers. Nothing
is downloaded.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from lodespace.features import process_main, weights
from lodespace.features.networks import without_hub
from lodespace.features.preparation import BATCH
from lodespace.importing.importer import import_data
from lodespace.importing.source import ImportOptions
from lodespace.items import item_set
from lodespace.shapes.features import features_of
from lodespace.shapes.files import open_shape
from samples.shapes import KINDS, as_bytes, made
from samples.stored_weights import family, store, store_files

WORDS = (
    "the a river mountain teacher quickly found under green old market train letter while opened "
    "walked into quiet small house and soup recipe engine planet music never before with bright "
    "city people because winter forest glass answered their doctor garden slowly broken window"
)
SECONDS = 10.0
RATE = 44_100


def write_pictures(folder: Path, count: int) -> None:
    """Write colour pictures with soft spots, as photographs have."""
    random = np.random.default_rng(0)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        large = np.asarray(small.resize((640, 480), Image.Resampling.BICUBIC), np.float64)
        noisy = large + random.normal(0, 6, large.shape)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{number:05d}.jpg")


def write_sounds(folder: Path, count: int) -> None:
    """Write one recording of noise with `count` windows."""
    random = np.random.default_rng(0)
    with soundfile.SoundFile(folder / "noise.wav", "w", RATE, 1) as file:
        for _ in range(count):
            file.write(random.normal(0, 0.1, round(SECONDS * RATE)).astype(np.float32))


def write_shapes(folder: Path, count: int) -> None:
    random = np.random.default_rng(0)
    for number in range(count):
        mesh = made(KINDS[number % len(KINDS)], random)
        (folder / f"{number:05d}.stl").write_bytes(as_bytes(mesh, "stl"))


def sentences(count: int) -> list[str]:
    random = np.random.default_rng(0)
    return [" ".join(random.choice(WORDS.split(), 20)) for _ in range(count)]


def of_transformers(name: str, folder: Path) -> None:
    """Write a network of transformers with random weights, in the size of the published ones."""
    without_hub()
    import transformers

    if name.startswith("ast:"):
        transformers.ASTModel(transformers.ASTConfig()).save_pretrained(folder)
        transformers.ASTFeatureExtractor().save_pretrained(folder)
        return
    config = transformers.ClapConfig(audio_config={"enable_fusion": True})
    transformers.ClapModel(config).save_pretrained(folder)
    transformers.ClapFeatureExtractor(truncation="fusion").save_pretrained(folder)
    names = ["<s>", "<pad>", "</s>", "<unk>", *(chr(33 + k) for k in range(90))]
    vocabulary = {word: number for number, word in enumerate(names)}
    model = {"type": "BPE", "vocab": vocabulary, "merges": [], "unk_token": "<unk>"}
    pre = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {"version": "1.0", "model": model, "pre_tokenizer": pre, "added_tokens": []}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "RobertaTokenizer", "model_max_length": 30})
    )


def store_random(name: str, folder: Path) -> None:
    """Store weights with random numbers for the network `name`."""
    import torch
    from safetensors.torch import save_file

    prefix, _, network = name.partition(":")
    if prefix in ("ast", "clap"):
        of_transformers(name, folder)
        store_files(name, folder)
        return
    if prefix == "timm":
        import timm

        values = timm.create_model(network, num_classes=0).state_dict()
    elif prefix == "open_clip":
        import open_clip

        values = open_clip.create_model(network.partition("/")[0]).state_dict()
    elif prefix == "torchvision":
        from torchvision import models

        values = models.get_model(network, weights=None).state_dict()
        store(name, lambda path: torch.save(values, path))
        return
    else:
        raise SystemExit(f"no weights are made for {name}")
    store(name, lambda path: save_file({k: v.contiguous() for k, v in values.items()}, path))


def timed(step: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return the result of `step`, and its seconds and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = step()
    return result, time.perf_counter() - wall, time.process_time() - processor


def line(name: str, count: int, load: float, wall: float, processor: float, width: int) -> str:
    per = 1000 / count
    return (
        f"{name}: {width} features of {count} items; loaded in {load:.1f} s; per 1,000 items "
        f"{wall * per:.1f} s, processor {processor * per:.1f} s"
    )


def of_shapes(count: int, folder: Path) -> str:
    write_shapes(folder, count)
    names = sorted(os.fsencode(path.name) for path in folder.iterdir())
    rows, wall, processor = timed(lambda: [features_of(open_shape(folder, n)) for n in names])
    return line("shapes", count, 0, wall, processor, len(rows[0]))


def of_network(name: str, count: int, data: Path, made_files: Path) -> str:
    found = family(name)
    found.require()
    if found.weights is not None and not found.weights().stored:
        store_random(name, made_files)
    extractor, load, _ = timed(found.load)
    batches: Iterable[Any]
    if found.reads == "texts":
        texts = sentences(count)
        batches = (texts[first : first + BATCH] for first in range(0, count, BATCH))
    else:
        write = write_sounds if found.rate else write_pictures
        write(data, count)
        target = data.with_name(f"{data.name}-imported")
        import_data(str(data), target, ImportOptions(features="none", window=SECONDS))
        items = item_set.load(target, root=data)
        assert len(items) == count
        if found.rate:
            batches = process_main._sounds(items, found.rate)
        else:
            batches = process_main._batches(items, found.side)
    rows, wall, processor = timed(lambda: np.concatenate([extractor.features(b) for b in batches]))
    return line(name, count, load, wall, processor, rows.shape[1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--items", type=int, default=1000)
    options = parser.parse_args()
    for number, name in enumerate(options.names):
        with tempfile.TemporaryDirectory() as made_folder:
            folder = Path(made_folder)
            weights.cache_folder = lambda folder=folder: folder / "cache"  # type: ignore[misc]
            data, files = folder / f"data-{number}", folder / "files"
            data.mkdir()
            files.mkdir()
            if name == "shapes":
                print(of_shapes(options.items, data), flush=True)
            else:
                print(of_network(name, options.items, data, files), flush=True)


if __name__ == "__main__":
    main()
