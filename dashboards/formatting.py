"""How values are shown: yen and its display units, the negative sign, rates, dates, null.

This is the only place where a number is rounded (half up, for display) and where null becomes a
dash with its reason. It computes nothing else: a difference to the previous month is the last step
before a reader's eye, not a metric.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from dashboards.catalogue import Text
from sources.values import ERAS

# display unit -> (divisor, decimals). Millions keep one decimal: 0 百万円 tells nobody anything.
UNITS = {"one": (1, 0), "thousand": (1_000, 0), "million": (1_000_000, 1)}
WAREKI, IN_BRACKETS = "wareki", "()"
FIRST_WEEKDAYS = {"monday": 0, "sunday": 6}
ZERO_DECIMAL_CURRENCIES = frozenset({"JPY", "KRW", "VND", "CLP"})


@dataclass(frozen=True)
class Formats:
    """Turns values into text for one language, one display unit and one reporting currency.

    negative_mark, calendar_era, week_starts_on: as [display] of keizoku.toml says.
    """

    text: Text
    unit: str = "one"
    currency: str = "JPY"
    time_zone: str = "Asia/Tokyo"
    negative_mark: str | None = None
    calendar_era: str = "seireki"
    week_starts_on: str = "monday"
    fiscal_year_start_month: int = 4

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
        digits = f"{abs(number):,.{self._money_decimals()}f}"
        shown = self.text(f"format.{group}.{self.unit}", number=digits, currency=self.currency)
        return self._marked(number, shown, plus)

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
        return self._signed(_rounded(Decimal(value) * 100, 2), 2, ending="%")

    def share(self, value: Decimal | float) -> str:
        """A rate between 0 and 1 as a whole percentage, for cells of a heatmap: `82%`."""
        return self._signed(_rounded(Decimal(repr(float(value))) * 100, 0), 0, ending="%")

    def rate_change(self, now: Decimal | None, before: Decimal | None) -> str | None:
        """The signed difference of two rates in percentage points: `+8.18pt`."""
        if now is None or before is None:
            return None
        points = _rounded((Decimal(now) - Decimal(before)) * 100, 2)
        return self._plus_signed(points, 2, ending="pt")

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

    @property
    def negative(self) -> str:
        """The mark before a negative number, or `()` where it stands in brackets."""
        return self.negative_mark or self.text("format.minus")

    def _marked(self, number: Decimal | float, shown: str, plus: str = "") -> str:
        if number >= 0:
            return f"{plus}{shown}" if number else shown
        return f"({shown})" if self.negative == IN_BRACKETS else f"{self.negative}{shown}"

    def _signed(
        self, number: Decimal | float, decimals: int, *, ending: str = "", plus: str = ""
    ) -> str:
        return self._marked(number, f"{abs(number):,.{decimals}f}{ending}", plus)

    def _plus_signed(self, number: Decimal, decimals: int, *, ending: str = "") -> str:
        return self._signed(number, decimals, ending=ending, plus=self.text("format.plus"))

    # ---- dates ----

    def date(self, value: date | None) -> str:
        """A day with its weekday: `2026/04/01(水)`, `令和8年4月1日(水)`."""
        if value is None:
            return self.text("format.missing")
        weekday = self.text("format.weekdays").split()[value.weekday()]
        letter = self._era(value)
        if letter is None:
            return self.text("format.date", date=f"{value:%Y/%m/%d}", weekday=weekday)
        return self.text(
            "format.date_of_era",
            era=self.text(f"format.era.{letter}"),
            year=self._year_of_era(value, letter),
            month=value.month,
            day=value.day,
            weekday=weekday,
        )

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
        """A month, by its first day: `2026年4月`, `令和8年4月`."""
        name = self.month_name(value.month)
        letter = self._era(value)
        if letter is None:
            return self.text("format.month", year=value.year, month=name)
        return self.text(
            "format.month_of_era",
            era=self.text(f"format.era.{letter}"),
            year=self._year_of_era(value, letter),
            month=name,
        )

    def month_name(self, month: int) -> str:
        """A month of any year: `4月`."""
        return self.text("format.months").split()[month - 1]

    def month_axis(self, value: date) -> str:
        """A month short enough for an axis of 36 of them, in the order of time when sorted as
        text: `2026/04`, `R08/04`.
        """
        letter = self._era(value)
        if letter is None:
            return f"{value:%Y/%m}"
        return f"{letter}{value.year - ERAS[letter][0]:02}/{value:%m}"

    def month_axis_expression(self) -> str:
        """What month_axis does, for an axis of time: an expression of Vega."""
        written = "timeFormat(datum.value, '%Y/%m')"
        if self.calendar_era != WAREKI:
            return written
        for letter, (before, first, _) in ERAS.items():
            begins = "datetime({}, {} - 1, {})".format(*map(int, first.split("-")))
            year = f"'{letter}' + format(year(datum.value) - {before}, '02')"
            month = "timeFormat(datum.value, '/%m')"
            written = f"datum.value >= {begins} ? {year} + {month} : {written}"
        return written

    def day_axis(self, value: date) -> str:
        """A day short enough for an axis: `2026/04/01`, `R08/04/01`."""
        return f"{self.month_axis(value)}/{value:%d}"

    def _era(self, value: date) -> str | None:
        """The letter of the era a day falls in; None where years are counted as in the West."""
        if self.calendar_era != WAREKI:
            return None
        day = f"{value:%Y-%m-%d}"
        return next(
            (letter for letter, (_, first, last) in ERAS.items() if first <= day <= last), None
        )

    def _year_of_era(self, value: date, letter: str) -> str:
        year = value.year - ERAS[letter][0]
        return self.text("format.first_year") if year == 1 else str(year)

    # ---- weeks ----

    @property
    def first_weekday(self) -> int:
        """The day weeks begin on, 0 = Monday."""
        return FIRST_WEEKDAYS[self.week_starts_on]

    def weekdays(self) -> list[str]:
        """The names of the days of a week in its order: `日 月 火 水 木 金 土`."""
        names = self.text("format.weekdays").split()
        return names[self.first_weekday :] + names[: self.first_weekday]

    def fiscal_year(self, year: int) -> str:
        """A fiscal year by the year it begins in: `2026年度`."""
        return self.text("format.fiscal_year", year=year)

    def fiscal_half(self, year: int, half: int) -> str:
        """A half of a fiscal year: `2026年度 上期`."""
        name = self.text("format.halves").split()[half - 1]
        return self.text("format.fiscal_half", fiscal_year=self.fiscal_year(year), half=name)

    def fiscal_quarter(self, year: int, quarter: int) -> str:
        """A fiscal quarter with its months: `FY26 Q1（4–6月）`."""
        first = (self.fiscal_year_start_month - 1 + 3 * (quarter - 1)) % 12
        names = self.text("format.month_numbers").split()
        return self.text(
            "format.fiscal_quarter",
            year=f"{year % 100:02}",
            quarter=quarter,
            first=names[first],
            last=names[(first + 2) % 12],
        )


def week_start(day: date, first_weekday: int) -> date:
    """The first day of the week a day falls in; first_weekday: 0 = Monday."""
    return day - timedelta(days=(day.weekday() - first_weekday) % 7)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
