-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__payments') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__payments'),
            ref('stg_control__deliveries'),
            'billing.payments',
            coverage_dates={
                'paid_date': 'landed.paid_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.payment_id as string) as payment_id,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.invoice_id as string) as invoice_id,
        cast(landed.paid_date as date) as paid_date,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
        cast(landed.currency as string) as currency,
        cast(landed.method as string) as method,
        cast(landed.payer_name_kana as string) as payer_name_kana,
        cast(landed.fee_native as decimal(18, 6)) as fee_native,
        cast(landed.payer_name_kana_folded as string) as payer_name_kana_folded,
        cast(landed.extra as string) as extra,
        cast(landed.source_system as string) as source_system,
        cast(landed.delivery_id as string) as delivery_id,
        cast(landed.source_sheet as string) as source_sheet,
        cast(landed.source_row as bigint) as source_row,
        cast(landed.source_updated_at as timestamp) as source_updated_at,
        cast(landed.record_key as string) as record_key
    from landed
    inner join current_versions on {{ same_row('landed', 'current_versions') }}

)

select * from typed
