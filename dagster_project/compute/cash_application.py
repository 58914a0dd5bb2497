"""入金消込: which money settled which invoice. Subset sums are not SQL, so this is Python.

Which version of a record counts was decided in staging, who is the same customer in identity. What
is owed is said by one model (int_invoices_settled), which reads what is written here. The result
does not depend on the order of the rows. Amounts are counted in millionths, as integers.

Money is looked at day by day and settles what was issued by its day, unless it names an invoice.
Of one day, first what a person decided, then what names an invoice, then each rule of RULES.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

SCALE = 6
MILLION = 10**SCALE
MAX_INVOICES = 6  # of one 合算
MAX_STEPS = 20_000  # of one search; what is not proven to be the only answer goes to review
LINK_DAYS = 7  # between the bank's day and the day billing booked the same money
MIN_NUMBER_LENGTH = 4  # shorter invoice numbers are found in any memo
TRANSFERS = frozenset({"transfer", "bank_transfer", "振込", "銀行振込"})
ANY_TRANSFER = ""  # stands for a customer where nobody knows the payer
RULES = ("exact_amount", "combined", "fee_difference")

MONEY = pl.Decimal(18, SCALE)
RECEIPTS_SCHEMA = pl.Schema(
    {
        "receipt_key": pl.String(),
        "origin": pl.String(),
        "source_system": pl.String(),
        "source_id": pl.String(),
        "bank_key": pl.String(),
        "customer_key": pl.String(),
        "received_date": pl.Date(),
        "currency": pl.String(),
        "amount_native": MONEY,
        "application_status": pl.String(),
        "match_rule": pl.String(),
        "reason": pl.String(),
        "allocated_native": MONEY,
        "fee_diff_native": MONEY,
        "unapplied_native": MONEY,
        "unmatched_native": MONEY,
        "proposal_invoice_keys": pl.String(),
        "proposal_invoice_ids": pl.String(),
        "decided_by": pl.String(),
        "decided_at": pl.String(),
        "decision_reason": pl.String(),
    }
)
ALLOCATIONS_SCHEMA = pl.Schema(
    {
        "receipt_key": pl.String(),
        "invoice_key": pl.String(),
        "allocated_date": pl.Date(),
        "allocated_native": MONEY,
        "fee_diff_native": MONEY,
        "match_rule": pl.String(),
        "is_reported": pl.Boolean(),
    }
)


class Inputs(NamedTuple):
    """Staging as it is, with the columns named in `match_receipts`."""

    invoices: pl.DataFrame
    credit_notes: pl.DataFrame
    payments: pl.DataFrame
    bank_transactions: pl.DataFrame
    names: pl.DataFrame
    links: pl.DataFrame


class Matched(NamedTuple):
    """One row per receipt (RECEIPTS_SCHEMA), one per receipt and invoice (ALLOCATIONS_SCHEMA)."""

    receipts: pl.DataFrame
    allocations: pl.DataFrame


@dataclass(eq=False)
class _Invoice:
    key: str
    invoice_id: str
    customer: str | None
    currency: str
    issue_date: date
    open: int
    settled_on: date | None  # as billing reports it: takes no later money
    order: tuple  # oldest first; what billing calls settled without a day comes last
    is_issued: bool = False


@dataclass(eq=False)
class _Receipt:
    key: str
    origin: str
    source_system: str
    source_id: str
    day: date
    currency: str
    amount: int
    customer: str | None
    payers: tuple[str, ...]
    named: str | None = None  # (billing) the invoice it names
    memo: str | None = None
    bank_key: str | None = None
    is_transfer: bool = False
    status: str = "unmatched"
    rule: str | None = None
    reason: str | None = None
    allocations: list[tuple[_Invoice, int, int]] = field(default_factory=list)
    proposal: list[_Invoice] = field(default_factory=list)
    unapplied: int = 0
    decision: dict[str, Any] | None = None


class _Fit(NamedTuple):
    """Invoices that explain an amount, and the shortage that is taken for a bank fee."""

    rule: str
    invoices: list[_Invoice]
    fee: int
    problem: str | None  # why it needs a person


def match_receipts(
    inputs: Inputs,
    decisions: Iterable[dict[str, Any]],
    *,
    as_of: date,
    fee_tolerance: int,
    reporting_currency: str,
) -> Matched:
    """What became of all money received by `as_of`.

    invoices: record_key, source_system, invoice_id, billing_customer_id, issue_date, due_date,
      currency, total_native, balance_native, paid_date; documents that are invoices only.
    credit_notes: source_system, invoice_id, issue_date, credited_native (with tax).
    payments: record_key, source_system, payment_id, billing_customer_id, invoice_id, paid_date,
      amount_native, currency, method, payer_name_kana_folded.
    bank_transactions: record_key, source_system, transaction_id, booked_date, amount_native,
      currency, payer_name_folded, payer_name_kana_folded, memo. Money out is left aside.
    names: record_key of an account or a billing customer, and one folded name of it per row.
    links: identity's links: source_system, entity, source_id, record_key, customer_key.
    decisions: in the order they were made; the last one about a receipt or a payer counts.
      {action: accept, receipt_key, invoice_keys}, {action: reject, receipt_key},
      {action: alias, payer, customer_key}, each with decided_by, decided_at, reason.

    fee_tolerance is in the reporting currency; money in another one has no fee difference.
    """
    customers = {
        (system, source_id): key
        for system, source_id, key in inputs.links.filter(
            pl.col("entity") == "billing.billing_customers"
        )
        .select("source_system", "source_id", "customer_key")
        .rows()
    }
    invoices = _invoices(inputs.invoices, customers)
    by_number: dict[tuple[str, str], _Invoice] = {}
    for (system, number), invoice in invoices.items():
        by_number[system, number] = invoice
    aliases = _Aliases(inputs.names, inputs.links)
    by_receipt: dict[str, dict[str, Any]] = {}
    for decision in decisions:
        if decision["action"] == "alias":
            aliases.decide(payer_key(decision["payer"]), decision["customer_key"])
        else:
            by_receipt[decision["receipt_key"]] = decision
    payments = _payments(inputs.payments, customers, by_number, as_of)
    for payment in payments:
        if payment.customer:
            for payer in payment.payers:
                aliases.learn(payer, payment.customer, payment.day)
    bank_lines = _bank_lines(inputs.bank_transactions, as_of)
    linked = _link_same_money(bank_lines, payments, aliases)
    receipts = sorted(
        [*payments, *(line for line in bank_lines if line.key not in linked)],
        key=lambda receipt: (receipt.day, receipt.key),
    )
    for receipt in receipts:
        receipt.decision = by_receipt.get(receipt.key) or by_receipt.get(receipt.bank_key or "")
    book = _Book(invoices, inputs.credit_notes, aliases)
    tolerance = {reporting_currency: fee_tolerance * MILLION}
    book.reserve(receipts)
    start = 0
    while start < len(receipts):
        day, end = receipts[start].day, start
        while end < len(receipts) and receipts[end].day == day:
            end += 1
        book.open_day(day)
        _match_day(receipts[start:end], book, tolerance)
        start = end
    return Matched(_receipt_rows(receipts), _allocation_rows(receipts))


# ---- who paid ----

_SMALL_KANA = dict(zip("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ", strict=True))
_HIRAGANA = {chr(code): chr(code + 0x60) for code in range(0x3041, 0x3097)}
_FORMS = "|".join(
    (
        *("株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "一般社団法人", "医療法人"),
        *("カブシキガイシヤ", "ユウゲンガイシヤ", "ゴウドウガイシヤ"),
        r"\((?:株|有|同|資|名|社|医|カ|ユ|ド|シ|メ|シヤ|イ)\)",
    )
)
_BANK_FORMS = "カ|ユ|ド|シ|メ|シヤ|イ"
_FORM = re.compile(rf"{_FORMS}|^(?:{_BANK_FORMS})\)|\((?:{_BANK_FORMS})$")
_MARKS = re.compile(r"[^0-9a-z\u3005-\u9fff\U00020000-\U0003ffff]")
_TRANSLATION = str.maketrans(_HIRAGANA)
_LARGE = str.maketrans(_SMALL_KANA)


def payer_key(folded: str) -> str:
    """A folded name as a bank line can show it: katakana, large kana, no corporate form, no marks.

    「ｶ)ｻﾝﾌﾟﾙｼﾖｳｼﾞ」 and 「サンプルショウジ」 give the same key. Blank when nothing is left.
    """
    text = folded.translate(_TRANSLATION).translate(_LARGE)
    return _MARKS.sub("", _FORM.sub("", text))


class _Aliases:
    """Which customers a payer may be: a name of theirs, an earlier payment, or a decision."""

    def __init__(self, names: pl.DataFrame, links: pl.DataFrame) -> None:
        self._since: dict[str, dict[str, date]] = defaultdict(dict)
        self._decided: dict[str, str] = {}
        named = names.join(links.select("record_key", "customer_key"), on="record_key")
        for name, customer in named.select("name", "customer_key").drop_nulls().unique().rows():
            self.learn(payer_key(name), customer, date.min)

    def learn(self, payer: str, customer: str, since: date) -> None:
        if payer:
            known = self._since[payer]
            known[customer] = min(since, known.get(customer, since))

    def decide(self, payer: str, customer: str) -> None:
        self._decided[payer] = customer

    def customers(self, payers: tuple[str, ...], day: date) -> list[str]:
        """Sorted; one means known, several mean that a person has to say."""
        for payer in payers:
            if payer in self._decided:
                return [self._decided[payer]]
        return sorted(
            {
                customer
                for payer in payers
                for customer, since in self._since.get(payer, {}).items()
                if since <= day
            }
        )


# ---- rows in ----


def _units(amount: Decimal | None) -> int:
    return int(amount.scaleb(SCALE)) if amount is not None else 0


def _invoices(
    frame: pl.DataFrame, customers: dict[tuple[str, str], str]
) -> dict[tuple[str, str], _Invoice]:
    found = {}
    for row in frame.iter_rows(named=True):
        system, number = row["source_system"], row["invoice_id"]
        is_settled = row["balance_native"] is not None and row["balance_native"] <= 0
        settled_on = row["paid_date"] if is_settled else None
        found[system, number] = _Invoice(
            key=row["record_key"],
            invoice_id=number,
            customer=customers.get((system, row["billing_customer_id"])),
            currency=row["currency"],
            issue_date=row["issue_date"],
            open=_units(row["total_native"]),
            settled_on=settled_on,
            order=(
                is_settled and settled_on is None,
                row["due_date"] or row["issue_date"],
                row["issue_date"],
                number,
                row["record_key"],
            ),
        )
    return found


def _payments(
    frame: pl.DataFrame,
    customers: dict[tuple[str, str], str],
    invoices: dict[tuple[str, str], _Invoice],
    as_of: date,
) -> list[_Receipt]:
    receipts = []
    for row in frame.filter(pl.col("paid_date") <= as_of).iter_rows(named=True):
        system = row["source_system"]
        named = invoices.get((system, row["invoice_id"]))
        customer = customers.get((system, row["billing_customer_id"]))
        receipts.append(
            _Receipt(
                key=row["record_key"],
                origin="payment",
                source_system=system,
                source_id=row["payment_id"],
                day=row["paid_date"],
                currency=row["currency"],
                amount=_units(row["amount_native"]),
                customer=customer or (named.customer if named else None),
                payers=_payers(row["payer_name_kana_folded"]),
                named=row["invoice_id"],
                is_transfer=(row["method"] or "").lower() in TRANSFERS,
            )
        )
    return receipts


def _bank_lines(frame: pl.DataFrame, as_of: date) -> list[_Receipt]:
    money_in = frame.filter((pl.col("booked_date") <= as_of) & (pl.col("amount_native") > 0))
    return [
        _Receipt(
            key=row["record_key"],
            origin="bank",
            source_system=row["source_system"],
            source_id=row["transaction_id"],
            day=row["booked_date"],
            currency=row["currency"],
            amount=_units(row["amount_native"]),
            customer=None,
            payers=_payers(row["payer_name_kana_folded"], row["payer_name_folded"]),
            memo=row["memo"],
            is_transfer=True,
        )
        for row in money_in.iter_rows(named=True)
    ]


def _payers(*folded: str | None) -> tuple[str, ...]:
    keys = (payer_key(name) for name in folded if name)
    return tuple(dict.fromkeys(key for key in keys if key))


def _link_same_money(
    bank_lines: list[_Receipt], payments: list[_Receipt], aliases: _Aliases
) -> set[str]:
    """Bank lines that billing reports too; the payment takes the line's key and the earlier day.

    Same currency and amount, at most LINK_DAYS apart, and the payer is the payment's customer, or
    nobody we know and the payment a transfer. One to one, the nearest days first.
    """
    # per group and day, the smallest key last: a queue to pop from, never all pairs
    waiting: dict[tuple, list[_Receipt]] = defaultdict(list)
    for payment in sorted(payments, key=lambda payment: payment.key, reverse=True):
        day = payment.day.toordinal()
        waiting[payment.customer, payment.currency, payment.amount, day].append(payment)
        if payment.is_transfer:
            waiting[ANY_TRANSFER, payment.currency, payment.amount, day].append(payment)
    linked: set[str] = set()

    def nearest(line: _Receipt, owners: list[str], apart: int) -> _Receipt | None:
        found = []
        for owner in owners:
            for day in {line.day.toordinal() - apart, line.day.toordinal() + apart}:
                queue = waiting.get((owner, line.currency, line.amount, day), [])
                while queue and queue[-1].bank_key is not None:
                    queue.pop()
                found += queue[-1:]
        return min(found, key=lambda payment: payment.key, default=None)

    def link(owners_by_line: list[tuple[_Receipt, list[str]]]) -> None:
        for apart in range(LINK_DAYS + 1):
            for line, owners in owners_by_line:
                payment = None if line.key in linked else nearest(line, owners, apart)
                if payment is not None:
                    linked.add(line.key)
                    payment.bank_key = line.key

    in_order = sorted(bank_lines, key=lambda line: (line.day, line.key))
    known = [(line, aliases.customers(line.payers, line.day)) for line in in_order]
    link([(line, customers) for line, customers in known if customers])
    link([(line, [ANY_TRANSFER]) for line, customers in known if not customers])
    lines = {line.key: line for line in bank_lines}
    for payment in payments:
        if payment.bank_key:
            payment.day = min(payment.day, lines[payment.bank_key].day)
            payment.is_transfer = True
    return linked


# ---- the open invoices of a day ----


class _Book:
    """What is open on the day at hand, by customer and by amount."""

    def __init__(
        self,
        invoices: dict[tuple[str, str], _Invoice],
        credit_notes: pl.DataFrame,
        aliases: _Aliases,
    ) -> None:
        self.invoices = invoices
        self.aliases = aliases
        self.by_key = {invoice.key: invoice for invoice in invoices.values()}
        self._numbers: dict[str, list[_Invoice]] = defaultdict(list)
        for invoice in invoices.values():
            if len(invoice.invoice_id) >= MIN_NUMBER_LENGTH and re.search(
                r"\d", invoice.invoice_id
            ):
                self._numbers[invoice.invoice_id.lower()].append(invoice)
        self._coming = sorted(
            invoices.values(), key=lambda invoice: (invoice.issue_date, invoice.key), reverse=True
        )
        self._credits = sorted(
            (
                (day, invoices[system, number].key, _units(amount))
                for system, number, day, amount in credit_notes.select(
                    "source_system", "invoice_id", "issue_date", "credited_native"
                ).rows()
                if (system, number) in invoices
            ),
            reverse=True,
        )
        self._open: dict[str | None, dict[str, _Invoice]] = defaultdict(dict)
        self._amounts: dict[tuple[str, int], dict[str, _Invoice]] = defaultdict(dict)
        self._reserved: dict[str, int] = defaultdict(int)

    def reserve(self, receipts: list[_Receipt]) -> None:
        """Invoices a person gave to a receipt are taken by no rule before."""
        for receipt in receipts:
            for key in _accepted(receipt):
                self._reserved[key] += 1

    def open_day(self, day: date) -> None:
        """Invoices issued and credit notes written by that day."""
        while self._coming and self._coming[-1].issue_date <= day:
            invoice = self._coming.pop()
            invoice.is_issued = True
            self._place(invoice)
        while self._credits and self._credits[-1][0] <= day:
            _, key, amount = self._credits.pop()
            self.settle(self.by_key[key], amount)

    def settle(self, invoice: _Invoice, amount: int) -> None:
        self._amounts[invoice.currency, invoice.open].pop(invoice.key, None)
        self._open[invoice.customer].pop(invoice.key, None)
        invoice.open -= amount
        self._place(invoice)

    def _place(self, invoice: _Invoice) -> None:
        if invoice.is_issued and invoice.open > 0:
            self._open[invoice.customer][invoice.key] = invoice
            self._amounts[invoice.currency, invoice.open][invoice.key] = invoice

    def release(self, receipt: _Receipt) -> None:
        for key in _accepted(receipt):
            self._reserved[key] -= 1

    def open_invoices(self, customer: str, receipt: _Receipt) -> list[_Invoice]:
        """Of that customer in that currency, oldest first."""
        found = (
            invoice
            for invoice in self._open[customer].values()
            if invoice.currency == receipt.currency
            and not self._reserved.get(invoice.key)
            and (invoice.settled_on is None or invoice.settled_on >= receipt.day)
        )
        return sorted(found, key=lambda invoice: invoice.order)

    def only_invoice_of_amount(self, receipt: _Receipt) -> list[_Invoice]:
        """The open invoice of that very amount, if there is just one in the whole company."""
        found = self._amounts.get((receipt.currency, receipt.amount), {})
        return list(found.values()) if len(found) == 1 else []

    def named_in(self, memo: str | None) -> list[list[_Invoice]]:
        """Per invoice number found in the text: the invoices that bear it."""
        if not memo:
            return []
        words = re.findall(r"[0-9a-z](?:[0-9a-z_-]*[0-9a-z])?", memo.lower())
        return [self._numbers[word] for word in dict.fromkeys(words) if word in self._numbers]


def _accepted(receipt: _Receipt) -> list[str]:
    decision = receipt.decision
    return decision["invoice_keys"] if decision and decision["action"] == "accept" else []


# ---- the rules ----


def _match_day(receipts: list[_Receipt], book: _Book, tolerance: dict[str, int]) -> None:
    pending = [receipt for receipt in receipts if not _apply_decision(receipt, book, tolerance)]
    pending = [receipt for receipt in pending if not _apply_name(receipt, book, tolerance)]
    for rule in RULES:
        pending = [
            receipt for receipt in pending if not _apply_rule(receipt, rule, book, tolerance)
        ]
    for receipt in pending:
        _apply_rest(receipt, book)


def _apply_decision(receipt: _Receipt, book: _Book, tolerance: dict[str, int]) -> bool:
    decision = receipt.decision
    if decision is None:
        return False
    if decision["action"] == "reject":
        receipt.status, receipt.reason = "review", "rejected"
        return True
    book.release(receipt)
    chosen = [book.by_key[key] for key in decision["invoice_keys"] if key in book.by_key]
    if not chosen or any(invoice.currency != receipt.currency for invoice in chosen):
        receipt.status, receipt.reason = "review", "accepted_invoice_unknown"
        return True
    _spread(receipt, chosen, book, "decision", tolerance)
    return True


def _apply_name(receipt: _Receipt, book: _Book, tolerance: dict[str, int]) -> bool:
    if receipt.origin == "payment" and receipt.named is not None:
        invoice = book.invoices.get((receipt.source_system, receipt.named))
        if invoice is None:
            receipt.status, receipt.reason = "review", "invoice_unknown"
        elif invoice.currency != receipt.currency:
            receipt.status, receipt.reason = "review", "currency_differs"
            receipt.proposal = [invoice]
        else:
            _spread(receipt, [invoice], book, "reported", tolerance)
        return True
    if receipt.amount <= 0:
        receipt.status, receipt.reason = "review", "negative_amount"
        return True
    named = book.named_in(receipt.memo)
    if not named:
        return False
    bearers = [invoice for invoices in named for invoice in invoices]
    if len(bearers) > len(named) or any(one.currency != receipt.currency for one in bearers):
        receipt.status, receipt.reason = "review", "number_ambiguous"
        receipt.proposal = bearers[:MAX_INVOICES]
        return True
    receipt.customer = bearers[0].customer
    bearers.sort(key=lambda invoice: invoice.order)
    _spread(receipt, bearers, book, "invoice_number", tolerance)
    return True


def _apply_rule(receipt: _Receipt, rule: str, book: _Book, tolerance: dict[str, int]) -> bool:
    """Whether the rule settled the receipt or sent it to review."""
    customers = _customers(receipt, book)
    fits = [
        fit
        for customer in customers
        if (fit := _fit(receipt, rule, book.open_invoices(customer, receipt), tolerance))
    ]
    if not fits:
        return False
    fit = fits[0]
    if len(customers) > 1:
        receipt.status, receipt.reason = "review", "several_customers"
        receipt.proposal = fit.invoices if len(fits) == 1 and not fit.problem else []
        return True
    receipt.customer = customers[0]
    if fit.problem:
        receipt.status, receipt.reason = "review", fit.problem
        receipt.proposal = fit.invoices
        return True
    receipt.status, receipt.rule = "matched", fit.rule
    for number, invoice in enumerate(fit.invoices):
        # the last one bears the bank's fee
        fee = fit.fee if number == len(fit.invoices) - 1 else 0
        _allocate(receipt, invoice, invoice.open - fee, fee, book)
    return True


def _apply_rest(receipt: _Receipt, book: _Book) -> None:
    """No amount fits: part of the only open invoice, more than all that is open, or a person."""
    customers = _customers(receipt, book)
    if len(customers) != 1:
        receipt.reason = "several_customers" if customers else "payer_unknown"
        receipt.status = "review" if customers else "unmatched"
        receipt.proposal = [] if customers else book.only_invoice_of_amount(receipt)
        return
    receipt.customer = customers[0]
    candidates = book.open_invoices(customers[0], receipt)
    owed = sum(invoice.open for invoice in candidates)
    if not candidates:
        receipt.status, receipt.reason = "unapplied", "nothing_open"
        receipt.unapplied = receipt.amount
    elif len(candidates) > 1 and receipt.amount < owed:
        receipt.status, receipt.reason = "review", "no_amount_fits"
        receipt.proposal = candidates[:MAX_INVOICES]
    else:
        _spread(receipt, candidates, book, "partial" if receipt.amount < owed else "over", {})


def _customers(receipt: _Receipt, book: _Book) -> list[str]:
    if receipt.customer:
        return [receipt.customer]
    return book.aliases.customers(receipt.payers, receipt.day)


def _fit(
    receipt: _Receipt, rule: str, candidates: list[_Invoice], tolerance: dict[str, int]
) -> _Fit | None:
    amount = receipt.amount
    if rule == "exact_amount":
        equal = [invoice for invoice in candidates if invoice.open == amount]
        return _Fit(rule, equal[:1], 0, None) if equal else None
    if rule == "combined":
        return _combined(amount, candidates)
    limit = tolerance.get(receipt.currency, 0) if receipt.is_transfer else 0
    short: dict[int, list[_Invoice]] = {}
    for invoice in candidates:
        if 0 < invoice.open - amount <= limit:
            short.setdefault(invoice.open, [invoice])  # of equal amounts the oldest
    owed = sum(invoice.open for invoice in candidates)
    if 1 < len(candidates) <= MAX_INVOICES and 0 < owed - amount <= limit:
        short[owed] = candidates
    if not short:
        return None
    total, chosen = min(short.items())
    problem = "ambiguous_amounts" if len(short) > 1 else None
    return _Fit(rule, chosen, total - amount, problem)


def _combined(amount: int, candidates: list[_Invoice]) -> _Fit | None:
    """2 to 6 open invoices that add up; two different sets of amounts go to review."""
    by_amount: dict[int, list[_Invoice]] = defaultdict(list)
    for invoice in candidates:
        if invoice.open < amount:
            by_amount[invoice.open].append(invoice)
    sizes = sorted(by_amount, reverse=True)
    found: list[dict[int, int]] = []
    steps = 0

    def search(index: int, rest: int, slots: int, taken: dict[int, int]) -> None:
        nonlocal steps
        if rest == 0:
            found.append(dict(taken))
            return
        for at in range(index, len(sizes)):
            steps += 1
            size = sizes[at]
            if size * slots < rest or steps > MAX_STEPS or len(found) > 1:
                return  # the sizes fall: no later one can reach the rest
            if size > rest:
                continue
            most = min(len(by_amount[size]), slots, rest // size)
            for count in range(most, 0, -1):
                taken[size] = count
                search(at + 1, rest - size * count, slots - count, taken)
                del taken[size]

    search(0, amount, MAX_INVOICES, {})
    if not found:
        # a search that was cut short has shown nothing
        return None if steps <= MAX_STEPS else _Fit("combined", [], 0, "search_too_large")
    chosen = [invoice for size, count in found[0].items() for invoice in by_amount[size][:count]]
    chosen.sort(key=lambda invoice: invoice.order)
    problem = (
        "ambiguous_amounts"
        if len(found) > 1
        else ("search_too_large" if steps > MAX_STEPS else None)
    )
    return _Fit("combined", chosen, 0, problem)


def _spread(
    receipt: _Receipt, invoices: list[_Invoice], book: _Book, rule: str, tolerance: dict[str, int]
) -> None:
    """The amount over these invoices in their order; a small shortage of a transfer is a fee."""
    receipt.rule = rule
    if receipt.amount < 0:  # a payment taken back: the invoice is open again
        receipt.status = "matched"
        _allocate(receipt, invoices[0], receipt.amount, 0, book)
        return
    rest = receipt.amount
    short = sum(max(invoice.open, 0) for invoice in invoices) - rest
    limit = tolerance.get(receipt.currency, 0) if receipt.is_transfer else 0
    fee = short if 0 < short <= limit else 0
    for number, invoice in enumerate(invoices):
        part = min(max(invoice.open, 0), rest)
        is_last = number == len(invoices) - 1
        if part or (is_last and fee):
            _allocate(receipt, invoice, part, fee if is_last else 0, book)
        rest -= part
    receipt.unapplied = rest
    if not receipt.allocations:
        receipt.status, receipt.reason = "unapplied", "invoice_already_settled"
    elif short > 0 and not fee:
        receipt.status = "partial"
    else:
        receipt.status = "matched"


def _allocate(receipt: _Receipt, invoice: _Invoice, amount: int, fee: int, book: _Book) -> None:
    receipt.allocations.append((invoice, amount, fee))
    book.settle(invoice, amount + fee)


# ---- rows out ----


def _money(units: Iterator[int] | list[int]) -> pl.Series:
    return pl.Series([Decimal(unit).scaleb(-SCALE) for unit in units], dtype=MONEY)


def _receipt_rows(receipts: list[_Receipt]) -> pl.DataFrame:
    allocated = [sum(part for _, part, _ in one.allocations) for one in receipts]
    decisions = [one.decision or {} for one in receipts]
    return pl.DataFrame(
        {
            "receipt_key": [one.key for one in receipts],
            "origin": [one.origin for one in receipts],
            "source_system": [one.source_system for one in receipts],
            "source_id": [one.source_id for one in receipts],
            "bank_key": [one.key if one.origin == "bank" else one.bank_key for one in receipts],
            "customer_key": [one.customer for one in receipts],
            "received_date": [one.day for one in receipts],
            "currency": [one.currency for one in receipts],
            "amount_native": _money([one.amount for one in receipts]),
            "application_status": [one.status for one in receipts],
            "match_rule": [one.rule for one in receipts],
            "reason": [one.reason for one in receipts],
            "allocated_native": _money(allocated),
            "fee_diff_native": _money(
                [sum(fee for _, _, fee in one.allocations) for one in receipts]
            ),
            "unapplied_native": _money([one.unapplied for one in receipts]),
            "unmatched_native": _money(
                [
                    one.amount - part - one.unapplied
                    for one, part in zip(receipts, allocated, strict=True)
                ]
            ),
            "proposal_invoice_keys": [_listed(one.proposal, "key") for one in receipts],
            "proposal_invoice_ids": [_listed(one.proposal, "invoice_id") for one in receipts],
            "decided_by": [decision.get("decided_by") for decision in decisions],
            "decided_at": [decision.get("decided_at") for decision in decisions],
            "decision_reason": [decision.get("reason") for decision in decisions],
        },
        schema=RECEIPTS_SCHEMA,
    ).sort("receipt_key")


def _listed(invoices: list[_Invoice], attribute: str) -> str | None:
    return ",".join(getattr(invoice, attribute) for invoice in invoices) or None


def _allocation_rows(receipts: list[_Receipt]) -> pl.DataFrame:
    rows = [
        (receipt, invoice, amount, fee)
        for receipt in receipts
        for invoice, amount, fee in receipt.allocations
    ]
    return pl.DataFrame(
        {
            "receipt_key": [receipt.key for receipt, _, _, _ in rows],
            "invoice_key": [invoice.key for _, invoice, _, _ in rows],
            # money that names an invoice of tomorrow settles it tomorrow
            "allocated_date": [max(one.day, invoice.issue_date) for one, invoice, _, _ in rows],
            "allocated_native": _money([amount for _, _, amount, _ in rows]),
            "fee_diff_native": _money([fee for _, _, _, fee in rows]),
            "match_rule": [receipt.rule for receipt, _, _, _ in rows],
            "is_reported": [receipt.rule == "reported" for receipt, _, _, _ in rows],
        },
        schema=ALLOCATIONS_SCHEMA,
    ).sort("receipt_key", "invoice_key")
