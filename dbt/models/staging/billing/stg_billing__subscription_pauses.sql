-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__subscription_pauses') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__subscription_pauses'),
            ref('stg_control__deliveries'),
            'billing.subscription_pauses',
            coverage_dates={
                'pause_start_date': 'landed.pause_start_date',
                'pause_end_date': 'landed.pause_end_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.contract_id as string) as contract_id,
        cast(landed.pause_start_date as date) as pause_start_date,
        cast(landed.pause_end_date as date) as pause_end_date,
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
