-- Customers by net revenue of the twelve months to as_of_date, the largest first: the one place
-- that places them. Deciles (G-19), ABC classes (G-20) and the M of RFM (G-18) read it.
with documents as (

    select * from {{ ref('int_revenue_documents_valued') }}
    where customer_key is not null

),

summed as (

    select
        customer_key,
        {{ total('sum(net_revenue)') }} as net_revenue_12m
    from documents
    where document_date > {{ add_months(as_of(), -12) }}
    group by customer_key

),

placed as (

    select
        customer_key,
        net_revenue_12m,
        row_number() over (
            order by net_revenue_12m desc nulls last, customer_key nulls last
        ) as place,
        count(*) over () as customer_count,
        {{ total('sum(net_revenue_12m) over ()') }} as net_revenue_12m_of_all,
        {{ total('sum(net_revenue_12m) over (
            order by net_revenue_12m desc nulls last, customer_key nulls last
            rows between unbounded preceding and current row
        )') }} as net_revenue_12m_to_here
    from summed

),

ranked as (

    select
        customer_key,
        net_revenue_12m,
        cast(place as bigint) as value_rank,
        cast(customer_count as bigint) as customer_count,
        net_revenue_12m_of_all,
        net_revenue_12m_to_here,
        {{ decile_of_place('place', 'customer_count') }} as decile,
        -- who makes the total reach 80 % is still A
        cast(
            case
                when net_revenue_12m_of_all <= 0 then null
                when
                    100 * (net_revenue_12m_to_here - net_revenue_12m)
                    < 80 * net_revenue_12m_of_all then 'A'
                when
                    100 * (net_revenue_12m_to_here - net_revenue_12m)
                    < 95 * net_revenue_12m_of_all then 'B'
                else 'C'
            end as string
        ) as abc_class
    from placed

)

select * from ranked
