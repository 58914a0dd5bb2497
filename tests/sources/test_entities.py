"""The declaration of the canonical entities, against the specification it was written from."""

import re
from pathlib import Path

import polars as pl
import pytest

from sources.entities import currencies, entities, lineage

SPECIFICATION = Path(__file__).parents[3] / "shared" / "ENTITIES.md"
BEYOND_IT = {"billing.control_totals"}  # dbt/DECISIONS.md says why


def test_every_entity_is_declared_with_its_group():
    assert list(entities()) == [
        "crm.accounts",
        "crm.contacts",
        "crm.deals",
        "crm.interactions",
        "crm.campaigns",
        "crm.campaign_costs",
        "crm.consents",
        "billing.billing_customers",
        "billing.plans",
        "billing.subscriptions",
        "billing.subscription_pauses",
        "billing.subscription_discounts",
        "billing.cancel_requests",
        "billing.invoices",
        "billing.invoice_lines",
        "billing.payments",
        "billing.payment_attempts",
        "billing.credit_notes",
        "billing.refunds",
        "billing.bank_transactions",
        "billing.control_totals",
        "inquiry.tickets",
        "inquiry.ticket_events",
        "inquiry.surveys",
        "usage.usage_days",
        "reference.fx_rates",
        "reference.company_calendar",
        "reference.targets",
        "reference.churn_reason_map",
        "reference.inquiry_topic_map",
    ]


def test_every_column_of_the_specification_is_declared_and_no_other():
    if not SPECIFICATION.exists():
        pytest.skip("../shared/ENTITIES.md is not there")
    text = SPECIFICATION.read_text(encoding="utf-8").split("## Time of a delivery")[0]
    specified = dict(
        re.findall(r"(?:^- |· |\*\* · )(\w+)(?: \([^)]*\))?: (.*?)(?= · \w+: |\n|$)", text, re.M)
    )
    declared = [entity for entity in entities().values() if entity.id not in BEYOND_IT]
    assert specified.keys() == {entity.name for entity in declared}
    for entity in declared:
        line = re.sub(r"\([^)]*\)|→[^)]*", "", specified[entity.name])
        names = re.findall(
            r"(?:^|, | \| | or )([a-z_]+)(?=[ *!,]|$)", re.sub(r" dec \| ", " dec, ", line)
        )
        assert names == [column.name for column in entity.columns], entity.id


def test_a_subscription_lands_with_an_exclusive_end_and_the_lineage_columns_in_order():
    schema = entities()["billing.subscriptions"].landed_schema()
    assert list(schema)[:5] == [
        "contract_id",
        "line_id",
        "segment_start_date",
        "segment_end_excl",
        "billing_customer_id",
    ]
    assert list(schema)[-8:] == [
        "extra",
        "source_system",
        "delivery_id",
        "source_sheet",
        "source_row",
        "source_updated_at",
        "record_key",
        "is_tombstone",
    ]
    assert schema["unit_price_native"] == pl.Decimal(18, 6)
    assert schema["source_updated_at"] == pl.Datetime("us")


def test_folded_columns_stand_between_own_columns_and_lineage():
    schema = list(entities()["inquiry.surveys"].landed_schema())
    assert schema[7:10] == ["comment", "email_folded", "extra"]


def test_keys_and_defaults_of_a_contract_line():
    entity = entities()["billing.subscriptions"]
    keys = [column.name for column in entity.key_columns]
    assert keys == ["contract_id", "line_id", "segment_start_date"]
    assert entity.column("line_id").default == "1"
    assert entity.column("quantity").default == "1"
    assert entity.column("segment_end_date").landed_name == "segment_end_excl"


def test_a_usage_day_belongs_to_an_account_or_a_billing_customer():
    assert entities()["usage.usage_days"].any_of == (("account_id", "billing_customer_id"),)


def test_japanese_labels_are_unique_in_their_entity_and_every_column_is_described():
    for entity in entities().values():
        labels = [column.ja for column in (*entity.columns, *lineage())]
        assert len(labels) == len(set(labels)), entity.id
        assert all(column.en for column in entity.columns), entity.id


def test_personal_and_sensitive_columns_carry_their_class():
    classes = {
        (entity.id, column.name): column.data_class
        for entity in entities().values()
        for column in entity.columns
        if column.data_class > 1
    }
    assert classes["crm.accounts", "name"] == 2
    assert classes["crm.accounts", "birth_date"] == 2
    assert classes["inquiry.tickets", "body"] == 3
    assert classes["billing.cancel_requests", "reason_text"] == 3
    assert ("crm.accounts", "prefecture") not in classes


def test_a_yen_has_no_minor_unit_and_a_dinar_has_three_digits():
    assert currencies()["JPY"] == 0
    assert currencies()["USD"] == 2
    assert currencies()["KWD"] == 3
    assert "USD" in entities()["billing.invoices"].column("currency").values
