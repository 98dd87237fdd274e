"""Access control: requests, decisions, pairing codes, revocation. Fake clock, no network."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lodespace import protocol
from lodespace.access.devices import DEVICES_FILE, KEPT_DAYS, MAX_DEVICES, DeviceStore
from lodespace.access.pairing import (
    MAX_WAITING,
    MAX_WAITING_AND_ADDRESS,
    REQUESTS_PER_MINUTE,
    REQUESTS_PER_MINUTE_AND_ADDRESS,
    SILENT_SECONDS,
    WAITING_SECONDS,
    PairingManager,
)
from lodespace.access.pairing_codes import (
    CODE_SECONDS,
    FIRST_PENALTY,
    GUESSES_PER_CODE,
    MAX_GUESSERS,
    MAX_PENALTY,
)
from lodespace.access.roles import may
from lodespace.errors import LodespaceError, RequestError


class Clock:
    """A clock that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Streams:
    """Stand-in for the streams of devices. A test sets the number of open streams per device. The
    object records the devices whose streams the pairing manager closes."""

    def __init__(self) -> None:
        self.open: dict[str, int] = {}
        self.closed: list[str] = []
        self.waiting: list[int] = []

    def connected(self, device: str) -> int:
        return self.open.get(device, 0)

    def close_revoked(self, device: str) -> None:
        self.closed.append(device)

    def access_changed(self, overview: Callable[[], protocol.Access]) -> None:
        self.waiting.append(len(overview().waiting))


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.fixture
def access(tmp_path: Path, clock: Clock, streams: Streams) -> PairingManager:
    return PairingManager(DeviceStore(tmp_path / "state", clock), streams=streams, clock=clock)


def code_of(error: pytest.ExceptionInfo[LodespaceError]) -> str:
    return error.value.code


def test_approved_device_receives_its_secret_once(access: PairingManager) -> None:
    asked = access.request("Quest Browser", "192.168.1.31")
    assert access.poll(asked.secret)[0].state == "waiting"
    (waiting,) = access.overview().waiting
    assert waiting.code == asked.code and waiting.name == "Quest Browser"
    access.decide(waiting.request, "annotator")
    assert access.overview().waiting == []
    answer, secret = access.poll(asked.secret)
    assert answer.state == "allowed" and answer.role == "annotator"
    known = access.identify(secret)
    assert known is not None and known.role == "annotator"
    assert access.poll(asked.secret)[0].state == "expired"
    assert access.identify(asked.secret) is None


def test_denied_device_receives_the_decision_and_no_secret(access: PairingManager) -> None:
    asked = access.request("a", "10.0.0.2")
    access.decide(access.overview().waiting[0].request, None)
    assert access.overview().waiting == []
    answer, secret = access.poll(asked.secret)
    assert (answer.state, secret) == ("denied", "")
    assert access.overview().devices == []


def test_decision_on_an_expired_request_is_refused(access: PairingManager, clock: Clock) -> None:
    asked = access.request("a", "10.0.0.2")
    request = access.overview().waiting[0].request
    clock.now += WAITING_SECONDS + 1
    assert access.poll(asked.secret)[0].state == "expired"
    with pytest.raises(RequestError) as error:
        access.decide(request, "viewer")
    assert code_of(error) == "not_waiting"


def refused(access: PairingManager, address: str) -> str:
    with pytest.raises(RequestError) as error:
        access.request("a", address)
    assert error.value.status == 429
    return code_of(error)


def names(access: PairingManager) -> list[str]:
    return [waiting.name for waiting in access.overview().waiting]


def test_number_of_waiting_devices_is_limited(access: PairingManager, clock: Clock) -> None:
    for k in range(MAX_WAITING):
        access.request(f"{k}", f"10.0.0.{k}")
    clock.now += SILENT_SECONDS + 1
    # The limit also holds while no device polls, because a headset may sleep.
    assert refused(access, "10.0.0.99") == "too_many_waiting"
    # This request replaces the one whose page was reloaded.
    access.request("again", "10.0.0.1")
    assert names(access) == ["0", "2", "3", "4", "again"]
    assert len({w.code for w in access.overview().waiting}) == MAX_WAITING
    clock.now += WAITING_SECONDS - SILENT_SECONDS
    assert names(access) == ["again"]
    access.request("a", "10.0.0.99")


