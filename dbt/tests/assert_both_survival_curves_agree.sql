-- mart_survival (per segment, with interval, today) and int_survival_estimated (in total, as each
-- month knew it) are Kaplan-Meier of the same customers: two curves would be two truths.
with estimated as (

    select * from {{ ref('int_survival_estimated') }}
    where not is_extrapolated

),

months as (

    select max(last_completed_month) as last_completed_month from {{ ref('int_months_bounded') }}

),

survival as (

    select * from {{ ref('mart_survival') }}
    where segment_attribute = 'all'

),

different as (

    select
        survival.months_since_first,
        survival.survival_rate,
        estimated.survival_rate as estimated_survival_rate
    from survival
    cross join months
    left join estimated
        on
            months.last_completed_month = estimated.month
            and survival.months_since_first = estimated.months_since_first
    where
        survival.months_since_first <= {{ var('ltv_horizon_months') }}
        -- the last digit may be rounded apart
        and coalesce(abs(survival.survival_rate - estimated.survival_rate), 1) > 0.000002

)

select * from different
