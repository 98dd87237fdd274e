"""Figures of the label model: per rule, per person, and the votes on one item."""

from typing import NamedTuple

import numpy as np

from lodespace import protocol
from lodespace.protocol.item_sets import pack
from lodespace.rules.label_model import fit
from lodespace.rules.results import LabelModel, SourceEstimate
from lodespace.service.query_lanes import QueryLanes
from lodespace.session.authors import person_of
from lodespace.session.rule_infos import rule_infos
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import SessionVotes, VotingSource, session_votes

LEAST_COMPARED = 20
"""Number of compared items from which an accuracy is stated."""


class _Fitted(NamedTuple):
    sequence: int
    n_items: int
    votes: SessionVotes
    model: LabelModel


class RuleFigures:
    """Fits the label model to the votes of a session when somebody asks."""

    def __init__(self, session: AnnotationSession, lanes: QueryLanes) -> None:
        self._session = session
        self._lanes = lanes
        self._newest: _Fitted | None = None

    async def rules(self, device: str) -> protocol.Rules:
        """Return all rules and their figures. `device` is the id of the device that asks."""
        fitted = await self._fit(device)
        numbers, counts = np.unique(self._session.owner, return_counts=True)
        labelled = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
        estimates = dict(zip(fitted.votes.sources, fitted.model.sources, strict=True))
        of_rule = {source.number: found for source, found in estimates.items() if source.number}
        infos = rule_infos(self._session)
        return protocol.Rules(
            sequence=fitted.sequence,
            rules=infos,
            figures=[
                _rule_figures(info.rule, labelled.get(info.rule, 0), of_rule.get(info.rule))
                for info in infos
            ],
            people=[
                _person_figures(source, found)
                for source, found in estimates.items()
                if source.kind == "person"
            ],
            conflicts=_conflicts(fitted.model),
        )

    async def why(self, item: int, device: str) -> protocol.Why:
        """Return the votes on an item. Raises RequestError for an item that does not exist."""
        session = self._session
        session.check_item(item)
        votes, model = (await self._fit(device))[2:]
        gestures = session.history.gestures_on(item)
        decides = int(session.owner[item])
        listed = list[protocol.ItemVote]()
        for reason in model.reasons(item):
            source = votes.sources[reason.source]
            number = source.number or next(
                (
                    gesture
                    for gesture in gestures
                    if person_of(session.history.gestures[gesture].client) == source.name
                ),
                0,
            )
            listed.append(
                protocol.ItemVote(
                    source=source.kind,
                    number=number,
                    name=source.name,
                    class_id=reason.class_id,
                    verified=source.looked,
                    odds=reason.odds,
                    decides=number == decides,
                )
            )
        shares = model.of_items(np.array([item]))[0]
        voted = sorted({vote.class_id for vote in listed})
        return protocol.Why(
            item=item,
            class_id=int(session.labels_of(np.array([item], np.uint32))[0]),
            votes=listed,
            probabilities={class_id: float(shares[class_id]) for class_id in voted},
        )

    def items_of(self, number: int) -> bytes:
        """Return the items on which a rule votes, as a packed set. Raises RequestError."""
        votes = self._session.rules.require(number).votes
        return pack(votes.items, votes.class_ids)

    async def _fit(self, device: str) -> _Fitted:
        session = self._session
        key = session.sequence, len(session.items)
        newest = self._newest
        if newest is None or (newest.sequence, newest.n_items) != key:
            votes = session_votes(session)
            n_classes = max(1, len(session.classes))
            model = await self._lanes.run(
                device, lambda: fit(votes.votes, votes.expected, key[1], n_classes)
            )
            newest = self._newest = _Fitted(*key, votes, model)
        return newest


def _conflicts(model: LabelModel) -> int:
    """Return the number of items on which sources vote for different classes."""
    several = np.diff(model.candidates.starts) > 1
    return int(model.candidates.patterns.counts[several].sum())


def _rule_figures(number: int, labelled: int, found: SourceEstimate | None) -> protocol.RuleFigures:
    if found is None:
        return protocol.RuleFigures(
            rule=number,
            labelled=labelled,
            conflicts=0,
            compared=0,
            accuracy=None,
            low=None,
            high=None,
        )
    known = found.compared >= LEAST_COMPARED
    return protocol.RuleFigures(
        rule=number,
        labelled=labelled,
        conflicts=found.conflicts,
        compared=found.compared,
        accuracy=found.accuracy if known else None,
        low=found.low if known else None,
        high=found.high if known else None,
    )


def _person_figures(source: VotingSource, found: SourceEstimate) -> protocol.PersonFigures:
    known = found.compared >= LEAST_COMPARED
    return protocol.PersonFigures(
        person=source.name,
        looked=source.looked,
        votes=found.votes,
        conflicts=found.conflicts,
        compared=found.compared,
        accuracy=found.accuracy if known else None,
        low=found.low if known else None,
        high=found.high if known else None,
    )
