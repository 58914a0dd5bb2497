-- The baseline that better forecasts are measured against would not be the one shown (G-34).
with baseline as (

    select * from {{ ref('mart_forecast_baseline') }}

),

forecasts as (

    select * from {{ ref('mart_forecast_mrr') }}
    where method = 'baseline' and scenario = 'base'

),

differing as (

    select
        baseline.month,
        baseline.forecast_mrr as expected_mrr,
        forecasts.forecast_mrr
    from baseline
    inner join forecasts on baseline.month = forecasts.month
    where
        baseline.forecast_mrr >= 0
        -- the mart rounds every step, the computation only its rates
        and abs(forecasts.forecast_mrr - baseline.forecast_mrr) > 1

)

select * from differing
