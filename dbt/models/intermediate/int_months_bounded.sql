-- The months that are shown: from history_start (default: the first month-end anybody paid for)
-- to the last complete month as of as_of_date. Nothing in the product shows a month outside this
-- list (D19).
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

edges as (

    select
        {% if var('history_start') -%}
            max({{ month_start("cast('" ~ var('history_start') ~ "' as date)") }})
        {%- else -%}
            min(first_month)
        {%- endif %} as first_month,
        -- complete once as_of has reached the month's last day
        max({{ add_months(month_start(add_days(as_of(), 1)), -1) }}) as last_month
    from pieces
    where
        mrr_native > 0
        and (last_month_excl is null or first_month < last_month_excl)

),

spine as (

    {{ month_spine('first_month', 'last_month') }}  -- noqa: PRS
    from edges
    where first_month <= last_month

),

bounded as (

    select
        cast(spine.month as date) as month,
        cast({{ add_days(add_months('spine.month', 1), -1) }} as date) as month_end,
        edges.first_month as history_start_month,
        edges.last_month as last_completed_month
    from spine
    cross join edges

)

select * from bounded
