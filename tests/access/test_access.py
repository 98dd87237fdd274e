"""The door: asking, allowing, denying, pairing codes, revoking. No network, and a clock of its own."""

from pathlib import Path

import pytest

from lodespace.access.devices import DEVICES_FILE, KEPT_DAYS, MAX_DEVICES, DeviceStore
from lodespace.access.pairing import (
    ASKS_A_MINUTE,
    ASKS_A_MINUTE_AND_ADDRESS,
    CODE_SECONDS,
    FIRST_PENALTY,
    GUESSES_A_CODE,
    GUESSES_A_MINUTE,
    GUESSES_A_MINUTE_AND_ADDRESS,
    MAX_PENALTY,
    MAX_WAITING,
    MAX_WAITING_AND_ADDRESS,
    UNHEARD_SECONDS,
    WAITING_SECONDS,
    Access,
    may,
)
from lodespace.errors import LodespaceError, RequestError


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(tmp_path: Path, clock: Clock) -> Access:
    return Access(DeviceStore(tmp_path / "state", clock), clock)


def code_of(error: pytest.ExceptionInfo[LodespaceError]) -> str:
    return error.value.code


def test_a_device_that_is_allowed_comes_in_once_and_is_known_by_its_secret(access: Access) -> None:
    asked = access.ask("Quest Browser", "192.168.1.31")
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


def test_a_denied_device_is_told_so_and_gets_nothing(access: Access) -> None:
    asked = access.ask("a", "10.0.0.2")
    access.decide(access.overview().waiting[0].request, None)
    assert access.overview().waiting == []
    answer, secret = access.poll(asked.secret)
    assert (answer.state, secret) == ("denied", "")
    assert access.overview().devices == []


def test_a_request_expires_and_the_decision_then_has_nobody_to_let_in(
    access: Access, clock: Clock
) -> None:
    asked = access.ask("a", "10.0.0.2")
    request = access.overview().waiting[0].request
    clock.now += WAITING_SECONDS + 1
    assert access.poll(asked.secret)[0].state == "expired"
    with pytest.raises(RequestError) as error:
        access.decide(request, "viewer")
    assert code_of(error) == "not_waiting"


def refused(access: Access, address: str) -> str:
    with pytest.raises(RequestError) as error:
        access.ask("a", address)
    assert error.value.status == 429
    return code_of(error)


def names(access: Access) -> list[str]:
    return [waiting.name for waiting in access.overview().waiting]


def test_no_more_wait_than_the_owner_can_look_at(access: Access, clock: Clock) -> None:
    for k in range(MAX_WAITING):
        access.ask(f"{k}", f"10.0.0.{k}")
    clock.now += UNHEARD_SECONDS + 1
    assert refused(access, "10.0.0.99") == "too_many_waiting"  # also when their headsets lie asleep
    access.ask("again", "10.0.0.1")  # its page was loaded anew
    assert names(access) == ["0", "2", "3", "4", "again"]
    assert len({w.code for w in access.overview().waiting}) == MAX_WAITING
    clock.now += WAITING_SECONDS - UNHEARD_SECONDS
    assert names(access) == ["again"]
    access.ask("a", "10.0.0.99")


def test_devices_behind_one_address_do_not_take_each_others_codes_away(
    access: Access, clock: Clock
) -> None:
    asked = [access.ask(f"{k}", "10.0.0.2") for k in range(MAX_WAITING_AND_ADDRESS)]
    for _ in range(3):
        clock.now += UNHEARD_SECONDS / 2
        assert [access.poll(one.secret)[0].state for one in asked] == ["waiting"] * len(asked)
        assert refused(access, "10.0.0.2") == "too_many_waiting"
    assert names(access) == [f"{k}" for k in range(MAX_WAITING_AND_ADDRESS)]
    access.ask("elsewhere", "10.0.0.3")
    clock.now += UNHEARD_SECONDS + 1
    for one in (asked[0], asked[2]):
        access.poll(one.secret)
    access.ask("again", "10.0.0.2")  # in the place of the one whose page asks no more
    assert access.poll(asked[1].secret)[0].state == "expired"
    assert names(access) == ["0", "2", "elsewhere", "again"]


def test_who_was_decided_on_takes_no_place(access: Access) -> None:
    for k in range(MAX_WAITING):
        access.ask("a", f"10.0.0.{k}")
        access.decide(access.overview().waiting[0].request, None)
    access.ask("b", "10.0.0.0")
    assert names(access) == ["b"]


