"""The simulated person at the shipped server."""

import numpy as np

from annotation_gain.course import Course
from annotation_gain.data_sets import LabelledPictures
from annotation_gain.person import Eyes, LooksAtSamples, Points, SeesEveryPicture
from annotation_gain.server_run import Page, page_of

REGIONS_FIRST = {"digits": 10, "sklearn": 10, "textures": 0}
"""Region gestures before the first contact sheet, where the plan is fixed: one a class, and none where islands are mixed."""
SHEETS_A_REST = 5
"""Gestures between two rests, in which the graph is made anew."""
SMALL_REGION = 54
"""A region that labels less than two contact sheets do is not worth drawing, while the model still learns much from each."""


class Session:
    """One run: gestures of a person at a page, noted in `course`."""

    def __init__(self, page: Page, eyes: Eyes, course: Course, data: LabelledPictures) -> None:
        self.page, self.eyes, self.course, self.data = page, eyes, course, data

    async def region(self, person: SeesEveryPicture | LooksAtSamples) -> bool:
        """One region gesture. Returns whether there was one to make."""
        page = self.page
        region = person.region(page.points, page.labels, page.prediction)
        if region is None:
            return False
        await page.label(region.items, region.class_id)
        if isinstance(person, LooksAtSamples) and person.regrets(region):
            # It saw the mistake at once: nothing was learned yet that counts.
            await page.undo()
            region.acts["undo"] = 1
        await self._note("region", len(region.items), region.acts)
        return True

    async def sheet(self, kind: str) -> bool:
        """Go through one contact sheet: what is predicted stands, but for the pictures that show something else."""
        sheet = await self.page.sheet(kind)
        if not sheet.items:
            return False
        items = np.array([entry.item for entry in sheet.items], np.int64)
        offered = np.array([entry.prediction for entry in sheet.items], np.int16)
        seen = self.eyes.see(items)
        corrections = int((seen != offered).sum())
        await self.page.label_each(items, seen)
        await self._note(kind, len(items), {"sheet": 1, "picture": len(items), "correction": corrections})
        return True

    async def better_sheet(self) -> bool:
        """The sheet on which more wrong ones are expected: the page says how many."""
        suspects, uncertain = await self.page.sheet("suspects"), await self.page.sheet("uncertain")
        return await self.sheet("suspects" if suspects.expected_wrong > uncertain.expected_wrong else "uncertain")

    async def _note(self, kind: str, count: int, acts: dict[str, float]) -> None:
        page = self.page
        # A person looks at a sheet for half a minute; meanwhile the model rests. Here it may every few sheets, and after each region.
        whole = kind == "region" or len(self.course.gestures) % SHEETS_A_REST == SHEETS_A_REST - 1
        rest = await (page.rest() if whole else page.predicted())
        quality = await page.quality()
        estimated = None if quality is None else quality.right
        self.course.add(kind, count, acts, rest, page.labels, page.prediction, self.data.truth, estimated)


async def regions_only(data: LabelledPictures, seed: int, gestures: int, purity: float, preset: str) -> Course:
    """Nothing but regions of so much purity."""
    course = Course(f"{preset}, regions", data.name, seed, len(data))
    eyes = Eyes(data.truth)
    person = SeesEveryPicture(eyes, purity, seed)
    async with page_of(data, seed, preset=preset) as page:
        session = Session(page, eyes, course, data)
        while len(course.gestures) < gestures and await session.region(person):
            pass
    return course


async def regions_then_sheets(data: LabelledPictures, seed: int, gestures: int, *, samples: bool = False) -> Course:
    """REGIONS_FIRST regions, then sheets: of the two, the one that more wrong ones are expected on. The regions are of 95 % purity, or
    (`samples`) those of a person who knows of a region only what a sample of its pictures shows.
    """
    course = Course("sampled regions, then sheets" if samples else "regions, then sheets", data.name, seed, len(data))
    eyes = Eyes(data.truth)
    person = LooksAtSamples(eyes, seed) if samples else SeesEveryPicture(eyes, 0.95, seed)
    async with page_of(data, seed) as page:
        session = Session(page, eyes, course, data)
        while len(course.gestures) < min(REGIONS_FIRST.get(data.name, 10), gestures) and await session.region(person):
            pass
        while len(course.gestures) < gestures and await session.better_sheet():
            pass
    return course


async def as_suggested(data: LabelledPictures, seed: int, gestures: int) -> Course:
    """The person looks at samples, and does next what the page suggests."""
    course = Course("as suggested", data.name, seed, len(data))
    eyes = Eyes(data.truth)
    person = LooksAtSamples(eyes, seed)
    async with page_of(data, seed) as page:
        session = Session(page, eyes, course, data)
        while len(course.gestures) < gestures:
            suggestion = await page.suggestion()
            if suggestion.kind == "done":
                break
            if suggestion.kind == "region" and len(suggestion.items) >= SMALL_REGION:
                person.shown = np.array(suggestion.items, np.int64)
                if await session.region(person):
                    continue
            if not (
                await session.sheet(suggestion.kind) if suggestion.kind != "region" else await session.better_sheet()
            ):
                break
    return course


async def static_positions(data: LabelledPictures, seed: int) -> Points:
    """The map of the paper's model after pretraining, which stays as it is: (N, 3)."""
    async with page_of(data, seed, preset="paper") as page:
        return page.points
