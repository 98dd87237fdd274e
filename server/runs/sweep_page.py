"""The contact sheet of a sweep: a page with the table and the figures of all runs.

The page has no script, and refers only to files in the folder of the sweep.
"""

from html import escape
from urllib.parse import quote

from lodespace.files import atomic_write
from lodespace.runs.metrics import METRICS_FILE
from lodespace.runs.run_folder import FIGURE_FILE
from lodespace.runs.sweep_result import Result, Sweep
from lodespace.runs.sweep_table import SHOWN, groups_of, summary
from lodespace.session.settings_file import SETTINGS_FILE

PAGE_FILE = "index.html"
"""Name of the page in the folder of a sweep."""
STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem;
  padding: 0 1.2rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 0.7rem; }
p { margin: 0.4rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1.2rem 0; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  padding: 0.35rem 0.9rem 0.35rem 0; text-align: left; white-space: nowrap; }
th { font-weight: 600; }
td { font-variant-numeric: tabular-nums; }
.runs { display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); }
figure { border: 1px solid color-mix(in srgb, currentColor 18%, transparent);
  border-radius: 8px; margin: 0; overflow: hidden; }
figure img { background: #fff; display: block; height: auto; width: 100%; }
.none { align-items: center; aspect-ratio: 1; display: flex; justify-content: center;
  padding: 1rem; text-align: center; }
figcaption { padding: 0.6rem 0.8rem 0.75rem; }
dl { display: grid; gap: 0 0.8rem; grid-template-columns: max-content 1fr; margin: 0.3rem 0; }
dd { font-variant-numeric: tabular-nums; margin: 0; }
.failed { color: #c2410c; }
"""


def write_page(made: Sweep) -> None:
    """Write the page into the folder of the sweep. Raises OSError."""
    atomic_write(made.folder / PAGE_FILE, page_of(made).encode(), sync=False)


def page_of(made: Sweep) -> str:
    """Return the page as HTML."""
    count, failed = len(made.results), made.failed
    finished = sum(result.state == "finished" for result in made.results)
    state = f"{finished} of {count} runs" + (f", {failed} failed" if failed else "")
    heading, *rows = summary(made)
    drawn = {r.folder for r in made.results if (made.folder / r.folder / FIGURE_FILE).is_file()}
    sections = "".join(_section(values, results, drawn) for values, results in groups_of(made))
    return f"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sweep on {escape(made.name)}</title>
<style>
{STYLE}</style>
<h1>Sweep on {escape(made.name)}</h1>
<p>{state}. Each value is a mean over the seeds, with the lowest and the highest in parentheses. All
measures of all runs are in <a href="sweep.csv">sweep.csv</a>.</p>
<div class="scroll"><table>
<tr>{_cells("th", heading)}</tr>
{"".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)}
</table></div>
{sections}</html>
"""


def _cells(tag: str, values: list[str]) -> str:
    return "".join(f"<{tag}>{escape(value)}</{tag}>" for value in values)


def _section(values: dict[str, str], results: list[Result], drawn: set[str]) -> str:
    title = ", ".join(f"{name} {value}" for name, value in values.items()) or "All seeds"
    figures = "".join(_figure(result, result.folder in drawn) for result in results)
    return f'<h2>{escape(title)}</h2>\n<div class="runs">\n{figures}</div>\n'


def _figure(result: Result, has_picture: bool) -> str:
    folder, title = quote(result.folder), escape(result.point.title)
    if result.state != "finished":
        reason = escape(result.error) if result.error else "not done yet"
        picture = f'<div class="none failed">{reason}</div>'
    elif has_picture:
        link = f"{folder}/{FIGURE_FILE}"
        picture = f'<a href="{link}"><img src="{link}" alt="Map of {title}" loading="lazy"></a>'
    else:
        picture = '<div class="none">no figure: matplotlib is not installed</div>'
    known = {SHOWN[k]: f"{result.measures[k]:.3g}" for k in SHOWN if k in result.measures}
    measures = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in known.items())
    files = f'<a href="{folder}/{SETTINGS_FILE}">settings</a>'
    if result.state == "finished":
        files += f' · <a href="{folder}/{METRICS_FILE}">metrics</a>'
    return (
        f"<figure>{picture}<figcaption><strong>seed {result.point.seed}</strong>"
        f"<dl>{measures}</dl>{files}</figcaption></figure>\n"
    )
