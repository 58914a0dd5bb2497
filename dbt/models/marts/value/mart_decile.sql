with ranked as (

    select * from {{ ref('int_customers_ranked') }}

),

grouped as (

    select
        decile,
        customer_count as customer_of_all_count,
        net_revenue_12m_of_all,
        count(*) as customer_count,
        sum(net_revenue_12m) as net_revenue_12m,
        max(value_rank) as last_rank,
        max(net_revenue_12m) as highest_net_revenue_12m,
        min(net_revenue_12m) as lowest_net_revenue_12m
    from ranked
    group by decile, customer_count, net_revenue_12m_of_all

),

running as (

    select
        grouped.*,
        sum(net_revenue_12m) over (
            order by decile nulls last rows between unbounded preceding and current row
        ) as net_revenue_12m_to_here
    from grouped

),

deciles as (

    select
        decile,
        cast(customer_count as bigint) as customer_count,
        {{ total('net_revenue_12m') }} as net_revenue_12m,
        {{ total('net_revenue_12m_of_all') }} as net_revenue_12m_of_all,
        {{ total('net_revenue_12m_to_here') }} as net_revenue_12m_to_here,
        {{ total('highest_net_revenue_12m') }} as highest_net_revenue_12m,
        {{ total('lowest_net_revenue_12m') }} as lowest_net_revenue_12m,
        {{ divide('net_revenue_12m', 'net_revenue_12m_of_all') }} as revenue_share_rate,
        {{ divide('net_revenue_12m_to_here', 'net_revenue_12m_of_all') }}
            as cumulative_revenue_share_rate,
        cast(case when net_revenue_12m_of_all = 0 then 'no_revenue' end as string)
            as revenue_share_rate_null_reason,
        {{ total(divide('net_revenue_12m', 'customer_count')) }} as mean_net_revenue_12m,
        -- fewer customers than ten: the groups are the customers
        cast(case when customer_of_all_count < 10 then 'fewer_than_10_customers' end as string)
            as notice,
        {{ policy_columns() }}
    from running

)

select * from deciles
