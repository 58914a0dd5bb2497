-- The receivables of a month-end are a sum of changes; all of them together are what is owed now.
with moved as (

    select
        invoice_key,
        sum(change_native) as moved_native
    from {{ ref('int_receivables_moved') }}
    group by invoice_key

),

invoices as (

    select * from {{ ref('fct_invoice') }}

)

select
    invoices.invoice_key,
    invoices.balance_native,
    moved.moved_native
from invoices
left join moved on invoices.invoice_key = moved.invoice_key
where invoices.balance_native <> coalesce(moved.moved_native, 0)
