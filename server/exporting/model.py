"""The trained model of a project as safetensors and as ONNX. This module imports torch."""

import importlib.util
import io
import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lodespace.errors import ProjectError
from lodespace.models.light_torch import leave_out_compiler
from lodespace.models.portable import DESCRIPTION, PortableModel
from lodespace.models.training.trainer import Trainer
from lodespace.predict.project_model import model_of, trainer_of
from lodespace.project.project import Project

if TYPE_CHECKING:
    from lodespace.models.portable import Read

log = logging.getLogger(__name__)

_VARIANCES_AT_ONCE = 500
"""Number of items per batch for the computation of variances."""
ONNX_OUTPUTS = ("latent_mean", "latent_log_variance", "head_probabilities", "class_probabilities")
EXAMPLE = """\
# The model of {name}

`model.safetensors` holds encoder, decoder, head and classifier, and `model.json` describes them.
{agreement}
These lines use the model:

```python
import numpy as np
import lodespace

model = lodespace.load_model("{folder}")
{items}
predicted = model.predict({arguments})
print(predicted.classes[0], predicted.confidence[0])
```
"""


def log_variance_of(project: Project) -> npt.NDArray[np.float32] | None:
    """Return the latent log-variance of all items along the shown latent axes, (N, D).

    Returns None if no model has been trained, or if no checkpoint of a project can be read. An
    export then contains the labels without the log-variance.
    """
    if (project.model / DESCRIPTION).is_file():
        model = model_of(project, [])
        chunks = range(0, len(project.items), _VARIANCES_AT_ONCE)
        with torch.no_grad():
            parts = [
                model.encode(
                    model.prepare(np.asarray(project.items.data[i : i + _VARIANCES_AT_ONCE]))
                )[2]
                for i in chunks
            ]
        return torch.cat(parts).numpy()
    if not any(project.checkpoints.glob("*.safetensors")):
        return None
    leave_out_compiler()  # its import would take longer than the export of a small table
    try:
        return log_variance(trainer_of(project))
    except ProjectError as error:
        log.warning("the latent log-variance is left out: %s", error)
        return None


def log_variance(trainer: Trainer) -> npt.NDArray[np.float32]:
    """Return the latent log-variance of all items along the shown latent axes, (N, D)."""
    n = len(trainer.dataset)
    parts = [
        trainer.inspector.variance(np.arange(i, min(i + _VARIANCES_AT_ONCE, n))).log().cpu().numpy()
        for i in range(0, n, _VARIANCES_AT_ONCE)
    ]
    return np.concatenate(parts)


def write(project: Project, class_names: list[str], folder: Path, shown_as: str) -> None:
    """Write weights, description and an example of use into `folder`.

    The example loads the model from the path `shown_as`. Raises ProjectError or OSError.
    """
    model = model_of(project, class_names)
    model.save(folder)
    shape = project.items.data.shape[1:]
    if project.items.kind == "vector":
        items = f"items = np.zeros((1, {shape[0]}), np.float32)  # your vectors, or a path"
    else:
        sides = ", ".join(map(str, shape))
        items = f"items = np.zeros((1, {sides}), np.uint8)  # your pictures, or a path"
    arguments = "items"
    if model.given_features:
        items += f"\nfeatures = np.zeros((1, {model.given_features}), np.float32)  # and features"
        arguments = "items, features"
    text = EXAMPLE.format(
        name=project.items.name,
        folder=shown_as,
        items=items,
        arguments=arguments,
        agreement=_agreement(model),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def _agreement(model: PortableModel) -> str:
    found = model.description.get("agreement")
    if found is None:
        return "It predicts with the head on the latent mean."
    return (
        f"For {found['identical']:.1%} of {found['items']:,} items, its classifier predicts the "
        "class that the page shows."
    )


def as_onnx(project: Project, class_names: list[str]) -> bytes:
    """Return encoder, head and classifier as the content of an ONNX file.

    The input "items" is float32 (B, ...), with the values of the data set. If features were given
    with the items, there is also the input "features", float32 (B, K). The outputs are named in
    ONNX_OUTPUTS. The metadata describe the input (`onnx_metadata`). Raises ProjectError.
    """
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript")):
        raise ProjectError("onnx is not installed; install it with pip install 'lodespace[onnx]'")
    model = model_of(project, class_names)
    example = [torch.rand(2, *model.description["item_shape"]) * (255 if model.picture else 1)]
    if model.given_features:
        example.append(torch.rand(2, model.given_features))
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns about torch's own code
        program = torch.onnx.export(
            _Tuple(model),
            tuple(example),
            input_names=["items", "features"][: len(example)],
            output_names=list(ONNX_OUTPUTS),
            dynamic_shapes=(tuple({0: batch} for _ in example),),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    for key, value in onnx_metadata(model, project.items.name).items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    out = io.BytesIO()
    out.write(proto.SerializeToString())
    return out.getvalue()


def onnx_metadata(model: PortableModel, dataset: str) -> dict[str, str]:
    """Return the metadata of the ONNX file: what the input is, and what the classes are."""
    description, data = model.description, model.description["data"]
    metadata = {
        "classes": "\n".join(model.class_names),
        "dataset": dataset,
        "kind": data["kind"],
        "content": model.content,
    }
    if not model.picture:
        metadata["scale"] = "vectors as in the data; the model standardises them"
        return metadata
    channels, side = description["item_shape"][:2]
    metadata["scale"] = "pixels 0 to 255; the model divides them by 255"
    metadata["size"] = f"{channels} x {side} x {side}"
    source = model.source
    if source is None:
        return metadata
    # Pictures of 28 x 28 are padded to 32 x 32 without a change of scale (Dataset.from_images).
    mnist = (source.height, source.width, side) == (28, 28, 32)
    square = side if mnist else max(source.height, source.width)
    background = list(source.background)
    metadata["padding"] = (
        f"pictures of {source.height} x {source.width} are centred in {square} x {square} pixels"
        f" filled with {background}, and then resized to {side} x {side}"
    )
    metadata["preprocessing"] = json.dumps(
        {
            "height": source.height,
            "width": source.width,
            "square": square,
            "side": side,
            "background": background,
            "range": [0, 255],
            **data["details"],
        }
    )
    return metadata


class _Tuple(torch.nn.Module):
    """A model that returns its outputs as a plain tuple.

    torch's exporter gives names to outputs only if they are in a plain tuple.
    """

    def __init__(self, model: PortableModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        read: Read = self.model(*inputs)
        return tuple(read)
