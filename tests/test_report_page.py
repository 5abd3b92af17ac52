"""The page of `otmodels report`: everything about a result in one file that needs nothing else and leaks nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from test_cli import DATA, NOT_CERTIFIED, ROOT, as_json, middle_of_the_pictures, otmodels, refusal

import otmodels as om
from otmodels.checks import Check
from otmodels.cli import numerals
from otmodels.cli.page import Material, document, gathered, tables
from otmodels.cli.page.markup import element, text
from otmodels.cli.page.notation import formula, statements
from otmodels.cli.page.origin import PACKAGES
from otmodels.formulations import kantorovich, lipschitz

VOID = {"meta", "img"}
LABELS = ['Ulm <b>&"old"\'s</b>', "Bonn\u202e\x1b[31m", "Kiel</table><script>alert(1)</script>", "\u00dcb\u00e9r&lt;"]
AS_READ = [LABELS[0], "Bonn\\u202e\\x1b[31m", LABELS[2], LABELS[3]]
TARGETS = ["mill", "bridge & co", "dam", "port"]


@dataclass
class Table:
    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)
    numeric: list[list[bool]] = field(default_factory=list)
    scopes: list[list[str | None]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        at = next(k for k, heading in enumerate(self.rows[0]) if heading.split(" (")[0] == name)
        return [row[at] for row in self.rows[1:]]


class Page(HTMLParser):
    """A page as a reader gets it; what is not well-formed fails at once."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[Table] = []
        self.pre: list[str] = []
        self.words: list[str] = []
        self.sections: dict[str, str] = {}
        self.style = self._section = ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        assert len(given) == len(attributes)
        self.tags.append((tag, given))
        if tag == "section":
            self._section = given["aria-labelledby"] or ""
            self.sections[self._section] = ""
        if tag == "table":
            self.tables.append(Table())
        if tag == "tr":
            for rows in (self.tables[-1].rows, self.tables[-1].numeric, self.tables[-1].scopes):
                rows.append([])
        if tag in ("td", "th"):
            self.tables[-1].rows[-1].append("")
            self.tables[-1].numeric[-1].append(given.get("class") == "number")
            self.tables[-1].scopes[-1].append(given.get("scope") if tag == "th" else None)
        if tag == "pre":
            self.pre.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        self.words.append(data)
        if "section" in self.open:
            self.sections[self._section] += data
        if "pre" in self.open:
            self.pre[-1] += data
        elif "caption" in self.open:
            self.tables[-1].caption += data
        elif {"td", "th"} & set(self.open):
            self.tables[-1].rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def table(self, start: str) -> Table:
        return next(made for made in self.tables if made.caption.startswith(start))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.tags if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four towns with difficult names; costs with and without a feasible plan."""
    made = tmp_path_factory.mktemp("secret place")
    pd.DataFrame({"label": LABELS, "mass": [5, 4, 1, 3]}).to_csv(made / "a.csv", index=False)
    pd.DataFrame({"label": TARGETS, "mass": [6, 3, 3, 1]}).to_csv(made / "b.csv", index=False)
    inf = np.inf
    feasible = [[1, inf, 2, 2], [1, 2, 1, 3], [1, 1, 1, 1], [inf, 3, 3, 2]]
    stuck = [[0, inf, inf, inf], [0, inf, inf, inf], [1, 1, 1, 1], [inf, inf, inf, 2]]
    for name, cost in (("feasible", feasible), ("stuck", stuck)):
        pd.DataFrame(cost, LABELS, TARGETS).to_csv(made / f"{name}.csv")
    return made


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Page]:
    """A page of each kind."""
    files: list[str | Path] = ["--source", folder / "a.csv", "--target", folder / "b.csv", "--cost"]
    runs: dict[str, tuple[list[str | Path], int]] = {
        "canning": ([DATA / "canning"], 0),
        "earth_moving": ([DATA / "earth_moving"], 0),
        "labels": ([*files, folder / "feasible.csv"], 0),
        "stuck": ([*files, folder / "stuck.csv"], 0),
        "stopped": ([DATA / "digits", "--time-limit", "1e-9"], NOT_CERTIFIED),
    }
    for name, (words, code) in runs.items():
        otmodels("report", *words, "--out", folder / f"{name}.html", code=code)
    return {name: Page((folder / f"{name}.html").read_text(encoding="utf-8")) for name in runs}


@pytest.fixture(params=["canning", "earth_moving", "labels", "stuck", "stopped"])
def page(pages: dict[str, Page], request: pytest.FixtureRequest) -> Page:
    made = pages[request.param]
    assert isinstance(made, Page)
    return made


class TestAnyPage:
    def test_states_its_language_its_encoding_and_its_width(self, page: Page) -> None:
        assert page.source.startswith('<!DOCTYPE html>\n<html lang="en">')
        assert {"charset": "utf-8"} in page.all("meta")
        assert any(given.get("name") == "viewport" for given in page.all("meta"))
        assert [tag for tag, _ in page.tags].count("h1") == 1

    def test_loads_and_runs_nothing(self, page: Page) -> None:
        known = {"html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer", "figure"}
        known |= {"h1", "h2", "h3", "p", "ul", "li", "a", "dl", "dt", "dd", "div", "span", "strong", "pre", "code", "img"}
        known |= {"figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td"}
        known |= {"math", "mi", "mn", "mo", "mrow", "mtext", "msub", "munder"}
        assert {tag for tag, _ in page.tags} <= known
        for _, given in page.tags:
            assert not {key for key in given if key.startswith("on") or key == "style"}
            assert (given.get("href") or "#").startswith("#")
            assert (given.get("src") or "data:image/").startswith("data:image/")
        assert "url(" not in page.style
        assert "@import" not in page.style

    def test_its_policy_allows_its_own_style_and_images_alone(self, page: Page) -> None:
        [policy] = [given["content"] for given in page.all("meta") if given.get("http-equiv") == "Content-Security-Policy"]
        digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
        assert policy is not None
        assert policy.startswith(f"default-src 'none'; img-src data:; style-src 'sha256-{digest}';")
        # It has to be read before what it rules.
        assert page.source.index("Content-Security-Policy") < page.source.index("<style>")

    def test_every_link_leads_to_a_section(self, page: Page) -> None:
        ids = [given["id"] for _, given in page.tags if "id" in given]
        assert len(set(ids)) == len(ids)
        assert [given["href"] for given in page.all("a")] == [f"#{key}" for key in page.sections]
        assert set(page.sections) == set(ids)

    def test_tables_have_captions_and_headings_and_numbers_on_the_right(self, page: Page) -> None:
        assert len(page.tables) >= 4
        for made in page.tables:
            assert made.caption
            assert {len(row) for row in made.rows} == {len(made.rows[0])}
            if made.caption in ("Primal", "Dual", "Lipschitz", "Flow"):
                continue
            assert set(made.scopes[0]) == {"col"}
            assert all(scopes == ["row", *[None] * (len(scopes) - 1)] for scopes in made.scopes[1:])
            for column in ("mass", "cost", "unit cost", "violation", "tolerance", "f", "g"):
                at = [k for k, heading in enumerate(made.rows[0]) if heading.split(" (")[0] == column]
                assert all(row[k] for row in made.numeric for k in at)

    def test_figures_decode_and_say_what_they_show(self, page: Page) -> None:
        for given in page.all("img"):
            kind, content = re.fullmatch(r"data:image/(png|svg\+xml);base64,(.*)", given["src"] or "").groups()  # type: ignore[union-attr]
            width, height = int(given["width"] or 0), int(given["height"] or 0)
            read = base64.b64decode(content, validate=True)
            if kind == "png":
                shape: tuple[float, float] = Image.open(io.BytesIO(read)).size
            else:
                assert re.sub(rb'xmlns(:xlink)?="[^"]*"', b"", read).count(b"http") == 0
                root = ElementTree.fromstring(read)
                assert root.tag == "{http://www.w3.org/2000/svg}svg"
                shape = tuple(float((root.get(side) or "").removesuffix("pt")) for side in ("width", "height"))  # type: ignore[assignment]
            assert shape[0] / shape[1] == pytest.approx(width / height, rel=0.02)
            assert len(given["alt"] or "") > 40
        assert len(page.all("img")) == page.source.count("<figure>")

    def test_names_no_place_of_the_machine_and_no_time_of_day(self, page: Page, folder: Path) -> None:
        plain = re.sub(r'src="data:[^"]*"', "", page.source)
        for place in (str(ROOT), str(folder), folder.name, str(Path.home()), "/tmp"):
            assert place not in plain
        assert re.search(r"\d\d:\d\d", plain) is None

    def test_states_every_version(self, page: Page) -> None:
        rows = page.table("Versions").rows[1:]
        assert [name for name, _ in rows] == ["python", *PACKAGES]
        assert ["otmodels", om.__version__] in rows

    def test_states_primal_and_dual_with_their_tags(self, page: Page) -> None:
        tags = {row[-1] for made in page.tables for row in made.rows if made.caption in ("Primal", "Dual")} - {""}
        assert tags == {f"({tag})" for tag in ("P0", "P1", "P2", "P3", "D0", "D1")}


class TestAnswer:
    def test_value_unit_and_certificate_are_those_of_the_solution(self, pages: dict[str, Page]) -> None:
        solution = om.solve(om.read_dataset(DATA / "earth_moving").problem)
        page = pages["earth_moving"]
        assert "0.706237424547 steps on average" in page.sections["answer"]
        assert "certified optimal" in page.sections["answer"]
        made = page.table("Certificate")
        assert made.column("check") == [check.name for check in solution.certificate.checks]
        assert made.column("violation") == [numerals.small(check.violation) for check in solution.certificate.checks]
        assert made.column("tolerance") == [numerals.small(check.tolerance) for check in solution.certificate.checks]
        assert {row[-1] for row in made.rows[1:]} == {"pass"}

    def test_the_plan_adds_up_to_value_and_masses(self, pages: dict[str, Page]) -> None:
        made = pages["canning"].table("Plan")
        assert sum(map(float, made.column("cost"))) == pytest.approx(153.675, abs=1e-2)
        assert sum(map(float, made.column("mass"))) == 950
        assert {*made.column("source")} == {"Seattle", "San Diego"}

    def test_the_potentials_prove_the_value(self, pages: dict[str, Page]) -> None:
        page, worth = pages["canning"], 0.0
        masses = {row[0]: float(row[1]) for made in page.tables if made.rows[0][0] == "atom" for row in made.rows[1:]}
        for letter in ("f", "g"):
            made = next(made for made in page.tables if any(name.startswith(f"{letter} (") for name in made.rows[0]))
            worth += sum(masses[row[0]] * float(number) for row, number in zip(made.rows[1:], made.column(letter), strict=True))
        assert worth == pytest.approx(153.675, abs=1e-2)

    def test_data_come_with_units_source_and_licence(self, pages: dict[str, Page]) -> None:
        data = om.read_dataset(DATA / "canning")
        said = " ".join(pages["canning"].sections["data"].split())
        assert " ".join(data.source.split()) in said
        assert data.licence in said
        assert "thousand dollars per case" in said
        assert pages["canning"].table("Costs").rows[1] == ["Seattle", "0.225", "0.153", "0.162", "0.000"]

    def test_what_was_changed_is_said(self, pages: dict[str, Page]) -> None:
        assert "source masses divided by their total 77" in pages["earth_moving"].sections["data"]

    @pytest.mark.parametrize("form", ["primal", "dual"])
    def test_small_programs_are_written_out_with_the_users_names(self, pages: dict[str, Page], form: str) -> None:
        program = om.build(om.read_dataset(DATA / "canning").problem, form).linear_program()
        assert any(set(written.split()) == set(program.algebra().split()) for written in pages["canning"].pre)

    def test_a_metric_brings_one_potential_and_its_programs(self, pages: dict[str, Page]) -> None:
        page = pages["earth_moving"]
        assert "g = -f holds" in page.sections["lipschitz"]
        assert page.table("Axioms").rows[1][1] == "holds"
        assert set(page.table("Values").column("value")) == {"0.706237424547"}
        assert page.table("Values").column("program") == ["primal", "dual", "lipschitz", "flow"]
        assert {row[-1] for row in page.table("Flow").rows} == {"(B0)", "(B1)", "(B2)"}
        assert sum("flow" in (given["alt"] or "") for given in page.all("img")) >= 1

    def test_a_matrix_between_different_places_has_none_of_that(self, pages: dict[str, Page]) -> None:
        assert "lipschitz" not in pages["canning"].sections
        assert not any(made.caption == "Lipschitz" for made in pages["canning"].tables)

    def test_how_firm_it_is(self, pages: dict[str, Page]) -> None:
        solution = om.solve(om.read_dataset(DATA / "canning").problem)
        assert isinstance(solution, om.Solution)
        loose = (~solution.uniqueness()["unique"]).sum()
        assert f"{loose} of 12 numbers have other optimal values" in pages["canning"].sections["firm"]
        assert len(pages["canning"].table("Ranges").rows) == 1 + loose

    def test_the_command_line_makes_the_page_again(self, pages: dict[str, Page], tmp_path: Path) -> None:
        command = next(written for written in pages["canning"].pre if written.startswith("otmodels"))
        assert command == "otmodels report canning --out canning.html"
        page = tmp_path / "canning.html"
        otmodels("report", DATA / "canning", "--out", page)
        without = [re.sub(r"<dt>seconds</dt>\n<dd>.*?</dd>", "", html) for html in (page.read_text(), pages["canning"].source)]
        assert without[0] == without[1]


class TestLabels:
    def test_stand_as_they_are_in_tables_and_programs(self, pages: dict[str, Page]) -> None:
        page = pages["labels"]
        assert page.table("Sources").column("atom") == AS_READ
        assert page.table("Costs").column("source") == AS_READ
        assert [row[0] for row in page.table("Costs").rows][1:] == AS_READ
        assert page.table("Costs").rows[0][1:] == TARGETS
        assert all(any(label in written for written in page.pre) for label in AS_READ)
        assert set(page.table("Plan").column("source")) == set(AS_READ)

    def test_a_title_is_no_markup(self, folder: Path, tmp_path: Path) -> None:
        made = tmp_path / "data"
        shutil.copytree(DATA / "canning", made)
        stated = (made / "problem.toml").read_text()
        title = "A & B </title><script>1</script>"
        (made / "problem.toml").write_text(re.sub("title = .*", f"title = '{title}'", stated, count=1))
        otmodels("report", made, "--language", "highspy", "--out", tmp_path / "page.html")
        page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
        assert page.text.count(title) == 2
        assert "script" not in {tag for tag, _ in page.tags}

    def test_text_is_escaped_unless_it_is_markup(self) -> None:
        assert text("<&\"'>") == "&lt;&amp;&quot;&#x27;&gt;"
        assert element("p", element("code", "<"), "<") == "<p><code>&lt;</code>&lt;</p>\n"
        assert element("p", title='"><b>') == '<p title="&quot;&gt;&lt;b&gt;"></p>\n'


class TestNoAnswer:
    def test_an_infeasible_problem_is_explained(self, pages: dict[str, Page]) -> None:
        page = pages["stuck"]
        assert "INFEASIBLE" in page.sections["answer"]
        assert "3 has nowhere to go" in page.sections["answer"]
        assert page.table("Atoms that are stuck").column("label") == [*AS_READ[:2], "mill", AS_READ[3], "port"]
        assert sum(map(float, page.table("Pairs to allow").column("mass"))) == 5
        assert list(page.sections) == ["answer", "data", "programs", "origin"]
        assert page.table("Costs").rows[1][1:] == ["0", "forbidden", "forbidden", "forbidden"]

    def test_a_stopped_solve_has_its_interval_and_no_value(self, pages: dict[str, Page]) -> None:
        said = pages["stopped"].sections["answer"]
        assert "STOPPED" in said
        found = re.search(r"proven to lie in \[(.+), (.+)\] pixels on average", said)
        assert found is not None
        assert float(found[1]) <= 0.862116809341 <= float(found[2])
        assert "certified optimal" not in said
        assert list(pages["stopped"].sections) == ["answer", "data", "programs", "origin"]

    def test_an_answer_that_is_not_certified_says_so_and_where_it_fails(self) -> None:
        data = om.read_dataset(DATA / "canning")
        solution = om.solve(data.problem)
        failed = Check("source marginal", 3.0, 1e-9, "Seattle")
        wrong = replace(solution, certificate=replace(solution.certificate, checks=(failed, *solution.certificate.checks[1:])))
        material = Material(data, "otmodels report canning", wrong)
        assert not material.proven
        page = Page(document(material))
        assert "NOT CERTIFIED" in page.sections["answer"]
        assert "certified optimal" not in page.sections["answer"]
        assert page.table("Certificate").rows[1] == ["source marginal", "3.0e+00", "1.0e-09", "Seattle", "FAIL"]
        assert "firm" not in page.sections


class TestLarge:
    def test_pictures_take_the_fastest_route_and_a_page_of_a_few_megabytes(self, tmp_path: Path) -> None:
        pictures = middle_of_the_pictures(tmp_path)
        otmodels("report", pictures, "--out", tmp_path / "page.html")
        assert (tmp_path / "page.html").stat().st_size < 4_000_000
        page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
        value = numerals.value(as_json("distance", pictures)["value"])
        assert f"{value} pixels on average" in page.sections["answer"]
        masses = page.table("Masses")
        assert len(masses.rows) == 1 + tables.SOME_ROWS
        assert "of 2,304 atoms; 2,264 atoms left out" in masses.caption
        assert any(written.endswith("free") and "more terms" in written for written in page.pre)
        assert "Not examined" in page.sections["firm"]

    def test_a_long_table_says_what_is_left_out(self) -> None:
        rows = pd.DataFrame({"atom": [f"atom {k}" for k in range(200)], "mass": [3.0] * 40 + [0.75] * 160})
        made = tables.shortened("Atoms", rows, lambda some: [tables.words("atom", some["atom"])], what="atom", by=rows["mass"])
        [table] = Page(made).tables
        assert table.column("atom") == [f"atom {k}" for k in range(40)]
        assert "160 atoms left out, which hold 50 % of the mass" in table.caption

    def test_a_stop_of_the_fastest_route_is_told_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("otmodels.cli.page.material.MOST_STATED", 10)
        made = gathered(om.read_dataset(DATA / "digits"), "", "cvxpy", None)
        assert isinstance(made.answer, om.LipschitzSolution)
        assert isinstance(gathered(om.read_dataset(DATA / "digits"), "", "cvxpy", 1e-9).outcome, om.solution.Unsolved)


class TestCommand:
    def test_says_whether_it_wrote_or_replaced(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("otmodels.cli.page.material.drawn", lambda *_: {})
        words = ("report", DATA / "canning", "--language", "highspy")
        assert re.search(r"wrote +canning.html", otmodels(*words))
        assert re.search(r"replaced +canning.html", otmodels(*words))
        assert "primal in highspy" in Page((tmp_path / "canning.html").read_text()).sections["answer"]

    @pytest.mark.parametrize(
        ("out", "said"), [("", "is a folder"), ("a.csv", "does not end in .html"), ("no/a.html", "is not a")]
    )
    def test_refuses_what_is_no_page_before_it_works(self, tmp_path: Path, out: str, said: str) -> None:
        assert said in refusal("report", DATA / "canning", "--out", tmp_path / out)

    def test_bad_input_is_one_line(self, tmp_path: Path) -> None:
        assert "nowhere" in refusal("report", DATA / "nowhere", "--out", tmp_path / "a.html")
        assert not (tmp_path / "a.html").exists()


class TestNotation:
    @pytest.mark.parametrize("module", [kantorovich, lipschitz])
    def test_is_what_the_docstring_states(self, module: object) -> None:
        tags = re.findall(r" {2,}\((\w\d)\)", module.__doc__ or "")
        stated = [line for statement in statements(module.__doc__) for line in statement.lines]
        assert [tag for *_, tag in stated if tag] == tags
        for _, said, where, _ in stated:
            assert f"{said}" in (module.__doc__ or "")
            assert _letters(formula(said + where)) == list("".join(re.findall(r"[a-zA-Z]+", said + where)))

    def test_prose_is_no_program(self) -> None:
        assert list(statements("One line.\n\nA paragraph\nof two lines.\n")) == []
        assert list(statements(None)) == []


def _letters(markup: str) -> Iterator[str] | list[str]:
    plain = re.sub("<[^>]*>", "", markup).replace("\N{GREEK SMALL LETTER GAMMA}", "gamma").replace("∑", "sum")
    return re.findall(r"[a-zA-Z]", plain)
