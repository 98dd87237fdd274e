"""Files of code are short, except those for which docs/architecture.md gives a reason."""

from structure.imports import ROOT

MOST_LINES = 350
FOLDERS = {
    "server": "*.py",
    "models": "*.py",
    "webxr_client/src": "*.ts*",
    "benchmarks": "*.py",
}


def test_files_of_code_have_at_most_350_lines() -> None:
    reasons = (ROOT / "docs/architecture.md").read_text().split("## Limits and exceptions")[1]
    long = [
        path.relative_to(ROOT).as_posix()
        for folder, pattern in FOLDERS.items()
        for path in (ROOT / folder).rglob(pattern)
        if "static" not in path.parts and len(path.read_text().splitlines()) > MOST_LINES
    ]
    assert [path for path in long if f"`{path}`" not in reasons] == []
    assert long, "no file was read"
