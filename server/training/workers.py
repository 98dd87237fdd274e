"""Start of the processes of a command that trains, with errors for users. Imports torch."""

import contextlib
from collections.abc import Generator

from lodespace.errors import SettingsError
from lodespace.models.workers.launch import team_of
from lodespace.models.workers.team import Team


@contextlib.contextmanager
def team_for(
    workers: int, device: str, threads: int, ray: str | None = None
) -> Generator[Team | None]:
    """Lead a team. The arguments are those of `team_of`.
    Raises SettingsError if such a team is not possible.
    """
    with contextlib.ExitStack() as stack:
        try:
            team = stack.enter_context(team_of(workers, device, threads, ray=ray))
        except ValueError as error:
            raise SettingsError(str(error)) from error
        yield team