def test_devices_behind_one_address_keep_their_codes(access: PairingManager, clock: Clock) -> None:
    asked = [access.request(f"{k}", "10.0.0.2") for k in range(MAX_WAITING_AND_ADDRESS)]
    for _ in range(3):
        clock.now += SILENT_SECONDS / 2
        assert [access.poll(one.secret)[0].state for one in asked] == ["waiting"] * len(asked)
        assert refused(access, "10.0.0.2") == "too_many_waiting"
    assert names(access) == [f"{k}" for k in range(MAX_WAITING_AND_ADDRESS)]
    access.request("elsewhere", "10.0.0.3")
    clock.now += SILENT_SECONDS + 1
    for one in (asked[0], asked[2]):
        access.poll(one.secret)
    # This request replaces the one whose page no longer polls.
    access.request("again", "10.0.0.2")
    assert access.poll(asked[1].secret)[0].state == "expired"
    assert names(access) == ["0", "2", "elsewhere", "again"]


def test_decided_request_leaves_room_for_another(access: PairingManager) -> None:
    for k in range(MAX_WAITING):
        access.request("a", f"10.0.0.{k}")
        access.decide(access.overview().waiting[0].request, None)
    access.request("b", "10.0.0.0")
    assert names(access) == ["b"]


def test_requests_are_limited_per_address_and_in_total(
    access: PairingManager, clock: Clock, streams: Streams
) -> None:
    def ask_and_deny(address: str) -> str:
        try:
            access.request("a", address)
        except RequestError as error:
            return error.code
        access.decide(access.overview().waiting[0].request, None)
        return "asked"

    answers = [ask_and_deny("10.0.0.2") for _ in range(1000)]
    assert answers.count("asked") == REQUESTS_PER_MINUTE_AND_ADDRESS and set(answers) == {
        "asked",
        "too_many_requests",
    }
    answers = [ask_and_deny(f"10.0.{k % 200}.1") for k in range(1000)]
    assert answers.count("asked") == REQUESTS_PER_MINUTE - REQUESTS_PER_MINUTE_AND_ADDRESS
    assert len(streams.waiting) == 2 * REQUESTS_PER_MINUTE, "a refused request is not reported"
    clock.now += 61
    assert ask_and_deny("10.0.0.2") == "asked"


def test_expired_request_is_reported_to_the_owner_once(
    access: PairingManager, clock: Clock, streams: Streams
) -> None:
    access.request("a", "10.0.0.2")
    access.expire_stale()
    assert streams.waiting == [1]
    clock.now += WAITING_SECONDS + 1
    access.poll("of another device")  # any call finds the expired request
    access.expire_stale()
    assert streams.waiting == [1, 0]


def test_pairing_code_pairs_one_device_once(access: PairingManager, clock: Clock) -> None:
    made = access.make_code("viewer")
    assert len(made.code) == 9 and made.code[4] == "-"
    role, secret = access.redeem_code(f" {made.code.lower().replace('-', ' ')}", "a", "10.0.0.2")
    assert role == "viewer" and access.identify(secret) is not None
    with pytest.raises(RequestError) as error:
        access.redeem_code(made.code, "b", "10.0.0.3")
    assert code_of(error) == "bad_pairing_code"
    late = access.make_code("viewer")
    clock.now += CODE_SECONDS + 1
    with pytest.raises(RequestError) as error:
        access.redeem_code(late.code, "b", "10.0.0.3")
    assert code_of(error) == "bad_pairing_code"


def test_letters_that_look_like_digits_are_read_as_digits(
    access: PairingManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "lodespace.access.pairing_codes.random_code", lambda length: "0011ABCD"[:length]
    )
    access.make_code("viewer")
    assert access.redeem_code("oOiL-abcd", "a", "10.0.0.2")[0] == "viewer"


def guess(access: PairingManager, address: str, code: str = "0000-0000") -> str:
    """Send a pairing code. Return "paired" or the code of the error."""
    try:
        access.redeem_code(code, "a", address)
    except RequestError as error:
        return error.code
    return "paired"


def test_address_waits_after_five_wrong_guesses_and_the_wait_doubles(
    access: PairingManager, clock: Clock
) -> None:
    for penalty in (FIRST_PENALTY, 2 * FIRST_PENALTY):
        made = access.make_code("annotator")
        for _ in range(GUESSES_PER_CODE):
            assert guess(access, "10.0.1.1") == "bad_pairing_code"
        assert guess(access, "10.0.1.1", made.code) == "too_many_guesses"
        clock.now += penalty - 1
        assert guess(access, "10.0.1.1", made.code) == "too_many_guesses"
        clock.now += 2
    assert guess(access, "10.0.1.1", made.code) == "paired"


def test_wait_for_wrong_guesses_has_a_limit(access: PairingManager, clock: Clock) -> None:
    for _ in range(40):
        for _ in range(GUESSES_PER_CODE):
            assert guess(access, "10.0.1.1") == "bad_pairing_code"
        clock.now += MAX_PENALTY
    assert guess(access, "10.0.1.1", access.make_code("annotator").code) == "paired"


