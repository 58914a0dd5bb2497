-- G-06. If the reasons of a movement do not add up to it, the chart of reasons shows another growth
-- than the waterfall.
with reasons as (

    select
        customer_key,
        month,
        sum(mrr_change) as mrr_change
    from {{ ref('fct_mrr_movement') }}
    where movement_type <> 'fx'
    group by customer_key, month

),

movements as (

    select * from {{ ref('int_customer_movements_classified') }}
    where movement_type is not null

)

select
    movements.customer_key,
    movements.month,
    movements.mrr_after - movements.mrr_carried as movement_change,
    reasons.mrr_change as reasons_change
from movements
left join reasons
    on movements.customer_key = reasons.customer_key and movements.month = reasons.month
where movements.mrr_after - movements.mrr_carried <> coalesce(reasons.mrr_change, 0)
