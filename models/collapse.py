"""Posterior collapse: a latent dimension that says nothing of its input (paper, section 4)."""

import numpy as np
import numpy.typing as npt

KL_THRESHOLD = 0.05
"""Nats. Trained dimensions carry 1 to 5, collapsed ones below 0.02."""


def collapsed_dimensions(kl_per_dimension: npt.NDArray[np.float32]) -> tuple[int, ...]:
    """The dimensions whose KL divergence, in nats, is below KL_THRESHOLD. (D,) -> ascending indices."""
    return tuple(int(d) for d in np.flatnonzero(kl_per_dimension < KL_THRESHOLD))


def describe(collapsed: tuple[int, ...], latent_dim: int, beta_kl: float) -> str:
    """What happened and what to change, in one or two sentences for a person."""
    if not collapsed:
        return ""
    if len(collapsed) == latent_dim:
        what = "The latent space has collapsed: every item is encoded as the prior, so the points fall together."
    else:
        names = ", ".join("xyz"[d] for d in collapsed)
        what = f"The latent space has collapsed along {names}: that dimension no longer tells items apart."
    return (
        f"{what} The KL weight is too strong against the reconstruction; lower beta_kl (now {beta_kl:g}; 3 is usual)."
    )
