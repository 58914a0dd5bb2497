with fitted as (

    select * from {{ source('forecast', 'repeat_purchase_model') }}

),

models as (

    select
        cast(buyer_count as bigint) as buyer_count,
        cast(repeat_buyer_count as bigint) as repeat_buyer_count,
        cast(observed_weeks as bigint) as observed_weeks,
        cast(model as string) as model,
        cast(model_null_reason as string) as model_null_reason,
        cast(r as double) as r,
        cast(alpha as double) as alpha,
        cast(a as double) as a,
        cast(b as double) as b,
        cast(log_likelihood as double) as log_likelihood,
        cast(held_back_weeks as bigint) as held_back_weeks,
        cast(held_back_purchases as bigint) as held_back_purchases,
        cast(bg_nbd_purchases as double) as bg_nbd_purchases,
        cast(last_period_purchases as double) as last_period_purchases,
        cast(bg_nbd_error as double) as bg_nbd_error,
        cast(last_period_error as double) as last_period_error,
        cast(expected_purchases_12m as decimal(18, 6)) as expected_purchases_12m,
        cast(model_null_reason as string) as expected_purchases_12m_null_reason,
        cast(new_buyer_purchases_12m as double) as new_buyer_purchases_12m,
        {{ policy_columns() }}
    from fitted

)

select * from models
