"""JSON from outside: each reader reports any invalid JSON with its own error class, not with a
decoder's exception."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from lodespace.access.devices import DEVICES_FILE, DeviceStore
from lodespace.errors import DatasetError, LodespaceError, ProjectError, ProtocolError
from lodespace.importing.source import ImportOptions
from lodespace.importing.tables.open_rows import open_rows
from lodespace.items import item_set
from lodespace.items.errors import BadItem
from lodespace.json_input import MAX_DEPTH, JsonError, json_decoder, json_of, json_value
from lodespace.models.checkpoints import checkpoint
from lodespace.project.labels_from import read_labels
from lodespace.project.project import read_manifest
from lodespace.protocol import decode_client_operation
from lodespace.recording.format import MAGIC, read_records
from lodespace.scene.glb import decode_scene
from lodespace.web.bodies import decoded

DEEP = b'{"x":' + b"[" * 200_000


class _Named(msgspec.Struct):
    name: str = ""


_decode = json_decoder(msgspec.json.Decoder(_Named))
WRONG = [
    b"",
    b"{",
    b'{"name":"\xff"}',
    b"[]",
    DEEP,
    b"[" * 200_000 + b"]" * 200_000,
    b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
]


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_wrong_text_is_one_error_with_and_without_a_type(text: bytes) -> None:
    with pytest.raises(JsonError):
        json_of(text, _Named)
    with pytest.raises(JsonError):
        _decode(text)
    if text != b"[]":
        with pytest.raises(JsonError):
            json_value(text)


def test_value_with_the_largest_depth_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert repr(json_value(text)) == text
    with pytest.raises(JsonError, match="nested"):
        json_value(f"[{text}]")
    flat = [{"a": []}] * 1000
    assert json_value(json.dumps(flat)) == flat


class _Measured(msgspec.Struct):
    count: int
    share: float = 0.0


@pytest.mark.parametrize("count", ["7", "7.0", "70e-1", "0.7E1"])
def test_whole_number_is_an_integer_in_every_notation(count: str) -> None:
    found = json_of(f'{{"count": {count}, "share": 2.0}}', _Measured)
    assert found == _Measured(7, 2.0)
    assert isinstance(found.count, int) and isinstance(found.share, float)


@pytest.mark.parametrize("count", ["7.5", "1e300", "NaN", "Infinity", '"7"', "true"])
def test_other_value_is_not_an_integer(count: str) -> None:
    with pytest.raises(JsonError, match=r"int|malformed"):
        json_of(f'{{"count": {count}, "share": 2.0}}', _Measured)


class _Ordered(msgspec.Struct):
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


def test_broken_rule_differs_from_a_wrong_form() -> None:
    with pytest.raises(JsonError, match="low is above") as rule:
        json_of('{"low": 2, "high": 1}', _Ordered)
    with pytest.raises(JsonError, match="low is above") as other_notation:
        json_of('{"low": 2.0, "high": 1}', _Ordered)
    with pytest.raises(JsonError) as form:
        json_of('{"low": 2}', _Ordered)
    assert rule.value.has_right_form and other_notation.value.has_right_form
    assert not form.value.has_right_form


def _project_file(folder: Path) -> object:
    (folder / "lodespace.json").write_bytes(DEEP)
    return read_manifest(folder)


def _dataset_file(folder: Path) -> object:
    (folder / "dataset.json").write_bytes(DEEP)
    return item_set.load(folder)


def _deep_details(folder: Path) -> object:
    """Load a data set whose details are nested too deeply to be encoded as JSON again."""
    np.save(folder / "vectors.npy", np.zeros((3, 2), np.float32))
    details = '{"a":' * 900 + "1" + "}" * 900
    (folder / "dataset.json").write_text(
        '{"format": 2, "name": "a", "kind": "vector", "content": "numbers", '
        f'"vectors": "vectors.npy", "details": {details}}}'
    )
    return item_set.load(folder)


def _label_studio_file(folder: Path) -> object:
    (folder / "tasks.json").write_bytes(DEEP)
    return read_labels(folder / "tasks.json", ImportOptions())


def _recording(folder: Path) -> object:
    path = folder / "recording.lds"
    path.write_bytes(MAGIC + struct.pack("<I", len(DEEP)) + DEEP)
    return list(read_records(path))


def _scene(_: Path) -> object:
    length = 20 + len(DEEP) + 8
    head = struct.pack("<4sIII4s", b"glTF", 2, length, len(DEEP), b"JSON")
    return decode_scene(head + DEEP + struct.pack("<I4s", 0, b"BIN\0"))


def _body(_: Path) -> object:
    return decoded(DEEP, _Named)


@pytest.mark.parametrize(
    "read, error",
    [
        (_project_file, ProjectError),
        (_dataset_file, DatasetError),
        (_deep_details, DatasetError),
        (_label_studio_file, DatasetError),
        (_recording, ProjectError),
        (_scene, ProjectError),
        (_body, ProtocolError),
    ],
)
def test_deep_json_in_a_file_or_body_is_an_error_for_people(
    tmp_path: Path, read: Callable[[Path], object], error: type[LodespaceError]
) -> None:
    with pytest.raises(error):
        read(tmp_path)


def test_deep_json_in_a_row_is_a_bad_item(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"id": "1"}\n' + DEEP[:100_000] + b"\n")
    assert [isinstance(row, BadItem) for row in open_rows(path, "utf-8")] == [False, True]


def test_deep_json_in_a_checkpoint_is_reported_as_damage(tmp_path: Path) -> None:
    (tmp_path / "001.json").write_bytes(DEEP)
    (tmp_path / "001.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoint.read(tmp_path / "001.safetensors")


def test_deep_json_in_the_file_of_devices_approves_nobody(tmp_path: Path) -> None:
    (tmp_path / DEVICES_FILE).write_bytes(DEEP)
    assert DeviceStore(tmp_path).all() == []


def test_deep_json_in_a_message_is_malformed() -> None:
    with pytest.raises(JsonError):
        decode_client_operation(DEEP)
