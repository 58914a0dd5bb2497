-- How what is owed of an invoice changed, day by day, so that the receivables of any month-end are
-- a sum. The changes of an invoice add up to its balance.
with entries as (

    select * from {{ ref('int_receivable_entries') }}

),

days as (

    select
        invoice_key,
        currency,
        entry_date,
        sum(entry_native) as entry_native
    from entries
    group by invoice_key, currency, entry_date

),

running as (

    select
        invoice_key,
        currency,
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
        invoice_key,
        entry_date,
        currency,
        {{ money('owed_native - coalesce(lag(owed_native) over (partition by invoice_key order by entry_date nulls last), 0)') }}
            as change_native
    from running

)

select * from moved
