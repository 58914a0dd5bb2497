with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

weighed as (

    select * from {{ ref('int_health_weighed') }}

),

-- the month-end about a month before: the last one at least 28 days ago
before_ranked as (

    select
        customer_key,
        health_score,
        health_band,
        row_number() over (
            partition by customer_key order by observed_date desc nulls last
        ) as pick
    from weighed
    where observed_date <= {{ add_days(as_of(), -28) }}
        and observed_date > {{ add_days(as_of(), -62) }}

),

healths as (

    select
        observed.customer_key,
        observed.plan_name,
        observed.mrr,
        cast(weighed.health_score as decimal(18, 6)) as health_score,
        cast(weighed.coverage as decimal(18, 6)) as health_coverage_score,
        weighed.health_band,
        cast(before_ranked.health_band as string) as health_band_before,
        cast(weighed.health_score - before_ranked.health_score as decimal(18, 6))
            as health_change_score,
        {{ policy_columns() }}
    from observed
    inner join weighed
        on
            observed.customer_key = weighed.customer_key
            and observed.observed_date = weighed.observed_date
    left join before_ranked
        on observed.customer_key = before_ranked.customer_key and before_ranked.pick = 1
    where observed.is_current

)

select * from healths