def test_asking_is_limited_by_address_and_in_all(access: Access, clock: Clock) -> None:
    def ask_and_deny(address: str) -> str:
        try:
            access.ask("a", address)
        except RequestError as error:
            return error.code
        access.decide(access.overview().waiting[0].request, None)
        return "asked"

    told: list[int] = []
    access.on_change = lambda: told.append(1)
    answers = [ask_and_deny("10.0.0.2") for _ in range(1000)]
    assert answers.count("asked") == ASKS_A_MINUTE_AND_ADDRESS and set(answers) == {
        "asked",
        "too_many_requests",
    }
    answers = [ask_and_deny(f"10.0.{k % 200}.1") for k in range(1000)]
    assert answers.count("asked") == ASKS_A_MINUTE - ASKS_A_MINUTE_AND_ADDRESS
    assert len(told) == 2 * ASKS_A_MINUTE  # of what is refused nobody is told
    clock.now += 61
    assert ask_and_deny("10.0.0.2") == "asked"


def test_the_owner_is_told_when_somebody_waits_no_more(access: Access, clock: Clock) -> None:
    told: list[int] = []
    access.ask("a", "10.0.0.2")
    access.on_change = lambda: told.append(len(access.overview().waiting))
    access.look_round()
    assert told == []
    clock.now += WAITING_SECONDS + 1
    access.poll("of somebody else")  # whoever notices it
    access.look_round()
    assert told == [0]


def test_a_pairing_code_lets_one_device_in_once(access: Access, clock: Clock) -> None:
    made = access.make_code("viewer")
    assert len(made.code) == 9 and made.code[4] == "-"
    role, secret = access.pair(f" {made.code.lower().replace('-', ' ')}", "a", "10.0.0.2")
    assert role == "viewer" and access.identify(secret) is not None
    with pytest.raises(RequestError) as error:
        access.pair(made.code, "b", "10.0.0.3")
    assert code_of(error) == "bad_pairing_code"
    late = access.make_code("viewer")
    clock.now += CODE_SECONDS + 1
    with pytest.raises(RequestError) as error:
        access.pair(late.code, "b", "10.0.0.3")
    assert code_of(error) == "bad_pairing_code"