def test_right_code_pairs_whatever_others_guess(access: PairingManager) -> None:
    made = access.make_code("annotator")
    answers = [guess(access, f"10.0.{k % 250}.1") for k in range(10_000)]
    assert answers.count("bad_pairing_code") == 250 * GUESSES_PER_CODE
    assert answers.count("too_many_guesses") == 10_000 - 250 * GUESSES_PER_CODE
    assert guess(access, "10.1.1.1", made.code) == "paired"
    access.make_code("viewer")  # guesses do not keep the owner from making another


def test_number_of_counted_guessers_is_limited(access: PairingManager) -> None:
    for k in range(MAX_GUESSERS + 100):
        guess(access, f"10.{k // 65536}.{k // 256 % 256}.{k % 256}")
    assert len(access._codes._guessers) == MAX_GUESSERS


def test_two_addresses_cannot_keep_the_waiting_room_full(
    access: PairingManager, clock: Clock
) -> None:
    def fill() -> None:
        for k in range(20):
            for address in ("10.0.0.2", "10.0.0.3"):
                with contextlib.suppress(RequestError):
                    access.request(f"loud {k}", address)

    fill()
    assert len(names(access)) == MAX_WAITING
    asked = access.request("quest", "10.0.0.9")
    for _ in range(int(WAITING_SECONDS / 5) - 1):
        fill()
        clock.now += 5
        assert access.poll(asked.secret)[0].state == "waiting" and "quest" in names(access)


def test_blocked_address_can_neither_request_nor_guess(access: PairingManager) -> None:
    made = access.make_code("viewer")
    asked = [access.request(f"{k}", "10.0.0.2") for k in range(MAX_WAITING_AND_ADDRESS)]
    access.request("other", "10.0.0.3")
    access.block("10.0.0.2", blocked=True)
    assert names(access) == ["other"] and access.overview().blocked == ["10.0.0.2"]
    assert [access.poll(one.secret)[0].state for one in asked] == ["denied"] * len(asked)
    with pytest.raises(RequestError) as error:
        access.request("again", "10.0.0.2")
    assert (code_of(error), error.value.status) == ("address_blocked", 403)
    assert guess(access, "10.0.0.2", made.code) == "address_blocked"
    assert guess(access, "10.0.0.3", made.code) == "paired"
    access.block("10.0.0.2", blocked=False)
    access.request("again", "10.0.0.2")
    assert access.overview().blocked == []


def test_revoked_device_loses_its_cookie_and_streams(
    access: PairingManager, streams: Streams
) -> None:
    _, secret = access.redeem_code(access.make_code("annotator").code, "a", "10.0.0.2")
    (device,) = access.overview().devices
    access.revoke(device.device)
    assert streams.closed == [device.device]
    assert access.identify(secret) is None and access.overview().devices == []
    with pytest.raises(RequestError) as error:
        access.revoke(device.device)
    assert code_of(error) == "unknown_device"


def pair(access: PairingManager, name: str = "a") -> tuple[str, str]:
    """Pair a device. Return the id and the secret of the device."""
    _, secret = access.redeem_code(access.make_code("annotator").code, name, f"10.0.{name}.1")
    device = access.identify(secret)
    assert device is not None
    return device.device, secret


def test_streams_of_a_device_replaced_by_newer_ones_are_closed(
    access: PairingManager, clock: Clock, streams: Streams
) -> None:
    first, secret = pair(access)
    streams.open[first] = 1
    for k in range(MAX_DEVICES - 1):
        clock.now += 10
        pair(access, f"{k}")
    assert streams.closed == [] and access.identify(secret) is not None
    clock.now += 10
    pair(access)
    assert streams.closed == [first] and access.identify(secret) is None


def test_streams_of_a_device_revoked_by_another_server_are_closed(
    access: PairingManager, tmp_path: Path, clock: Clock, streams: Streams
) -> None:
    (one, _), (other, _) = pair(access), pair(access)
    streams.open = {"": 1, one: 1, other: 1}
    DeviceStore(tmp_path / "state", clock).revoke(one)
    access.expire_stale()
    access.expire_stale()
    assert streams.closed == [one]
    # A stream that was opened during the revocation is closed later.
    clock.now += 2
    access.expire_stale()
    assert streams.closed == [one, one]
    streams.open[one] = 0
    clock.now += 2
    access.expire_stale()
    assert streams.closed == [one, one]


