-- The parts shown beside a forecast would explain another number than the one published.
with components as (

    select * from {{ ref('mart_forecast_component') }}

),

forecasts as (

    select * from {{ ref('mart_forecast_mrr') }}
    where is_published

),

summed as (

    select
        month,
        scenario,
        sum(mrr) as mrr
    from components
    group by month, scenario

),

differing as (

    select
        forecasts.month,
        forecasts.scenario,
        forecasts.forecast_mrr,
        summed.mrr
    from forecasts
    left join summed
        on forecasts.month = summed.month and forecasts.scenario = summed.scenario
    where summed.mrr is null or summed.mrr <> forecasts.forecast_mrr

)

select * from differing
