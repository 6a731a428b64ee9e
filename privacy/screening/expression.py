"""Safe expressions: names, numbers, comparisons, `+ - *`, `and or not`, `count(...)`, nothing else.

Python's own parser reads the text, an allow-list turns its tree into the classes below,
and nothing is ever executed; `evaluation` gives them their meaning.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from privacy.errors import BadInputError, Text

MAX_CHARACTERS = 500
MAX_DEPTH = 30
_MAX_NUMBER = 1_000_000

_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_ARITHMETIC: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, a signal or a judgement."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many signals of a group (or of `signals`, all of them) fired."""

    group: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right` with `+`, `-` or `*`."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right` with a comparison."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Expression


Expression = Number | Name | Count | Arithmetic | Compare | All | Any | Not


class ExpressionError(BadInputError):
    """The text is not an allowed expression."""


def parse(text: str) -> Expression:
    """Return the expression written in *text*.

    Raises:
        ExpressionError: too long, not an expression, or something that is not allowed.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            Text("式が長すぎます。", "the expression is too long."),
            Text(f"{MAX_CHARACTERS} 文字以内に。", f"Keep it under {MAX_CHARACTERS} characters."),
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            Text("式として読めません。", "this is not an expression."),
            Text("括弧と演算子を確かめてください。", "Check brackets and operators."),
        ) from None
    return _convert(tree.body, 0)


def _refuse(ja: str, en: str) -> ExpressionError:
    return ExpressionError(
        Text(f"式に {ja} は使えません。", f"{en} is not allowed in an expression."),
        Text(
            "使えるのは名前、数、比較、+ - *、and or not、count(…) だけです。",
            "Only names, numbers, comparisons, + - *, and or not, and count(...) are.",
        ),
    )


def _convert(node: ast.expr, depth: int) -> Expression:  # noqa: C901, PLR0911 -- the allow-list
    if depth > MAX_DEPTH:
        raise _refuse("深すぎる入れ子", "nesting this deep")
    below = depth + 1
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if not abs(value) <= _MAX_NUMBER:
                raise _refuse("大きすぎる数", "a number this large")
            return Number(Fraction(str(value)))
        case ast.Name(id=name):
            return Name(name)
        case ast.Call(func=ast.Name(id="count"), args=[ast.Name(id=group)], keywords=[]):
            return Count(group)
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_convert(value, below) for value in values)
            return All(parts) if isinstance(op, ast.And) else Any(parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(_convert(operand, below))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Arithmetic("-", Number(Fraction(0)), _convert(operand, below))
        case ast.BinOp(op=arithmetic, left=left, right=right) if type(arithmetic) in _ARITHMETIC:
            op_text = _ARITHMETIC[type(arithmetic)]
            return Arithmetic(op_text, _convert(left, below), _convert(right, below))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            return _comparison([left, *rights], ops, below)
        case _:
            raise _refuse(f"「{type(node).__name__}」", f"'{type(node).__name__}'")


def _comparison(operands: list[ast.expr], ops: list[ast.cmpop], depth: int) -> Expression:
    terms = [_convert(operand, depth) for operand in operands]
    parts: list[Expression] = []
    for place, op in enumerate(ops):
        if type(op) not in _COMPARE:
            raise _refuse("is や in", "'is' or 'in'")
        parts.append(Compare(_COMPARE[type(op)], terms[place], terms[place + 1]))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def names(expression: Expression) -> frozenset[str]:
    """Return every name in *expression*, groups of `count` apart."""
    match expression:
        case Name(name=name):
            return frozenset({name})
        case Number() | Count():
            return frozenset()
        case _:
            return frozenset().union(*(names(part) for part in children(expression)))


def groups(expression: Expression) -> frozenset[str]:
    """Return every group that *expression* counts."""
    if isinstance(expression, Count):
        return frozenset({expression.group})
    return frozenset().union(*(groups(part) for part in children(expression)))


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of *expression*."""
    match expression:
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case All(parts=parts) | Any(parts=parts):
            return parts
        case Not(part=part):
            return (part,)
        case _:
            return ()


def substitute(  # noqa: PLR0911 -- one case for each kind of expression
    expression: Expression, replace: Mapping[str, Expression]
) -> Expression:
    """Return *expression* with each name in *replace* exchanged for its expression."""
    match expression:
        case Name(name=name):
            return replace.get(name, expression)
        case Arithmetic(op=op, left=left, right=right):
            return Arithmetic(op, substitute(left, replace), substitute(right, replace))
        case Compare(op=op, left=left, right=right):
            return Compare(op, substitute(left, replace), substitute(right, replace))
        case All(parts=parts):
            return All(tuple(substitute(part, replace) for part in parts))
        case Any(parts=parts):
            return Any(tuple(substitute(part, replace) for part in parts))
        case Not(part=part):
            return Not(substitute(part, replace))
        case _:
            return expression


def where_falsity_matters(
    expression: Expression, members: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """Return the names whose being *known false* can make *expression* true.

    For all others "known not to have fired" and "nothing known" are alike, so one bit
    is enough for them.  Read off the text: a name under an odd number of negations, on
    the smaller side of a comparison, or in an equality.
    """
    return _falsity(expression, members, 1)


def _falsity(  # noqa: PLR0911 -- one case for each kind of expression
    expression: Expression, members: Mapping[str, tuple[str, ...]], sign: int
) -> frozenset[str]:
    """Collect names with a negative sign; sign 0 stands for both directions."""
    match expression:
        case Name(name=name):
            return frozenset() if sign > 0 else frozenset({name})
        case Count(group=group):
            return frozenset() if sign > 0 else frozenset(members[group])
        case Not(part=part):
            return _falsity(part, members, -sign)
        case Arithmetic(op="*", left=left, right=right):
            factors = [_constant(left), _constant(right)]
            known = next((factor for factor in factors if factor is not None), None)
            turn = 0 if known is None else sign * (1 if known >= 0 else -1)
            return _falsity(left, members, turn) | _falsity(right, members, turn)
        case Arithmetic(op="-", left=left, right=right):
            return _falsity(left, members, sign) | _falsity(right, members, -sign)
        case Compare(op=op, left=left, right=right):
            turn = sign if op in {">", ">="} else -sign if op in {"<", "<="} else 0
            return _falsity(left, members, turn) | _falsity(right, members, -turn)
        case _:
            return frozenset().union(
                *(_falsity(part, members, sign) for part in children(expression))
            )


def _constant(expression: Expression) -> Fraction | None:
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Arithmetic):
        left, right = _constant(expression.left), _constant(expression.right)
        if left is not None and right is not None:
            return {"+": left + right, "-": left - right, "*": left * right}[expression.op]
    return None
