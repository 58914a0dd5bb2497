-- Which customer a record of another system means by an id: the one of the only system that has it.
-- An id that several systems have means nothing, unless they all mean the same customer.
with identified as (

    select * from {{ ref('int_customers_identified') }}

),

resolved as (

    select
        source_entity,
        source_id,
        min(customer_key) as customer_key
    from identified
    group by source_entity, source_id
    having count(distinct customer_key) = 1

)

select * from resolved
