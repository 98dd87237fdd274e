"""`lodespace train`: train and save a model."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.options import add_data_options, data_options_from, seconds
from lodespace.cli.report import add_json_option, describe_settings, numbers
from lodespace.cli.setting_options import add_setting_options, given_settings
from lodespace.session.run_settings import RUN_SETTINGS

DESCRIPTION = """\
Train without a screen and save the model, with its settings and a table of metrics. `lodespace
predict` and `lodespace.load_model` read the model. A training that was interrupted at any time is
continued with --resume (docs/training.md)."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", metavar="DATA", help="data, or a project to train with the labels in it"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="MODEL", help="folder of the model"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the unfinished training in MODEL. If MODEL has no training, start one. If "
        "the training in MODEL is finished, do nothing",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace the model or unfinished training in MODEL"
    )
    parser.add_argument(
        "--checkpoint-every",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="time from one checkpoint to the next, such as 10s or 5m (default: 30s)",
    )
    parser.add_argument(
        "--tensorboard",
        action="store_true",
        help="also write the metrics for TensorBoard (needs lodespace[tensorboard])",
    )
    add_json_option(parser)
    add_setting_options(parser, run=tuple(RUN_SETTINGS))
    add_data_options(parser)
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from lodespace.importing.importer import reference_of
    from lodespace.models.light_torch import leave_out_compiler
    from lodespace.models.workers.launch import follow_launched, launched_rank
    from lodespace.runs.train import train_model  # imports torch
    from lodespace.runs.training_run import RunOptions

    given = given_settings(options)
    leave_out_compiler()
    if launched_rank():
        run = given.run_settings()
        follow_launched(run.device, run.threads)
        return 0
    trained = train_model(
        options.data,
        reference_of(options.data),
        options.output,
        given,
        data_options_from(options),
        RunOptions(
            progress=True,
            checkpoint_seconds=options.checkpoint_every,
            tensorboard=options.tensorboard,
        ),
        resume=options.resume,
        force=options.force,
    )
    report = options.report
    report.output, report.kind = str(options.output), "model"
    report.measures = numbers(trained.measures)
    describe_settings(report, options.output)
    sys.stdout.write(f"trained {options.output}{_text(trained.measures)}\n")
    return 0


def _text(measures: dict[str, float]) -> str:
    """Return the most useful measures as text."""
    names = {
        "accuracy_unseen": "accuracy on unseen labels",
        "accuracy_given": "accuracy on given labels",
        "neighbour_accuracy": "10-NN accuracy of the map",
    }
    found = [f"{text} {measures[name]:.3f}" for name, text in names.items() if name in measures]
    return f": {', '.join(found)}" if found else ""
