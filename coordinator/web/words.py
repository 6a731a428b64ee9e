"""What the pages say of kinds, states and steps: Japanese texts, the keys of `locale/en.po`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

KINDS: Mapping[str, str] = {
    "link": "連携",
    "screen": "スクリーニング",
    "statistics": "統計",
}
ROLES: Mapping[str, str] = {"node": "部署", "dealer": "ディーラー"}
MEMBER_STATES: Mapping[str, str] = {
    "invited": "参加待ち",
    "joined": "参加中",
    "revoked": "失効",
}
STATES: Mapping[str, str] = {
    "proposed": "計画を提示",
    "approved": "全部署が承認",
    "checked": "符号の作り方が一致",
    "encoded": "第1パスを受領",
    "compared": "第1パスを比較済み",
    "completed": "第2パスを受領",
    "slotted": "スロットを決定",
    "matched": "封緘の部署が突合済み",
    "told": "公開の部署に通知済み",
    "housed": "世帯の段階を終了",
    "ready": "全部署が準備済み",
    "begun": "全部署が開始",
    "grouped": "並べ替えの秘密を共有",
    "charged": "予算に計上",
    "dealt": "乱数を配布済み",
    "shared": "マスクした入力を交換済み",
    "combined": "結果を合成",
    "keyed": "開封の鍵を受領",
    "delivered": "気づきを配達済み",
    "released": "結果を保存",
    "closed": "記録簿を連署、秘密を廃棄",
    "done": "完了",
    "refused": "拒否",
    "failed": "失敗",
    "expired": "期限切れ",
    "cancelled": "取り消し",
}
"""State of any round -> what is true in it."""


class Whom(StrEnum):
    """Whom a round waits for in a state."""

    NODES = "nodes"
    OPEN = "open"
    SEALED = "sealed"
    RECEIVER = "receiver"
    DEALER = "dealer"
    EVERYONE = "everyone"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked in a state, and of whom; everyone else has nothing to do."""

    of: Whom
    text: str


AT_REST = "次の段階を待っています"
OWN_WORK = "統括の計算を待っています"
_HEADS = Task(Whom.EVERYONE, "記録簿の要約に連署しています")
_CLOSE = Task(Whom.EVERYONE, "この実行の秘密を廃棄しています")
_RUN: Mapping[str, Task] = {
    "proposed": Task(Whom.NODES, "計画を確かめています"),
    "approved": Task(Whom.NODES, "準備をしています"),
    "ready": Task(Whom.NODES, "全員の準備を確かめています"),
    "dealt": Task(Whom.NODES, "マスクした入力を交換しています"),
    "shared": Task(Whom.NODES, "マスクした結果を計算しています"),
    "closed": _CLOSE,
}
TASKS: Mapping[str, Mapping[str, Task]] = {
    "link": {
        "proposed": Task(Whom.NODES, "計画を確かめています"),
        "approved": Task(Whom.NODES, "見本の人物を符号にしています"),
        "checked": Task(Whom.OPEN, "符号(第1パス)を送っています"),
        "encoded": Task(Whom.NOBODY, OWN_WORK),
        "compared": Task(Whom.OPEN, "符号(第2パス)を送っています"),
        "completed": Task(Whom.NOBODY, OWN_WORK),
        "slotted": Task(Whom.SEALED, "手元で突合しています"),
        "matched": Task(Whom.OPEN, "スロット表を受け取っています"),
        "told": Task(Whom.NODES, "(計画にあれば)世帯の証拠を送り、番号を受け取っています"),
        "housed": _HEADS,
        "closed": _CLOSE,
    },
    "screen": {
        **_RUN,
        "begun": Task(Whom.RECEIVER, "並べ替えの秘密を送っています"),
        "grouped": Task(Whom.DEALER, "乱数を配っています"),
        "combined": Task(Whom.DEALER, "開封の鍵を渡しています"),
        "keyed": Task(Whom.RECEIVER, "気づきを受け取っています"),
        "delivered": _HEADS,
    },
    "statistics": {
        **_RUN,
        "begun": Task(Whom.NOBODY, OWN_WORK),
        "charged": Task(Whom.DEALER, "乱数を配っています"),
        "released": _HEADS,
    },
}
"""Kind of round -> state -> what is asked next."""


def texts() -> frozenset[str]:
    """Return every text that a page may translate from here."""
    tasks = {task.text for of_kind in TASKS.values() for task in of_kind.values()}
    tables = (KINDS, ROLES, MEMBER_STATES, STATES)
    return frozenset({AT_REST, OWN_WORK, *tasks, *(t for table in tables for t in table.values())})
