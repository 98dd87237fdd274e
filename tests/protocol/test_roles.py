"""The role that a client needs for each operation of the stream."""

from typing import get_args

from lodespace import protocol

VIEWING = {
    protocol.Hello,
    protocol.Watch,
    protocol.Probe,
    protocol.Decode,
    protocol.SetPriority,
    protocol.Presence,
    protocol.ShowSelection,
    protocol.Resolve,
    protocol.Ping,
}
"""Operations that change neither the labels nor the model."""


def test_viewers_send_no_operation_that_changes_the_session() -> None:
    roles = {operation: operation.role for operation in get_args(protocol.ClientOperation)}
    assert {operation for operation, role in roles.items() if role == "viewer"} == VIEWING
    assert {roles[operation] for operation in roles if operation not in VIEWING} == {"annotator"}
