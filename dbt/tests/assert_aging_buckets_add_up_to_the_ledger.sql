-- A bucket that misses or repeats an invoice makes the receivables wrong (invariant 7).
with aging as (

    select
        currency,
        sum(balance_native) as aged_native
    from {{ ref('mart_ar_aging') }}
    group by currency

),

ledger as (

    select
        currency,
        sum(balance_native) as owed_native
    from {{ ref('fct_invoice') }}
    group by currency

),

totals as (

    select
        (select coalesce(sum(balance), 0) from {{ ref('mart_ar_aging') }}) as by_invoice,
        (select coalesce(sum(balance), 0) from {{ ref('mart_ar_aging_customer') }}) as by_customer

)

select
    ledger.currency,
    ledger.owed_native,
    aging.aged_native
from ledger
left join aging on ledger.currency = aging.currency
where ledger.owed_native <> coalesce(aging.aged_native, 0)
union all
select
    'all' as currency,
    by_invoice as owed_native,
    by_customer as aged_native
from totals
where by_invoice <> by_customer
