with receipts as (

    select * from {{ source('cash', 'receipts') }}

),

payments as (

    select * from {{ ref('stg_billing__payments') }}

),

applied as (

    select * from {{ ref('int_receipts_applied') }}

),

bank_transactions as (

    select * from {{ ref('stg_billing__bank_transactions') }}

),

facts as (

    select
        cast(receipts.receipt_key as string) as receipt_key,
        cast(receipts.origin as string) as origin,
        cast(receipts.source_system as string) as source_system,
        cast(receipts.source_id as string) as source_id,
        cast(bank_transactions.transaction_id as string) as bank_transaction_id,
        cast(receipts.customer_key as string) as customer_key,
        cast(receipts.received_date as date) as received_date,
        cast(receipts.currency as string) as currency,
        {{ money('receipts.amount_native') }} as amount_native,
        applied.payment_method,
        cast(
            coalesce(
                bank_transactions.payer_name_kana,
                bank_transactions.payer_name,
                payments.payer_name_kana
            ) as string
        ) as payer_name,
        {{ money('receipts.allocated_native') }} as allocated_native,
        {{ money('receipts.fee_diff_native') }} as fee_diff_native,
        {{ money('receipts.unapplied_native') }} as unapplied_native,
        {{ money('receipts.unmatched_native') }} as unmatched_native,
        cast(coalesce(payments.delivery_id, bank_lines.delivery_id) as string) as delivery_id,
        cast(
            case
                when payments.record_key is not null then payments.source_sheet
                else bank_lines.source_sheet
            end as string
        ) as source_sheet,
        cast(coalesce(payments.source_row, bank_lines.source_row) as bigint) as source_row,
        {{ policy_columns() }}
    from receipts
    inner join applied on receipts.receipt_key = applied.receipt_key
    left join payments on receipts.receipt_key = payments.record_key
    left join bank_transactions on receipts.bank_key = bank_transactions.record_key
    left join bank_transactions as bank_lines on receipts.receipt_key = bank_lines.record_key

)

select * from facts
