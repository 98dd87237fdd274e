"""The people of one project: their names, and how far their labels agree."""

import itertools

from lodespace import protocol
from lodespace.access.pairing import PairingManager
from lodespace.rules.agreement import Kappa, cohen, fleiss
from lodespace.service.clients import Clients
from lodespace.service.query_lanes import QueryLanes
from lodespace.session.authors import OWNER, is_person, person_of
from lodespace.session.events import Event, Items
from lodespace.session.replaced_labels import labels_by_person, replaced_of_others
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState, person_votes


class People:
    """Knows the people who label one project.

    A person is the owner, or a paired device. Programs and imports are not people.
    """

    def __init__(
        self,
        session: AnnotationSession,
        clients: Clients,
        access: PairingManager,
        lanes: QueryLanes,
        owner_name: str,
    ) -> None:
        self._session = session
        self._clients = clients
        self._access = access
        self._lanes = lanes
        self._owner_name = owner_name
        self._newest: protocol.Agreement | None = None
        self._n_items = -1

    def name_of(self, person: str) -> str:
        """Return the name of a person, for others to read."""
        if person == OWNER:
            return self._owner_name or "the owner"
        devices = self._access.devices
        return (devices.name_of(person) if devices is not None else "") or f"device {person}"

    def whose(self, items: Items, person: str) -> protocol.Whose:
        """Return whose labels some items (K,) have, without those of `person`."""
        self._session.check_items(items)
        found = labels_by_person(self._session, items)
        found.pop(person, None)
        return protocol.Whose(
            others=[
                protocol.PersonLabels(person=other, name=self.name_of(other), count=count)
                for other, count in sorted(found.items(), key=lambda one: -one[1])
            ]
        )

    def replaced_text(self, event: Event) -> str:
        """Return a sentence on the labels of others that a gesture would replace; "" for none.

        The event is not applied yet.
        """
        found = sorted(replaced_of_others(self._session, event).items(), key=lambda one: -one[1])
        parts = [
            f"{count:,} {'label' if count == 1 else 'labels'} of {self.name_of(person)}"
            for person, count in found
        ]
        if not parts:
            return ""
        listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
        if len(found) == 1 and found[0][1] == 1:
            return f"{listed} was replaced. Undo restores it."
        return f"{listed} were replaced. Undo restores them."

    async def agreement(self, device: str) -> protocol.Agreement:
        """Return all people, and their agreement. `device` is the id of the device that asks."""
        session = self._session
        newest, n_items = self._newest, len(session.items)
        if newest is None or (newest.sequence, self._n_items) != (session.sequence, n_items):
            newest = await self._measure(device)
            self._newest, self._n_items = newest, n_items
        connected = {
            person_of(client.client_id): None for client in self._clients if client.client_id
        }
        known = [one.person for one in newest.people]
        labelled = {one.person: one.labelled for one in newest.people}
        return protocol.Agreement(
            sequence=newest.sequence,
            you=device or OWNER,
            people=[
                protocol.Person(
                    person=person,
                    name=self.name_of(person),
                    labelled=labelled.get(person, 0),
                    connected=person in connected,
                )
                for person in dict.fromkeys([*known, *connected])
            ],
            pairs=newest.pairs,
            items=newest.items,
            same=newest.same,
            kappa=newest.kappa,
            classes=newest.classes,
        )

    async def _measure(self, device: str) -> protocol.Agreement:
        sequence = self._session.sequence
        votes = {
            person: found.classes
            for person, found in person_votes(VotingState.of(self._session)).items()
            if is_person(person)
        }

        def work() -> protocol.Agreement:
            pairs: list[protocol.PairAgreement] = []
            for first, second in itertools.combinations(votes, 2):
                found = cohen(votes[first], votes[second])
                if found.items:
                    pairs.append(
                        protocol.PairAgreement(
                            first=first,
                            second=second,
                            items=found.items,
                            same=found.same,
                            kappa=found.kappa,
                            classes=_per_class(found),
                        )
                    )
            everyone = fleiss(list(votes.values()))
            return protocol.Agreement(
                sequence=sequence,
                you="",
                people=[
                    protocol.Person(
                        person=person,
                        name="",
                        labelled=int((classes != protocol.UNLABELED).sum()),
                        connected=False,
                    )
                    for person, classes in votes.items()
                ],
                pairs=pairs,
                items=everyone.items,
                same=everyone.same,
                kappa=everyone.kappa,
                classes=_per_class(everyone),
            )

        return await self._lanes.run(device, work)


def _per_class(found: Kappa) -> list[protocol.ClassKappa]:
    return [
        protocol.ClassKappa(class_id=class_id, kappa=kappa)
        for class_id, kappa in sorted(found.per_class.items())
    ]
