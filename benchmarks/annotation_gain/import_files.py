"""Writing of a data set to files that `lodespace serve` imports."""

from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from annotation_gain.data_sets import LabelledItems


def write_import_files(data: LabelledItems, folder: Path) -> list[str]:
    """Write the items of `data` below `folder`, without their classes.

    Colour pictures become a folder of PNG files, sounds a folder of WAV files, and everything else
    an array in a .npz file. The names of files are in the order of the items.

    Returns:
        The arguments of `lodespace serve` for these files.
    """
    if data.coloured or data.kind == "sounds":
        below = folder / data.name
        below.mkdir()
        for number, item in enumerate(data.items):
            name = below / f"{number:05d}"
            if data.kind == "sounds":
                soundfile.write(name.with_suffix(".wav"), item, data.rate)
            else:
                Image.fromarray(np.asarray(item, np.uint8)).save(name.with_suffix(".png"))
        if data.kind == "sounds":
            return [str(below), "--window", f"{data.items.shape[1] / data.rate:g}"]
        # The other methods read the pixels, too. The set photo-features has pretrained features.
        return [str(below), "--content", data.content, "--features", "none"]
    arrays = folder / f"{data.name}.npz"
    np.savez(arrays, X=data.items)
    return [str(arrays), *(["--content", data.content] if data.kind == "pictures" else [])]