def test_devices_are_stored_privately_and_without_their_secrets(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    device, secret = DeviceStore(folder).admit("Quest", "annotator", "10.0.0.2")
    file = folder / DEVICES_FILE
    assert file.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    assert secret not in file.read_text()
    again = DeviceStore(folder)
    assert again.identify(secret) == device
    assert again.identify("") is None and again.identify(secret + "x") is None


def test_two_servers_share_the_list_of_devices(tmp_path: Path) -> None:
    one, two = DeviceStore(tmp_path), DeviceStore(tmp_path)
    device, secret = one.admit("a", "viewer", "")
    assert two.identify(secret) is not None
    assert two.revoke(device.device)
    assert one.identify(secret) is None
    for k in range(MAX_DEVICES + 3):
        (one, two)[k % 2].admit(f"{k}", "viewer", "")
    assert len(one.all()) == MAX_DEVICES and one.all()[0].name == f"{MAX_DEVICES + 2}"


def test_unused_device_expires_and_a_used_one_stays(tmp_path: Path, clock: Clock) -> None:
    store = DeviceStore(tmp_path, clock)
    (_, away), (_, used) = store.admit("away", "viewer", ""), store.admit("used", "viewer", "")
    for _ in range(4):
        clock.now += KEPT_DAYS * 86400 / 3
        assert store.identify(used) is not None
    assert store.identify(away) is None
    assert [known.name for known in store.all()] == ["used"]


def test_former_device_keeps_its_name_and_is_known_again(
    access: PairingManager, clock: Clock
) -> None:
    device, first = pair(access, "mia")
    store = access.devices
    assert store is not None and store.former(first) is None
    access.revoke(device)
    assert store.name_of(device) == "mia" and access.identify(first) is None
    former = store.former(first)
    assert former is not None and store.former("") is None
    asked = access.request(former.name, "10.0.0.9", former)
    access.decide(access.overview().waiting[0].request, "annotator")
    second = access.poll(asked.secret)[1]
    known = access.identify(second)
    assert known is not None and (known.device, known.name) == (device, "mia")
    assert access.identify(first) is None and store.former(first) is None
    clock.now += (KEPT_DAYS + 1) * 86400
    assert access.identify(second) is None and store.name_of(device) == "mia"
    assert pair(access, "tom")[0] != device
    assert store.former(second) is not None and store.name_of(device) == "mia"
    _, third = store.admit("mia", "annotator", "", store.former(second))
    both, _ = store.admit("mia", "annotator", "", former)
    assert both.device != device and access.identify(third) is not None


def test_another_person_on_the_same_browser_is_another_device(access: PairingManager) -> None:
    device, first = pair(access, "mia")
    access.revoke(device)
    assert access.devices is not None
    former = access.devices.former(first)
    asked = access.request("mia", "10.0.0.9", former)
    assert access.poll(asked.secret, "tom")[0].state == "waiting"
    access.decide(access.overview().waiting[0].request, "annotator")
    known = access.identify(access.poll(asked.secret)[1])
    assert known is not None and known.name == "tom" and known.device != device
    assert access.devices.name_of(device) == "mia"


def test_full_disk_does_not_revoke_a_known_device(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DeviceStore(tmp_path, clock)
    _, secret = store.admit("a", "viewer", "")
    clock.now += 7200

    def full(*_: object) -> None:
        raise LodespaceError("There is no room.", code="state_not_saved")

    monkeypatch.setattr("lodespace.access.devices.write_private", full)
    assert store.identify(secret) is not None


def test_damaged_list_approves_no_device_and_can_be_written(tmp_path: Path) -> None:
    _, secret = DeviceStore(tmp_path).admit("a", "viewer", "")
    (tmp_path / DEVICES_FILE).write_text('{"devices": [{"device": 3}]}')
    store = DeviceStore(tmp_path)
    assert store.identify(secret) is None
    _, fresh = store.admit("b", "viewer", "")
    assert store.identify(fresh) is not None


def test_device_that_cannot_be_stored_is_not_approved(tmp_path: Path, clock: Clock) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    access = PairingManager(DeviceStore(blocked, clock), clock=clock)
    asked = access.request("a", "10.0.0.2")
    access.decide(access.overview().waiting[0].request, "viewer")
    with pytest.raises(LodespaceError) as error:
        access.poll(asked.secret)
    assert code_of(error) == "state_not_saved"


@pytest.mark.parametrize(
    ("role", "needed", "allowed"),
    [
        ("owner", "owner", True),
        ("owner", "viewer", True),
        ("annotator", "owner", False),
        ("annotator", "annotator", True),
        ("viewer", "annotator", False),
        ("viewer", "viewer", True),
        (None, "viewer", False),
    ],
)
def test_each_role_includes_the_rights_of_lower_ones(role, needed, allowed) -> None:
    assert may(role, needed) is allowed
