-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'reference__fx_rates') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'reference__fx_rates'),
            ref('stg_control__deliveries'),
            'reference.fx_rates',
            coverage_dates={
                'date': 'landed.date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.date as date) as date,
        cast(landed.from_currency as string) as from_currency,
        cast(landed.to_currency as string) as to_currency,
        cast(landed.rate as decimal(18, 6)) as rate,
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
