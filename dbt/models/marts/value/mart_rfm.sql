{%- set by_usage = var('rfm_recency') == 'usage' %}
with ranked as (

    select * from {{ ref('int_customers_ranked') }}

),

seen as (

    select * from {{ ref('int_customers_seen') }}

),

measured as (

    select
        ranked.customer_key,
        seen.{{ 'last_usage_date' if by_usage else 'last_payment_date' }} as last_seen_date,
        coalesce(seen.{{ 'active_day_12m_count' if by_usage else 'paid_invoice_12m_count' }}, 0)
            as frequency_count,
        ranked.net_revenue_12m,
        ranked.value_rank,
        ranked.decile,
        ranked.abc_class,
        ranked.customer_count,
        ranked.net_revenue_12m_of_all,
        ranked.net_revenue_12m_to_here
    from ranked
    left join seen on ranked.customer_key = seen.customer_key

),

-- equal values share a place, so that equal values get equal scores; never seen is the longest ago
placed as (

    select
        measured.*,
        {{ days_between('last_seen_date', as_of()) }} as recency_days,
        rank() over (order by last_seen_date desc nulls last) as recency_place,
        rank() over (order by frequency_count nulls last) as frequency_place,
        rank() over (order by net_revenue_12m nulls last) as monetary_place
    from measured

),

scored as (

    select
        placed.*,
        6 - {{ score_of_rank('recency_place', 'customer_count') }} as r_score,
        {{ score_of_rank('frequency_place', 'customer_count') }} as f_score,
        {{ score_of_rank('monetary_place', 'customer_count') }} as m_score
    from placed

),

rfm as (

    select
        customer_key,
        cast(last_seen_date as date) as last_seen_date,
        cast(recency_days as bigint) as recency_days,
        cast(frequency_count as bigint) as frequency_count,
        {{ total('net_revenue_12m') }} as net_revenue_12m,
        cast(r_score as bigint) as r_score,
        cast(f_score as bigint) as f_score,
        cast(m_score as bigint) as m_score,
        cast(cast(r_score as string) || cast(f_score as string) || cast(m_score as string) as string)
            as rfm_cell,
        cast(r_score + f_score + m_score as bigint) as rfm_total_score,
        value_rank,
        decile,
        abc_class,
        {{ divide('net_revenue_12m', 'net_revenue_12m_of_all') }} as revenue_share_rate,
        {{ divide('net_revenue_12m_to_here', 'net_revenue_12m_of_all') }}
            as cumulative_revenue_share_rate,
        {{ policy_columns() }}
    from scored

)

select * from rfm
