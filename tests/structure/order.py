"""The order of folders, lowest first. A module imports from its own row and from rows above it.

The tests of this folder, the picture in docs/architecture.md and readers use this one table.
A topic that is planned has its place here before it has a folder.
"""

from typing import NamedTuple


class Room(NamedTuple):
    """A topic: a folder of the package, or a single module at its top."""

    name: str
    """Path below server/ or models/ without suffix: "session" or "errors"."""
    holds: str
    """Its content, as a noun phrase."""
    planned: bool = False
    """Whether the folder may still be missing."""


SERVER = (
    Room("errors", "the tree of errors with their codes"),
    Room("config", "options of the server, version"),
    Room("files", "files and folders written whole or not at all"),
    Room("models", "the generative model (models/, a library of its own)"),
    Room("protocol", "messages and frames on the wire, TypeScript types"),
    Room("items", "item arrays, tables, original files, thumbnails"),
    Room("features", "feature extractors by name", planned=True),
    Room("neighbours", "approximate neighbour search", planned=True),
    Room("scene", "quantised positions, glTF scenes, region queries"),
    Room("tiles", "scenes in levels of detail", planned=True),
    Room("importing", "one source per kind of file, data set writer"),
    Room("session", "label log, commands, state, undo"),
    Room("rules", "regions as labelling rules, label model", planned=True),
    Room("project", "project folder, checkpoints, imported labels"),
    Room("review", "contact sheets, cues, suggestions, quality"),
    Room("recording", "recording of a session: format, index, recorder"),
    Room("training", "trainer process and its supervisor"),
    Room("access", "pairing of devices, certificates, rate limits"),
    Room("service", "one project in service: commands in, news out"),
    Room("predict", "predictions for new items", planned=True),
    Room("baking", "headless training, static sites, animations"),
    Room("exporting", "one module per export format"),
    Room("web", "HTTP routes, WebSocket, pages, security"),
    Room("notebook", "the Python API: serve, bake, train"),
    Room("cli", "the command line"),
    Room("__init__", "public names"),
    Room("__main__", "python -m lodespace"),
)
MODELS = (
    Room("item_predictions", "the record of predictions per item"),
    Room("terms", "the terms of the loss: weights, forces, display"),
    Room("config", "model and training configuration, presets"),
    Room("dataset", "items as tensors"),
    Room("device", "choice of device, threads"),
    Room("batches", "batch iteration"),
    Room("snapshot", "one frame of training, for display"),
    Room("checkpoints", "training state on disk and in memory"),
    Room("vae", "encoder, decoder, head, losses, optimiser step"),
    Room("features", "descriptors, self-supervision, principal components"),
    Room("layout", "neighbour graph, particles, forces, step sizes"),
    Room("classification", "predictions per item from few labels"),
    Room("display", "alignment between frames, way back of an undo"),
    Room("training", "training loops, trainer"),
    Room("portable", "the trained model alone"),
    Room("__init__", "public names"),
)
