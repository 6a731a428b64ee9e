"""report.html: the rehearsal's report in one file, in Japanese and then in English.

The figures are the coordinator's; styles stand inside, nothing is loaded, no script runs.
Counts and pseudonymous pairs in views, no value and no row id: it may be shown around.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2

import coordinator.web
import protos.web
from coordinator.web.explained import draw, explained, reasons
from coordinator.web.figures import figures
from coordinator.web.households import rule_words
from coordinator.web.review import review_figures
from deploy.rehearsal import Rehearsal
from deploy.rehearsal_figures import error_figures, subgroup_figure
from deploy.rehearsal_households import household_json
from privacy.errors import Language
from protos.web.language import Translator, pick

_HERE: Final = Path(__file__).resolve().parent
_SHARED: Final = Path(str(coordinator.web.__file__)).parent
_FRAME: Final = Path(str(protos.web.__file__)).parent
_STYLES: Final = ("tokens.css", "enishi.css")
_LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")


def as_html(rehearsal: Rehearsal) -> str:
    """Return the report as one page of both languages."""
    loader = jinja2.FileSystemLoader([_HERE / "templates", _SHARED / "templates"])
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    translator = Translator([folder / "locale" / "en.po" for folder in (_HERE, _SHARED, _FRAME)])
    style = "\n".join((_FRAME / "static" / name).read_text("utf-8") for name in _STYLES)
    values = _values(rehearsal)
    body = environment.get_template("rehearsal_body.html")
    parts = []
    for language in _LANGUAGES:
        one: Language = language
        parts.append(
            body.render(
                **values,
                language=one,
                prefix=f"{one}-",
                _=lambda text, one=one: translator.text(text, one),
                pick=lambda text, one=one: pick(text, one),
            )
        )
    return environment.get_template("rehearsal.html").render(style=style, parts=parts)


def _values(rehearsal: Rehearsal) -> Mapping[str, Any]:
    report: Any = rehearsal.quality.to_json()
    named = {mapping.department: mapping.name for mapping in rehearsal.mappings}
    made = list(figures(report, named))
    made.insert(1, subgroup_figure(rehearsal.subgroups))
    made += review_figures(report, named)
    if rehearsal.errors is not None:
        made += error_figures(rehearsal.errors)
    return {
        "report": report,
        "rows": sum(intake.report.rows for intake in rehearsal.intakes),
        "departments": len(rehearsal.intakes),
        "clusters": rehearsal.cluster_count,
        "score": None if rehearsal.score is None else rehearsal.score.evaluation.across,
        "figures": made,
        "reasons": reasons(report),
        "pairs": [explained(pair, named) for pair in report["sample"]],
        "draw_pair": draw,
        "homes": None if rehearsal.households is None else household_json(rehearsal.households),
        "rule_words": rule_words,
    }
