"""All text messages of the stream: from client to server, and from server to client."""

import msgspec

from lodespace.json_input import json_decoder
from lodespace.protocol.access import AccessChanged
from lodespace.protocol.answers import Ack, Notice, Refused
from lodespace.protocol.axes import AxesChanged, RemoveAxis, SetAxis
from lodespace.protocol.classes import AddClass, Classes, DeleteClass, EditClass, MergeClass
from lodespace.protocol.history import GestureTold, HistoryChanged, Redo, Undo
from lodespace.protocol.labels import Label, LabelEach, Labels, Resolve, Resolved
from lodespace.protocol.pins import Anchor, Drag, PinsChanged, SetPriority, Unpin
from lodespace.protocol.presence import PeerMoved, PeerSelected, Presence, ShowSelection
from lodespace.protocol.probing import Decode, Decoded, Probe, Probed, Watch
from lodespace.protocol.review import QualityChanged
from lodespace.protocol.rules import (
    AddRule,
    DeleteRule,
    EditRule,
    PreviewRule,
    RulePreviewed,
    RulesChanged,
)
from lodespace.protocol.session import Hello, Ping, Pong, Resync, Welcome
from lodespace.protocol.training import LossesMeasured, SetTraining, TrainingChanged

ClientOperation = (
    Hello
    | Label
    | LabelEach
    | Undo
    | Redo
    | AddClass
    | EditClass
    | MergeClass
    | DeleteClass
    | SetTraining
    | Drag
    | Anchor
    | Unpin
    | SetAxis
    | RemoveAxis
    | AddRule
    | EditRule
    | DeleteRule
    | PreviewRule
    | Watch
    | Probe
    | Decode
    | SetPriority
    | Presence
    | ShowSelection
    | Resolve
    | Ping
)

ServerOperation = (
    Welcome
    | Resync
    | Ack
    | Refused
    | Labels
    | Classes
    | HistoryChanged
    | GestureTold
    | PinsChanged
    | AxesChanged
    | RulesChanged
    | TrainingChanged
    | LossesMeasured
    | QualityChanged
    | Notice
    | PeerMoved
    | PeerSelected
    | AccessChanged
    | Probed
    | Decoded
    | Resolved
    | RulePreviewed
    | Pong
)

decode_client_operation = json_decoder(msgspec.json.Decoder(ClientOperation))
decode_server_operation = json_decoder(msgspec.json.Decoder(ServerOperation))
encode_operation = msgspec.json.Encoder().encode
