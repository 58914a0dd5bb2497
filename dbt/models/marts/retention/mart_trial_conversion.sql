with funnel as (

    select * from {{ ref('mart_trial_funnel') }}

),

summed as (

    select
        trial_month,
        window_days,
        is_mature,
        sum(trial_count) as trial_count,
        sum(converted_so_far_count) as converted_so_far_count,
        sum(conversion_rate_numerator) as conversion_rate_numerator,
        sum(conversion_rate_denominator) as conversion_rate_denominator
    from funnel
    group by trial_month, window_days, is_mature

),

conversion as (

    select
        trial_month,
        window_days,
        is_mature,
        cast(trial_count as bigint) as trial_count,
        cast(converted_so_far_count as bigint) as converted_so_far_count,
        {{ divide('conversion_rate_numerator', 'conversion_rate_denominator') }}
            as conversion_rate,
        {{ total('conversion_rate_numerator') }} as conversion_rate_numerator,
        {{ total('conversion_rate_denominator') }} as conversion_rate_denominator,
        cast(case when not is_mature then 'immature' end as string) as conversion_rate_null_reason,
        {{ policy_columns() }}
    from summed

)

select * from conversion
