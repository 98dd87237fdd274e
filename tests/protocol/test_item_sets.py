"""Packed sets of items and the frames that upload them: shared vectors, round trips, faults."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodespace import protocol
from lodespace.errors import LodespaceError, ProtocolError, RequestError
from lodespace.protocol import item_sets, selection_frames
from lodespace.protocol.item_sets import Coding, ValueKind, largest_packed, pack, unpack
from lodespace.session.selections import Selections

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "protocol" / "item_sets.json").read_text()
)
N = 1_000_000


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if "error" not in v], ids=lambda v: v["name"]
)
def test_sets_unpack_to_the_vectors_and_pack_again(vector: dict[str, Any]) -> None:
    packed = bytes.fromhex(vector["hex"])
    found = unpack(packed, vector["n_items"])
    assert found.items.tolist() == vector["items"]
    given = None if found.class_ids is None else found.class_ids.tolist()
    assert given == vector["class_ids"]
    assert pack(found.items, found.class_ids) == packed


@pytest.mark.parametrize("vector", [v for v in VECTORS if "error" in v], ids=lambda v: v["name"])
def test_malformed_sets_are_refused_with_a_code(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        unpack(bytes.fromhex(vector["hex"]), vector["n_items"])
    assert caught.value.code == vector["error"]


@given(
    chosen=st.sets(st.integers(0, 5000) | st.integers(0, 0x7FFFFFFE), max_size=60),
    classes=st.sampled_from([1, 200, 1024]),
    seed=st.integers(0, 99),
)
def test_unpacking_reverts_packing(chosen: set[int], classes: int, seed: int) -> None:
    items = np.array(sorted(chosen), np.uint32)
    random = np.random.default_rng(seed)
    class_ids = random.integers(-1, classes, len(items)).astype(np.int16)
    points = random.normal(size=(len(items), 3)).astype(np.float32)
    for packed in (pack(items), pack(items, class_ids), pack(items, points=points)):
        assert len(packed) <= largest_packed(0x7FFFFFFF)
        found = unpack(packed, 0x7FFFFFFF)
        assert np.array_equal(found.items, items)
        assert found.class_ids is None or np.array_equal(found.class_ids, class_ids)
        assert found.points is None or np.array_equal(found.points, points)


@pytest.mark.parametrize(
    ("items", "coding", "size"),
    [
        (np.arange(N), Coding.RUNS, 16),
        (np.arange(0, N, 2), Coding.BITMAP, N // 8 + 16),
        (np.arange(0, N, 100), Coding.GAPS, N // 100 + 12),
    ],
)
def test_the_shortest_coding_is_taken(items: Any, coding: Coding, size: int) -> None:
    packed = pack(items.astype(np.uint32))
    assert packed[0] == coding
    assert len(packed) == size
    assert len(packed) <= N // 8 + 17


@pytest.mark.parametrize(
    ("class_ids", "kind"),
    [
        (np.full(1000, 7), ValueKind.CLASS_RUNS),
        (np.arange(1000) % 10, ValueKind.CLASS_BYTES),
        (np.arange(1000) % 600, ValueKind.CLASS_WORDS),
    ],
)
def test_the_shortest_form_of_classes_is_taken(class_ids: Any, kind: ValueKind) -> None:
    packed = pack(np.arange(1000, dtype=np.uint32), class_ids.astype(np.int16))
    assert packed[1] == kind


def test_changed_sets_are_refused_or_are_sets() -> None:
    random = np.random.default_rng(0)
    items = np.sort(random.choice(1000, 300, replace=False)).astype(np.uint32)
    packed = pack(items, random.integers(-1, 9, 300).astype(np.int16))
    refused = 0
    for _ in range(1000):
        changed = bytearray(packed)
        for _ in range(int(random.integers(1, 4))):
            place = random.integers(len(packed) if random.random() < 0.5 else 14)
            changed[place] = random.integers(256)
        try:
            found = unpack(bytes(changed), 1000)
        except ProtocolError:
            refused += 1
            continue
        assert (np.diff(found.items.astype(np.int64)) > 0).all()
        assert found.items.max(initial=0) < 1000
        assert found.class_ids is None or len(found.class_ids) == len(found.items)
    assert 500 < refused < 1000


def test_parts_of_a_selection_are_put_together() -> None:
    class_ids = (np.arange(200_000) % 7).astype(np.int16)
    packed = pack(np.arange(200_000, dtype=np.uint32), class_ids)
    parts = selection_frames.encode_parts(1, packed)
    assert len(parts) == 4 and max(map(len, parts)) < 1 << 16
    selections = Selections(200_000)
    for part in parts[:-1]:
        selections.receive(part)
        with pytest.raises(RequestError, match="no complete selection"):
            selections.item_set(1)
    selections.receive(parts[-1])
    for _ in range(2):
        found = selections.item_set(1)
        assert found.class_ids is not None and np.array_equal(found.class_ids, class_ids)
    with pytest.raises(RequestError):
        selections.item_set(0)


def part(slot: int = 0, size: int = 20, offset: int = 0, content: bytes = bytes(10)) -> bytes:
    header = selection_frames.PART_HEADER.pack(16, slot, 0, size, offset)
    return header + content


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x10",
        part(content=b""),
        b"\x01" + part()[1:],
        part(slot=selection_frames.SLOTS),
        part(offset=11),
        part(offset=10),
        part(size=100, offset=20),
        part(size=largest_packed(100) + 1),
        part(size=1 << 30, content=bytes(selection_frames.PART_BYTES + 1)),
    ],
)
def test_a_part_that_does_not_fit_empties_its_slot(frame: bytes) -> None:
    selections = Selections(100)
    selections.receive(part(size=11, content=bytes(5)))
    with pytest.raises(LodespaceError):
        selections.receive(frame)
    packed = pack(np.arange(100, dtype=np.uint32))
    for good in selection_frames.encode_parts(0, packed):
        selections.receive(good)
    assert len(selections.item_set(0).items) == 100


def test_the_largest_list_fits_into_a_message() -> None:
    """The limits of lists and of messages must not contradict one another."""
    n = protocol.MAX_LISTED_ITEMS
    command = protocol.LabelEach(
        command_id="x" * 64,
        items=list(range(0x7FFFFFFF - n, 0x7FFFFFFF)),
        class_ids=[1023] * n,
        revision=(1 << 53) - 1,
        provenance=protocol.Provenance(tool="lasso", note="x" * 200),
    )
    text = protocol.encode_operation(command)
    assert len(text) <= protocol.MAX_MESSAGE_BYTES
    assert protocol.decode_client_operation(text) == command


def test_many_labels_are_packed_and_few_are_listed() -> None:
    for count in (protocol.MAX_LISTED_NEWS, protocol.MAX_LISTED_NEWS + 1):
        items = np.arange(count, dtype=np.uint32)
        labels = protocol.Labels.of(items, np.full(count, 3, np.int16), sequence=1)
        assert bool(labels.packed) == (count > protocol.MAX_LISTED_NEWS)
        text = protocol.encode_operation(labels)
        assert len(text) < 10_000
        again = protocol.decode_server_operation(text)
        assert isinstance(again, protocol.Labels)
        found, class_ids = again.changes(count)
        assert np.array_equal(found, items) and set(class_ids.tolist()) == {3}
        with pytest.raises((ProtocolError, ValueError)):
            again.changes(count - 1)


def test_text_that_is_not_base64_is_refused() -> None:
    with pytest.raises(ProtocolError):
        item_sets.of_text("???")
