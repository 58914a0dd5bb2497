-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__bank_transactions') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__bank_transactions'),
            ref('stg_control__deliveries'),
            'billing.bank_transactions',
            coverage_dates={
                'booked_date': 'landed.booked_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.transaction_id as string) as transaction_id,
        cast(landed.booked_date as date) as booked_date,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
        cast(landed.currency as string) as currency,
        cast(landed.payer_name as string) as payer_name,
        cast(landed.payer_name_kana as string) as payer_name_kana,
        cast(landed.memo as string) as memo,
        cast(landed.payer_name_folded as string) as payer_name_folded,
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
