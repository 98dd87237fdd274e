"""Rules of a project as a file, for `lodespace predict --rules`."""

import numpy as np

from lodespace.config import VERSION
from lodespace.errors import ProjectError
from lodespace.importing.reading import reading_of
from lodespace.items.item_set import ItemSet
from lodespace.protocol import UNLABELED
from lodespace.rules.rules_file import FORMAT, KIND, FiledRule, RulesFile, encoded
from lodespace.session.fitted_votes import fitted
from lodespace.session.rules import Rule
from lodespace.session.session import AnnotationSession
from lodespace.session.sources import VotingState


def as_json(session: AnnotationSession) -> bytes:
    """Return the regions of `session` that are on, with their estimated accuracies, as JSON.

    Raises ProjectError if there is no such region.
    """
    found = fitted(VotingState.of(session))
    names = {info.class_id: info.name for info in session.classes.classes}
    accuracy = {
        source.number: estimate.accuracy
        for source, estimate in zip(found.votes.sources, found.model.sources, strict=True)
    }
    filed: list[FiledRule] = []
    left_out: list[str] = []
    spaces: list[str] = []
    for rule in session.rules:
        (class_id,) = session.classes.resolve(np.array([rule.class_id], np.int16)).tolist()
        if rule.region is None or not rule.on or class_id == UNLABELED:
            left_out.append(rule.name)
            continue
        filed.append(_filed(rule, names[class_id], accuracy[rule.number]))
        spaces.append(rule.region.space)
    if not filed:
        raise ProjectError(
            "the project has no region that is switched on as a rule; keep a selection as a rule "
            "first"
        )
    if len(set(spaces)) > 1:
        raise ProjectError(
            "the rules were made with different features of the items; make the older ones again"
        )
    content = RulesFile(
        kind=KIND,
        format=FORMAT,
        version=VERSION,
        items=reading_of(session.items),
        content=session.items.content,
        background=_background(session.items),
        space=spaces[0],
        classes=list(dict.fromkeys(rule.class_name for rule in filed)),
        rules=filed,
        left_out=left_out,
    )
    return encoded(content)


def _filed(rule: Rule, class_name: str, accuracy: float) -> FiledRule:
    assert rule.region is not None
    region = rule.region
    return FiledRule(
        name=rule.name,
        class_name=class_name,
        accuracy=round(accuracy, 4),
        prototypes=region.prototypes.reshape(len(region.radii), -1).tolist(),
        radii=(region.radii * rule.reach).tolist(),
        scale=None if region.scale is None else region.scale.tolist(),
    )


def _background(items: ItemSet) -> list[int]:
    """Return the colour of the padding of pictures, on which their descriptors depend."""
    if items.kind == "vector" or items.features is not None:
        return []
    from lodespace.training.dataset import to_dataset  # imports torch

    source = to_dataset(items).source
    return [] if source is None else list(source.background)
