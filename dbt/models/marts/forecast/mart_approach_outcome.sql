with actions as (

    select * from {{ ref('mart_approach_action') }}

),

summed as (

    select
        action_code,
        outcome_code,
        count(*) as action_count,
        -- only those whose 90 days are over: of the others just the losses are known
        sum(case when is_watched_90d then 1 else 0 end) as watched_count,
        sum(case when is_watched_90d and is_retained_90d then 1 else 0 end) as retained_count
    from actions
    group by action_code, outcome_code

),

outcomes as (

    select
        action_code,
        outcome_code,
        cast(action_count as bigint) as action_count,
        cast(watched_count as bigint) as watched_count,
        cast(retained_count as bigint) as retained_count,
        {{ divide('retained_count', 'watched_count') }} as retained_rate,
        cast(case when watched_count = 0 then 'not_yet_90_days' end as string)
            as retained_rate_null_reason,
        {{ policy_columns() }}
    from summed

)

select * from outcomes
