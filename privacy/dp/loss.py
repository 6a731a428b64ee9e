"""Privacy loss as exact numbers: rho in integer nano-rho, and the distributed noise's charge.

zCDP (Bun and Steinke, TCC 2016).  The noise is the distributed discrete Gaussian of
Kairouz, Liu and Steinke (ICML 2021): every node adds its share, and the guarantee holds
against a node that knows its own.  Nothing here depends on data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import NormalDist
from typing import Self

from privacy.errors import BadInputError, Text

NANO = 10**9
MAX_RHO = 1_000
MIN_VARIANCE = Fraction(5, 2)
"""Below it the sum of the nodes' discrete Gaussians is no longer close to one."""
MAX_CELLS = 4096
_SLACK = 1 + 1e-9
"""Floating-point results are made larger by this factor before they are rounded up."""


@dataclass(frozen=True, slots=True, order=True)
class Rho:
    """A zCDP loss in whole nano-rho; sums are exact and never drift.

    Raises:
        BadInputError: not an integer, negative, or beyond any sensible loss.
    """

    nano: int

    def __post_init__(self) -> None:
        """Check the number."""
        if type(self.nano) is not int or not 0 <= self.nano <= MAX_RHO * NANO:
            raise BadInputError(
                Text(
                    f"rho は 0 以上 {MAX_RHO} 以下の数です（内部では 10 億分の 1 単位の整数）。",
                    f"rho is a number from 0 to {MAX_RHO} (whole billionths inside).",
                )
            )

    @classmethod
    def of(cls, value: Fraction | int | str) -> Self:
        """Return the loss of an exact *value* such as ``"0.05"``, rounded up.

        Raises:
            BadInputError: not a number, infinite, negative.
        """
        try:
            return cls(math.ceil(Fraction(value) * NANO))
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            what = Text("rho が数ではありません。", "rho is not a number.")
            raise BadInputError(what) from error

    def __add__(self, other: Rho) -> Rho:
        """Return the loss of both together."""
        return Rho(self.nano + other.nano)

    def __str__(self) -> str:
        """Show the loss as a decimal number."""
        whole, rest = divmod(self.nano, NANO)
        return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")

    @property
    def exact(self) -> Fraction:
        """Return the loss as a fraction."""
        return Fraction(self.nano, NANO)

    def epsilon(self, delta: float) -> float:
        """Return an upper bound of epsilon at *delta*.

        The least over alpha of Canonne, Kamath and Steinke (NeurIPS 2020), Corollary 13.

        Raises:
            BadInputError: *delta* is not between 0 and 1.
        """
        if not 0 < delta < 1:
            what = Text("delta は 0 と 1 の間の数です。", "delta lies between 0 and 1.")
            raise BadInputError(what)
        if self.nano == 0:
            return 0.0
        rho = float(self.exact)
        low, high = -20.0, 40.0  # ln(alpha - 1); the bound is unimodal in it
        for _ in range(200):
            third = (high - low) / 3
            if _bound(rho, low + third, delta) < _bound(rho, high - third, delta):
                high -= third
            else:
                low += third
        return max(0.0, _bound(rho, (low + high) / 2, delta)) * _SLACK


def _bound(rho: float, log_order: float, delta: float) -> float:
    """Return epsilon at alpha = 1 + exp(*log_order*): valid for each alpha."""
    beyond = math.exp(log_order)
    alpha = 1 + beyond
    shrink = log_order - math.log(alpha)  # ln(1 - 1 / alpha)
    return rho * alpha + (math.log(1 / delta) - math.log(alpha)) / beyond + shrink


