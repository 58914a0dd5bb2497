-- Usage, 0 to 100: days with use in the last 28 of 20 working days; half of it where the use fell
-- to less than half of the 28 days before. A customer never seen in a usage log has no score: the
-- logs may not cover what it bought. The 28 days end where the logs end: a file that is late is no
-- customer who stopped, and logs older than 28 days say nothing about today.
{%- set window_days = 28 %}
{%- set full_days = 20 %}
with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

usage_days as (

    select * from {{ ref('stg_usage__usage_days') }}

),

resolved_ids as (

    select * from {{ ref('int_customer_ids_resolved') }}

),

used as (

    select
        coalesce(by_billing.customer_key, by_account.customer_key) as customer_key,
        usage_days.date as used_on,
        coalesce(usage_days.events, 0) as events,
        usage_days.seats_used
    from usage_days
    left join resolved_ids as by_billing
        on
            usage_days.billing_customer_id = by_billing.source_id
            and by_billing.source_entity = 'billing.billing_customers'
    left join resolved_ids as by_account
        on
            usage_days.account_id = by_account.source_id
            and by_account.source_entity = 'crm.accounts'
    where usage_days.date <= {{ as_of() }}

),

used_daily as (

    select
        customer_key,
        used_on,
        sum(events) as events,
        max(seats_used) as seats_used
    from used
    where customer_key is not null
    group by customer_key, used_on

),

logs as (

    select max(used_on) as logged_through from used_daily

),

windows as (

    select
        observed.customer_key,
        observed.observed_date,
        observed.observed_month,
        least(observed.observed_date, logs.logged_through) as window_end
    from observed
    inner join logs
        on {{ add_days('observed.observed_date', -window_days) }} < logs.logged_through

),

first_used as (

    select
        customer_key,
        min(used_on) as first_used_on
    from used_daily
    group by customer_key

),

-- a day lies in the windows of the few observations after it: matched by month, so that nobody's
-- days meet all of its observations
used_monthly as (

    {%- for shift in [0, 1, 2, 3] %}
    select
        customer_key,
        used_on,
        events,
        seats_used,
        {{ add_months(month_start('used_on'), shift) }} as observed_month
    from used_daily
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

windowed as (

    select
        windows.customer_key,
        windows.observed_date,
        sum(case when used_monthly.used_on > {{ add_days('windows.window_end', -window_days) }}
            then 1 else 0 end) as used_days,
        sum(case when used_monthly.used_on > {{ add_days('windows.window_end', -window_days) }}
            then used_monthly.events else 0 end) as events,
        sum(case when used_monthly.used_on <= {{ add_days('windows.window_end', -window_days) }}
            then used_monthly.events else 0 end) as events_before,
        max(case when used_monthly.used_on > {{ add_days('windows.window_end', -window_days) }}
            then used_monthly.seats_used end) as seats_used
    from windows
    inner join used_monthly
        on
            windows.customer_key = used_monthly.customer_key
            and windows.observed_month = used_monthly.observed_month
    where
        used_monthly.used_on <= windows.window_end
        and used_monthly.used_on > {{ add_days('windows.window_end', -2 * window_days) }}
    group by windows.customer_key, windows.observed_date

),

scored as (

    select
        windows.customer_key,
        windows.observed_date,
        cast('usage' as string) as component,
        cast(coalesce(windowed.used_days, 0) as bigint) as used_days,
        cast(coalesce(windowed.events, 0) as bigint) as events,
        cast(coalesce(windowed.events_before, 0) as bigint) as events_before,
        cast(windowed.seats_used as bigint) as seats_used,
        cast(
            {{ divide(
                'least(coalesce(windowed.used_days, 0), ' ~ full_days ~ ') * 100',
                'case when 2 * coalesce(windowed.events, 0) < coalesce(windowed.events_before, 0) '
                ~ 'then 2 else 1 end * ' ~ full_days) }}
            as decimal(18, 6)
        ) as score,
        cast(
            case
                when coalesce(windowed.used_days, 0) = 0 then 'no_use_in_28_days'
                when 2 * windowed.events < windowed.events_before then 'use_halved'
                when windowed.used_days < 10 then 'used_seldom'
                else 'used'
            end as string
        ) as reason_code
    from windows
    inner join first_used
        on
            windows.customer_key = first_used.customer_key
            and first_used.first_used_on <= windows.window_end
    left join windowed
        on
            windows.customer_key = windowed.customer_key
            and windows.observed_date = windowed.observed_date

)

select * from scored
