"""The simulated person at Lodespace: in this process, or on the shipped server."""

import numpy as np

from annotation_gain import model_run, server_run
from annotation_gain.course import UNLABELED, Course, page_estimates
from annotation_gain.data_sets import LabelledItems
from annotation_gain.page import Page
from annotation_gain.person import Eyes, LooksAtSamples, Points, SeesEveryPicture, corrections
from lodespace.protocol import SHEET_SIZE

REGIONS_FIRST = {"digits": 10, "sklearn": 10, "textures": 0}
"""Number of region gestures before the first contact sheet, by data set.

The number is one per class, except on textures. On textures, each cluster of the map contains
several classes, so the person draws no regions.
"""
SHEETS = ("overview", "suspects", "uncertain")
SHEETS_A_REST = 5
"""Interval, in gestures, at which the run waits until training rests, on contact sheets.

After the other contact sheets, the run waits only for new predictions. After a region, the run
always waits until training rests.
"""
SHEETS_COMPARED = 10
"""Smallest number of gestures of a run, unless no items are left."""
ACCEPTED_FROM = 0.9
"""One gesture at the end of a run accepts all predictions with at least this confidence."""


class Session:
    """One run: a simulated person makes gestures on a page, and `course` stores them."""

    def __init__(
        self, page: Page, person: SeesEveryPicture | LooksAtSamples, eyes: Eyes, course: Course
    ) -> None:
        self.page, self.person, self.eyes, self.course = page, person, eyes, course
        self.names_groups = True
        """Whether the person can give a class to a whole group of a sheet."""

    @property
    def complete(self) -> bool:
        """Whether the course has all gestures that the tables need."""
        return self.course.complete and len(self.course.gestures) >= SHEETS_COMPARED

    async def region(self) -> bool:
        """Draw a region and label its items. Returns False if the person finds no region."""
        page, person = self.page, self.person
        region = person.region(page.points, page.labels, page.prediction)
        if region is None:
            return False
        await page.label(region.items, region.class_id)
        if isinstance(person, LooksAtSamples) and person.regrets(region):
            # The person notices the mistake before the model has learned from the wrong labels.
            await page.undo()
            region.acts["undo"] = 1
        await self._note("region", len(region.items), region.acts)
        return True

    async def sheet(self, kind: str, size: int = SHEET_SIZE) -> bool:
        """Go through a contact sheet of `size` items and correct it.

        Returns False if the sheet is empty.
        """
        sheet = await self.page.sheet(kind, size)
        if not sheet.items:
            return False
        items = np.array([entry.item for entry in sheet.items], np.int64)
        offered = self.page.predicted_on(sheet)
        seen = self.eyes.see(items)
        group = [entry.group for entry in sheet.items] if self.names_groups else range(len(items))
        acts = corrections(np.array(group, np.int64), seen, offered)
        # Count the mistakes that `expected_wrong` estimates: wrong labels and, among items without
        # a label, wrong predictions.
        before = self.page.labels[items]
        mistakes = int((seen != np.where(before == UNLABELED, offered, before)).sum())
        await self.page.label_each(items, seen)
        await self._note(
            kind,
            len(items),
            {"sheet": 1, "picture": len(items), "correction": acts},
            promised=sheet.expected_wrong,
            corrected=mistakes,
        )
        return True

    async def accept(self) -> None:
        """Accept confident predictions as labels in one gesture, without looking at pictures."""
        page = self.page
        sure = np.flatnonzero(
            (page.labels == UNLABELED) & (page.prediction >= 0) & (page.confidence >= ACCEPTED_FROM)
        )
        if len(sure):
            await page.label_each(sure, page.prediction[sure], tool="accept")
            await self._note("accept", len(sure), {"region": 1})

    async def better_sheet(self) -> bool:
        """Go through one contact sheet and correct it. Returns False if the sheet is empty.

        The sheet is `suspects` or `uncertain`, whichever has more expected mistakes.
        """
        suspects, uncertain = await self.page.sheet("suspects"), await self.page.sheet("uncertain")
        return await self.sheet(
            "suspects"
            if (suspects.expected_wrong or 0) > (uncertain.expected_wrong or 0)
            else "uncertain"
        )

    async def _note(
        self,
        kind: str,
        count: int,
        acts: dict[str, float],
        *,
        promised: float | None = None,
        corrected: int | None = None,
    ) -> None:
        page, truth = self.page, self.eyes.truth
        if isinstance(self.person, LooksAtSamples):
            acts = self.person.with_vain(acts)
        # A real person looks at a sheet for half a minute, in which the model comes to rest. The
        # simulated person needs no time, so the run would have to wait. It waits for rest only
        # every SHEETS_A_REST gestures, and after each region.
        whole = kind not in SHEETS or len(self.course.gestures) % SHEETS_A_REST == SHEETS_A_REST - 1
        rest = await (page.rest() if whole else page.predicted())
        quality = await page.quality()
        estimates = page_estimates(
            *(page.labels, page.prediction, page.confidence, truth),
            right=quality and quality.right,
            # Versions of Lodespace before the interval was added do not have this field.
            interval=getattr(quality, "right_interval", None),
        )
        self.course.add(
            kind,
            count,
            acts,
            rest,
            page.labels,
            page.prediction,
            truth,
            estimates,
            promised=promised,
            corrected=corrected,
        )


