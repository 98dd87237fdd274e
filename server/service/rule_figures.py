"""Figures of the label model: per rule, per person, and the votes on one item."""

import numpy as np

from lodespace import protocol
from lodespace.protocol.item_sets import pack
from lodespace.review.kept_fit import KeptFit
from lodespace.rules.results import SourceEstimate
from lodespace.service.query_lanes import QueryLanes
from lodespace.session.authors import person_of
from lodespace.session.rule_infos import labelled_by_rules, rule_infos
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingSource

LEAST_COMPARED = 20
"""Number of compared items from which an accuracy is stated."""


class RuleFigures:
    """Figures of the votes of a session, when somebody asks."""

    def __init__(self, session: AnnotationSession, kept_fit: KeptFit, lanes: QueryLanes) -> None:
        self._session = session
        self._kept_fit = kept_fit
        self._lanes = lanes

    async def rules(self, device: str) -> protocol.Rules:
        """Return all rules and their figures. `device` is the id of the device that asks."""
        async with self._lanes.turn(device):
            fitted = await self._kept_fit.newest()
            conflicts = await self._kept_fit.open_conflicts()
        labelled = labelled_by_rules(self._session)
        estimates = dict(zip(fitted.votes.sources, fitted.model.sources, strict=True))
        of_rule = {source.number: found for source, found in estimates.items() if source.number}
        infos = rule_infos(self._session)
        return protocol.Rules(
            sequence=fitted.state.sequence,
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
            conflicts=len(conflicts),
        )

    async def why(self, item: int, device: str) -> protocol.Why:
        """Return the votes on an item. Raises RequestError for an item that does not exist."""
        session = self._session
        session.check_item(item)
        async with self._lanes.turn(device):
            _, votes, model = await self._kept_fit.newest()
        gestures = session.history.gestures_on(item)
        decides = int(session.owner_of(np.array([item], np.uint32))[0])
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
                    decides=number == decides > 0,
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

    async def conflicts(self, device: str) -> bytes:
        """Return the items with votes for different classes that nobody has decided, as a packed
        set. `device` is the id of the device that asks."""
        async with self._lanes.turn(device):
            items = await self._kept_fit.open_conflicts()
        return pack(items.astype(np.uint32))


def _rule_figures(number: int, labelled: int, found: SourceEstimate | None) -> protocol.RuleFigures:
    if found is None:
        found = SourceEstimate(votes=0, conflicts=0, compared=0, accuracy=0, low=0, high=0)
    return protocol.RuleFigures(
        rule=number,
        labelled=labelled,
        conflicts=found.conflicts,
        compared=found.compared,
        **_accuracy(found),
    )


def _person_figures(source: VotingSource, found: SourceEstimate) -> protocol.PersonFigures:
    return protocol.PersonFigures(
        person=source.name,
        looked=source.looked,
        votes=found.votes,
        conflicts=found.conflicts,
        compared=found.compared,
        **_accuracy(found),
    )


def _accuracy(found: SourceEstimate) -> dict[str, float | None]:
    """Return the accuracy with its interval; None for each if too few items are compared."""
    known = found.compared >= LEAST_COMPARED
    stated = {"accuracy": found.accuracy, "low": found.low, "high": found.high}
    return {name: value if known else None for name, value in stated.items()}
