"""The data catalogue: which item a department holds, how sensitive it is, and its permitted use.

One entry a D-nn item (DOMAIN 1.1).  The class says what an item may do at most:
`link` items identify and never appear in an answer; `screen` items may make signals;
`supported` items only say that a child already has support (and are never a signal:
asking for help must not become a mark); `karte` items enter statistics only; `case`
and `display` items are shown to an authorised worker and never computed on; `never`
items stay out.  A variable may be narrower than its item (`use: never`).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum

from privacy.canonical import Json, canonical_digest
from privacy.errors import NOTHING, BadInputError, Language, Text
from privacy.governance.document import Entry, read


class ItemClass(StrEnum):
    """The most that an item may be used for."""

    LINK = "link"
    SCREEN = "screen"
    SUPPORTED = "supported"
    KARTE = "karte"
    CASE = "case"
    DISPLAY = "display"
    NEVER = "never"


class Sensitivity(StrEnum):
    """How carefully the law wants an item handled."""

    ORDINARY = "ordinary"  # Personal information.
    SPECIAL_CARE = "special_care"  # 要配慮個人情報: a breach is reported even for one person.
    SECRET = "secret"  # noqa: S105 -- a secrecy duty of its own, such as 地方税法 22.


class Frequency(StrEnum):
    """How often an item is recorded; `monthly` items have one value a month."""

    DAILY = "daily"
    MONTHLY = "monthly"
    TWICE_YEARLY = "twice_yearly"
    YEARLY = "yearly"
    AS_IT_HAPPENS = "as_it_happens"
    ONCE = "once"


class VariableType(StrEnum):
    """What a variable's values are."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"


class VariableUse(StrEnum):
    """A limit narrower than the item's class."""

    AS_ITEM = "as_item"
    PROTECTED = "protected"  # F-20: barred from signals, kept for looking at group gaps.
    NEVER = "never"  # Never leaves the node and is never computed on.


@dataclass(frozen=True, slots=True)
class Variable:
    """One column of an item; `low` and `high` bound integers, `values` lists categories."""

    name: str
    type: VariableType
    low: int | None = None
    high: int | None = None
    values: tuple[str, ...] = ()
    use: VariableUse = VariableUse.AS_ITEM
    label: Text = NOTHING

    def title(self, language: Language) -> str:
        """Return how people call the variable, or its name where no label is written."""
        return self.label.in_language(language) or self.name


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the catalogue; `holder` is a department id."""

    id: str
    name: Text
    holder: str
    population: str
    frequency: Frequency
    sensitivity: Sensitivity
    item_class: ItemClass
    retention_days: int
    variables: tuple[Variable, ...]
    source: str

    def variable(self, name: str) -> Variable | None:
        """Return the variable called *name*, if the item has it."""
        return next((each for each in self.variables if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All items, in the order written."""

    items: tuple[Item, ...]

    def find(self, item: str) -> Item | None:
        """Return the item with this id, if there is one."""
        return next((each for each in self.items if each.id == item), None)

    def item(self, item: str, where: str = "catalogue") -> Item:
        """Return the item with this id.

        Raises:
            BadInputError: the catalogue has no such item.
        """
        found = self.find(item)
        if found is not None:
            return found
        near = difflib.get_close_matches(item, [each.id for each in self.items], n=3)
        raise BadInputError(
            Text(f"{where}: 目録にない項目「{item}」です。", f"{where}: unknown item '{item}'."),
            Text(
                f"目録に加えるか、番号を直してください（近いもの: {', '.join(near) or 'なし'}）。",
                f"Add it to the catalogue or correct it (near: {', '.join(near) or 'none'}).",
            ),
        )

    @property
    def digest(self) -> bytes:
        """Return the canonical digest (32 bytes); any change of an entry changes it."""
        return canonical_digest([_plain(item) for item in self.items])


def _plain(item: Item) -> Json:
    return {
        "id": item.id,
        "name": list(item.name),
        "holder": item.holder,
        "population": item.population,
        "frequency": item.frequency.value,
        "sensitivity": item.sensitivity.value,
        "class": item.item_class.value,
        "retention_days": item.retention_days,
        "variables": [
            [
                each.name,
                each.type.value,
                each.low,
                each.high,
                list(each.values),
                each.use.value,
                *each.label,
            ]
            for each in item.variables
        ],
        "source": item.source,
    }


def _variable(entry: Entry) -> Variable:
    fields = entry.fields(
        need=("name", "type"), may=("range", "values", "use", "label_ja", "label_en")
    )
    kind = fields["type"].choice(VariableType)
    low, high = None, None
    if (bounds := fields.get("range")) is not None:
        numbers = [each.integer() for each in bounds.sequence()]
        if kind is not VariableType.INTEGER or len(numbers) != 2 or numbers[0] > numbers[1]:  # noqa: PLR2004 -- low and high
            raise bounds.error(
                Text(
                    "範囲は整数型の [最小, 最大] です。",
                    "a range is [low, high] of an integer variable.",
                )
            )
        low, high = numbers
    values: tuple[str, ...] = ()
    if (listed := fields.get("values")) is not None:
        if kind is not VariableType.CATEGORY:
            raise listed.error(
                Text("値の一覧は category 型だけに書けます。", "only a category lists its values.")
            )
        values = listed.texts()
    use, ja, en = fields.get("use"), fields.get("label_ja"), fields.get("label_en")
    return Variable(
        name=fields["name"].text(),
        type=kind,
        low=low,
        high=high,
        values=values,
        use=VariableUse.AS_ITEM if use is None else use.choice(VariableUse),
        label=Text("" if ja is None else ja.text(), "" if en is None else en.text()),
    )


def _item(entry: Entry) -> Item:
    fields = entry.fields(
        need=(
            "id", "name_ja", "name_en", "holder", "population", "frequency", "sensitivity",
            "class", "retention_days", "variables", "source",
        )
    )  # fmt: skip
    variables = tuple(_variable(each) for each in fields["variables"].sequence())
    names = [variable.name for variable in variables]
    if len(set(names)) != len(names):
        raise fields["variables"].error(
            Text("同じ名前の変数があります。", "two variables share a name.")
        )
    return Item(
        id=fields["id"].text(),
        name=Text(fields["name_ja"].text(), fields["name_en"].text()),
        holder=fields["holder"].text(),
        population=fields["population"].text(),
        frequency=fields["frequency"].choice(Frequency),
        sensitivity=fields["sensitivity"].choice(Sensitivity),
        item_class=fields["class"].choice(ItemClass),
        retention_days=fields["retention_days"].integer(low=1, high=36525),
        variables=variables,
        source=fields["source"].text(),
    )


def read_catalogue(text: str, document: str = "catalogue.yaml") -> Catalogue:
    """Return the catalogue written in *text* (a YAML list of items).

    Raises:
        BadInputError: an unknown key, class or type, a repeated id, or not YAML.
    """
    items: list[Item] = []
    for entry in read(text, document).sequence():
        item = _item(entry)
        if any(each.id == item.id for each in items):
            raise entry.error(
                Text(
                    f"項目番号 {item.id} が二度あります。", f"the item id {item.id} stands twice."
                ),
                Text("番号を変えてください。", "Give one of them another id."),
            )
        items.append(item)
    return Catalogue(tuple(items))
