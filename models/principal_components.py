"""Principal components: the start of the layout and half of the features the graph stands on."""

import torch


def principal_components(x: torch.Tensor, k: int) -> torch.Tensor:
    """The first k principal component scores. (N, F) -> (N, min(k, F)), each component's sign fixed by its largest loading.

    By the eigenvectors of the covariance, in double precision: F is a picture's pixels, and the same input must give
    the same scores on every run.
    """
    centred = (x - x.mean(dim=0)).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(x))
    del values
    top = vectors.flip(1)[:, :k]
    largest = top.abs().argmax(dim=0)
    signs = top[largest, torch.arange(top.shape[1], device=x.device)].sign()
    return (centred @ (top * signs)).float()


def standardised(features: torch.Tensor) -> torch.Tensor:
    """Centred, and scaled by one number so that the total variance is 1: feature sets become comparable. (N, F)."""
    centred = features - features.mean(dim=0)
    return centred / centred.square().sum(dim=1).mean().sqrt().clamp_min(1e-8)
