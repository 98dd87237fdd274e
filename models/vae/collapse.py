"""Posterior collapse: a latent dimension that carries no information (paper, section 4)."""

import numpy as np
import numpy.typing as npt

KL_THRESHOLD = 0.05
"""KL divergence in nats below which a dimension has collapsed.

Trained dimensions have 1 to 5 nats, collapsed dimensions less than 0.02 nats.
"""
SPREAD_THRESHOLD = 0.02
"""Standard deviation of the latent means below which a dimension has collapsed.

The standard deviation of the prior is 1.
"""


def collapsed_dimensions(
    kl_per_dimension: npt.NDArray[np.float32], latent_mean: npt.NDArray[np.float32] | None = None
) -> tuple[int, ...]:
    """Return the indices of the collapsed dimensions, in ascending order.

    Args:
        kl_per_dimension: (D,), in nats. A dimension below KL_THRESHOLD has collapsed.
        latent_mean: (N, D). If `latent_mean` is given, a dimension has also collapsed if the spread
            of its means is below SPREAD_THRESHOLD.
    """
    collapsed = kl_per_dimension < KL_THRESHOLD
    if latent_mean is not None and len(latent_mean) > 1:
        collapsed = collapsed | (latent_mean.std(axis=0) < SPREAD_THRESHOLD)
    return tuple(int(d) for d in np.flatnonzero(collapsed))


def carried_spread(kl_per_dimension: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the distance of each latent dimension from a collapse, (D,).

    The distance is 0 for a collapsed dimension, and 1 for a dimension that has not collapsed. It is
    min(1, 2 sqrt(2 KL)). sqrt(2 KL) is an upper bound of the spread of the means in a dimension,
    because the KL divergence is at least half of the means' mean square. A dimension with a KL
    divergence of 1/8 nat or more separates items. The factor 2 gives such a dimension the value 1.
    """
    spread = 2 * np.sqrt(2 * np.nan_to_num(kl_per_dimension, nan=1.0)).clip(0, 0.5)
    return spread.astype(np.float32)


def describe(collapsed: tuple[int, ...], latent_dim: int, beta_kl: float) -> str:
    """Describe a collapse and its remedy in a text for the page; "" if there is no collapse."""
    if not collapsed:
        return ""
    if len(collapsed) == latent_dim:
        what = (
            "The latent space has collapsed: every item has nearly the same place, "
            "so the map does not distinguish items."
        )
    else:
        names = ", ".join("xyz"[d] for d in collapsed)
        what = (
            f"The latent space has collapsed along {names}: "
            "positions in this direction do not distinguish items."
        )
    return (
        f"{what} The KL divergence outweighs the reconstruction: "
        f"lower beta_kl (now {beta_kl:g}; 3 is usual)."
    )
