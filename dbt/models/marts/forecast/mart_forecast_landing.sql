-- Where the fiscal year of the first month ahead lands: what is known of it and what is forecast.
with forecasts as (

    select * from {{ ref('mart_forecast_mrr') }}
    where is_published

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

labelled as (

    select
        forecasts.*,
        {{ fiscal_year('forecasts.month') }} as fiscal_year,
        {{ fiscal_year(add_months('forecasts.origin_month', 1)) }} as landing_year
    from forecasts

),

ahead as (

    select
        scenario,
        method,
        fiscal_year,
        min(origin_month) as origin_month,
        max(month) as last_month,
        count(*) as forecast_month_count,
        sum(forecast_mrr) as forecast_mrr_total
    from labelled
    where fiscal_year = landing_year
    group by scenario, method, fiscal_year

),

years_known as (

    select
        {{ fiscal_year('month') }} as fiscal_year,
        max(month) as last_month,
        count(*) as month_count,
        sum(mrr) as mrr_total
    from kpis
    group by {{ fiscal_year('month') }}

),

landing as (

    select
        cast(ahead.scenario as string) as scenario,
        cast(ahead.fiscal_year as bigint) as fiscal_year,
        cast(ahead.method as string) as method,
        cast(ahead.origin_month as date) as origin_month,
        cast(ahead.last_month as date) as last_month,
        cast(coalesce(this_year.month_count, 0) as bigint) as actual_month_count,
        cast(ahead.forecast_month_count as bigint) as forecast_month_count,
        {{ total('coalesce(this_year.mrr_total, 0)') }} as actual_mrr_total,
        {{ total('ahead.forecast_mrr_total') }} as forecast_mrr_total,
        {{ total('coalesce(this_year.mrr_total, 0) + ahead.forecast_mrr_total') }}
            as landing_mrr_total,
        at_end.forecast_mrr as landing_mrr,
        at_end.lower_80_mrr as landing_lower_80_mrr,
        at_end.lower_80_mrr_null_reason as landing_lower_80_mrr_null_reason,
        at_end.upper_80_mrr as landing_upper_80_mrr,
        at_end.upper_80_mrr_null_reason as landing_upper_80_mrr_null_reason,
        {{ total('at_last_end.mrr') }} as last_year_mrr,
        cast(case when at_last_end.mrr is null then 'no_last_year' end as string)
            as last_year_mrr_null_reason,
        {{ total('case when last_year.month_count = 12 then last_year.mrr_total end') }}
            as last_year_mrr_total,
        cast(
            case when coalesce(last_year.month_count, 0) < 12 then 'last_year_incomplete' end
            as string
        ) as last_year_mrr_total_null_reason,
        {{ policy_columns() }}
    from ahead
    inner join forecasts as at_end
        on ahead.scenario = at_end.scenario and ahead.last_month = at_end.month
    left join years_known as this_year on ahead.fiscal_year = this_year.fiscal_year
    left join years_known as last_year on ahead.fiscal_year - 1 = last_year.fiscal_year
    left join kpis as at_last_end on last_year.last_month = at_last_end.month

)

select * from landing
