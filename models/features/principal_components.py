"""Principal components of the items, for the start of the layout and for the neighbour graph."""

import torch
import torch.nn.functional as F

from lodespace.models.device import algebra_device

_ROWS_AT_ONCE = 8192


def principal_components(x: torch.Tensor, k: int) -> torch.Tensor:
    """Return the first k principal component scores: (N, F) -> (N, min(k, F)).

    The components are eigenvectors of the covariance. They are computed in double precision, so
    that the same input gives the same scores on every run, even if F is large. The sign of each
    component is fixed by its largest loading.
    """
    mean = x.mean(dim=0)
    # Chunks are used because `x` in double precision would take twice the memory.
    chunks, where = x.split(_ROWS_AT_ONCE), algebra_device(x.device)
    covariance = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64, device=where)
    for chunk in chunks:
        centred = (chunk - mean).to(where).double()
        covariance += centred.T @ centred / len(x)
    top = directions(covariance, k)
    # The result is allocated before, because small chunks would stay in the heap when it is copied.
    scores = torch.empty(len(x), top.shape[1], device=x.device)
    for chunk, part in zip(chunks, scores.split(_ROWS_AT_ONCE), strict=True):
        part.copy_(((chunk - mean).to(where).double() @ top).float())
    return scores


def directions(covariance: torch.Tensor, k: int) -> torch.Tensor:
    """Return the first k eigenvectors, (F, min(k, F)), of a covariance (F, F).

    The sign of each eigenvector is fixed by its largest value.
    """
    _, vectors = torch.linalg.eigh(covariance)
    top = vectors.flip(1)[:, :k]
    largest = top.abs().argmax(dim=0)
    return top * top[largest, torch.arange(top.shape[1], device=top.device)].sign()


def starting_positions(
    components: torch.Tensor, latent_dim: int, generator: torch.Generator
) -> torch.Tensor:
    """Return starting positions: the first components, centred, with mean standard deviation 1.

    Components are (N, F), positions (N, latent_dim). A dimension in which the data have no variance
    starts with some noise from `generator`. The noise is needed, because forces alone never move
    points out of a plane, and never separate points that coincide.
    """
    missing = latent_dim - components.shape[1]
    start = F.pad(components[:, :latent_dim], (0, max(0, missing)))
    deviation = start.std(dim=0, correction=0)
    flat = deviation <= 1e-6 * deviation.max().clamp_min(1e-6)
    if bool(flat.any()):
        noise = torch.randn(start.shape, generator=generator, device=start.device)
        start = torch.where(flat, noise * 0.1 * deviation.max().clamp_min(1e-3), start)
    start = start - start.mean(dim=0)
    # `correction=0`, so that the standard deviation of a single item is 0, not NaN.
    return start / start.std(dim=0, correction=0).mean().clamp_min(1e-8)


def standardised(features: torch.Tensor) -> torch.Tensor:
    """Centre features (N, F) and scale them by one number to a total variance of 1.

    This makes different sets of features comparable.
    """
    return _scale(features - features.mean(dim=0))


def standardise(features: torch.Tensor) -> torch.Tensor:
    """Do the same as `standardised` in place, and return the features."""
    return _scale(features.sub_(features.mean(dim=0)))


def _scale(centred: torch.Tensor) -> torch.Tensor:
    # All squares of a million items would take as much memory as the features.
    squares = torch.cat([part.square().sum(dim=1) for part in centred.split(_ROWS_AT_ONCE)])
    return centred.div_(squares.mean().sqrt().clamp_min(1e-8))
