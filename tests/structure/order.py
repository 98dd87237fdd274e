"""The order of topics. A module imports only from its own topic and from earlier topics.

The tuples below list the topics in order. The tests of this folder read the tuples, and the tables
in docs/architecture.md are made from the tuples. A planned topic may be in a tuple before its
folder exists.
"""

from typing import NamedTuple


class Topic(NamedTuple):
    """A topic: a folder of the package, or a module at the top of the package."""

    name: str
    """Path below server/ or models/ without suffix: "session" or "errors"."""
    content: str
    """Content of the topic, as a noun phrase."""
    planned: bool = False
    """Whether the topic is planned, so that its folder may be missing."""


SERVER = (
    Topic("errors", "the tree of errors with their codes"),
    Topic("config", "options of the server, version"),
    Topic("files", "files and folders written whole or not at all"),
    Topic("json_input", "decoding of JSON from outside"),
    Topic("models", "the generative model (models/, a library of its own)"),
    Topic("protocol", "messages and frames on the wire, TypeScript types"),
    Topic("items", "item arrays, tables, original files, thumbnails"),
    Topic("shapes", "meshes and point clouds: reading, pictures, features"),
    Topic("features", "feature extractors by name"),
    Topic("neighbours", "approximate neighbour search", planned=True),
    Topic("scene", "quantised positions, glTF scenes, region queries"),
    Topic("tiles", "scenes in levels of detail"),
    Topic("importing", "one source per kind of file, data set writer"),
    Topic("rules", "regions in feature space, label model of votes"),
    Topic("session", "label log, commands, state, undo"),
    Topic("recording", "recording of a session: format, index, recorder"),
    Topic("drawing", "posters and films, drawn without a browser"),
    Topic("project", "project folder, checkpoints, imported labels"),
    Topic("review", "contact sheets, cues, suggestions, quality"),
    Topic("training", "trainer process and its supervisor"),
    Topic("access", "pairing of devices, certificates, rate limits"),
    Topic("service", "one project in service: commands in, news out"),
    Topic("predict", "predictions for new items"),
    Topic("baking", "headless training, static sites, animations"),
    Topic("exporting", "one module per export format"),
    Topic("runs", "trainings that can be resumed, sweeps, queues of bakes"),
    Topic("web", "HTTP routes, WebSocket, pages, security"),
    Topic("notebook", "the Python API: serve, bake, train"),
    Topic("cli", "the command line"),
    Topic("__init__", "public names"),
    Topic("__main__", "python -m lodespace"),
)
MODELS = (
    Topic("item_predictions", "the record of predictions per item"),
    Topic("hidden_values", "values of named axes that are hidden from training"),
    Topic("hyperparameters", "values of a configuration: types, ranges, texts"),
    Topic("loss_terms", "the terms of the loss: weights, forces, display"),
    Topic("config", "model and training configuration, presets"),
    Topic("config_table", "all hyperparameters by name"),
    Topic("processors", "number of processors"),
    Topic("device", "choice of device, threads"),
    Topic("light_torch", "training without the compiler of torch"),
    Topic("workers", "several processes that train one model"),
    Topic("deviation", "standard deviations of many rows"),
    Topic("dataset", "items as tensors"),
    Topic("shared_items", "copies of the items in all processes"),
    Topic("compiled", "code in C for many items, its use in threads"),
    Topic("batches", "batch iteration"),
    Topic("work_units", "sizes of units of work"),
    Topic("free_memory", "when unused memory returns to the system"),
    Topic("snapshot", "one frame of training, for display"),
    Topic("checkpoints", "training state on disk and in memory"),
    Topic("vae", "encoder, decoder, head, losses, optimiser step"),
    Topic("features", "descriptors, self-supervision, principal components"),
    Topic("layout", "neighbour graph, particles, forces, step sizes"),
    Topic("classification", "predictions per item from few labels"),
    Topic("display", "alignment between frames, way back of an undo"),
    Topic("training", "training loops, trainer"),
    Topic("distillation", "a network that predicts as the page does"),
    Topic("portable", "the trained model alone"),
    Topic("__init__", "public names"),
)
