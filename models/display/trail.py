"""History of the shown frames, which are played backward at an undo."""

from collections import deque
from itertools import pairwise

import torch

FRAMES = 60
"""Maximum number of frames that are played backward, in about a second.

A longer motion is played faster.
"""
_KEPT_FRAMES = 600
_KEPT_BYTES = 64 << 20


class Way:
    """A motion on the way through given frames (N, D). The last frame is the target.

    Each frame is computed when it is its turn: for a million items, all frames of a motion together
    would need 720 MB.
    """

    def __init__(self, given: list[torch.Tensor], places: list[float]) -> None:
        """Begin the motion at the first place.

        Args:
            given: frames (N, D) on the way, at least one. The last one is the target.
            places: places of the frames of the motion, ascending. A place is the index of the given
                frame before it, plus the share of the way to the next given frame. The place of the
                target is added.
        """
        self._given = given
        self._places = deque([*places, len(given) - 1.0])
        self.frame = self._at(self._places[0])
        """Frame (N, D) that is shown now."""

    def __len__(self) -> int:
        """Return the number of remaining frames, including `frame`."""
        return len(self._places)

    def step(self) -> None:
        """Continue with the next frame. After the last frame, `frame` remains the target."""
        self._places.popleft()
        if self._places:
            self.frame = self._at(self._places[0])

    def _at(self, place: float) -> torch.Tensor:
        low = int(place)
        if low == len(self._given) - 1:
            return self._given[-1]
        return torch.lerp(self._given[low], self._given[low + 1], place - low)


class Trail:
    """The newest frames that were shown, each (N, D). Older frames are dropped."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, torch.Tensor]] = deque()
        self.backward: Way | None = None
        """Motion backward, or None. The page shows its frame."""
        self._earlier = 0

    @property
    def remaining(self) -> int:
        """Number of remaining frames of the motion backward; 0 if there is no motion."""
        return len(self.backward or ())

    def add(self, frame: int, shown: torch.Tensor) -> None:
        """Add a frame. The tensor is kept without a copy and must not change afterwards."""
        if self._frames and self._frames[-1][1].shape != shown.shape:
            self._frames.clear()
        self._frames.append((frame, shown))
        most = min(_KEPT_FRAMES, max(2, _KEPT_BYTES // max(1, shown.nbytes)))
        while len(self._frames) > most:
            self._frames.popleft()

    def turn_back(self, frame: int, target: torch.Tensor) -> None:
        """Begin a motion backward to `target` (N, D), which was shown as frame number `frame`."""
        self.backward, self._earlier = self.back_to(frame, target), frame

    def step_back(self, number: int) -> None:
        """Show the next frame of the motion backward, as frame `number`.

        At the end of the motion, the history drops all frames that are newer than the target of the
        motion, including the frames of the motion itself. A later motion backward therefore does
        not replay what was undone.
        """
        way = self.backward
        if way is None:
            return
        way.step()
        if way:
            self.add(number, way.frame)
            return
        self.backward = None
        while self._frames and self._frames[-1][0] > self._earlier:
            self._frames.pop()
        self.add(number, way.frame)

    def back_to(self, frame: int, target: torch.Tensor) -> Way:
        """Return a motion of at most FRAMES frames, from the newest frame back to `target`.

        If `frame` is older than all kept frames, the points move straight to `target`. If `target`
        has another number of dimensions than the newest frame, the motion has only `target`.

        Args:
            frame: number of the frame that showed `target`.
            target: (N, D), the last frame of the motion.
        """
        if not self._frames or self._frames[-1][1].shape != target.shape:
            return Way([target], [])
        reaches = self._frames[0][0] <= frame + 1
        way = (
            [shown for number, shown in reversed(self._frames) if number > frame] if reaches else []
        )
        way = [*(way or [self._frames[-1][1]]), target]
        count = min(FRAMES, len(way)) if reaches else FRAMES
        return Way(way, _places(way, count, smooth=not reaches)[1:-1])


def _places(way: list[torch.Tensor], count: int, *, smooth: bool) -> list[float]:
    """Return `count` places on the way through the successive frames `way`, as `Way` has them.

    From each place to the next, the points move by about the same mean distance. With `smooth`,
    they move more slowly at both ends.
    """
    moved = torch.stack([(b - a).norm(dim=1).mean() for a, b in pairwise(way)])
    # Each interval has a minimum length, so that an interval without motion is not skipped.
    lengths = moved + 1e-3 * moved.mean() + 1e-12
    ends = torch.cat([torch.zeros(1), lengths.cumsum(0)]) / lengths.sum()
    at = torch.linspace(0, 1, max(2, count))
    if smooth:
        at = at * at * (3 - 2 * at)
    places = []
    for position in at.tolist():
        low = min(int(torch.searchsorted(ends, position, right=True)) - 1, len(way) - 2)
        share = (position - float(ends[low])) / float(ends[low + 1] - ends[low])
        places.append(low + min(1.0, max(0.0, share)))
    return places
