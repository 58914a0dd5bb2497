with forecasts as (

    select * from {{ source('forecast', 'forecast_mrr') }}

),

forecast as (

    select
        cast(month as date) as month,
        cast(scenario as string) as scenario,
        cast(method as string) as method,
        cast(origin_month as date) as origin_month,
        cast(horizon_months as bigint) as horizon_months,
        {{ total('forecast_mrr') }} as forecast_mrr,
        {{ total('lower_50_mrr') }} as lower_50_mrr,
        cast(case when lower_50_mrr is null then interval_null_reason end as string)
            as lower_50_mrr_null_reason,
        {{ total('upper_50_mrr') }} as upper_50_mrr,
        cast(case when upper_50_mrr is null then interval_null_reason end as string)
            as upper_50_mrr_null_reason,
        {{ total('lower_80_mrr') }} as lower_80_mrr,
        cast(case when lower_80_mrr is null then interval_null_reason end as string)
            as lower_80_mrr_null_reason,
        {{ total('upper_80_mrr') }} as upper_80_mrr,
        cast(case when upper_80_mrr is null then interval_null_reason end as string)
            as upper_80_mrr_null_reason,
        {{ total('lower_95_mrr') }} as lower_95_mrr,
        cast(case when lower_95_mrr is null then interval_null_reason end as string)
            as lower_95_mrr_null_reason,
        {{ total('upper_95_mrr') }} as upper_95_mrr,
        cast(case when upper_95_mrr is null then interval_null_reason end as string)
            as upper_95_mrr_null_reason,
        cast(is_published as boolean) as is_published,
        cast(is_naive_method as boolean) as is_naive_method,
        cast(publish_reason as string) as publish_reason,
        cast(history_month_count as bigint) as history_month_count,
        cast(notice as string) as notice,
        {{ policy_columns() }}
    from forecasts

)

select * from forecast
