{#- days a trial is given to convert (G-17) -#}
{%- set windows = [30, 60, 90] %}
with trials as (

    select * from {{ ref('fct_trial') }}
    where not is_existing_customer

),

windows as (

    {%- for days in windows %}
    select cast({{ days }} as bigint) as window_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

dated as (

    select
        {{ month_start('trials.trial_start_date') }} as trial_month,
        coalesce(trials.campaign_id, '未設定') as campaign_id,
        windows.window_days,
        case when trials.conversion_days <= windows.window_days then 1 else 0 end as is_converted
    from trials
    cross join windows

),

summed as (

    select
        trial_month,
        campaign_id,
        window_days,
        count(*) as trial_count,
        sum(is_converted) as converted_so_far_count,
        -- the whole month has had its W days: complete on the last day of the month + W
        {{ add_days(add_months('trial_month', 1), 'cast(window_days - 1 as int)') }}
        <= {{ as_of() }} as is_mature
    from dated
    group by trial_month, campaign_id, window_days

),

funnel as (

    select
        cast(trial_month as date) as trial_month,
        cast(campaign_id as string) as campaign_id,
        cast(window_days as bigint) as window_days,
        cast(trial_count as bigint) as trial_count,
        cast(converted_so_far_count as bigint) as converted_so_far_count,
        cast(is_mature as boolean) as is_mature,
        case
            when is_mature then {{ divide('converted_so_far_count', 'trial_count') }}
        end as conversion_rate,
        -- 0 of 0 until mature, so that sums over months never mix a young month in
        {{ total('case when is_mature then converted_so_far_count else 0 end') }}
            as conversion_rate_numerator,
        {{ total('case when is_mature then trial_count else 0 end') }}
            as conversion_rate_denominator,
        cast(case when not is_mature then 'immature' end as string) as conversion_rate_null_reason,
        {{ policy_columns() }}
    from summed

)

select * from funnel
