"""A definition and its compilation in sentences, Japanese and English, for those who approve."""

from __future__ import annotations

from privacy.errors import Language
from privacy.governance.catalogue import Catalogue
from privacy.screening.compiled import Compiled, Part
from privacy.screening.definition import Definition
from privacy.screening.phrase import say, signal_sentence


def sentences(definition: Definition, catalogue: Catalogue, language: Language) -> tuple[str, ...]:
    """Return the whole definition as sentences in *language*."""
    rule = say(
        definition.rule, lambda name: f"「{name}」" if language == "ja" else f"'{name}'", language
    )
    signals = tuple(signal_sentence(each, catalogue, language) for each in definition.signals)
    head, tail = _head_and_tail(definition, rule, language)
    return (*head, *signals, *tail, *_capacity(definition, language))


def _head_and_tail(
    definition: Definition, rule: str, language: Language
) -> tuple[list[str], list[str]]:
    times, sources = len(definition.timepoints), definition.min_sources
    until = definition.expires.isoformat()
    if language == "ja":
        grades, points = "・".join(definition.grades), "・".join(definition.timepoints)
        head = (
            f"定義「{definition.id}」は、目的「{definition.purpose}」のために、"
            f"市立学校の{grades}の子どもを、年に{times}回（{points}）見る。"
        )
        ethics = f"倫理審査は{definition.ethics_ref}。{until}まで有効。"
        tail = [f"一覧に載るのは次のとき: {rule}。"]
        if definition.exclude_supported:
            tail.append("すでに支援を受けている子どもは数えるだけで、一覧に載せない。")
        if sources > 1:
            tail.append(f"{sources}以上の部署に新しいデータがある子どもに限る。")
        tail.append("無回答やデータの欠けは、そのまま示し、シグナルとして数えない。")
        tail.append("並び順は期日順で、点数や順位はつけない。決めるのは人である。")
        return [head, ethics], tail
    grades, points = ", ".join(definition.grades), ", ".join(definition.timepoints)
    head = (
        f"The definition '{definition.id}', for the purpose '{definition.purpose}', looks at the"
        f" children of grades {grades} in municipal schools, on {points} of each year."
    )
    ethics = f"Ethics reference {definition.ethics_ref}; valid until {until}."
    tail = [f"A child is listed when {rule}."]
    if definition.exclude_supported:
        tail.append("Children who have support already are counted, not listed.")
    if sources > 1:
        tail.append(f"Only children of whom {sources} departments or more have fresh data.")
    tail.append("No answer and no data are shown as such and never count.")
    tail.append("The order is by due date; nobody is scored or ranked. People decide.")
    return [head, ethics], tail


def _capacity(definition: Definition, language: Language) -> tuple[str, ...]:
    capacity = definition.capacity
    if capacity is None:
        return ()
    week = capacity.per_school_week
    if language == "ja":
        weekly = "" if week is None else f"、学校ごとに週{week}人まで"
        return (
            f"会議で扱える数は全体で{capacity.total}人{weekly}（計画の参考で、規則は変えない）。",
        )
    weekly = "" if week is None else f", {week} a school and week"
    return (
        f"People can take up {capacity.total} children{weekly} (for planning; the rule stays).",
    )


def plan_sentences(compiled: Compiled, language: Language) -> tuple[str, ...]:
    """Return what is computed, and what listing and not listing tell the receiver."""
    ja = language == "ja"
    digits = compiled.digits
    lines = []
    for digit in digits.digits:
        nodes = ", ".join(f"{node} 0..{most}" for node, most in digit.limits)
        lines.append(
            f"桁「{digit.name}」: {digit.radix} 通り（{nodes}）。"
            if ja
            else f"Digit '{digit.name}': {digit.radix} values ({nodes})."
        )
    lines.append(
        f"積 {digits.size}、表の大きさ {digits.domain}。"
        if ja
        else f"Product {digits.size}, table size {digits.domain}."
    )
    lines.extend(_class_lines(part, language) for part in compiled.parts if part.digit)
    receiver = compiled.part(compiled.receiver)
    local = _minimal(receiver, receiver.local, 1) if receiver is not None else ""
    lines.extend(_told_ja(compiled, local) if ja else _told_en(compiled, local))
    return tuple(lines)


def _class_lines(part: Part, language: Language) -> str:
    levels = [
        f"{level} = {_minimal(part, part.classes, level)}"
        for level in range(1, max(part.classes) + 1)
    ]
    head = f"{part.states.node} の値" if language == "ja" else f"Values of {part.states.node}"
    return f"{head}: {'; '.join(levels)}"


def _minimal(part: Part, values: tuple[int, ...] | tuple[bool, ...], level: int) -> str:
    """Return the smallest sets of fired signals that reach *level*: `abs10 | late+nurse`."""
    reaching = [
        part.states.fired_names(code) for code, value in enumerate(values) if int(value) == level
    ]
    smallest = {each for each in reaching if not any(other < each for other in reaching)}
    return " | ".join(sorted("+".join(sorted(each)) or "-" for each in smallest))


def _told_ja(compiled: Compiled, local: str) -> list[str]:
    name = compiled.receiver
    lines = []
    if local:
        lines.append(
            f"{name} 自身のデータだけで足りるもの（{local}）は部署内の通知とし、カードは付かず、"
            "他部署の保留・支援・データの有無に左右されない。照会では扱わない。"
        )
    without = "保留や支援中と" if compiled.supporting else "保留と"
    lines.append(
        f"一覧に載ると {name} に伝わること: その子は {name} の対象の子どもで、"
        f"各部署のデータを合わせて規則を満たし、どの部署でも{without}されていない。"
        "理由は封をしたカードで伝わる。"
    )
    hidden = "支援中か保留か" if compiled.supporting else "保留か"
    lines.append(
        f"載らないときに {name} に伝わること: 規則を満たさないのか、データが足りないのか、"
        f"{hidden}は区別できない。"
    )
    return lines


def _told_en(compiled: Compiled, local: str) -> list[str]:
    name = compiled.receiver
    lines = []
    if local:
        lines.append(
            f"What {name}'s own facts suffice for ({local}) is a local alert: no cards, and no"
            " other department's hold, support or data plays a part. The lookup leaves it out."
        )
    without = "holds it back or supports it" if compiled.supporting else "holds it back"
    lines.append(
        f"Being listed tells {name}: the child is its own, fulfils the rule with all departments'"
        f" data together, and no department {without}. Sealed cards say why."
    )
    hidden = "supported or held back" if compiled.supporting else "held back"
    lines.append(
        f"Not being listed tells {name} nothing apart: not fulfilled, too little data, {hidden}"
        " all look the same."
    )
    return lines
