-- Invariant 3. The running sum of movements is compared with MRR added up from the contracts themselves, month by
-- month: a movement lost or counted twice would otherwise never be noticed. Customers likewise (invariant 4).
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

waterfall as (

    select * from {{ ref('mart_mrr_waterfall') }}

),

from_contracts as (

    select
        months.month,
        sum({{ times('pieces.mrr_native', 'rates.rate') }}) as mrr,
        count(distinct pieces.customer_key) as customer_count
    from months
    inner join pieces
        on
            pieces.piece_start_date <= months.month_end
            and (pieces.piece_end_excl is null or pieces.piece_end_excl > months.month_end)
    inner join rates on months.month = rates.month and pieces.currency = rates.currency
    where pieces.mrr_native > 0
    group by months.month

),

from_movements as (

    select
        month,
        max(end_mrr) as mrr,
        max(end_customer_count) as customer_count
    from waterfall
    group by month

)

select
    from_movements.month,
    from_movements.mrr as mrr_of_movements,
    from_contracts.mrr as mrr_of_contracts,
    from_movements.customer_count as customers_of_movements,
    from_contracts.customer_count as customers_of_contracts
from from_movements
left join from_contracts on from_movements.month = from_contracts.month
where
    -- an amount in a foreign currency is rounded per contract here and per customer there
    abs(from_movements.mrr - coalesce(from_contracts.mrr, 0)) > 0.01
    or from_movements.customer_count <> coalesce(from_contracts.customer_count, 0)
