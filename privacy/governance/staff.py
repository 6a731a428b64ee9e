"""Staff accounts as the rules see them: role, schools, training, purposes, weekly capacity.

No password and no second factor stands here; those are the web layer's.  The four
roles of the source document (F-01) keep apart: nobody analyses and uses at once, unless
an exception with its reason is on record.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from privacy.errors import BadInputError, Text
from privacy.governance.document import Entry, read

EVERYWHERE = "*"


class StaffRole(StrEnum):
    """The roles of DOMAIN 1.5."""

    NODE_OPERATOR = "node_operator"
    NODE_APPROVER = "node_approver"
    COORDINATOR = "coordinator"
    RELEASE_APPROVER = "release_approver"
    DPO = "dpo"
    ANALYST = "analyst"
    PRINCIPAL = "principal"
    HOMEROOM = "homeroom"
    NURSE_TEACHER = "nurse_teacher"
    SSW_SC = "ssw_sc"
    CHILD_FAMILY_CENTER = "child_family_center"
    COUNCIL_MEMBER = "council_member"
    ETHICS_READER = "ethics_reader"
    CITIZEN_DESK = "citizen_desk"
    CONTRACTOR = "contractor"


USING = frozenset(
    {
        StaffRole.HOMEROOM,
        StaffRole.NURSE_TEACHER,
        StaffRole.SSW_SC,
        StaffRole.CHILD_FAMILY_CENTER,
        StaffRole.COUNCIL_MEMBER,
    }
)
"""活用主体: the roles that work with individual children."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account; `schools` and `classes` are its scope, `*` everything.

    `weekly_capacity` is how many children a week the person can take up.
    """

    id: str
    roles: frozenset[StaffRole]
    schools: tuple[str, ...]
    classes: tuple[str, ...]
    purposes: tuple[str, ...]
    training_valid_until: dt.date
    weekly_capacity: int
    protection_cleared: bool
    exception: str

    def covers(self, school: str, school_class: str) -> bool:
        """Tell whether a child of this school and class is in the account's scope."""
        in_school = EVERYWHERE in self.schools or school in self.schools
        return in_school and (EVERYWHERE in self.classes or school_class in self.classes)


@dataclass(frozen=True, slots=True)
class Staff:
    """All accounts of a department."""

    accounts: tuple[Account, ...]

    def get(self, account: str) -> Account:
        """Return the account with this id.

        Raises:
            BadInputError: there is none.
        """
        for each in self.accounts:
            if each.id == account:
                return each
        raise BadInputError(
            Text(
                f"職員「{account}」は登録されていません。",
                f"There is no staff account '{account}'.",
            ),
            Text("staff.yaml に加えてください。", "Add it to staff.yaml."),
        )


def _account(entry: Entry) -> Account:
    fields = entry.fields(
        need=("id", "roles", "schools", "purposes", "training_valid_until", "weekly_capacity"),
        may=("classes", "protection_cleared", "exception"),
    )
    roles = frozenset(each.choice(StaffRole) for each in fields["roles"].sequence())
    if not roles:
        raise fields["roles"].error(Text("役割がありません。", "no role."))
    exception, classes = fields.get("exception"), fields.get("classes")
    cleared = fields.get("protection_cleared")
    if StaffRole.ANALYST in roles and roles & USING and exception is None:
        raise fields["roles"].error(
            Text(
                "分析主体と活用主体を一つの職員が兼ねています（F-01）。",
                "one account both analyses and works with children (F-01).",
            ),
            Text(
                "役割を分けるか、理由を exception に書いてください。",
                "Split the roles, or write the reason as exception.",
            ),
        )
    return Account(
        id=fields["id"].text(),
        roles=roles,
        schools=fields["schools"].texts(),
        classes=(EVERYWHERE,) if classes is None else classes.texts(),
        purposes=fields["purposes"].texts(),
        training_valid_until=fields["training_valid_until"].day(),
        weekly_capacity=fields["weekly_capacity"].integer(low=0, high=100),
        protection_cleared=False if cleared is None else cleared.boolean(),
        exception="" if exception is None else exception.text(),
    )


def read_staff(text: str, document: str = "staff.yaml") -> Staff:
    """Return the accounts written in *text* (a YAML list).

    Raises:
        BadInputError: a wrong entry, a repeated id, or roles that may not be one person's.
    """
    found: list[Account] = []
    for entry in read(text, document).sequence():
        account = _account(entry)
        if any(each.id == account.id for each in found):
            raise entry.error(Text("同じ id が二度あります。", "the id stands twice."))
        found.append(account)
    return Staff(tuple(found))
