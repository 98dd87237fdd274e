"""The terms of the loss: their weights, and how the page shows them.

This module does not import torch.

The table TERMS has one row per term. The table determines which weights can be set, the order of
the forces in messages, and the curves, dials and colours on the page. docs/architecture.md has the
steps to add a term.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from lodespace.models.hyperparameters.hyperparameter import check_fields
from lodespace.models.hyperparameters.limits import ADJUSTABLE, Limits

Weight = Annotated[float, Limits(0, 1e6), ADJUSTABLE]
"""Weight of a term of the loss."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms of the loss.

    The reconstruction always has the weight 1, so it has no field.

    The useful size of a weight depends on whether its term is a sum or a mean (vae/losses.py,
    docs/model.md).
    """

    beta_kl: Weight = 3.0
    """Weight of the KL divergence."""
    beta_classifier: Weight = 100.0
    """Weight of the cross-entropy of the head.

    The weight also sharpens the effect of classes on the edges of the graph: weight / 100 is the
    exponent `sharpness` in layout/particles.py.
    """
    beta_neighbour: Weight = 1.0
    """Weight of the neighbour term, which attracts neighbours and repels other items."""
    beta_anchor: Weight = 1.0
    """Weight of the anchor term, which holds items at pins and near their previous positions."""
    beta_encoder: Weight = 200.0
    """Weight of the encoder term: the distance of the encoder's means from the particles.

    The particle of an item is its latent mean, which the forces move.
    """
    beta_axis: Weight = 1.0
    """Weight of the axis term, which pulls items along a named axis to their value.

    Without named axes, the term is 0.
    """

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Dial:
    """The control on the page that sets the weight of a term."""

    label: str
    """Short name of the weight."""
    title: str
    """Explanation of the weight for the user."""
    range: tuple[float, float]
    """Lowest and highest value of the logarithmic scale. One step below the lowest value sets 0."""


@dataclass(frozen=True)
class Term:
    """A term of the loss."""

    name: str
    """Name of the term. It is the key in the dictionaries of losses and of forces."""
    weight: str | None
    """Name of the field of LossWeights that is the term's weight; None for the fixed weight 1."""
    force: Literal["frame", "probe"] | None
    """How the server sends the force. "frame": with each frame, for all items. "probe": only in the
    answer to a query about some items.

    None if the term has no force on latent means.
    """
    label: str
    """Name of the term's curve."""
    title: str
    """Explanation of the term's curve."""
    colour: str
    """Colour of the term's curve and arrows, "#rrggbb"."""
    moves: Literal["particles", "encoder", "all"] | None = None
    """In which presets the term's force moves the points; None if it moves them in no preset.

    "all": in all presets. "particles": in the presets with particles. "encoder": in the presets
    `paper` and `figure2`, in which the encoder places the points.
    """
    effect: str = ""
    """Effect of the force on the points, as the end of a sentence for the user; empty if frames do
    not contain the force."""
    dial: Dial | None = None
    """Control for the term's weight; None if the page does not set the weight."""


TERMS = (
    Term(
        name="reconstruction",
        weight=None,
        force="probe",
        label="reconstr.",
        title="Reconstruction loss, nats per item",
        colour="#57b8f0",
        moves="encoder",
    ),
    Term(
        name="kl",
        weight="beta_kl",
        force="frame",
        label="KL",
        title="KL divergence to the prior, nats per item",
        colour="#b392ff",
        moves="encoder",
        effect="pulls all points to the prior",
        dial=Dial(
            label="β KL",
            title="Weight of the KL divergence to the prior. "
            "3 is usual; from 50 on the space collapses.",
            range=(0.1, 1000),
        ),
    ),
    Term(
        name="classification",
        weight="beta_classifier",
        force="frame",
        label="class",
        title="Cross-entropy of the head, nats",
        colour="#f2a33a",
        moves="encoder",
        effect="pulls labelled items to their class",
        dial=Dial(label="β classifier", title="Weight of the labels", range=(1, 10000)),
    ),
    Term(
        name="neighbour",
        weight="beta_neighbour",
        force="frame",
        label="neighbour",
        title="Neighbour term, nats per item",
        colour="#1fc49a",
        moves="particles",
        effect="pulls items of one class together, and pushes others apart",
        dial=Dial(label="β neighbour", title="Weight of the neighbour graph", range=(0.05, 20)),
    ),
    Term(
        name="encoder",
        weight="beta_encoder",
        force=None,
        label="encoder",
        title="Distance of the encoder's output from the particles",
        colour="#e88ac6",
    ),
    Term(
        name="anchor",
        weight="beta_anchor",
        force="frame",
        label="anchor",
        title="Distance of latent means from the places where they are held",
        colour="#ff8a5c",
        moves="particles",
        effect="pulls points to their pins and earlier places",
        dial=Dial(
            label="β anchor",
            title="Weight of the forces that hold pinned and unlabelled points in place",
            range=(0.05, 20),
        ),
    ),
    Term(
        name="axis",
        weight="beta_axis",
        force="frame",
        label="axis",
        title="Distance of latent means from their values on the named axes",
        colour="#e8d44d",
        moves="all",
        effect="pulls items along a named axis to their value",
        dial=Dial(
            label="β axis",
            title="Weight of the forces that pull items along a named axis to their value",
            range=(0.05, 20),
        ),
    ),
)
"""All terms, in the order of the charts."""

FRAME_FORCES = tuple(term.name for term in TERMS if term.force == "frame")
"""Terms whose forces can be part of a frame, in the order in which a frame has them."""
