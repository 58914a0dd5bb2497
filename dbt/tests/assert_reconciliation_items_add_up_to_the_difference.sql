-- The items of a reconciliation that are certain, and the one row nothing explains, are the
-- difference to the last yen; a page that adds them up must never show another sum.
with reconciliations as (

    select * from {{ ref('mart_billing_reconciliation') }}

),

items as (

    select
        reconciliation_key,
        sum(amount_native) as amount_native,
        sum(case when item_kind = 'unexplained' then 1 else 0 end) as unexplained_count
    from {{ ref('mart_billing_reconciliation_item') }}
    where item_kind <> 'possible'
    group by reconciliation_key

)

select
    reconciliations.reconciliation_key,
    reconciliations.difference_native,
    items.amount_native
from reconciliations
left join items on reconciliations.reconciliation_key = items.reconciliation_key
where
    coalesce(reconciliations.difference_native, 0) <> coalesce(items.amount_native, 0)
    or (reconciliations.unexplained_native <> 0) <> (coalesce(items.unexplained_count, 0) = 1)
