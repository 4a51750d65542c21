"""The report as one HTML file: its style and pictures are in it, and it runs no script."""

import base64
from typing import Final

import jinja2
from markupsafe import Markup

from models.evaluation import catalogue
from models.evaluation.mistakes import shortened
from models.evaluation.report import drawing
from models.evaluation.report.contents import Report
from models.evaluation.report.drawing import Picture
from models.evaluation.wording import better, number, p_value, signed

_ENVIRONMENT: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("models.evaluation.report", "."),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
"""Escapes everything: review texts are written by anybody."""

PRODUCT_CHARS: Final = 60
"""Of a product's id that are shown. Ids are shorter; a column that is not one of ids would push the figures away."""


def page(report: Report) -> str:
    """The report as HTML."""
    labels = report.model.labels
    return _ENVIRONMENT.get_template("report.html.j2").render(
        report=report,
        labels=labels,
        overall=catalogue.overall(labels),
        of_class={label: catalogue.of_class(label) for label in labels},
        number=number,
        signed=signed,
        p_value=p_value,
        better=better,
        product=lambda name: shortened(name, PRODUCT_CHARS),
        style=Markup(_ENVIRONMENT.get_template("report.css").render()),  # noqa: S704 - a file of ours
        learning=picture(drawing.learning_curves(report.training), "Loss and accuracy by epoch"),
        reliability=picture(drawing.reliability(report.diagrams), "Reliability diagram"),
        shares=picture(drawing.shares(report.lines[0], labels), "True and predicted shares of the classes"),
    )


def picture(images: Picture, alt: str) -> Markup:
    """The light image, and the dark one where the reader's screen is dark."""
    light, dark = (f"data:image/png;base64,{base64.b64encode(image).decode('ascii')}" for image in images)
    return Markup(
        '<picture><source srcset="{}" media="(prefers-color-scheme: dark)"><img src="{}" alt="{}"></picture>'
    ).format(dark, light, alt)
