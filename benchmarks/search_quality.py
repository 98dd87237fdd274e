"""Maps from exact neighbours and from neighbours in cells, from the same seed.

    python benchmarks/search_quality.py --items 70000

The items are the vectors of benchmarks/scale.py. For each search, the first layout is computed on
one thread: with torch (exact), and with FAISS in cells. The recall counts the 15 nearest neighbours
of the items. "Same class" is the share of the 10 nearest items in the map that have the item's
class. "Same neighbours" is the share of an item's 10 nearest items in the map that are among its 50
nearest items in the data, from 2,000 items. Times are processor seconds of this process and of the
process of FAISS.
"""

import argparse
import resource
import time

import numpy as np
from scale import data
from sklearn.neighbors import NearestNeighbors

# Imported before torch: it sets how torch's threads wait.
from lodespace.models import Trainer, preset

# isort: split
import torch

from lodespace.models.layout import neighbour_search
from lodespace.models.training.particle_loop import ParticleLoop

SAMPLE = 2000


def layout(n: int, search: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the map (N, 3), indices of neighbours (N, K), and the seconds to the first frame."""
    neighbour_search.LEAST_FAISS_ITEMS = n if search == "FAISS" else n + 1
    trainer = Trainer(data("vectors", n)[0], preset("default"), n_classes=10, seed=0, device="cpu")
    loop = trainer.loop
    assert isinstance(loop, ParticleLoop)
    building = loop._first_graph._building  # pyright: ignore[reportPrivateUsage]
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.process_time() + children.ru_utime + children.ru_stime
    assert building is not None
    frames = trainer.frames()
    while loop.map.particles is None:
        next(frames)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.process_time() + children.ru_utime + children.ru_stime - began
    while loop.map.motion.laying_out:
        next(frames)
    return loop.map.latent_mean.numpy().copy(), building.indices.numpy().copy(), seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=70_000)
    n = parser.parse_args().items
    torch.set_num_threads(1)
    dataset, truth = data("vectors", n)
    sample = np.random.default_rng(0).choice(n, SAMPLE, replace=False)
    stored = dataset.stored.numpy()
    near = NearestNeighbors(n_neighbors=51).fit(stored).kneighbors(stored[sample])[1][:, 1:]
    exact = np.empty(0)
    print("| search | recall | same class | same neighbours | first frame, s |")
    print("|---|---|---|---|---|")
    for search in ("torch", "FAISS"):
        places, indices, seconds = layout(n, search)
        exact = indices if search == "torch" else exact
        recall = np.mean([len(np.intersect1d(*pair)) for pair in zip(exact, indices, strict=True)])
        shown = NearestNeighbors(n_neighbors=11).fit(places).kneighbors(places[sample])[1][:, 1:]
        same = float((truth[shown] == truth[sample][:, None]).mean())
        kept = np.mean([len(np.intersect1d(*pair)) for pair in zip(near, shown, strict=True)]) / 10
        print(
            f"| {search} | {recall / indices.shape[1]:.3f} | {same:.3f} | {kept:.3f} | "
            f"{seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