def test_letters_that_look_like_digits_are_read_as_digits(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lodespace.access.pairing._random", lambda length: "0011ABCD"[:length])
    access.make_code("viewer")
    assert access.pair("oOiL-abcd", "a", "10.0.0.2")[0] == "viewer"


def test_a_code_is_dead_after_five_wrong_guesses_and_the_next_one_waits_longer(
    access: Access, clock: Clock
) -> None:
    for penalty in (FIRST_PENALTY, 2 * FIRST_PENALTY):
        made = access.make_code("annotator")
        for k in range(GUESSES_A_CODE):
            with pytest.raises(RequestError):
                access.pair("0000-0000", "a", f"10.0.1.{k}")
        with pytest.raises(RequestError) as error:
            access.pair(made.code, "a", "10.0.0.2")
        assert code_of(error) == "bad_pairing_code"
        with pytest.raises(RequestError) as error:
            access.make_code("annotator")
        assert code_of(error) == "too_many_guesses"
        clock.now += penalty - 1
        with pytest.raises(RequestError):
            access.make_code("annotator")
        clock.now += 61


def test_who_guesses_for_days_does_not_keep_the_owner_from_pairing_for_days(
    access: Access, clock: Clock
) -> None:
    for _ in range(40):
        access.make_code("annotator")
        for k in range(GUESSES_A_CODE):
            with pytest.raises(RequestError):
                access.pair("0000-0000", "a", f"10.0.1.{k}")
        clock.now += MAX_PENALTY
    made = access.make_code("annotator")
    assert access.pair(made.code, "a", "10.0.0.2")[0] == "annotator"


def test_guesses_are_limited_by_address_and_in_all(access: Access, clock: Clock) -> None:
    def guess(address: str) -> str:
        with pytest.raises(RequestError) as error:
            access.pair("0000-0000", "a", address)
        return code_of(error)

    answers = [guess("10.0.0.2") for _ in range(GUESSES_A_MINUTE_AND_ADDRESS + 3)]
    assert answers.count("bad_pairing_code") == GUESSES_A_MINUTE_AND_ADDRESS
    answers = [guess(f"10.0.{k}.1") for k in range(GUESSES_A_MINUTE)]
    assert answers.count("bad_pairing_code") == GUESSES_A_MINUTE - GUESSES_A_MINUTE_AND_ADDRESS
    clock.now += 61
    assert guess("10.0.0.2") == "bad_pairing_code"


def test_a_revoked_device_is_known_no_more(access: Access) -> None:
    ended: list[str] = []
    access.on_revoked = ended.append
    _, secret = access.pair(access.make_code("annotator").code, "a", "10.0.0.2")
    (device,) = access.overview().devices
    access.revoke(device.device)
    assert ended == [device.device]
    assert access.identify(secret) is None and access.overview().devices == []
    with pytest.raises(RequestError) as error:
        access.revoke(device.device)
    assert code_of(error) == "unknown_device"


def pair(access: Access, name: str = "a") -> tuple[str, str]:
    """Name and secret of a device that came in."""
    _, secret = access.pair(access.make_code("annotator").code, name, f"10.0.{name}.1")
    device = access.identify(secret)
    assert device is not None
    return device.device, secret


def test_the_streams_of_a_device_that_newer_ones_push_out_end(access: Access, clock: Clock) -> None:
    ended: list[str] = []
    access.on_revoked, access.connected = ended.append, lambda device: 1
    first, secret = pair(access)
    for k in range(MAX_DEVICES - 1):
        clock.now += 10
        pair(access, f"{k}")
    assert ended == [] and access.identify(secret) is not None
    clock.now += 10
    pair(access)
    assert ended == [first] and access.identify(secret) is None


def test_the_streams_of_a_device_that_another_server_shut_out_end(
    access: Access, tmp_path: Path, clock: Clock
) -> None:
    ended: list[str] = []
    streams = {"": 1}
    access.on_revoked, access.connected = ended.append, lambda device: streams.get(device, 0)
    (one, _), (other, _) = pair(access), pair(access)
    streams |= {one: 1, other: 1}
    DeviceStore(tmp_path / "state", clock).revoke(one)
    access.look_round()
    access.look_round()
    assert ended == [one]
    clock.now += 2  # it has opened another one just when it was shut out
    access.look_round()
    assert ended == [one, one]
    streams[one] = 0
    clock.now += 2
    access.look_round()
    assert ended == [one, one]


def test_devices_are_kept_over_a_restart_private_and_without_their_secrets(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    device, secret = DeviceStore(folder).admit("Quest", "annotator", "10.0.0.2")
    file = folder / DEVICES_FILE
    assert file.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    assert secret not in file.read_text()
    again = DeviceStore(folder)
    assert again.identify(secret) == device
    assert again.identify("") is None and again.identify(secret + "x") is None


def test_two_servers_share_the_list(tmp_path: Path) -> None:
    one, two = DeviceStore(tmp_path), DeviceStore(tmp_path)
    device, secret = one.admit("a", "viewer", "")
    assert two.identify(secret) is not None
    assert two.revoke(device.device)
    assert one.identify(secret) is None
    for k in range(MAX_DEVICES + 3):
        (one, two)[k % 2].admit(f"{k}", "viewer", "")
    assert len(one.all()) == MAX_DEVICES and one.all()[0].name == f"{MAX_DEVICES + 2}"


def test_a_device_that_was_away_for_long_is_forgotten_and_one_that_comes_stays(
    tmp_path: Path, clock: Clock
) -> None:
    store = DeviceStore(tmp_path, clock)
    (_, away), (_, used) = store.admit("away", "viewer", ""), store.admit("used", "viewer", "")
    for _ in range(4):
        clock.now += KEPT_DAYS * 86400 / 3
        assert store.identify(used) is not None
    assert store.identify(away) is None
    assert [known.name for known in store.all()] == ["used"]


def test_a_disk_that_is_full_shuts_no_known_device_out(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DeviceStore(tmp_path, clock)
    _, secret = store.admit("a", "viewer", "")
    clock.now += 7200

    def full(*_: object) -> None:
        raise LodespaceError("no room", code="state_not_saved")

    monkeypatch.setattr("lodespace.access.devices.write_private", full)
    assert store.identify(secret) is not None


def test_a_damaged_list_lets_nobody_in_and_does_not_stop_the_server(tmp_path: Path) -> None:
    _, secret = DeviceStore(tmp_path).admit("a", "viewer", "")
    (tmp_path / DEVICES_FILE).write_text('{"devices": [{"device": 3}]}')
    store = DeviceStore(tmp_path)
    assert store.identify(secret) is None
    _, fresh = store.admit("b", "viewer", "")
    assert store.identify(fresh) is not None


def test_a_device_that_cannot_be_noted_is_not_let_in(tmp_path: Path, clock: Clock) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("a file where the folder should be")
    access = Access(DeviceStore(blocked, clock), clock)
    asked = access.ask("a", "10.0.0.2")
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
def test_each_role_may_what_those_below_it_may(role, needed, allowed) -> None:
    assert may(role, needed) is allowed
