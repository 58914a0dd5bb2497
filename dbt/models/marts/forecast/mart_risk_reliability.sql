with bins as (

    select * from {{ source('forecast', 'risk_reliability_bins') }}

),

curve as (

    select
        cast(bin as bigint) as bin,
        cast(row_count as bigint) as customer_quarter_count,
        cast(event_count as bigint) as churned_count,
        cast(mean_p as decimal(18, 6)) as mean_p_churn,
        cast(event_rate as decimal(18, 6)) as churned_rate,
        {{ policy_columns() }}
    from bins

)

select * from curve
