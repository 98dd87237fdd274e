"""The folder that a bake creates or replaces."""

from pathlib import Path

from lodespace.errors import ProjectError
from lodespace.project.opening import is_bake
from lodespace.tiles.folder import is_tile_scene


def check_output(output: Path, *, force: bool) -> None:
    """Raise ProjectError unless a bake may create `output`.

    With `force`, `output` may be a bake or a scene in tiles, which is then replaced.
    """
    if output.is_dir() and not any(output.iterdir()):
        return
    if not output.exists():
        return
    if not is_bake(output) and not is_tile_scene(output):
        raise ProjectError(f"{output} exists and is not a bake; give another folder with -o")
    if not force:
        raise ProjectError(
            f"{output} is already a bake; replace it with --force, or give another folder with -o"
        )