async def regions_only(
    data: LabelledItems, seed: int, gestures: int, purity: float, preset: str
) -> Course:
    """Run a person who draws only regions.

    In each region, at least the share `purity` of the items has the same class.
    """
    course = Course(f"{preset}, regions", data.name, seed, len(data))
    async with server_run.page_of(data, seed, preset=preset) as page:
        session = Session(
            page, SeesEveryPicture(data.truth, purity, seed), Eyes(data.truth), course
        )
        while len(course.gestures) < gestures and await session.region():
            pass
    return course


async def regions_then_sheets(
    data: LabelledItems, seed: int, gestures: int, *, samples: bool = False
) -> Course:
    """Run a person who draws REGIONS_FIRST regions, and then goes through contact sheets.

    In a region, at least 95 % of the items have the same class. With `samples`, the person instead
    judges a region by samples of the pictures in it.
    """
    course = Course(
        "sampled regions, then sheets" if samples else "regions, then sheets",
        data.name,
        seed,
        len(data),
    )
    eyes = Eyes(data.truth)
    person = LooksAtSamples(eyes, seed) if samples else SeesEveryPicture(data.truth, 0.95, seed)
    async with model_run.page_of(data, seed) as page:
        session = Session(page, person, eyes, course)
        while (
            len(course.gestures) < min(REGIONS_FIRST.get(data.name, 10), gestures)
            and await session.region()
        ):
            pass
        while len(course.gestures) < gestures and await session.better_sheet():
            pass
    return course


async def as_suggested(
    data: LabelledItems,
    seed: int,
    gestures: int,
    *,
    known: bool = True,
    server: bool = False,
    labels: int | None = None,
) -> Course:
    """Run a person who follows the suggestions of the page, and judges regions by samples.

    With `known`, the project has the list of classes from the start. Otherwise the person adds a
    class when the first item of the class is labelled. At the end, confident predictions are
    accepted. With `server`, the person uses the shipped server. With `labels`, the person also
    stops when at least this number of items have labels.
    """
    name = "as suggested" if known else "as suggested, classes added during the run"
    course = Course(name, data.name, seed, len(data))
    eyes = Eyes(data.truth)
    person = LooksAtSamples(eyes, seed)
    page_of = server_run.page_of if server else model_run.page_of
    async with page_of(data, seed, known=known) as page:
        session = Session(page, person, eyes, course)
        while len(course.gestures) < gestures - 1 and not session.complete:
            if labels is not None and np.count_nonzero(page.labels != UNLABELED) >= labels:
                break
            suggestion = await page.suggestion()
            if suggestion.kind == "done":
                break
            if suggestion.kind == "region":
                person.shown = np.array(suggestion.items, np.int64)
                # If the sampled pictures show several classes, the person goes through a sheet.
                went_on = await session.region() or await session.better_sheet()
            else:
                went_on = await session.sheet(suggestion.kind, suggestion.size)
            if not went_on:
                break
        await session.accept()
    return course


async def sheets_alone(data: LabelledItems, seed: int, gestures: int) -> Course:
    """Run a person who only goes through contact sheets, and corrects single pictures.

    The person asks for no suggestion, and names no group of a sheet.
    """
    course = Course("sheets alone", data.name, seed, len(data))
    eyes = Eyes(data.truth)
    async with model_run.page_of(data, seed) as page:
        session = Session(page, LooksAtSamples(eyes, seed), eyes, course)
        session.names_groups = False
        while len(course.gestures) < gestures and not session.complete:
            if not await session.better_sheet():
                break
    return course


async def static_positions(data: LabelledItems, seed: int) -> Points:
    """Return the map (N, 3) of the preset `paper` after the first training, without labels."""
    async with server_run.page_of(data, seed, preset="paper") as page:
        return page.points
