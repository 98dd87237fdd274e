"""The table of loss terms agrees with the loss weights and settings that are written by hand."""

import dataclasses

import msgspec
import pytest

from lodespace import protocol
from lodespace.models.loss_terms import TERMS, LossWeights, Term

WEIGHTS = [field.name for field in dataclasses.fields(LossWeights)]


def test_every_weight_belongs_to_one_term_and_is_a_setting() -> None:
    assert sorted(term.weight for term in TERMS if term.weight) == sorted(WEIGHTS)
    assert {field.name for field in msgspec.structs.fields(protocol.Settings)} >= set(WEIGHTS)


def test_names_and_colours_of_terms_are_unique() -> None:
    for values in ([term.name for term in TERMS], [term.colour for term in TERMS]):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_dial_has_a_weight_whose_default_is_in_range(term: Term) -> None:
    if term.dial is not None:
        low, high = term.dial.range
        assert term.weight is not None and low < getattr(LossWeights(), term.weight) < high


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_force_in_frames_has_an_effect_and_a_preset(term: Term) -> None:
    assert (term.force == "frame") == bool(term.effect)
    assert (term.force is None) == (term.moves is None)
