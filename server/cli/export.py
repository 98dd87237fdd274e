"""`lodespace export` and `lodespace info`: export or show the contents of a project."""

import argparse
import sys
from pathlib import Path

from lodespace.cli.report import add_json_option
from lodespace.session.settings import values_in

DESCRIPTION = """\
Export the contents of a project or a bake. The suffix of OUT selects the format of a file:
labels and predictions (.csv, .jsonl, .parquet, .npz), Label Studio (.json), the scene (.glb), a
point cloud (.ply, .obj), encoder and head (.onnx), a figure (.png, .svg), a video of the recording
(.webm). --format selects the format of a folder: classes (a folder per class), model (safetensors),
raven, audacity (tables of sounds); or votes (the labels of each person, as Parquet). docs/data.md
describes each format."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT", help="project or bake")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="file or folder to write"
    )
    parser.add_argument(
        "--format", metavar="F", help="format (default: selected by the suffix of OUT)"
    )
    parser.add_argument(
        "--excel",
        action="store_true",
        help="for the format csv: put an apostrophe before cells that a spreadsheet would run as "
        "formulas",
    )
    parser.add_argument(
        "--predictions",
        action="store_true",
        help="for the formats classes, raven and audacity: use the predicted class of an item "
        "without a label",
    )
    parser.add_argument(
        "--files",
        choices=["copy", "link", "manifest"],
        default="copy",
        help="for the format classes: copy the files, make hard links, or only list the files "
        "(default: copy)",
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        help="folder of the original files, for a project that was made or copied elsewhere",
    )
    add_json_option(parser)
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from lodespace.exporting.formats import ExportOptions, export

    wanted = ExportOptions(
        excel=options.excel, predictions=options.predictions, files=options.files
    )
    rows = export(options.project, options.output, options.format, wanted, root=options.root)
    report = options.report
    report.output, report.items = str(options.output), rows
    report.kind = options.format or options.output.suffix.lower().removeprefix(".")
    sys.stdout.write(f"wrote {rows:,} items to {options.output}\n")
    return 0


def configure_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PATH", help="project or bake")
    add_json_option(parser)
    parser.set_defaults(run=_info)


def _info(options: argparse.Namespace) -> int:
    from lodespace.project.offline import describe, open_offline

    sys.stdout.write(describe(options.project))
    if options.json:
        report = options.report
        project, session = open_offline(options.project)
        project.close()
        report.describe(session)
        report.output, report.kind = str(options.project), project.manifest.kind
        report.settings = {**values_in(session.settings), "seed": project.seed}
        report.measures = {"step": session.grid.step, "gestures": len(session.history.gestures)}
    return 0
