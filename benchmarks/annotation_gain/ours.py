"""The simulated person at the shipped server."""

import numpy as np

from annotation_gain.course import UNLABELED, Course, page_estimates
from annotation_gain.data_sets import LabelledPictures
from annotation_gain.person import Eyes, LooksAtSamples, Points, SeesEveryPicture
from annotation_gain.server_run import Page, page_of

REGIONS_FIRST = {"digits": 10, "sklearn": 10, "textures": 0}
"""Region gestures before the first contact sheet, in a fixed plan: one per class.

On textures the person draws no regions, because clusters are mixed there.
"""
SHEETS = ("suspects", "uncertain")
SHEETS_A_REST = 5
"""Gestures between two rests of the model, in which it builds a new graph."""
ACCEPTED_FROM = 0.9
"""Smallest confidence of predictions that are accepted at the end of a run, in one gesture."""


class Session:
    """One run: gestures of a person at a page, recorded in `course`."""

    def __init__(
        self, page: Page, person: SeesEveryPicture | LooksAtSamples, eyes: Eyes, course: Course
    ) -> None:
        self.page, self.person, self.eyes, self.course = page, person, eyes, course

    async def region(self) -> bool:
        """Make one region gesture. Returns False when there is no region left."""
        page, person = self.page, self.person
        region = person.region(page.points, page.labels, page.prediction)
        if region is None:
            return False
        await page.label(region.items, region.class_id)
        if isinstance(person, LooksAtSamples) and person.regrets(region):
            # The person notices the mistake at once, before the model has learned from it.
            await page.undo()
            region.acts["undo"] = 1
        await self._note("region", len(region.items), region.acts)
        return True

    async def sheet(self, kind: str) -> bool:
        """Go through one contact sheet and correct it. Returns False without one."""
        sheet = await self.page.sheet(kind)
        if not sheet.items:
            return False
        items = np.array([entry.item for entry in sheet.items], np.int64)
        offered = np.array([entry.prediction for entry in sheet.items], np.int16)
        seen = self.eyes.see(items)
        corrections = int((seen != offered).sum())
        await self.page.label_each(items, seen)
        await self._note(
            kind, len(items), {"sheet": 1, "picture": len(items), "correction": corrections}
        )
        return True

    async def accept(self) -> None:
        """Label items with their confident predictions in one gesture, without looking at them."""
        page = self.page
        sure = np.flatnonzero(
            (page.labels == UNLABELED) & (page.prediction >= 0) & (page.confidence >= ACCEPTED_FROM)
        )
        if len(sure):
            await page.label_each(sure, page.prediction[sure], looked_at=False)
            await self._note("accept", len(sure), {"region": 1})

    async def better_sheet(self) -> bool:
        """Do the sheet for which the page expects more mistakes."""
        suspects, uncertain = await self.page.sheet("suspects"), await self.page.sheet("uncertain")
        return await self.sheet(
            "suspects" if suspects.expected_wrong > uncertain.expected_wrong else "uncertain"
        )

    async def _note(self, kind: str, count: int, acts: dict[str, float]) -> None:
        page, truth = self.page, self.eyes.truth
        if isinstance(self.person, LooksAtSamples):
            acts = self.person.with_vain(acts)
        # A person looks at a sheet for half a minute, in which the model comes to rest. Here the
        # run waits for that only every few sheets, and after each region.
        whole = kind not in SHEETS or len(self.course.gestures) % SHEETS_A_REST == SHEETS_A_REST - 1
        rest = await (page.rest() if whole else page.predicted())
        quality = await page.quality()
        estimates = None
        if quality is not None and quality.right is not None:
            left = quality.gestures_left or 0
            estimates = page_estimates(
                quality.right, left, page.labels, page.prediction, page.confidence, truth
            )
        self.course.add(kind, count, acts, rest, page.labels, page.prediction, truth, estimates)


async def regions_only(
    data: LabelledPictures, seed: int, gestures: int, purity: float, preset: str
) -> Course:
    """Run a person who draws only regions, of the given purity."""
    course = Course(f"{preset}, regions", data.name, seed, len(data))
    async with page_of(data, seed, preset=preset) as page:
        session = Session(
            page, SeesEveryPicture(data.truth, purity, seed), Eyes(data.truth), course
        )
        while len(course.gestures) < gestures and await session.region():
            pass
    return course


async def regions_then_sheets(
    data: LabelledPictures, seed: int, gestures: int, *, samples: bool = False
) -> Course:
    """Run a person who draws REGIONS_FIRST regions, and then does the better sheet each time.

    The regions have a purity of 95 %. With `samples`, the person judges a region by samples of its
    pictures.
    """
    course = Course(
        "sampled regions, then sheets" if samples else "regions, then sheets",
        data.name,
        seed,
        len(data),
    )
    eyes = Eyes(data.truth)
    person = LooksAtSamples(eyes, seed) if samples else SeesEveryPicture(data.truth, 0.95, seed)
    async with page_of(data, seed) as page:
        session = Session(page, person, eyes, course)
        while (
            len(course.gestures) < min(REGIONS_FIRST.get(data.name, 10), gestures)
            and await session.region()
        ):
            pass
        while len(course.gestures) < gestures and await session.better_sheet():
            pass
    return course


async def as_suggested(data: LabelledPictures, seed: int, gestures: int) -> Course:
    """Run a person who follows the suggestions of the page, and judges regions by samples.

    Confident predictions are accepted at the end.
    """
    course = Course("as suggested", data.name, seed, len(data))
    eyes = Eyes(data.truth)
    person = LooksAtSamples(eyes, seed)
    async with page_of(data, seed) as page:
        session = Session(page, person, eyes, course)
        while len(course.gestures) < gestures - 1:
            suggestion = await page.suggestion()
            if suggestion.kind == "done":
                break
            if suggestion.kind == "region":
                person.shown = np.array(suggestion.items, np.int64)
                # When the pictures of a region do not agree, the person does the better sheet.
                went_on = await session.region() or await session.better_sheet()
            else:
                went_on = await session.sheet(suggestion.kind)
            if not went_on:
                break
        await session.accept()
    return course


async def static_positions(data: LabelledPictures, seed: int) -> Points:
    """Return the map (N, 3) of the paper's model after pretraining."""
    async with page_of(data, seed, preset="paper") as page:
        return page.points
