-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__payment_attempts') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__payment_attempts'),
            ref('stg_control__deliveries'),
            'billing.payment_attempts',
            coverage_dates={
                'attempted_at': local_date('landed.attempted_at'),
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.attempt_id as string) as attempt_id,
        cast(landed.invoice_id as string) as invoice_id,
        cast(landed.attempted_at as timestamp) as attempted_at,
        cast(landed.result as string) as result,
        cast(landed.failure_code as string) as failure_code,
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
