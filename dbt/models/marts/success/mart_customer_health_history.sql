with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

weighed as (

    select * from {{ ref('int_health_weighed') }}

),

history as (

    select
        observed.customer_key,
        months.month,
        observed.plan_name,
        observed.mrr,
        cast(weighed.health_score as decimal(18, 6)) as health_score,
        cast(weighed.coverage as decimal(18, 6)) as health_coverage_score,
        weighed.health_band,
        {{ policy_columns() }}
    from observed
    inner join months on observed.observed_date = months.month_end
    inner join weighed
        on
            observed.customer_key = weighed.customer_key
            and observed.observed_date = weighed.observed_date

)

select * from history
