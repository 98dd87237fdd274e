"""Pages that are restored to their first state, so that the next test does not open them again.

A page takes more than a second of processor time until it rests, and a headset in VR takes more
than two. After a test, `restore` sets the signals that the user of the page writes back to their
first values. It then compares the whole page with its first state: signals, data of the server,
camera, elements and stored values. If anything differs, the page has to be opened again.
"""

from pathlib import Path
from typing import Any

from drivers.page import PageDriver

REST_SECONDS = 4
"""Time in seconds that a page gets to rest after a test, before it is opened again."""
_REMEMBER = Path(__file__).with_suffix(".js").read_text()


def remember(page: PageDriver, *, in_vr: bool = False) -> None:
    """Remember the current state of the page, and of its headset, as the first state.

    The page forgets it when it is loaded again. A page that is restored keeps its first state.
    """
    page.page.evaluate(f"{_REMEMBER}({str(in_vr).lower()})")


def leave(page: PageDriver) -> bool:
    """End VR after a test. Returns whether the page has remembered its first state."""
    if not page.evaluate("typeof window.testRestore === 'function'"):
        return False
    page.evaluate("testLeave()")
    return True


def differences(page: PageDriver, state: str) -> list[Any]:
    """Restore the page. Returns the names of the parts that still differ.

    Training has to be in `state`, and the page has to rest within some seconds.
    """
    if page.state("training")["state"] != state:
        return ["training"]
    page.evaluate("window.testDevice?.()")
    try:
        page.wait_for_rest(state, seconds=REST_SECONDS)
    except AssertionError:
        return ["rest"]
    return list(page.evaluate("testRestore()"))
