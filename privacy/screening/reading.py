"""Read a screening definition from its YAML text (DOMAIN 1.4), refusing whatever is not meant.

Refused by name: the prohibited uses (F-18), protected attributes and item classes that
may not make signals (F-19, F-20), any order but the due date.  Refused as input:
unknown keys, items, signals and groups, repeated ids, cycles of judgements, an
expression that is not allowed.  A definition without an
ethics reference or past its date is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from privacy.errors import RefusedError, Text
from privacy.governance.catalogue import Catalogue
from privacy.governance.document import Entry, Fields, read
from privacy.governance.prohibited import (
    ProhibitedUse,
    ProhibitedUseError,
    recognise,
    refuse_prohibited,
)
from privacy.governance.purpose import PurposeKind, Purposes
from privacy.screening.definition import (
    DEFAULT_FRESH_DAYS,
    GRADES,
    Capacity,
    Definition,
    Example,
    Signal,
    SignalGroup,
)
from privacy.screening.rulebook import (
    DEFINITION_ID,
    read_expression,
    read_identifier,
    read_judgements,
    read_rule,
)
from privacy.screening.terms import check_item, resolve

_TIMEPOINT = re.compile(r"\d\d-\d\d\Z")
MAX_SIGNALS = 40


def read_definition(
    text: str,
    *,
    catalogue: Catalogue,
    purposes: Purposes,
    today: dt.date,
    document: str = "definition.yaml",
) -> Definition:
    """Return the definition written in *text*.

    Args:
        text: the YAML.
        catalogue: the items that signals may read.
        purposes: the registered purposes.
        today: the day on which it is to be used.
        document: what to call the text in messages.

    Raises:
        BadInputError: something is written wrongly; says line, key and fix.
        RefusedError: a prohibited use, no ethics reference, or expired.
    """
    root = read(text, document)
    fields = root.fields(
        need=("id", "purpose", "expires", "timepoints", "population", "signals", "list", "missing"),
        may=("ethics_ref", "target", "judgements", "examples"),
    )
    _check_use(fields, document, purposes)
    missing = fields["missing"].fields(need=("non_response", "min_sources"), may=("fresh_days",))
    if missing["non_response"].text() != "show":
        raise missing["non_response"].error(
            Text("「show」だけが使えます。", "only 'show' is possible."),
            Text("無回答は表示し、数えません。", "Non-response is shown and never counted."),
        )
    fresh = missing.get("fresh_days")
    fresh_days = DEFAULT_FRESH_DAYS if fresh is None else fresh.integer(low=1, high=1100)
    signals = _signals(fields["signals"], catalogue, fresh_days)
    judgements, expressions = read_judgements(fields.get("judgements"), signals)
    listing = fields["list"].fields(need=("rule", "order"), may=("exclude", "capacity"))
    _check_order(listing["order"])
    population = fields["population"].fields(need=("grades", "schools"))
    definition = Definition(
        id=read_identifier(fields["id"], DEFINITION_ID),
        purpose=fields["purpose"].text(),
        ethics_ref=_ethics(fields, document),
        expires=fields["expires"].day(),
        timepoints=_timepoints(fields["timepoints"]),
        grades=_grades(population["grades"]),
        schools=_only(population["schools"], "municipal"),
        signals=signals,
        judgements=judgements,
        rule_text=listing["rule"].text(),
        rule=read_rule(listing["rule"], signals, expressions),
        exclude_supported=_excludes(listing.get("exclude")),
        capacity=_capacity(listing.get("capacity")),
        min_sources=missing["min_sources"].integer(low=1, high=20),
        examples=_examples(fields.get("examples"), signals, catalogue),
    )
    definition.check_current(today)
    purposes.get(definition.purpose).check_valid(today)
    return definition


def _check_use(fields: Fields, document: str, purposes: Purposes) -> None:
    target = fields.get("target")
    words = [fields["id"].text(), fields["purpose"].text()]
    refuse_prohibited(document, *words, "" if target is None else target.text())
    purpose = purposes.get(fields["purpose"].text())
    if purpose.kind is not PurposeKind.INDIVIDUAL:
        raise fields["purpose"].error(
            Text(
                "統計だけの目的では個人を挙げられません。",
                "a statistics purpose lists no children.",
            ),
            Text("個人の支援の目的を書いてください。", "Name a purpose for individuals."),
        )


def _ethics(fields: Fields, document: str) -> str:
    entry = fields.get("ethics_ref")
    if entry is None or not entry.text(empty=True).strip():
        raise RefusedError(
            Text(
                f"{document}: 倫理審査の番号がありません（F-24）。",
                f"{document}: no ethics reference (F-24).",
            ),
            Text(
                "倫理委員会の議事番号を ethics_ref に書いてください。",
                "Write the number of the ethics board's minutes as ethics_ref.",
            ),
        )
    return entry.text()


def _only(entry: Entry, value: str) -> str:
    if entry.text() != value:
        raise entry.error(Text(f"「{value}」だけが使えます。", f"only '{value}' is possible."))
    return value


def _timepoints(entry: Entry) -> tuple[str, ...]:
    points = entry.texts()
    for point in points:
        try:
            dt.date.fromisoformat(f"2001-{_TIMEPOINT.fullmatch(point) and point}")
        except ValueError:
            raise entry.error(
                Text("時点は MM-DD です。", "a time-point is written MM-DD."),
                Text('例: ["07-05", "12-20"]。', 'For example ["07-05", "12-20"].'),
            ) from None
    if not points:
        raise entry.error(Text("時点がありません。", "no time-point."))
    return points


def _grades(entry: Entry) -> tuple[str, ...]:
    grades = entry.texts()
    if not grades or not set(grades) <= set(GRADES):
        raise entry.error(
            Text("学年は P1〜P6、J1〜J3 です。", "grades are P1 to P6 and J1 to J3."),
            Text("一つ以上書いてください。", "Write at least one."),
        )
    return grades


def _signals(entry: Entry, catalogue: Catalogue, fresh_days: int) -> tuple[Signal, ...]:
    found: list[Signal] = []
    taken: set[str] = set()
    for each in entry.sequence():
        fields = each.fields(need=("id", "group", "from", "when"), may=("fresh_days",))
        identifier = read_identifier(fields["id"])
        if identifier in taken:
            raise fields["id"].error(
                Text(f"id「{identifier}」は使われています。", f"the id '{identifier}' is taken."),
                Text("別の id にしてください。", "Choose another id."),
            )
        taken.add(identifier)
        where = f"{each.document}, {each.path} ({identifier})"
        item = catalogue.item(fields["from"].text(), where)
        check_item(item, where)
        when = read_expression(fields["when"])
        own = fields.get("fresh_days")
        found.append(
            Signal(
                id=identifier,
                group=fields["group"].choice(SignalGroup),
                item=item.id,
                when_text=fields["when"].text(),
                when=when,
                terms=resolve(when, item, where),
                fresh_days=fresh_days if own is None else own.integer(low=1, high=1100),
            )
        )
    if not 1 <= len(found) <= MAX_SIGNALS:
        raise entry.error(
            Text(
                f"シグナルは 1〜{MAX_SIGNALS} 個です。",
                f"there must be 1 to {MAX_SIGNALS} signals.",
            )
        )
    return tuple(found)


def _check_order(entry: Entry) -> None:
    order = entry.text()
    if order == "due_date":
        return
    if recognise(order) is None and order not in {"risk", "score", "likelihood", "probability"}:
        raise entry.error(Text("順序は due_date だけです。", "the only order is due_date."))
    raise ProhibitedUseError(ProhibitedUse.RANK_SCHOOLS_OR_PUPILS, f"{entry.document} {entry.path}")


def _excludes(entry: Entry | None) -> bool:
    if entry is None:
        return False
    _only(entry, "already_supported")
    return True


def _capacity(entry: Entry | None) -> Capacity | None:
    if entry is None:
        return None
    fields = entry.fields(need=("total",), may=("per_school_week",))
    weekly = fields.get("per_school_week")
    return Capacity(
        total=fields["total"].integer(low=1, high=1_000_000),
        per_school_week=None if weekly is None else weekly.integer(low=1, high=1000),
    )


def _examples(
    entry: Entry | None, signals: tuple[Signal, ...], catalogue: Catalogue
) -> tuple[Example, ...]:
    if entry is None:
        return ()
    variables = {
        variable.name for signal in signals for variable in catalogue.item(signal.item).variables
    }
    monthly = {f"{name}_by_month": name for name in sorted(variables)}
    return tuple(
        _example(each, monthly, sorted(variables), {signal.id for signal in signals})
        for each in entry.sequence()
    )


def _example(entry: Entry, monthly: Mapping[str, str], levels: list[str], ids: set[str]) -> Example:
    fields = entry.fields(need=("expect",), may=("listed", "survey", *monthly, *levels))
    if (survey := fields.get("survey")) is not None:
        _only(survey, "none")
    expect = fields["expect"].texts()
    if not set(expect) <= ids:
        raise fields["expect"].error(Text("知らないシグナルです。", "an unknown signal."))
    months = []
    for key, name in monthly.items():
        if (listed := fields.get(key)) is not None:
            months.append((name, tuple(each.integer(low=0) for each in listed.sequence())))
    answers = [
        (name, answer.integer()) for name in levels if (answer := fields.get(name)) is not None
    ]
    outcome = fields.get("listed")
    return Example(
        months=tuple(months),
        levels=tuple(answers),
        expect=frozenset(expect),
        listed=None if outcome is None else outcome.boolean(),
    )
