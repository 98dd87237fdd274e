"""A session with rules, and short forms of the commands about them."""

import numpy as np

from lodespace import protocol
from lodespace.protocol.item_sets import Items
from lodespace.session import summaries
from lodespace.session.commands.rule_commands import PreparedRule, added_votes
from lodespace.session.events import decode_event, encode_event
from lodespace.session.rule_events import StoredRegion, StoredVotes
from lodespace.session.session import AnnotationSession, Applied
from samples.event_logs import BEGUN, Log, N, command_id


def items(*numbers: int) -> Items:
    return np.array(numbers, np.uint32)


class Rules(Log):
    """A log with short forms of the commands about rules."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 100
        self.seen = N
        """Number of items to which new rules are applied."""

    def next(self) -> str:
        self.number += 1
        return command_id(self.number)

    def add(self, chosen: Items, class_id: int, client: str = "anna", **more: object) -> int:
        """Add a rule. Returns its number."""
        command = protocol.AddRule(
            command_id=self.next(), items=chosen.tolist(), class_id=class_id, **more
        )
        region = StoredRegion("vectors", np.zeros(4, np.float32), np.ones(1, np.float32))
        applied = self.do(PreparedRule(command, StoredVotes(chosen, self.seen), region), client)
        assert applied is not None
        return applied.ack.sequence

    def add_each(self, classes: dict[int, int]) -> int:
        """Add a rule with a class per item, such as a function. Returns its number."""
        command = protocol.AddRule(
            command_id=self.next(),
            kind="votes",
            items=list(classes),
            name="fn",
            class_ids=[*classes.values()],
        )
        given = np.array(list(classes.values()), np.int16)
        votes = StoredVotes(items(*classes), self.seen, given)
        applied = self.do(PreparedRule(command, votes), "anna")
        assert applied is not None and applied.ack.count == len(classes)
        return applied.ack.sequence

    def add_votes(
        self, rule: int, found: Items, class_ids: list[int] | None = None, *, seen: int = N
    ) -> Applied | None:
        """Add votes of a rule on added items, of which `seen` are known now."""
        given = None if class_ids is None else np.array(class_ids, np.int16)
        command = added_votes(self.session.rules.require(rule), found, seen, given)
        return self.do(command, "rules")

    def edit(
        self, rule: int, votes: Items | None = None, client: str = "anna", **changes: object
    ) -> Applied | None:
        command = protocol.EditRule(command_id=self.next(), rule=rule, **changes)
        found = None if votes is None else StoredVotes(votes, N)
        return self.do(PreparedRule(command, found), client)

    def change_class(self, class_id: int, into: int = -1, **changes: object) -> None:
        """Merge a class into another, edit it, or delete it if there is nothing else to do."""
        command_id = self.next()
        if into >= 0:
            command = protocol.MergeClass(command_id=command_id, class_id=class_id, into=into)
        elif changes:
            command = protocol.EditClass(command_id=command_id, class_id=class_id, **changes)
        else:
            command = protocol.DeleteClass(command_id=command_id, class_id=class_id)
        self.do(command, "anna")

    def delete(self, rule: int) -> Applied | None:
        return self.do(PreparedRule(protocol.DeleteRule(command_id=self.next(), rule=rule)), "anna")

    @property
    def labels(self) -> list[int]:
        """The labels. They are the same after a replay of the stored events."""
        again = AnnotationSession(self.items, scene_id=1, settings=BEGUN)
        again.replay([decode_event(encode_event(e), e.sequence) for e in self.events])
        assert np.array_equal(again.labels, self.session.labels)
        assert np.array_equal(again.owner, self.session.owner)
        assert np.array_equal(again.verified, self.session.verified)
        assert np.array_equal(again.labels_of(np.arange(N, dtype=np.uint32)), again.labels)
        assert summaries.rule_infos(again) == summaries.rule_infos(self.session)
        return self.session.labels.tolist()
