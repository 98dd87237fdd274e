"""Times of a hand with a controller in VR, from the published recordings of a study.

    git clone https://github.com/ischtz/jov2023-vr-objects
    python benchmarks/vr_hand_times.py jov2023-vr-objects/data

The recordings belong to Schuetz, Baltaretu and Fiehler, "Where was this thing again? Evaluating
methods to indicate remembered object positions in virtual reality", Journal of Vision 24(7):10,
2024, https://doi.org/10.1167/jov.24.7.10 (MIT licence). 16 people with an HTC Vive Pro saw an
object in a room. The object disappeared, and they showed its place. Two parts of the recordings
match gestures of Lodespace:

- `laser`: a ray appears at the controller. The person aims it and presses the trigger.
- `object` and `cube`: an object appears 0.6 m in front of the person, who grabs it, carries it to
  the place, and releases it.

The output has the line of Fitts' law for the ray, and mean times to reach and to carry. It is the
source of the constants of `HandInVr` in annotation_gain/time_model.py.
"""

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float64]

WIDTH_PER_DEVIATION = 4.133
"""Effective width of a target, in standard deviations of the end points.

96 % of normally distributed end points are within this width (ISO 9241-411).
"""
FARTHEST_MISS = 10.0
"""Largest angle between the ray and the true place, degrees. With a larger angle, the person
probably remembered another place, so the trial does not measure aiming.
"""


@dataclass(frozen=True)
class RayTrial:
    """One press of the trigger with the ray at a place."""

    person: str
    seconds: float
    """Time from the appearance of the ray to the press."""
    amplitude: float
    """Angle by which the ray turned, degrees."""
    miss: float
    """Angle between the ray at the press and the true place, degrees."""


@dataclass(frozen=True)
class GrabTrial:
    """One object that a person grabbed, carried and released for the first time."""

    person: str
    to_grab: float
    """Seconds from the appearance of the object to the grab."""
    reached: float
    """Distance of the hand from its start to the grab, metres."""
    carrying: float
    """Seconds from the grab to the first release."""
    carried: float
    """Distance of the hand from the grab to the first release, metres."""


def read(data: Path) -> tuple[list[RayTrial], list[GrabTrial]]:
    """Return the trials with the ray and the trials with a grab, from the folder of the study."""
    rays: list[RayTrial] = []
    grabs: list[GrabTrial] = []
    for table in sorted(data.glob("*/*/S*/trial_results.csv")):
        with table.open(newline="") as file:
            for row in csv.DictReader(file):
                if row["response_mode"] not in ("laser", "object", "cube"):
                    continue
                motion = table.parent / "trackers" / f"VR_move_T{int(row['trial_num']):03d}.csv"
                times, hand, forward, grip = _motion(
                    motion, float(row["t_response_start"]), float(row["t_response_end"])
                )
                if row["response_mode"] == "laser":
                    true_place = np.array([float(row[f"target_pos_{axis}"]) for axis in "xyz"])
                    rays.append(
                        RayTrial(
                            row["ppid"],
                            float(row["t_response_end"]) - float(row["t_response_start"]),
                            _degrees(forward[0], forward[-1]),
                            _degrees(forward[-1], true_place - hand[-1]),
                        )
                    )
                else:
                    started = times - float(row["t_response_start"])
                    grabs += _first_grab(row["ppid"], started, hand, grip)
    return rays, grabs


def _motion(
    path: Path, start: float, end: float
) -> tuple[Vectors, Vectors, Vectors, npt.NDArray[np.bool_]]:
    """Return the samples of the right controller from `start` to `end`, seconds.

    Returns:
        times (K,), places (K, 3) in metres, unit vectors along the ray (K, 3), and whether the grip
        is pressed (K,).
    """
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if start <= float(row["time"]) <= end]
    places = np.array([[float(row[f"right_pos_{axis}"]) for axis in "xyz"] for row in rows])
    pitch, yaw = np.radians(
        [[float(row[f"right_rot_{axis}"]) for row in rows] for axis in "xy"]
    )  # Unity: z is forward, and a positive pitch turns it down.
    forward = np.stack(
        [np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)], axis=1
    )
    grip = np.array([row["grab"] == "True" for row in rows])
    return np.array([float(row["time"]) for row in rows]), places, forward, grip


