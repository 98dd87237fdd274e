"""Every command and every event belongs to a topic of the session."""

from typing import get_args

from lodespace.session.commands.registry import TOPIC_OF_COMMAND, TOPIC_OF_EVENT, Command
from lodespace.session.events import Event


def test_every_command_has_a_topic_that_plans_it() -> None:
    assert set(TOPIC_OF_COMMAND) == set(get_args(Command))


def test_every_event_has_a_topic_that_applies_it() -> None:
    assert set(TOPIC_OF_EVENT) == set(get_args(Event))
