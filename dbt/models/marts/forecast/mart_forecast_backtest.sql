with backtests as (

    select * from {{ source('forecast', 'forecast_backtest') }}

),

measured as (

    select
        cast(method as string) as method,
        cast(horizon_months as bigint) as horizon_months,
        cast(origin_count as bigint) as origin_count,
        cast(first_origin_month as date) as first_origin_month,
        cast(last_origin_month as date) as last_origin_month,
        {{ rate_of_double('mape_rate') }} as mape_rate,
        {{ rate_of_double('mase_ratio') }} as mase_ratio,
        {{ rate_of_double('mean_mase_ratio') }} as mean_mase_ratio,
        {{ total('bias_mrr') }} as bias_mrr,
        cast(case when bias_mrr is null then null_reason end as string)
            as bias_mrr_null_reason,
        {{ rate_of_double('bias_rate') }} as bias_rate,
        {{ rate_of_double('coverage_50_rate') }} as coverage_50_rate,
        {{ rate_of_double('mean_coverage_50_rate') }} as mean_coverage_50_rate,
        {{ rate_of_double('mean_coverage_then_50_rate') }} as mean_coverage_then_50_rate,
        {{ rate_of_double('coverage_80_rate') }} as coverage_80_rate,
        {{ rate_of_double('mean_coverage_80_rate') }} as mean_coverage_80_rate,
        {{ rate_of_double('mean_coverage_then_80_rate') }} as mean_coverage_then_80_rate,
        {{ rate_of_double('coverage_95_rate') }} as coverage_95_rate,
        {{ rate_of_double('mean_coverage_95_rate') }} as mean_coverage_95_rate,
        {{ rate_of_double('mean_coverage_then_95_rate') }} as mean_coverage_then_95_rate,
        cast(coverage_count as bigint) as coverage_count,
        cast(null_reason as string) as null_reason,
        cast(is_published as boolean) as is_published,
        cast(is_naive_method as boolean) as is_naive_method,
        cast(left_out as string) as left_out,
        {{ policy_columns() }}
    from backtests

)

select * from measured
