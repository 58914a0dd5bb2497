"""Every shipped preset beside every other: one of them takes a file, whatever it is called."""

import pytest

from sources.catalogue import Listed, Tables, choose, load_catalogue
from sources.sheets import header_name

CATALOGUE = load_catalogue(None, "Asia/Tokyo")
PRESETS = [one for one in CATALOGUE.listed if one.origin == "preset"]
# Preset, a file name as its system gives it, and headers: a name of headers.json, or typed from the
# public documentation the preset names (dotted: the names of the API's objects).
FILES = [
    ("stripe_payments", "unified_payments.csv", "stripe_payments_dashboard_old"),
    ("stripe_payments", "payments.csv", "stripe_payments_dashboard_2026"),
    ("stripe_customers", "customers.csv", "stripe_customers_dashboard"),
    ("stripe_subscriptions", "subscriptions.csv", "stripe_subscriptions_dashboard + Currency"),
    ("zendesk_tickets_csv", "export-2026-03-31.csv.zip", "zendesk_ticket_csv"),
    (
        "hubspot_contacts_en",
        "hubspot-crm-exports-all-contacts-2026-03-31.csv",
        "hubspot_contacts_en",
    ),
    ("moneyforward_invoices", "請求書_20260331.csv", "moneyforward_invoice_40101_vertical"),
    ("freee_invoices", "請求書_20260331.csv", "freee_invoice_36col"),
    ("eight_business_cards", "eight_20260331.csv", "eight_business_cards"),
    ("lago_invoices", "export_invoices_20260331.csv", "lago_invoice_export"),
]


def headers_of(known: dict[str, list[str]], said: str) -> frozenset[str]:
    name, *more = said.split(" + ")
    return frozenset(header_name(header) for header in (*known[name], *more))


def fitting(headers: frozenset[str], kind: str) -> list[Listed]:
    """The presets that could read such a file, whatever it is called."""
    asked = [one for one in PRESETS if (one.mapping.format.kind or kind) == kind]
    return [one for one in asked if not one.mapping.missing_headers(headers)]


@pytest.mark.parametrize(("feed", "name", "said"), FILES, ids=[f"{f}-{s}" for f, _, s in FILES])
def test_a_real_header_row_is_taken_by_one_preset(real_headers, feed, name, said):
    headers = headers_of(real_headers, said)
    assert [one.mapping.id for one in fitting(headers, "csv")] == [feed]
    candidates = CATALOGUE.naming("some", name)
    tables: Tables = {one.mapping.id: [headers] for one in candidates}
    assert [one.mapping.id for one in choose(candidates, "some", name, tables)] == [feed]


def least(one: Listed) -> frozenset[str]:
    """The fewest headers a preset reads a file with: the first of all alternatives, and `needs`."""
    wanted = [header.split(" | ")[0] for header in one.mapping.missing_headers(frozenset())]
    return frozenset(header_name(header) for header in wanted)


@pytest.mark.parametrize("one", PRESETS, ids=[one.mapping.id for one in PRESETS])
def test_no_other_preset_takes_what_one_of_them_reads(one):
    kind = one.mapping.format.kind or "csv"
    rank = {
        other.mapping.id: len(other.mapping.present_headers(least(one)))
        for other in fitting(least(one), kind)
    }
    best = max(rank.values())
    assert [feed for feed, read in rank.items() if read == best] == [one.mapping.id]
