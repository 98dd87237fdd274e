"""Principal components: the start of the layout and half of the features the graph stands on."""

import torch
import torch.nn.functional as F

_ROWS_AT_ONCE = 8192


def principal_components(x: torch.Tensor, k: int) -> torch.Tensor:
    """The first k principal component scores. (N, F) -> (N, min(k, F)), each component's sign fixed by its largest loading.

    By the eigenvectors of the covariance, in double precision: F is a picture's pixels, and the same input must give
    the same scores on every run.
    """
    mean = x.mean(dim=0)
    chunks = x.split(_ROWS_AT_ONCE)  # in double precision all rows would take twice their room
    covariance = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64, device=x.device)
    for chunk in chunks:
        centred = (chunk - mean).double()
        covariance += centred.T @ centred / len(x)
    values, vectors = torch.linalg.eigh(covariance)
    del values
    top = vectors.flip(1)[:, :k]
    largest = top.abs().argmax(dim=0)
    signs = top[largest, torch.arange(top.shape[1], device=x.device)].sign()
    return torch.cat([((chunk - mean).double() @ (top * signs)).float() for chunk in chunks])


def starting_positions(
    components: torch.Tensor, latent_dim: int, generator: torch.Generator
) -> torch.Tensor:
    """Where the layout begins: the first `latent_dim` components, centred, with unit spread. (N, F) -> (N, latent_dim).

    A dimension that the data do not have starts as a little noise from `generator`: forces alone never leave a plane, nor
    do they part points that coincide.
    """
    missing = latent_dim - components.shape[1]
    start = F.pad(components[:, :latent_dim], (0, max(0, missing)))
    deviation = start.std(dim=0, correction=0)
    flat = deviation <= 1e-6 * deviation.max().clamp_min(1e-6)
    if bool(flat.any()):
        noise = torch.randn(start.shape, generator=generator, device=start.device)
        start = torch.where(flat, noise * 0.1 * deviation.max().clamp_min(1e-3), start)
    start = start - start.mean(dim=0)
    return start / start.std(dim=0, correction=0).mean().clamp_min(
        1e-8
    )  # of one item, too: hence no correction


def standardised(features: torch.Tensor) -> torch.Tensor:
    """Centred, and scaled by one number so that the total variance is 1: feature sets become comparable. (N, F)."""
    centred = features - features.mean(dim=0)
    return centred / centred.square().sum(dim=1).mean().sqrt().clamp_min(1e-8)
