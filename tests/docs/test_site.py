"""The documentation site: built in strict mode, complete, and without files of other hosts."""

import json
from pathlib import Path

import pytest

pytest.importorskip("zensical", reason="needs the extra docs: make docs")

import make_site
import staging
from drivers.site_files import broken_links, foreign_addresses, html_page
from lodespace.config import BUILT_PAGE


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site. Its demo is the built page without data."""
    folder = tmp_path_factory.mktemp("docs")
    panels = folder / "panels"
    panels.mkdir()
    (panels / "index.html").write_text("<title>Figure 2</title>")
    make_site.build(folder / "site", staging=folder / "staging", demo=BUILT_PAGE, figure2=panels)
    return folder / "site"


@pytest.mark.slow
def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    assert foreign_addresses(site) == []
    assert (site / "demo" / "index.html").is_file()


def test_links_and_anchors_of_the_site_exist(site: Path) -> None:
    assert broken_links(site) == []


def test_every_page_is_in_the_navigation_and_the_search(site: Path) -> None:
    assert set(staging.titles()) == set(staging.page_names().values())
    found = json.loads((site / "search.json").read_text())
    searched = {item["location"].partition("#")[0] for item in found["items"]}
    assert {name.replace(".md", ".html") for name in staging.page_names().values()} <= searched


def test_the_first_page_has_the_demo_behind_its_poster(site: Path) -> None:
    page = html_page(site / "index.html")
    assert "demo/index.html" in page.links
    assert "./demo.js" in page.loaded
    assert "images/overview.webp" in page.loaded


def test_the_reproduction_links_to_the_live_panels_of_figure_2(site: Path) -> None:
    page = html_page(site / "reproduction.html")
    assert "figure2/index.html" in page.links
    assert len([one for one in page.loaded if one.startswith("figures/figure2-")]) >= 9


def test_python_page_has_the_reference_from_the_docstrings(site: Path) -> None:
    page = html_page(site / "python.html")
    names = {"lodespace.serve", "lodespace.notebook.Served.labels", "lodespace.ImportOptions"}
    assert names <= page.anchors
    text = (site / "python.html").read_text()
    assert "Arrays, a map-style Dataset of torch" in text
    assert "<!-- reference" not in text


def test_equations_are_mathml_and_need_no_script(site: Path) -> None:
    text = (site / "model.html").read_text()
    written = (staging.ROOT / "docs" / "model.md").read_text().count("\n```math\n")
    assert text.count('<div class="math"><math') == written > 0
    assert "\\beta" not in text


def test_a_link_to_a_file_outside_the_site_is_refused() -> None:
    with pytest.raises(staging.StagingError, match=r"docs/files.md: ../setup.py"):
        staging.staged("[code](../setup.py)", "docs/files.md")


def test_links_are_adapted_outside_code_only() -> None:
    text = "[a](../CONTRIBUTING.md#changes) `[a](../setup.py)` [model.md](model.md#voices)"
    expected = "[a](contributing.md#changes) `[a](../setup.py)` [The model](model.md#voices)"
    assert staging.staged(text, "docs/files.md") == expected
    linked = staging.staged("[model.md](docs/model.md)", "CHANGELOG.md")
    assert linked == "[The model](model.md)"


def test_without_a_demo_the_poster_is_a_plain_picture() -> None:
    text = "![Clusters\nof digits](images/overview.webp)\n<!-- demo -->"
    shown = staging.staged(text, "docs/files.md")
    assert shown == "![Clusters\nof digits](images/overview.webp)"


def test_the_poster_is_the_picture_of_the_bake_or_of_the_page() -> None:
    text = "![Clusters\nof digits](images/overview.webp)\n<!-- demo -->"
    own = staging.staged(text, "docs/files.md", poster="")
    assert '<img src="images/overview.webp" alt="Clusters of digits"' in own
    baked = staging.staged(text, "docs/files.md", poster="poster.jpg")
    assert '<img src="demo/poster.jpg" alt="Clusters of digits"' in baked


def test_strict_build_fails_when_an_anchor_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stage(target: Path, **_: object) -> None:
        (target / "pages").mkdir(parents=True)
        (target / "pages" / "index.md").write_text("# One\n\n[two](#two)\n")
        (target / "mkdocs.yml").write_text("site_name: S\ndocs_dir: pages\nsite_dir: site\n")

    monkeypatch.setattr(make_site, "stage", stage)
    with pytest.raises(make_site.BuildError, match="anchor"):
        make_site.build(tmp_path / "site", staging=tmp_path / "staging", demo=None)


def test_foreign_addresses_are_found_in_pages_and_styles(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<link rel="preconnect" href="https://fonts.example"><script src="//cdn.example/a.js">'
        '</script><style>p { background: url(https://b.example/c.png) }</style><img src="own.png">'
        '<a href="https://example.org">outside</a><img srcset="x.png 1x, https://d.example/e 2x">'
    )
    (tmp_path / "a.css").write_text('@import "https://f.example/g.css"; p { cursor: url(own.cur) }')
    hosts = [entry.partition(": ")[2] for entry in foreign_addresses(tmp_path)]
    assert hosts == [
        "https://f.example/g.css", "https://fonts.example", "//cdn.example/a.js",
        "https://b.example/c.png", "https://d.example/e",
    ]  # fmt: skip


def test_broken_links_are_found_in_pages(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="top"></h1><a href="#top"></a><a href="b.html#here"></a><a href="b.html#gone"></a>'
        '<a href="c.html"></a><img src="d.png"><a href="https://example.org/gone"></a>'
    )
    (tmp_path / "b.html").write_text('<h1 id="here"></h1>')
    assert broken_links(tmp_path) == ["a.html: b.html#gone", "a.html: c.html", "a.html: d.png"]
