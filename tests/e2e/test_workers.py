"""The page decodes frames in a worker, under its Content-Security-Policy, or without a worker."""

from typing import Any

import pytest

from drivers.moving_points import MovingPoints

_WATCH = """() => {
  const { latent } = lodespace.state;
  window.pushed = [];
  const push = Object.getPrototypeOf(latent).push;
  latent.push = (frame, now) => {
    window.pushed.push(frame.positions ? 'positions' : 'deltas');
    push.call(latent, frame, now);
  };
}"""


@pytest.mark.parametrize("works", [True, False])
def test_frames_are_decoded_in_a_worker_or_without_it(open_page: Any, works: bool) -> None:
    with MovingPoints(300, rate=20, predicted=True) as url:

        def refuse_workers(page: Any) -> None:
            if not works:
                page.route("**/frame-worker-*", lambda route: route.abort())

        driver = open_page(url, prepare=refuse_workers)
        driver.wait_for_scene()
        if not works:
            driver.wait(
                lambda: not driver.evaluate("lodespace.session.connection.decoder.inWorker")
            )
        driver.page.evaluate(_WATCH)
        driver.wait(lambda: driver.evaluate("pushed.length > 20"))
        assert driver.evaluate("lodespace.session.connection.decoder.inWorker") == works
        pushed = driver.evaluate("pushed")
        assert set(pushed[2:]) == {"positions" if works else "deltas"}
        assert driver.evaluate("lodespace.state.latent.revision > 20")
        if not works:
            driver.messages = [m for m in driver.messages if "without a worker" not in m]
