"""The page as a whole: what it may load (nothing), how it looks, and its sections in order."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

from otmodels.cli.page import answer, duality
from otmodels.cli.page.data import data_section, described
from otmodels.cli.page.markup import Html, element, joined
from otmodels.cli.page.material import Material
from otmodels.cli.page.origin import origin_section
from otmodels.cli.page.programs import programs_section


def document(material: Material) -> str:
    """The page: one HTML file that loads nothing and runs nothing.

    The same data, answer and versions give the same page but for the seconds that it states.
    """
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    sections = {
        "Answer": ("answer", answer.answer_section(material)),
        "Data": ("data", data_section(material.data)),
        "Programs": ("programs", programs_section(material)),
        "Plan": ("plan", answer.plan_section(material)),
        "Potentials": ("potentials", answer.potentials_section(material)),
        "g = -f": ("lipschitz", duality.lipschitz_section(material)),
        "How firm it is": ("firm", duality.firmness_section(material)),
        "Certificate": ("certificate", answer.certificate_section(material)),
        "Provenance": ("origin", origin_section(material)),
    }
    links = (element("li", element("a", name, href=f"#{key}")) for name, (key, made) in sections.items() if made)
    contents = element("nav", element("ul", *links), aria_label="Contents")
    body = element(
        "body",
        described(material.data),
        contents,
        element("main", *(made for _, made in sections.values())),
        element("footer", element("p", f"Made by otmodels {version('otmodels')}.")),
    )
    return f"<!DOCTYPE html>\n{element('html', _head(material, style), body, lang='en')}\n"


def _head(material: Material, style: str) -> Html:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    rules = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        Html('<meta charset="utf-8">\n'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{rules}">\n'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", joined((material.data.title, " - otmodels"))),
        element("style", Html(style)),
    )
