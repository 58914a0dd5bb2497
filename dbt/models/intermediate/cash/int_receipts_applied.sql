-- Every receipt with what became of its money, as the cash application decided it.
with receipts as (

    select * from {{ source('cash', 'receipts') }}

),

payments as (

    select * from {{ ref('stg_billing__payments') }}

),

applied as (

    select
        cast(receipts.receipt_key as string) as receipt_key,
        cast(receipts.customer_key as string) as customer_key,
        cast(receipts.received_date as date) as received_date,
        cast(receipts.currency as string) as currency,
        {{ money('receipts.amount_native') }} as amount_native,
        cast(
            case
                when receipts.origin = 'bank' then 'transfer'
                else coalesce(payments.method, 'unknown')
            end as string
        ) as payment_method
    from receipts
    left join payments on receipts.receipt_key = payments.record_key

)

select * from applied