def total(losses: list[Rho]) -> Rho:
    """Return the loss of all *losses* together (composition is addition)."""
    return sum(losses, Rho(0))


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of one release: who adds how much, what it costs, how wide it is.

    Args:
        adders: Nodes that each add noise; all of them for a joint release, 1 for a
            statistic of a single department.
        sensitivity_squared: Delta^2, the squared L2 norm of what one child can change
            (1 for a histogram; B^2 for a sum).
        scale: s, the standard deviation parameter of each node's discrete Gaussian.
        cells: Numbers released together (d).
        colluding: Nodes that may pool their own noise against the others.

    Raises:
        BadInputError: a parameter out of range; never depends on data.
    """

    adders: int
    sensitivity_squared: int
    scale: float
    cells: int
    colluding: int

    def __post_init__(self) -> None:
        """Check the parameters; variance and charge are positive by then."""
        sound = (
            self.honest >= 1
            and self.colluding >= 0
            and self.sensitivity_squared >= 1
            and 1 <= self.cells <= MAX_CELLS
            and math.isfinite(self.scale)
            and self.scale > 0
        )
        if not sound or (self.adders > 1 and self.variance < MIN_VARIANCE):
            raise BadInputError(
                Text(
                    "雑音の設定（ノード数、感度、分散、セル数）が範囲外です。",
                    "The noise's nodes, sensitivity, variance or cells are out of range.",
                ),
                Text(
                    f"セルは 1 から {MAX_CELLS} 個、rho は正の数にしてください。",
                    f"Use 1 to {MAX_CELLS} cells and a positive rho.",
                ),
            )

    @classmethod
    def joint(
        cls, nodes: int, rho: Rho, *, cells: int, sensitivity: int = 1, colluding: int = 1
    ) -> Self:
        """Return the noise of a joint release whose `charge` is at most *rho*.

        Each node's variance is max(Delta^2 sigma^2 / (n - c), 2.5) with sigma^2 = 1 / (2 rho)
        the central mechanism's, so that the n - c nodes that do not collude suffice.  From
        rho the extra term tau d / 4 is first taken off, so that a budget of five times rho
        pays for five releases.

        Raises:
            BadInputError: a parameter out of range, or a rho of 0.
        """
        _positive(rho)
        honest = nodes - colluding
        if nodes < 2 or honest < 1:  # noqa: PLR2004 - joint means at least two
            what = Text("共同公表には 2 ノード以上が必要です。", "A joint release needs two nodes.")
            raise BadInputError(what)
        wanted = Fraction(sensitivity**2) / (2 * rho.exact * honest)
        first = cls(nodes, sensitivity**2, _root_above(max(wanted, MIN_VARIANCE)), cells, colluding)
        if first.charge <= rho:
            return first
        rest = rho.exact - first.extra  # positive: the extra is far below any such rho
        scale = _root_above(Fraction(sensitivity**2) / (2 * rest * honest))
        return replace(first, scale=scale)

    @classmethod
    def single(cls, rho: Rho, *, cells: int, sensitivity: int = 1) -> Self:
        """Return the noise of one department's own statistic, which it adds alone in full."""
        _positive(rho)
        scale = _root_above(Fraction(sensitivity**2) / (2 * rho.exact))
        return cls(1, sensitivity**2, scale, cells, 0)

    @property
    def honest(self) -> int:
        """Return the nodes whose noise an observer does not know (n - c)."""
        return self.adders - self.colluding

    @property
    def variance(self) -> Fraction:
        """Return s^2 of one node's noise, exactly."""
        return Fraction(self.scale) ** 2

    @property
    def total_variance(self) -> Fraction:
        """Return the variance of the released numbers."""
        return self.adders * self.variance

    @property
    def charge(self) -> Rho:
        """Return the loss: Delta^2 / (2 (n - c) s^2) + tau d / 4, rounded up.

        Kairouz, Liu and Steinke (ICML 2021): epsilon^2 / 2 with
        epsilon^2 = Delta^2 / (m s^2) + tau d / 2 for m = n - c adders.
        """
        main = Fraction(self.sensitivity_squared) / (2 * self.honest * self.variance)
        return Rho.of(main + self.extra)

    @property
    def extra(self) -> Fraction:
        """Return tau d / 4, the cost of the sum not being quite a discrete Gaussian."""
        return Fraction(self.tau * _SLACK) * self.cells / 4

    @property
    def tau(self) -> float:
        """Return 10 sum_{k=1}^{m-1} exp(-2 pi^2 s^2 k / (k+1)): not quite a Gaussian."""
        factor = -2 * math.pi**2 * float(self.variance)
        return 10 * sum(math.exp(factor * k / (k + 1)) for k in range(1, self.honest))

    def half_width(self, coverage: float = 0.95) -> int:
        """Return w such that the noise of a cell lies in -w .. w with at least *coverage*.

        The discrete Gaussian's tail at m is at most the Gaussian's at m - 1 (Canonne,
        Kamath and Steinke, NeurIPS 2020, Proposition 25); the sum's differs by tau.

        Raises:
            BadInputError: *coverage* is not between 0 and 1.
        """
        if not 0 < coverage < 1:
            what = Text("信頼水準は 0 と 1 の間です。", "Coverage lies between 0 and 1.")
            raise BadInputError(what)
        quantile = NormalDist().inv_cdf((1 + coverage) / 2)
        return math.ceil(quantile * math.sqrt(self.total_variance))


def _positive(rho: Rho) -> None:
    if rho.nano == 0:
        what = Text("rho は正の数でなければなりません。", "rho must be more than 0.")
        raise BadInputError(what)


def _root_above(variance: Fraction) -> float:
    """Return a float whose exact square is at least *variance*."""
    root = math.sqrt(variance)
    while Fraction(root) ** 2 < variance:
        root = math.nextafter(root, math.inf)
    return root
