"""The clock of VR in the benchmark behind docs/gain.md, and the source of its constants."""

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import vr_hand_times

from annotation_gain import report, vr_report
from annotation_gain.course import Course
from annotation_gain.time_model import HAND, HandInVr, TimeModel, varied_in_vr

VECTORS = Path(__file__).parents[1] / "vectors" / "vr"
ROUND = HandInVr(
    aim=1, aim_bit=0.5, reach=2, carry=4, between_boards=70, sheet_tile=10, palette_tile=70
)
"""A hand that presses a tile of a sheet (3 bits) in 2.5 s, and of the palette (1 bit) in 1.5 s."""


def course(method: str, *gestures: dict[str, float], rest: float = 0.0) -> Course:
    """Return a course on digits with 100 items, in which every label is right at the end."""
    made = Course(method, "digits", 0, 100)
    truth = np.zeros(100, np.int16)
    for number, acts in enumerate(gestures, 1):
        labels = np.full(100, -1, np.int16)
        labels[: 100 * number // len(gestures)] = 0
        made.add("uncertain", 100 // len(gestures), acts, rest, labels, labels, truth)
    return made


def test_a_known_course_takes_a_known_number_of_seconds_in_vr() -> None:
    page = TimeModel(region=5, picture=0.5, undo=3, name=2)
    in_vr = page.in_vr(ROUND)
    sheet = {"sheet": 1.0, "picture": 27.0, "correction": 3.0}
    region = {"region": 1.0, "picture": 9.0, "undo": 1.0}
    # The sheet takes 4 s to open and confirm, 13.5 s to look at, and 4 s per correction. The region
    # takes 5 s as on the page, 2 s to reach and 4 s to carry, 4.5 s of looks, and 3 s to undo.
    made = course("suggested", sheet, region)
    assert made.seconds(in_vr.known_classes()).tolist() == [29.5, 48]
    # The name of the first class takes two presses on the palette.
    assert made.seconds(in_vr).tolist() == [32.5, 51]


def test_a_slower_person_waits_less_for_the_model_in_vr() -> None:
    page = TimeModel(picture=0.5, sheet=2, correction=1, name=0)
    made = course("suggested", {"sheet": 1}, {"sheet": 1}, rest=3)
    # Before the second sheet, the person waits for 1 s.
    assert made.seconds(page).tolist() == [2, 5]
    assert made.seconds(page.in_vr(ROUND)).tolist() == [4, 8]


def test_a_press_takes_longer_on_a_smaller_tile() -> None:
    assert (ROUND.press(10), ROUND.press(70)) == (2.5, 1.5)
    assert HAND.press(HAND.palette_tile) > HAND.press(HAND.sheet_tile) > HAND.aim


def test_looks_and_waits_are_as_on_the_page_and_no_act_is_faster() -> None:
    page, in_vr = TimeModel(), TimeModel().in_vr(HAND)
    assert (in_vr.picture, in_vr.wait, in_vr.undo) == (page.picture, page.wait, page.undo)
    assert all(getattr(in_vr, act) >= seconds for act, seconds in vars(page).items())
    assert page.known_classes().in_vr(HAND).name == 0


def test_the_hand_is_the_published_one_and_its_targets_are_the_clients() -> None:
    assert (HAND.aim, HAND.aim_bit, HAND.reach, HAND.carry) == (1.25, 0.33, 1.40, 3.19)
    targets = json.loads((VECTORS / "press_targets.json").read_text())
    assert {target["name"]: target["degrees"] for target in targets} == {
        name: getattr(HAND, name) for name in ("between_boards", "sheet_tile", "palette_tile")
    }


def test_each_constant_of_both_clocks_is_halved_and_doubled() -> None:
    page = TimeModel()
    pairs = varied_in_vr(page)
    assert len(pairs) == 1 + 2 * 5 + (len(page.varied()) - 1)
    assert pairs["as stated"] == (page.in_vr(HAND), page)
    in_vr, same = pairs["carry double"]
    assert same == page and in_vr.region == pytest.approx(5 + 1.40 + 2 * 3.19)
    in_vr, doubled = pairs["page: picture double"]
    assert in_vr.picture == doubled.picture == 2 * page.picture
    assert in_vr.correction == page.in_vr(HAND).correction


def test_the_report_has_rows_and_ratios_of_vr() -> None:
    page = TimeModel(picture=0.5, sheet=2, correction=1, single=2, name=0)
    found = {
        ("suggested", "digits"): [course("suggested", {"sheet": 1, "picture": 20})],
        ("margin", "digits"): [course("margin", *[{"single": 1.0}] * 50)],
    }
    for slower in ("lr-margin-pixels", "svc-margin-pixels"):
        found[slower, "digits"] = [course(slower, *[{"single": 1.0}] * 60)]
    lines = list(vr_report.tables(found, ["digits"], page))
    press = HAND.press(HAND.sheet_tile) + HAND.press(HAND.palette_tile)
    assert [line for line in lines if line.startswith("| digits | 0.95 | 12 |")] == [
        line
        for line in lines
        if f"| {10 + press:.0f} | 96 (margin) | 0.12 | {(10 + press) / 96:.2f} |" in line
    ]
    stated = [line for line in lines if line.startswith("| as stated |")]
    assert stated[0] == f"| as stated | {(10 + press) / 96:.2f} |" and len(stated) == 2
    assert f"| page: single half | {(10 + press) / 48:.2f} |" in lines
    seconds = [line for line in report.tables(found, page) if "in VR |" in line]
    assert seconds == [
        f"| digits | {report.NAMES['suggested']}, in VR | {10 + press:.0f} | {10 + press:.0f} | "
        f"{10 + press:.0f} | 0.0 s per gesture | 1 |"
    ]


COLUMNS = ["time", *(f"right_{kind}_{a}" for kind in ("pos", "rot") for a in "xyz"), "grab"]


def record(
    folder: Path, number: int, mode: str, samples: Sequence[Sequence[object]], **place: float
) -> None:
    """Write a trial from 10 s to the time of the last sample, as the study did."""
    trackers = folder / "trackers"
    trackers.mkdir(parents=True, exist_ok=True)
    with (trackers / f"VR_move_T{number:03d}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *samples])
    table = folder / "trial_results.csv"
    fields = {
        "ppid": folder.parent.name,
        "trial_num": number,
        "response_mode": mode,
        "t_response_start": 10,
        "t_response_end": samples[-1][0],
        **{f"target_pos_{axis}": place.get(axis, 0.0) for axis in "xyz"},
    }
    new = not table.exists()
    with table.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(fields))
        if new:
            writer.writeheader()
        writer.writerow(fields)


def test_the_line_of_fitts_is_found_in_recordings(tmp_path: Path) -> None:
    miss = 2.0
    width = vr_hand_times.WIDTH_PER_DEVIATION * miss / math.sqrt(2)
    for person, intercept in (("1", 1.0), ("2", 2.0)):
        for number, amplitude in enumerate((10.0, 30.0, 90.0), 1):
            seconds = intercept + 0.4 * math.log2(amplitude / width + 1)
            # The ray turns to the right, and misses a place straight ahead by 2 degrees.
            samples = [
                [9.0, *[0] * 6, "False"],
                [10.0, 0, 0, 0, 0, miss - amplitude, 0, "False"],
                [10.0 + seconds, 0, 0, 0, 0, miss, 0, "False"],
            ]
            record(tmp_path / "room" / person / "S001", number, "laser", samples, z=2.0)
    rays, grabs = vr_hand_times.read(tmp_path)
    assert len(rays) == 6 and grabs == []
    assert vr_hand_times.fitts(rays) == pytest.approx((1.5, 0.4, width))


def test_reach_and_carry_end_at_grab_and_first_release(tmp_path: Path) -> None:
    moves = [(10, 0, False), (11, 0.5, True), (13, 1.25, False), (14, 2, True), (15, 3, False)]
    held = [(10, 0, True), (12, 1, False)]
    for number, (mode, path) in enumerate((("cube", moves), ("object", held), ("stick", moves)), 1):
        samples = [[time, x, *[0] * 5, str(grip)] for time, x, grip in path]
        record(tmp_path / "room" / "1" / "S001", number, mode, samples)
    rays, grabs = vr_hand_times.read(tmp_path)
    assert rays == []
    # An object that is held from the start was not reached for.
    assert grabs == [vr_hand_times.GrabTrial("1", 1.0, 0.5, 2.0, 0.75)]
    assert vr_hand_times.mean_of_people(["1", "1", "2"], [1, 3, 4])[0] == 3
