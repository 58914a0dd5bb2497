-- How what is owed of an invoice changed, day by day, so that the receivables of any month-end are
-- a sum. What billing reports as settled without money we were given closes on the day it was
-- settled; a reported rest of an open invoice, whose day nobody says, counts from its issue. The
-- changes of an invoice add up to its balance.
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

entries as (

    select
        invoice_key,
        issue_date as entry_date,
        total_native as entry_native
    from invoices
    union all
    select
        invoices.invoice_key,
        greatest(allocations.allocated_date, invoices.issue_date) as entry_date,
        -allocations.allocated_native - allocations.fee_diff_native as entry_native
    from allocations
    inner join invoices on allocations.invoice_key = invoices.invoice_key
    union all
    select
        invoices.invoice_key,
        greatest(credit_notes.issue_date, invoices.issue_date) as entry_date,
        -credit_notes.amount_native - coalesce(credit_notes.tax_native, 0) as entry_native
    from credit_notes
    inner join invoices
        on
            credit_notes.source_system = invoices.source_system
            and credit_notes.invoice_id = invoices.invoice_id

),

entries_summed as (

    select
        invoice_key,
        sum(entry_native) as summed_native
    from entries
    group by invoice_key

),

reported as (

    select
        invoices.invoice_key,
        greatest(coalesce(invoices.settled_date, invoices.issue_date), invoices.issue_date)
            as entry_date,
        invoices.balance_native - entries_summed.summed_native as entry_native
    from invoices
    inner join entries_summed on invoices.invoice_key = entries_summed.invoice_key
    where invoices.balance_native <> entries_summed.summed_native

),

all_entries as (

    select * from entries
    union all
    select * from reported

),

days as (

    select
        invoice_key,
        entry_date,
        sum(entry_native) as entry_native
    from all_entries
    group by invoice_key, entry_date

),

running as (

    select
        invoice_key,
        entry_date,
        -- what is paid beyond the total is owed to the customer, not by the customer
        greatest(
            sum(entry_native) over (
                partition by invoice_key
                order by entry_date nulls last
                rows between unbounded preceding and current row
            ),
            0
        ) as owed_native
    from days

),

moved as (

    select
        running.invoice_key,
        running.entry_date,
        invoices.currency,
        {{ money('running.owed_native - coalesce(lag(running.owed_native) over (partition by running.invoice_key order by running.entry_date nulls last), 0)') }}
            as change_native
    from running
    inner join invoices on running.invoice_key = invoices.invoice_key

)

select * from moved
