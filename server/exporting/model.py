"""The trained model of a project as safetensors and as ONNX. This module imports torch."""

import importlib.util
import io
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from lodespace.errors import ProjectError
from lodespace.models.portable import DESCRIPTION, PortableModel, load_model
from lodespace.models.training.trainer import Trainer
from lodespace.project.project import Project
from lodespace.training.dataset import to_dataset

if TYPE_CHECKING:
    from lodespace.models.portable import Read

log = logging.getLogger(__name__)

_VARIANCES_AT_ONCE = 500
"""Number of items per batch for the computation of variances."""
ONNX_OUTPUTS = ("latent_mean", "latent_log_variance", "head_probabilities", "class_probabilities")
EXAMPLE = """\
# The model of {name}

`model.safetensors` holds encoder, decoder, head and classifier, and `model.json` describes them.
These lines use the model:

```python
import numpy as np
import torch
from lodespace.models import load_model

model = load_model("{folder}")
{items}
with torch.no_grad():
    read = model(model.prepare(items))
    print(model.class_names[int(read.class_probabilities[0].argmax())], read.latent_mean[0])
    print(model.decode(read.latent_mean).shape)  # items decoded from these positions
```
"""


def trainer_of(project: Project) -> Trainer:
    """A trainer from the newest valid checkpoint. Raises ProjectError if there is no checkpoint."""
    try:
        return Trainer.load(project.checkpoints, to_dataset(project.items), device="cpu")
    except ValueError as error:
        raise ProjectError(
            f"{project.folder}: no model has been trained yet ({error}); serve the project for a "
            "while, or bake the data"
        ) from error


def model_of(project: Project, class_names: list[str]) -> PortableModel:
    """Return the model in the folder of a bake, or else the model of the newest valid checkpoint.

    Raises ProjectError if the project has no model and no valid checkpoint, or if the model of a
    bake is damaged.
    """
    if (project.model / DESCRIPTION).is_file():
        try:
            return load_model(project.model)
        except ValueError as error:
            raise ProjectError(str(error)) from error
    return PortableModel.of(trainer_of(project), class_names)


def log_variance_of(project: Project) -> npt.NDArray[np.float32] | None:
    """Latent log-variance of every item along the shown latent axes, (N, D).

    Returns None if no model has been trained, or if no checkpoint of a project can be read. Labels
    are exported in both cases.
    """
    if (project.model / DESCRIPTION).is_file():
        model = model_of(project, [])
        chunks = range(0, len(project.items), _VARIANCES_AT_ONCE)
        with torch.no_grad():
            parts = [
                model(
                    model.prepare(np.asarray(project.items.data[i : i + _VARIANCES_AT_ONCE]))
                ).latent_log_variance
                for i in chunks
            ]
        return torch.cat(parts).numpy()
    if not any(project.checkpoints.glob("*.safetensors")):
        return None
    try:
        return log_variance(trainer_of(project))
    except ProjectError as error:
        log.warning("the latent log-variance is left out: %s", error)
        return None


def log_variance(trainer: Trainer) -> npt.NDArray[np.float32]:
    """Latent log-variance of every item along the shown latent axes, (N, D)."""
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
    model_of(project, class_names).save(folder)
    shape = project.items.data.shape[1:]
    if project.items.kind == "vector":
        items = f"items = np.zeros((1, {shape[0]}), np.float32)  # your vectors"
    else:
        sides = ", ".join(map(str, shape))
        items = f"items = np.zeros((1, {sides}), np.uint8)  # your pictures, of this size"
    text = EXAMPLE.format(name=project.items.name, folder=shown_as, items=items)
    (folder / "README.md").write_text(text, encoding="utf-8")


def as_onnx(project: Project, class_names: list[str]) -> bytes:
    """Encoder, head and classifier as ONNX.

    The input is "items", float32 (B, ...) with the values of the data set. The outputs are named in
    ONNX_OUTPUTS. Raises ProjectError.
    """
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript")):
        raise ProjectError("onnx is not installed; install it with pip install 'lodespace[onnx]'")
    model = model_of(project, class_names)
    example = torch.rand(2, *model.description["item_shape"]) * (255 if model.picture else 1)
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns about torch's code
        program = torch.onnx.export(
            _Tuple(model),
            (example,),
            input_names=["items"],
            output_names=list(ONNX_OUTPUTS),
            dynamic_shapes=({0: batch},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    for key, value in {
        "classes": "\n".join(model.class_names),
        "dataset": project.items.name,
    }.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    out = io.BytesIO()
    out.write(proto.SerializeToString())
    return out.getvalue()


class _Tuple(torch.nn.Module):
    """Returns a plain tuple of outputs, because the exporter names only members of plain tuples."""

    def __init__(self, model: PortableModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, items: torch.Tensor) -> tuple[torch.Tensor, ...]:
        read: Read = self.model(items)
        return tuple(read)
