-- payments + accepted fee differences = settled + unapplied + unmatched, per receipt, and what a
-- receipt settled is what the invoices got (invariant 7). Otherwise money was lost or made up.
with payments as (

    select * from {{ ref('fct_payment') }}

),

allocated as (

    select
        receipt_key,
        sum(allocated_native) as allocated_native,
        sum(fee_diff_native) as fee_diff_native
    from {{ source('cash', 'allocations') }}
    group by receipt_key

)

select
    payments.receipt_key,
    payments.amount_native,
    payments.allocated_native,
    payments.unapplied_native,
    payments.unmatched_native,
    allocated.allocated_native as allocated_on_invoices_native
from payments
left join allocated on payments.receipt_key = allocated.receipt_key
where
    payments.amount_native
    <> payments.allocated_native + payments.unapplied_native + payments.unmatched_native
    or payments.allocated_native <> coalesce(allocated.allocated_native, 0)
    or payments.fee_diff_native <> coalesce(allocated.fee_diff_native, 0)
