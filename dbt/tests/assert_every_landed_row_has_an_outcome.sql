-- If this fails, rows were landed and then lost or counted twice on the way to staging: the figures of a delivery
-- no longer add up, and nobody can say which rows a total is made of.
with deliveries as (

    select * from {{ ref('stg_control__deliveries') }}

),

outcomes as (

    select * from {{ ref('obs_row_outcome') }}

),

counted as (

    select
        delivery_id,
        entity,
        sum(row_count) as row_count
    from outcomes
    group by delivery_id, entity

)

select
    deliveries.delivery_id,
    deliveries.entity,
    deliveries.rows_landed,
    coalesce(counted.row_count, 0) as rows_with_outcome
from deliveries
left join counted
    on
        deliveries.delivery_id = counted.delivery_id
        and deliveries.entity = counted.entity
where deliveries.rows_landed <> coalesce(counted.row_count, 0)
