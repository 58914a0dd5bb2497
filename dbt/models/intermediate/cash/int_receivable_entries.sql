-- What changed what is owed of an invoice, by kind and day. What billing reports as settled without
-- money we were given closes on the day it was settled; a reported rest of an open invoice, whose
-- day nobody says, counts from its issue. The entries of an invoice add up to its balance.
with invoices as (

    select * from {{ ref('int_invoices_identified') }}

),

allocations as (

    select * from {{ ref('int_payments_allocated') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where
        invoice_id is not null
        and issue_date <= {{ as_of() }}

),

told as (

    select
        invoice_key,
        'billed' as entry_kind,
        issue_date as entry_date,
        total_native as entry_native
    from invoices
    union all
    select
        invoices.invoice_key,
        'collected' as entry_kind,
        greatest(allocations.allocated_date, invoices.issue_date) as entry_date,
        -allocations.allocated_native as entry_native
    from allocations
    inner join invoices on allocations.invoice_key = invoices.invoice_key
    union all
    select
        invoices.invoice_key,
        'fee_diff' as entry_kind,
        greatest(allocations.allocated_date, invoices.issue_date) as entry_date,
        -allocations.fee_diff_native as entry_native
    from allocations
    inner join invoices on allocations.invoice_key = invoices.invoice_key
    where allocations.fee_diff_native <> 0
    union all
    select
        invoices.invoice_key,
        'credited' as entry_kind,
        greatest(credit_notes.issue_date, invoices.issue_date) as entry_date,
        -credit_notes.amount_native - coalesce(credit_notes.tax_native, 0) as entry_native
    from credit_notes
    inner join invoices
        on
            credit_notes.source_system = invoices.source_system
            and credit_notes.invoice_id = invoices.invoice_id

),

told_summed as (

    select
        invoice_key,
        sum(entry_native) as summed_native
    from told
    group by invoice_key

),

entries as (

    select * from told
    union all
    select
        invoices.invoice_key,
        'reported' as entry_kind,
        greatest(coalesce(invoices.settled_date, invoices.issue_date), invoices.issue_date)
            as entry_date,
        invoices.balance_native - told_summed.summed_native as entry_native
    from invoices
    inner join told_summed on invoices.invoice_key = told_summed.invoice_key
    where invoices.balance_native <> told_summed.summed_native

),

typed as (

    select
        cast(entries.invoice_key as string) as invoice_key,
        cast(invoices.currency as string) as currency,
        cast(entries.entry_kind as string) as entry_kind,
        cast(entries.entry_date as date) as entry_date,
        {{ money('entries.entry_native') }} as entry_native
    from entries
    inner join invoices on entries.invoice_key = invoices.invoice_key

)

select * from typed
