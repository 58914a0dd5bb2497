-- What is compared with the billing system is every invoice of the months shown, once: otherwise an
-- equal total would prove nothing about the figures of the other pages.
with reconciled as (

    select
        month,
        currency,
        sum(billed_native) as billed_native,
        sum(invoice_count) as invoice_count
    from {{ ref('mart_billing_reconciliation') }}
    group by month, currency

),

invoices as (

    select
        {{ month_start('invoices.issue_date') }} as month,
        invoices.currency,
        sum(invoices.total_native) as billed_native,
        count(*) as invoice_count
    from {{ ref('fct_invoice') }} as invoices
    inner join {{ ref('int_months_bounded') }} as months
        on {{ month_start('invoices.issue_date') }} = months.month
    group by {{ month_start('invoices.issue_date') }}, invoices.currency

)

select
    coalesce(reconciled.month, invoices.month) as month,
    coalesce(reconciled.currency, invoices.currency) as currency,
    reconciled.billed_native,
    invoices.billed_native as billed_native_of_invoices
from reconciled
full join invoices
    on
        reconciled.month = invoices.month
        and reconciled.currency = invoices.currency
where
    coalesce(reconciled.billed_native, 0) <> coalesce(invoices.billed_native, 0)
    or coalesce(reconciled.invoice_count, 0) <> coalesce(invoices.invoice_count, 0)
