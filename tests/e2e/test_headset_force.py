"""The forces that VR shows after a label, compared with the forces that the page received."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from drivers.headset import Headset
from lodespace.models.loss_terms import TERMS
from lodespace.protocol import FORCE_TERMS
from samples.digits import SIXES

CELLS, LEAST_ITEMS = 20, 8
SHOW = "view.senses.forces"
COLOURS = {
    k: [int(term.colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    for k, name in enumerate(FORCE_TERMS)
    for term in TERMS
    if term.name == name
}
"""Colours per index in FORCE_TERMS: red, green and blue, 0..1."""

# Snapshot of one frame of the page: the newest forces and positions, and the arrows of VR. Each new
# frame of forces is read alone, without the frames before it.
SNAPSHOT = f"""
  const {{ state }} = lodespace;
  const show = {SHOW}, frame = state.forces.frame;
  if (!frame || show.streaks.count === 0 || !show.streaks.mesh.visible) return null;
  show.islands.clear();
  show.islands.update(state.latent, frame, state.training.value.settings.preset, 0);
  show.strong = 0;
  for (let k = 0; k < show.islands.count; k++)
    show.strong = Math.max(show.strong, show.islands.strengths[k]);
  show.streaks.place(show.islands, show.strong);
  const read = (name) => Array.from(show.streaks.mesh.geometry.getAttribute(name).array)
    .slice(0, 3 * show.streaks.count);
  return {{
    vectors: Array.from(frame.vectors), n: frame.header.n,
    grid: Array.from(state.latent.to),
    from: read('aFrom'), arrows: read('aVector'), colours: read('aColour'),
    leading: state.forces.leading.value,
  }};
"""


def triples(values: list[float]) -> npt.NDArray[np.float64]:
    return np.array(values).reshape(-1, 3)


def islands(seen: dict[str, Any]) -> tuple[npt.NDArray[np.float64], ...]:
    """Compute, for each island of points, its middle, its net force and its largest force term.

    The middles are in metres of the scene.
    """
    n = seen["n"]
    forces = np.array(seen["vectors"]).reshape(len(FORCE_TERMS), n, 3)
    grid = np.array(seen["grid"]).reshape(n, 4)[:, :3]
    cell = grid * CELLS // 65536
    counts = np.zeros((CELLS,) * 3, int)
    np.add.at(counts, tuple(cell.T), 1)
    island, number = ndimage.label(counts >= max(2, n / 300))
    of_item = island[tuple(cell.T)]
    moving = [FORCE_TERMS.index("neighbour"), FORCE_TERMS.index("anchor")]
    middles, nets, leading = [], [], []
    for one in range(1, number + 1):
        inside = of_item == one
        assert inside.sum() <= n / 2, "the islands are joined"
        if inside.sum() < LEAST_ITEMS:
            continue
        each = forces[moving][:, inside].mean(axis=1)
        net = each.sum(axis=0)
        middles.append(grid[inside].mean(axis=0) / 65535 - 0.5)
        nets.append(net)
        leading.append(moving[int(np.argmax(each @ net))])
    return np.array(middles), np.array(nets), np.array(leading)


def label_and_wait(headset: Headset) -> dict[str, Any]:
    headset.paint("right", SIXES)
    headset.touch("right", "class", 6)
    headset.wait(
        lambda: headset.value(f"{SHOW}.streaks.mesh.visible"), "no force was shown after the label"
    )
    seen = headset.script(SNAPSHOT)
    assert seen is not None
    return seen


def test_arrows_after_a_label_are_the_trainers_forces(headset: Headset) -> None:
    """They add one draw call per eye."""
    assert not headset.value(f"{SHOW}.streaks.mesh.visible")
    seen = label_and_wait(headset)
    middles, nets, leading = islands(seen)
    strength = np.linalg.norm(nets, axis=1)
    begin, arrows, colours = (triples(seen[name]) for name in ("from", "arrows", "colours"))
    lengths = np.linalg.norm(arrows, axis=1)
    # Each arrow begins on a line through the middle of its island, along the net force on the
    # island.
    shown = np.flatnonzero(strength >= 0.02 * strength.max())
    assert len(arrows) == len(shown) >= 4
    for middle, net, term in zip(middles[shown], nets[shown], leading[shown], strict=True):
        ahead = net / np.linalg.norm(net)
        way = begin - middle
        aside = np.linalg.norm(way - (way @ ahead)[:, None] * ahead, axis=1)
        own = int(np.argmin(aside + 10 * (way @ ahead < 0) + np.linalg.norm(way, axis=1) / 100))
        assert aside[own] < 1e-4
        np.testing.assert_allclose(arrows[own] / lengths[own], ahead, atol=1e-3)
        wanted = 0.16 * np.sqrt(np.linalg.norm(net) / strength.max())
        np.testing.assert_allclose(lengths[own], wanted, rtol=1e-3)
        np.testing.assert_allclose(colours[own], COLOURS[term], atol=1e-3)
    assert seen["leading"] in ("neighbour", "anchor")
    calls = headset.script(f"""
      const mesh = {SHOW}.streaks.mesh, {{ renderer, scene }} = lodespace.stage;
      const count = (visible) => {{
        mesh.visible = visible;
        renderer.render(scene, view.camera);
        return renderer.info.render.calls;
      }};
      return count(true) - count(false);
    """)
    assert 1 <= calls <= 2
