with expected as (

    select * from {{ source('forecast', 'repeat_purchase') }}

),

purchases as (

    select
        cast(customer_key as string) as customer_key,
        cast(first_purchase_date as date) as first_purchase_date,
        cast(last_purchase_date as date) as last_purchase_date,
        cast(purchase_count as bigint) as purchase_count,
        cast(model as string) as model,
        cast(expected_purchases_12m as decimal(18, 6)) as expected_purchases_12m,
        cast(model_null_reason as string) as expected_purchases_12m_null_reason,
        {{ rate_of_double('alive_rate') }} as alive_rate,
        cast(alive_rate_null_reason as string) as alive_rate_null_reason,
        {{ policy_columns() }}
    from expected

)

select * from purchases
