"""How values are shown: yen and its display units, the negative sign, rates, dates, null.

This is the only place where a number is rounded (half up, for display) and where null becomes a
dash with its reason. It computes nothing else: a difference to the previous month is the last step
before a reader's eye, not a metric.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from dashboards.catalogue import Text

# display unit -> (divisor, decimals). Millions keep one decimal: 0 百万円 tells nobody anything.
UNITS = {"one": (1, 0), "thousand": (1_000, 0), "million": (1_000_000, 1)}
ZERO_DECIMAL_CURRENCIES = frozenset({"JPY", "KRW", "VND", "CLP"})


@dataclass(frozen=True)
class Formats:
    """Turns values into text for one language, one display unit and one reporting currency."""

    text: Text
    unit: str = "one"
    currency: str = "JPY"
    time_zone: str = "Asia/Tokyo"

    # ---- money ----

    def money_number(self, value: Decimal) -> Decimal:
        """An amount in the display unit, rounded half up to the decimals that unit shows."""
        divisor, _ = UNITS[self.unit]
        return _rounded(Decimal(value) / divisor, self._money_decimals())

    def money_pixels(self, value: Decimal) -> Decimal:
        """An amount in the display unit, not rounded: for lengths in a chart, never for text."""
        return Decimal(value) / UNITS[self.unit][0]

    def money(self, value: Decimal | None, reason: str | None = None) -> str:
        """An amount in the reporting currency: `106,600円`, `▲23,000円`; null is a dash."""
        if value is None:
            return self.missing(reason)
        return self._money_text(self.money_number(value), plus="")

    def money_change(self, now: Decimal | None, before: Decimal | None) -> str | None:
        """The signed difference of two amounts (`+12,600円`), or None when either is null."""
        if now is None or before is None:
            return None
        return self.money_signed(now - before)

    def money_signed(self, value: Decimal) -> str:
        """A movement with its sign always shown: `+3,000円`, `▲23,000円`, `0円`."""
        return self._money_text(self.money_number(value), plus=self.text("format.plus"))

    def money_digits(self, number: Decimal | float) -> str:
        """An amount already in the display unit, without it: `3,000`, `▲23,000`."""
        return self._signed(number, self._money_decimals())

    def money_unit(self) -> str:
        """The unit's name for an axis or a column heading: `円`, `千円`, `百万円`."""
        if self.currency == "JPY":
            return self.text(f"format.unit.{self.unit}")
        return self.text(f"format.unit_other.{self.unit}", currency=self.currency)

    def base_unit(self) -> str:
        """The unit of an amount that is not scaled, as downloads hold it: `円`."""
        return replace(self, unit="one").money_unit()

    def _money_decimals(self) -> int:
        divisor, decimals = UNITS[self.unit]
        return 2 if divisor == 1 and self.currency not in ZERO_DECIMAL_CURRENCIES else decimals

    def _money_text(self, number: Decimal, plus: str) -> str:
        group = "money" if self.currency == "JPY" else "money_other"
        sign = self.text("format.minus") if number < 0 else plus if number > 0 else ""
        digits = f"{abs(number):,.{self._money_decimals()}f}"
        return self.text(
            f"format.{group}.{self.unit}", sign=sign, number=digits, currency=self.currency
        )

    def native(self, value: Decimal, currency: str) -> str:
        """An amount in a contract's own currency: `JPY 10,000`, `USD 120.00`."""
        decimals = 0 if currency in ZERO_DECIMAL_CURRENCIES else 2
        return f"{currency} {self._signed(_rounded(value, decimals), decimals)}"

    # ---- other numbers ----

    def count(self, value: int | Decimal | None, reason: str | None = None) -> str:
        """A number of customers or rows: `1,234`."""
        return self.missing(reason) if value is None else self._signed(_rounded(value, 0), 0)

    def count_change(self, now: int | None, before: int | None) -> str | None:
        """The signed difference of two counts, or None when either is null."""
        return (
            None if now is None or before is None else self._plus_signed(Decimal(now - before), 0)
        )

    def rate(self, value: Decimal | None, reason: str | None = None) -> str:
        """A rate between 0 and 1 as a percentage with two decimals: `18.18%`."""
        if value is None:
            return self.missing(reason)
        return f"{self._signed(_rounded(Decimal(value) * 100, 2), 2)}%"

    def share(self, value: Decimal | float) -> str:
        """A rate between 0 and 1 as a whole percentage, for cells of a heatmap: `82%`."""
        return f"{self._signed(_rounded(Decimal(repr(float(value))) * 100, 0), 0)}%"

    def rate_change(self, now: Decimal | None, before: Decimal | None) -> str | None:
        """The signed difference of two rates in percentage points: `+8.18pt`."""
        if now is None or before is None:
            return None
        points = _rounded((Decimal(now) - Decimal(before)) * 100, 2)
        return f"{self._plus_signed(points, 2)}pt"

    def ratio(self, value: Decimal | None, reason: str | None = None) -> str:
        """A plain ratio with two decimals: `0.43`."""
        return self.missing(reason) if value is None else self._signed(_rounded(value, 2), 2)

    def ratio_change(self, now: Decimal | None, before: Decimal | None) -> str | None:
        """The signed difference of two ratios, or None when either is null."""
        if now is None or before is None:
            return None
        return self._plus_signed(_rounded(Decimal(now) - Decimal(before), 2), 2)

    def missing(self, reason: str | None) -> str:
        """A dash with the reason a value does not exist: `—（解約・減額がないため）`."""
        if reason is None:
            return self.text("format.missing")
        return self.text("format.missing_because", reason=self.text.code("null_reason", reason))

    def _signed(self, number: Decimal | float, decimals: int) -> str:
        sign = self.text("format.minus") if number < 0 else ""
        return f"{sign}{abs(number):,.{decimals}f}"

    def _plus_signed(self, number: Decimal, decimals: int) -> str:
        plus = self.text("format.plus") if number > 0 else ""
        return f"{plus}{self._signed(number, decimals)}"

    # ---- dates ----

    def date(self, value: date | None) -> str:
        """A day with its weekday: `2026/04/01(水)`."""
        if value is None:
            return self.text("format.missing")
        weekday = self.text("format.weekdays").split()[value.weekday()]
        return self.text("format.date", date=f"{value:%Y/%m/%d}", weekday=weekday)

    def instant(self, value: datetime | None) -> str:
        """A naive UTC timestamp as local business time: `2026/07/01(水) 06:00`."""
        if value is None:
            return self.text("format.missing")
        local = self._local(value)
        return f"{self.date(local.date())} {local:%H:%M}"

    def local_date(self, value: datetime) -> date:
        """The business day a naive UTC timestamp falls on."""
        return self._local(value).date()

    def _local(self, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC).astimezone(ZoneInfo(self.time_zone))

    def month(self, value: date) -> str:
        """A month: `2026年4月`."""
        name = self.text("format.months").split()[value.month - 1]
        return self.text("format.month", year=value.year, month=name)

    def month_axis(self, value: date) -> str:
        """A month short enough for an axis of 36 of them: `2026/04`."""
        return f"{value:%Y/%m}"

    def fiscal_year(self, year: int) -> str:
        """A fiscal year by the year it begins in: `2026年度`."""
        return self.text("format.fiscal_year", year=year)

    def fiscal_half(self, year: int, half: int) -> str:
        """A half of a fiscal year: `2026年度 上期`."""
        name = self.text("format.halves").split()[half - 1]
        return self.text("format.fiscal_half", fiscal_year=self.fiscal_year(year), half=name)

    def fiscal_quarter(self, year: int, quarter: int) -> str:
        """A fiscal quarter: `2026年度 第1四半期`."""
        return self.text(
            "format.fiscal_quarter", fiscal_year=self.fiscal_year(year), quarter=quarter
        )


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
