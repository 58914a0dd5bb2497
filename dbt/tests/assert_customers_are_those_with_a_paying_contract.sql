-- Invariant 4, against the contracts: the customers at the end of the last complete month are
-- counted once more, one by one. A customer counted twice, or never, would move every rate.
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

counted as (

    select
        months.month,
        count(distinct pieces.customer_key) as customer_count
    from months
    inner join pieces
        on
            pieces.piece_start_date <= months.month_end
            and (pieces.piece_end_excl is null or pieces.piece_end_excl > months.month_end)
    where
        months.month = months.last_completed_month
        and pieces.mrr_native > 0
    group by months.month

)

select
    kpis.month,
    kpis.customer_count as customers_of_movements,
    counted.customer_count as customers_of_contracts
from kpis
inner join counted on kpis.month = counted.month
where kpis.customer_count <> counted.customer_count
