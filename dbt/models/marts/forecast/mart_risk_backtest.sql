with quarters as (

    select * from {{ source('forecast', 'risk_backtest') }}

),

backtest as (

    select
        cast(read_on as date) as read_on,
        cast(k as bigint) as top_k,
        cast(customer_count as bigint) as customer_count,
        cast(churned_count as bigint) as churned_count,
        cast(churned_in_top_count as bigint) as churned_in_top_count,
        {{ divide('churned_in_top_count', 'k') }} as precision_rate,
        {{ divide('churned_in_top_count * customer_count', 'k * churned_count') }} as lift_ratio,
        cast(case when churned_count = 0 then 'nobody_lost' end as string)
            as lift_ratio_null_reason,
        {{ policy_columns() }}
    from quarters

)

select * from backtest
