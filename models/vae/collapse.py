"""Posterior collapse: a latent dimension that carries no information (paper, section 4)."""

import numpy as np
import numpy.typing as npt

KL_THRESHOLD = 0.05
"""Nats. Trained dimensions carry 1 to 5, collapsed ones below 0.02."""
SPREAD_THRESHOLD = 0.02
"""Standard deviation of the means, in latent units, in which the prior has 1."""


def collapsed_dimensions(
    kl_per_dimension: npt.NDArray[np.float32], latent_mean: npt.NDArray[np.float32] | None = None
) -> tuple[int, ...]:
    """Collapsed dimensions, ascending.

    Args:
        kl_per_dimension: (D,), in nats. Below KL_THRESHOLD a dimension has collapsed.
        latent_mean: (N, D). A dimension without spread has collapsed, too.
    """
    collapsed = kl_per_dimension < KL_THRESHOLD
    if latent_mean is not None and len(latent_mean) > 1:
        collapsed = collapsed | (latent_mean.std(axis=0) < SPREAD_THRESHOLD)
    return tuple(int(d) for d in np.flatnonzero(collapsed))


def describe(collapsed: tuple[int, ...], latent_dim: int, beta_kl: float) -> str:
    """Describe a collapse and its remedy for the page, in one or two sentences."""
    if not collapsed:
        return ""
    if len(collapsed) == latent_dim:
        what = (
            "The latent space has collapsed: every item is encoded as the prior, "
            "so the points fall together."
        )
    else:
        names = ", ".join("xyz"[d] for d in collapsed)
        what = (
            f"The latent space has collapsed along {names}: "
            "that dimension no longer tells items apart."
        )
    return (
        f"{what} The KL divergence outweighs the reconstruction, "
        "so the encoder returns the prior for every item; "
        f"lower beta_kl (now {beta_kl:g}; 3 is usual)."
    )
