"""Only the trainer process, bakes and the model's export load torch."""

from pathlib import Path

from structure.imports import imported_modules, models_modules, module_name, server_modules

WITH_TORCH = {
    "training/checkpoint_saver",
    "training/command_handler",
    "training/frame_publisher",
    "training/state_reporter",
    "training/worker",
    "training/undo_snapshots",
    "training/inspection",
    "training/dataset",
    "training/workers",
    "baking/as_is",
    "baking/bake",
    "baking/divergence",
    "baking/encoded_points",
    "baking/figure2",
    "baking/parts",
    "baking/progress",
    "baking/training_bake",
    "exporting/model",
    "predict/predictor",
    "predict/process_main",
    "predict/project_model",
    "runs/measures",
    "runs/sweep",
    "runs/train",
    "runs/training_run",
}
"""Modules and folders of server/ that may import torch at the top of a module. Other modules import
torch only inside functions."""
WITHOUT_TORCH = {
    "lodespace.models.checkpoints.checkpoint",
    "lodespace.models.checkpoints.shared_tensors",
    "lodespace.models.features.nearest",
    "lodespace.models.config",
    "lodespace.models.hidden_values",
    "lodespace.models.config_table",
    "lodespace.models.hyperparameters",
    "lodespace.models.item_predictions",
    "lodespace.models.processors",
    "lodespace.models.loss_terms",
}
"""Modules and folders of models/ that do not load torch."""
FOR_MODELS = {"lodespace.models", "lodespace.files", "lodespace.json_input"}
"""Modules of Lodespace that models/ may import: models/ itself, files, decoding of JSON."""
NOT_FOR_A_LIBRARY = {"aiohttp", "asyncio", "threading", "multiprocessing", "sqlite3"}


def may_use_torch(name: str) -> bool:
    """Whether the module at `name` below server/, or a folder above it, is in WITH_TORCH."""
    parts = name.split("/")
    return any("/".join(parts[: at + 1]) in WITH_TORCH for at in range(len(parts)))


def test_models_import_nothing_of_the_server() -> None:
    for path in models_modules():
        for name in imported_modules(path, lazy=True):
            if name.startswith("lodespace"):
                allowed = any(f"{name}.".startswith(f"{one}.") for one in FOR_MODELS)
                assert allowed, f"{path}: {name}"
            top = name.split(".")[0]
            assert top not in NOT_FOR_A_LIBRARY, f"{path}: {name}"


def loads_torch(name: str) -> bool:
    """Whether importing the absolute name `name` loads torch."""
    top, _, rest = name.partition(".")
    if name.startswith("lodespace.models"):
        return not any(name == one or name.startswith(f"{one}.") for one in WITHOUT_TORCH)
    return top in {"torch", "torchvision"} or (
        top == "lodespace" and may_use_torch(rest.replace(".", "/"))
    )


def test_torch_stays_out_of_the_server() -> None:
    for path in server_modules():
        if not may_use_torch(module_name(path)):
            found = [name for name in imported_modules(path, lazy=False) if loads_torch(name)]
            assert found == [], path


def test_the_rule_finds_what_it_forbids(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("import torch.nn\ndef f():\n    from lodespace.models import Trainer\n")
    assert imported_modules(module, lazy=False) == {"torch.nn"}
    assert "lodespace.models.Trainer" in imported_modules(module, lazy=True)
    assert {module_name(path) for path in server_modules()} >= WITH_TORCH