def _first_grab(
    person: str, started: Vectors, hand: Vectors, grip: npt.NDArray[np.bool_]
) -> Iterable[GrabTrial]:
    """Yield the first grab of a trial, from the press of the grip to its release.

    A trial yields nothing if the grip is pressed from the start, is never pressed, or is not
    released.
    """
    change = np.diff(grip.astype(int))
    grabs, releases = np.flatnonzero(change == 1) + 1, np.flatnonzero(change == -1) + 1
    if grip[0] or len(grabs) == 0 or not (releases > grabs[0]).any():
        return
    grab, release = grabs[0], releases[releases > grabs[0]][0]
    yield GrabTrial(
        person,
        float(started[grab]),
        float(np.linalg.norm(hand[grab] - hand[0])),
        float(started[release] - started[grab]),
        float(np.linalg.norm(hand[release] - hand[grab])),
    )


def _degrees(a: Vectors, b: Vectors) -> float:
    """Return the angle between two vectors (3,), degrees."""
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def fitts(trials: Sequence[RayTrial]) -> tuple[float, float, float]:
    """Fit seconds = intercept + slope * difficulty, with an intercept per person.

    The difficulty of a trial is log2(amplitude / width + 1) bits. The width is that of the person's
    end points: WIDTH_PER_DEVIATION standard deviations along one axis, degrees.

    Returns:
        (mean intercept in seconds, slope in seconds per bit, mean width in degrees).
    """
    people = sorted({trial.person for trial in trials})
    of_person = np.array([people.index(trial.person) for trial in trials])
    seconds, amplitude, miss = np.array([[t.seconds, t.amplitude, t.miss] for t in trials]).T
    # A miss has two axes, so a standard deviation along one axis is its root mean square / root 2.
    width = WIDTH_PER_DEVIATION * np.array(
        [np.sqrt((miss[of_person == person] ** 2).mean() / 2) for person in range(len(people))]
    )
    difficulty = np.log2(amplitude / width[of_person] + 1)
    columns = np.column_stack([difficulty, np.eye(len(people))[of_person]])
    slope, *intercepts = np.linalg.lstsq(columns, seconds, rcond=None)[0]
    return float(np.mean(intercepts)), float(slope), float(width.mean())


def mean_of_people(people: Sequence[str], values: Sequence[float]) -> tuple[float, float]:
    """Compute one mean value per person. Return the mean and the standard deviation of these
    values.
    """
    means = [
        np.mean([value for who, value in zip(people, values, strict=True) if who == person])
        for person in sorted(set(people))
    ]
    return float(np.mean(means)), float(np.std(means, ddof=1))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder `data` of the recordings")
    rays, grabs = read(parser.parse_args().data)
    used = [trial for trial in rays if trial.miss <= FARTHEST_MISS]
    intercept, slope, width = fitts(used)
    who = [trial.person for trial in used]
    seconds, deviation = mean_of_people(who, [trial.seconds for trial in used])
    print(f"ray: {len(used)} of {len(rays)} trials of {len(set(who))} people")
    print(f"  mean {seconds:.2f} s (standard deviation of the people {deviation:.2f} s)")
    print(f"  amplitude {mean_of_people(who, [t.amplitude for t in used])[0]:.1f} degrees")
    print(f"  width {width:.1f} degrees")
    print(f"  seconds = {intercept:.2f} + {slope:.2f} * bits")
    who = [trial.person for trial in grabs]
    print(f"grab: {len(grabs)} trials of {len(set(who))} people")
    for name, times, metres in (
        ("reach", [t.to_grab for t in grabs], [t.reached for t in grabs]),
        ("carry", [t.carrying for t in grabs], [t.carried for t in grabs]),
    ):
        seconds, deviation = mean_of_people(who, times)
        print(
            f"  {name}: mean {seconds:.2f} s (standard deviation of the people {deviation:.2f} s) "
            f"over {mean_of_people(who, metres)[0]:.2f} m"
        )


if __name__ == "__main__":
    main()
