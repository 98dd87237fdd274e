"""Headsets whose input sources iwer does not emulate (input_sources.js): Apple Vision Pro, with
its transient pointers, and controllers and hands that the cameras lose."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from playwright.sync_api import Page

from drivers.headset import Headset, Point, Side, install

SCRIPT = Path(__file__).with_suffix(".js")
HEAD = np.array((0.0, 1.6, 0.6))
"""Place of the eyes in the room, metres."""


def install_sources(page: Page, device: str = "metaQuest3") -> None:
    """Install an emulated headset, and the sources of input_sources.js, in a page."""
    install(page, device)
    page.add_init_script(path=SCRIPT)


# One object for all tests, because PagePool keeps pages by their function.
with_sources = partial(install_sources)


class SourcesHeadset(Headset):
    """A headset whose controllers and hands can be lost in all ways that WebXR describes."""

    def set_seen(self, side: Side, seen: bool) -> None:
        """Set whether the headset has poses of the hand or controller, which stays connected."""
        self.script(f"inputSources.setSeen({self._source(side)}.inputSource, {str(seen).lower()});")
        self.frames(2)

    def set_guessed(self, side: Side, guessed: bool) -> None:
        """Set whether the headset guesses the position of the hand or controller."""
        self.script(
            f"inputSources.setGuessed({self._source(side)}.inputSource, {str(guessed).lower()});"
        )
        self.frames(2)


class VisionHeadset(SourcesHeadset):
    """A headset like Apple Vision Pro: no controllers, and pinches arrive as transient pointers.

    Args:
        driver: Driver of the page.
        hands: "allowed" if the page gets the joints of the hands, otherwise "refused".
    """

    def __init__(self, headset: Headset, hands: Literal["allowed", "refused"]) -> None:
        super().__init__(headset.driver)
        self.hands = hands
        self._at: dict[Side, Point] = {}
        self._look_at: Point | None = None
        self.script("inputSources.silenceHands(); window.pointers = {};")
        if hands == "allowed":
            self.script("emulated.primaryInputMode = 'hand';")
        else:
            self.script(
                "for (const side of ['left', 'right'])"
                " emulated.controllers[side].connected = false;"
            )

    @property
    def seen(self) -> bool:
        """Whether the page sees the hands while they do not pinch."""
        return self.hands == "allowed"

    def put(self, side: Side, position: Sequence[float] | Point) -> None:
        self._at[side] = np.asarray(position, float)
        if self.seen:
            super().put(side, position)
        self._place(side)

    def brush_to(self, side: Side, target: Sequence[float] | Point, point: str = "brush") -> None:
        if self.seen:
            super().brush_to(side, target, point)
            self._place(side)
        else:
            self.put(side, target)

    def look_at(self, target: Point) -> None:
        """Turn the eyes to a place of the room. The ray of the next pinch passes through it."""
        self._look_at = target

    def touch(self, side: Side, kind: str, which: int = 0) -> None:
        """Press a tile.

        If the page receives the joints of the hands, a finger touches the tile. Otherwise the eyes
        look at the tile, and the hand pinches.
        """
        if self.seen:
            super().touch(side, kind, which)
            return
        self.look_at(self.tile(kind, which))
        beside = np.array((0.3 if side == "right" else -0.3, -0.5, -0.15))
        self.put(side, HEAD + beside)
        self.click(side, "trigger")
        self._look_at = None

    def _button(self, side: Side, button: str, value: float) -> None:
        """Pinch if `value` is not 0, and release otherwise. `button` has no effect."""
        if value:
            self._close(side)
            ray, grip = self._matrices(side)
            self.script(f"""
              const pointer = inputSources.add('{side}', 'transient-pointer', {ray}, {grip});
              pointers.{side} = pointer;
              inputSources.press(pointer);
            """)
        else:
            self.script(f"inputSources.release(pointers.{side}); pointers.{side} = null;")
        self.wait(lambda: self.value("inputSources.waiting") == 0, "a step was not run")
        self.frames(2)
        if self.seen and not value:
            self.script(f"emulated.hands.{side}.updatePinchValue(0);")
            self.frames(2)

    def _close(self, side: Side) -> None:
        """Close the fingers, and keep the middle between them in its place."""
        if not self.seen:
            return
        brush = self._point(side, "brush")
        self.script(f"emulated.hands.{side}.updatePinchValue(1);")
        self.frames(2)
        super().brush_to(side, brush)

    def _place(self, side: Side) -> None:
        if not self.value(f"!!pointers.{side}"):
            return
        ray, grip = self._matrices(side)
        self.script(f"inputSources.place(pointers.{side}, {ray}, {grip});")
        self.frames(2)

    def _matrices(self, side: Side) -> tuple[list[float], list[float]]:
        """Column-major matrices of the ray from the eyes, and of the grip, in the room."""
        at = self.hand(side) if self.seen else self._at[side]
        target = at if self._look_at is None else self._look_at
        back = HEAD - target
        back = back / np.linalg.norm(back)
        right = np.cross((0, 1, 0), back)
        right = right / np.linalg.norm(right)
        ray, grip = np.eye(4), np.eye(4)
        ray[:3, :3] = np.stack((right, np.cross(back, right), back), axis=1)
        ray[:3, 3] = HEAD
        grip[:3, 3] = at
        return ray.T.ravel().tolist(), grip.T.ravel().tolist()
