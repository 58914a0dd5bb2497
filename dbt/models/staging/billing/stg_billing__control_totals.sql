-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__control_totals') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__control_totals'),
            ref('stg_control__deliveries'),
            'billing.control_totals',
            coverage_dates={
                'month': 'landed.month',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.month as date) as month,
        cast(landed.currency as string) as currency,
        cast(landed.total_native as decimal(18, 6)) as total_native,
        cast(landed.document_count as bigint) as document_count,
        cast(landed.credited_native as decimal(18, 6)) as credited_native,
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
