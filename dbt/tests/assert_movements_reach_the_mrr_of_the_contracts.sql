-- Invariant 3. The running sum of movements is compared with MRR added up from the contracts
-- themselves, month by month: a movement lost or counted twice would otherwise never be noticed.
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
    where basis = 'contract' and view = 'as_restated'

),

-- added up by dates before the join, so that the check stays cheap at a million contracts
pieces_summed as (

    select
        currency,
        piece_start_date,
        piece_end_excl,
        sum(mrr_native) as mrr_native
    from pieces
    where mrr_native > 0
    group by currency, piece_start_date, piece_end_excl

),

natives as (

    select
        months.month,
        pieces_summed.currency,
        sum(pieces_summed.mrr_native) as mrr_native
    from months
    inner join pieces_summed
        on
            pieces_summed.piece_start_date <= months.month_end
            and (
                pieces_summed.piece_end_excl is null
                or pieces_summed.piece_end_excl > months.month_end
            )
    group by months.month, pieces_summed.currency

),

from_contracts as (

    select
        natives.month,
        sum({{ total('natives.mrr_native * rates.rate') }}) as mrr
    from natives
    inner join rates on natives.month = rates.month and natives.currency = rates.currency
    group by natives.month

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
    from_contracts.mrr as mrr_of_contracts
from from_movements
left join from_contracts on from_movements.month = from_contracts.month
-- a foreign amount is rounded per customer there and in total here: at most half a millionth each
where
    abs(from_movements.mrr - coalesce(from_contracts.mrr, 0))
    > cast(0.000001 as decimal(18, 6)) * (from_movements.customer_count + 1)
