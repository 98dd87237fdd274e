"""Descriptors of items that need no training: similar items have similar descriptors.

Pixels are poor descriptors, because two equal strokes that are one pixel apart may have no pixel in
common. Classical descriptors of edges are better, and unlike a network, they need no training
(docs/gain.md reports the gain). A symbol is described by the directions of the strokes in each cell
of a grid, after its slant is removed (N. Dalal and B. Triggs 2005; Y. LeCun et al. 1998 for the
slant). A photo is described by the amount and direction of its edges, independent of their
position.
"""

import math

import torch
import torch.nn.functional as F

from lodespace.models.config import Content
from lodespace.models.dataset import Dataset, flattened
from lodespace.models.features.principal_components import standardised

DIRECTIONS = 8
"""Number of edge directions, over half a turn: opposite directions count as the same edge."""
CELLS = 8
"""Number of rows and of columns of the grid of cells in which a symbol is described."""
COLOUR_CELLS = 4
SCALES = 2
"""Number of scales at which edges of a photo are measured. Each scale halves the resolution."""
_TINY = 1e-24
LARGEST_SLANT = 1.0
"""Largest slant that is removed, as sideways shift per unit of height."""
ITEMS_AT_ONCE = 128
"""Number of items that are described at once. The arrays of 1,000 symbols take twice the time,
because they do not fit into the caches."""


def described(dataset: Dataset) -> torch.Tensor:
    """Return descriptors (N, F). They describe the edges of symbols and photos.

    For other content, the descriptors are the items themselves.
    """
    if dataset.kind == "vector" or dataset.content not in ("symbols", "photos"):
        return dataset.flat()
    n = len(dataset)
    groups: list[torch.Tensor] = []
    # The arrays of the results are made once, with the first batch. If each batch made its own
    # arrays, large intermediate results would stay in memory between these arrays. For 200,000
    # pictures, this took 3.7 GB.
    for start in range(0, n, ITEMS_AT_ONCE):
        chunk = slice(start, min(start + ITEMS_AT_ONCE, n))
        found = descriptor_groups(dataset.batch(chunk), dataset.content)
        groups = groups or [each.new_empty(n, each.shape[1]) for each in found]
        for group, each in zip(groups, found, strict=True):
            group[chunk] = each
    return (
        groups[0]
        if len(groups) == 1
        else torch.cat([standardised(group) for group in groups], dim=1)
    )


def descriptor_groups(x: torch.Tensor, content: Content) -> list[torch.Tensor]:
    """Return the descriptor of items (B, ...) as groups (B, F).

    Values of different groups cannot be compared, because they have different units.
    """
    if x.ndim == 4 and content == "symbols":
        return _sign(x)
    if x.ndim == 4 and content == "photos":
        return _photo(x)
    return [flattened(x)]


def _sign(x: torch.Tensor) -> list[torch.Tensor]:
    """Describe symbols (B, C, S, S) by the strength of the edges per direction and cell.

    Returns (B, DIRECTIONS * CELLS ** 2), and a second tensor with colours if C is not 1.
    """
    strokes = F.adaptive_avg_pool2d(edges(upright(ink(x))), CELLS).flatten(1).sqrt()
    if x.shape[1] == 1:
        return [strokes]
    colours = F.adaptive_avg_pool2d(x - x.mean(dim=1, keepdim=True), COLOUR_CELLS).flatten(1)
    return [strokes, colours]


def _photo(x: torch.Tensor) -> list[torch.Tensor]:
    """Describe photos (B, C, S, S).

    Returns one tensor per scale, with mean and deviation of the edges per direction, and one tensor
    with the brightness per channel.
    """
    groups = []
    for scale in range(SCALES):
        found = edges(F.avg_pool2d(x.mean(dim=1, keepdim=True), 2**scale))
        each = torch.cat(
            [found.mean(dim=(2, 3)), found.std(dim=(2, 3), correction=0)], dim=1
        ).sqrt()
        groups.append(each)
    return [*groups, _light(x)]


def _light(x: torch.Tensor) -> torch.Tensor:
    """Return mean, standard deviation, first and last decile of the values per channel, (B, 4C).

    `x` has pictures (B, C, S, S).
    """
    values = x.flatten(2)
    tenths = values.quantile(torch.tensor([0.1, 0.9], device=x.device), dim=2)
    return torch.cat([values.mean(dim=2), values.std(dim=2, correction=0), *tenths], dim=1)


def ink(x: torch.Tensor) -> torch.Tensor:
    """Return the distance of each pixel from the background: (B, C, S, S) -> (B, 1, S, S).

    The background is the median of the picture's border.
    """
    border = torch.cat([x[:, :, 0], x[:, :, -1], x[:, :, :, 0], x[:, :, :, -1]], dim=2)
    # The lower median is found by sorting, because ONNX has no median.
    middle = (border.shape[2] - 1) // 2
    background = border.sort(dim=2).values[:, :, middle, None, None]
    return (x - background).abs().mean(dim=1, keepdim=True)


def upright(x: torch.Tensor) -> torch.Tensor:
    """Centre symbols (B, 1, S, S), whose background is 0, and remove their slant.

    Centre and slant follow from the first and second moments of the pixels.
    """
    side = x.shape[2]
    at = (torch.arange(side, device=x.device) + 0.5) * (2 / side) - 1
    weight = x[:, 0] / x.sum(dim=(1, 2, 3)).clamp_min(1e-6)[:, None, None]
    middle_x = (weight * at[None, None, :]).sum(dim=(1, 2))
    middle_y = (weight * at[None, :, None]).sum(dim=(1, 2))
    right = at[None, None, :] - middle_x[:, None, None]
    down = at[None, :, None] - middle_y[:, None, None]
    slant = (weight * right * down).sum(dim=(1, 2)) / (weight * down.square()).sum(
        dim=(1, 2)
    ).clamp_min(1e-6)
    slant = slant.clamp(-LARGEST_SLANT, LARGEST_SLANT)
    one, zero = torch.ones_like(slant), torch.zeros_like(slant)
    row_x = torch.stack([one, slant, middle_x], dim=1)
    row_y = torch.stack([zero, one, middle_y], dim=1)
    grid = F.affine_grid(torch.stack([row_x, row_y], dim=1), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def edges(x: torch.Tensor) -> torch.Tensor:
    """Return the strength of edges per direction: (B, 1, S, S) -> (B, DIRECTIONS, S, S), >= 0.

    An edge also counts for neighbouring directions, because strokes vary in angle. The weight is
    max(0, cos(2 a))^4, where a is the angle between the edge and the neighbouring direction.
    """
    across = F.pad(x[:, :, :, 2:] - x[:, :, :, :-2], (1, 1))
    down = F.pad(x[:, :, 2:] - x[:, :, :-2], (0, 0, 1, 1))
    total = across.square() + down.square()
    # The cosine of twice an angle follows from these values without the angle itself, which would
    # take twice as long.
    cosine = (across.square() - down.square()) / total.clamp_min(_TINY)
    sine = 2 * across * down / total.clamp_min(_TINY)
    bins = torch.arange(DIRECTIONS, device=x.device) * (2 * math.pi / DIRECTIONS)
    found = cosine * bins.cos()[:, None, None] + sine * bins.sin()[:, None, None]
    return found.clamp_min(0).square().square() * total.sqrt()
