-- Invariant 1. If a customer's month does not begin where the last one ended, money appears or
-- vanishes between two months while every single month still adds up.
with movements as (

    select * from {{ ref('fct_mrr_movement') }}

),

customer_months as (

    select
        customer_key,
        month,
        sum(mrr_change) as mrr_change,
        min(case when movement_type = 'fx' then mrr_before end) as fx_before,
        min(case when movement_type <> 'fx' then mrr_before end) as contract_before,
        min(case when movement_type = 'fx' then mrr_after end) as fx_after,
        min(case when movement_type <> 'fx' then mrr_after end) as contract_after
    from movements
    group by customer_key, month

),

chained as (

    select
        customer_key,
        month,
        mrr_change,
        coalesce(fx_before, contract_before) as mrr_before,
        coalesce(contract_after, fx_after) as mrr_after,
        coalesce(
            lag(coalesce(contract_after, fx_after)) over (
                partition by customer_key order by month nulls last
            ), 0
        ) as mrr_after_last_time
    from customer_months

)

select * from chained
where mrr_before <> mrr_after_last_time or mrr_before + mrr_change <> mrr_after
