{#- two years of months are enough to see concentration move, and bound customers x months -#}
{%- set months_shown = 24 %}
with revenue as (

    select * from {{ ref('int_customer_revenue_monthly') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}
    where month > {{ add_months('last_completed_month', -months_shown) }}

),

customer_years as (

    select
        months.month,
        revenue.customer_key,
        sum(revenue.net_revenue) as net_revenue_12m
    from months
    inner join revenue
        on
            revenue.month <= months.month
            and revenue.month > {{ add_months('months.month', -12) }}
    group by months.month, revenue.customer_key

),

placed as (

    select
        month,
        net_revenue_12m,
        row_number() over (
            partition by month order by net_revenue_12m desc nulls last, customer_key nulls last
        ) as place,
        count(*) over (partition by month) as customer_count,
        sum(net_revenue_12m) over (partition by month) as net_revenue_12m_of_all,
        sum(net_revenue_12m) over (
            partition by month order by net_revenue_12m desc nulls last, customer_key nulls last
            rows between unbounded preceding and current row
        ) as net_revenue_12m_to_here
    from customer_years

),

summed as (

    select
        month,
        max(customer_count) as customer_count,
        max(net_revenue_12m_of_all) as net_revenue_12m,
        -- place <= ceil(0.2 x count), in whole numbers
        sum(case when 5 * (place - 1) < customer_count then 1 else 0 end)
            as top_fifth_customer_count,
        sum(case when 5 * (place - 1) < customer_count then net_revenue_12m else 0 end)
            as top_fifth_net_revenue_12m,
        min(
            case
                when net_revenue_12m_of_all > 0
                    and 100 * net_revenue_12m_to_here >= 80 * net_revenue_12m_of_all then place
            end
        ) as customers_for_80
    from placed
    group by month

),

pareto as (

    select
        months.month,
        cast(coalesce(summed.customer_count, 0) as bigint) as customer_count,
        {{ total('coalesce(summed.net_revenue_12m, 0)') }} as net_revenue_12m,
        cast(coalesce(summed.top_fifth_customer_count, 0) as bigint) as top_fifth_customer_count,
        {{ total('coalesce(summed.top_fifth_net_revenue_12m, 0)') }} as top_fifth_net_revenue_12m,
        {{ divide('summed.top_fifth_net_revenue_12m', 'summed.net_revenue_12m') }}
            as top_fifth_share_rate,
        cast(coalesce(summed.customers_for_80, 0) as bigint) as customer_for_80_percent_count,
        {{ divide('summed.customers_for_80', 'summed.customer_count') }}
            as customer_for_80_percent_rate,
        cast(
            case
                when coalesce(summed.net_revenue_12m, 0) = 0 then 'no_revenue'
                when summed.net_revenue_12m < 0 then 'negative_revenue'
            end as string
        ) as pareto_null_reason,
        {{ policy_columns() }}
    from months
    left join summed on months.month = summed.month

)

select * from pareto
