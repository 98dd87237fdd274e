"""The watch over turns: what counts as slow, and what counts as a hanging trainer."""

from lodespace.training import turn_watch
from lodespace.training.turn_watch import TurnWatch


def wait(watch: TurnWatch, seconds: float) -> None:
    for _ in range(round(seconds / turn_watch.TICK_SECONDS)):
        watch.tick()


def beat(watch: TurnWatch, seconds: float, *, turns: int, start: float, used: float) -> None:
    """Send a heartbeat per second. The process uses `used` seconds of processor time in all."""
    for second in range(1, round(seconds) + 1):
        wait(watch, 1)
        watch.heartbeat(turns, start + used * second / seconds)


def test_a_starved_trainer_is_slow_but_does_not_hang() -> None:
    watch = TurnWatch(1000, threads=2)
    beat(watch, 24 * 3600, turns=0, start=0.0, used=300.0)  # a three-hundredth of a processor
    assert watch.slow and not watch.hangs


def test_a_finished_turn_ends_the_warning() -> None:
    watch = TurnWatch(1000, threads=2)
    beat(watch, 90, turns=0, start=0.0, used=90.0)
    assert watch.slow
    watch.heartbeat(1, 90.0)
    assert not watch.slow


def test_a_trainer_that_waits_for_ever_hangs() -> None:
    watch = TurnWatch(1000, threads=2)
    beat(watch, turn_watch.HANG_SECONDS - 1, turns=3, start=50.0, used=0.1)
    assert watch.slow and not watch.hangs
    beat(watch, 2, turns=3, start=50.1, used=0.0)
    assert watch.hangs


def test_an_endless_turn_hangs_later_with_more_items() -> None:
    small, large = TurnWatch(1000, threads=2), TurnWatch(1_000_000, threads=2)
    for watch in (small, large):
        beat(watch, 1000, turns=3, start=50.0, used=2000.0)
    assert small.hangs and not large.hangs


def test_a_silent_trainer_hangs() -> None:
    """A process that was stopped sends no heartbeat."""
    watch = TurnWatch(1000, threads=2)
    watch.heartbeat(0, 2.0)
    wait(watch, turn_watch.HANG_SECONDS - 1)
    assert not watch.hangs
    wait(watch, 1)
    assert watch.hangs


def test_an_event_of_the_main_loop_shows_that_it_works() -> None:
    watch = TurnWatch(1000, threads=2)
    for _ in range(20):
        beat(watch, 50, turns=0, start=0.0, used=0.0)
        watch.event()
    assert not watch.slow and not watch.hangs
