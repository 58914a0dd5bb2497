-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__refunds') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__refunds'),
            ref('stg_control__deliveries'),
            'billing.refunds',
            coverage_dates={
                'refunded_date': 'landed.refunded_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.refund_id as string) as refund_id,
        cast(landed.payment_id as string) as payment_id,
        cast(landed.refunded_date as date) as refunded_date,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
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
