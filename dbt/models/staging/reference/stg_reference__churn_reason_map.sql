-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'reference__churn_reason_map') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'reference__churn_reason_map'),
            ref('stg_control__deliveries'),
            'reference.churn_reason_map',
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.code as string) as code,
        cast(landed.label_ja as string) as label_ja,
        cast(landed.label_en as string) as label_en,
        cast(landed.{{ adapter.quote('group') }} as string) as {{ adapter.quote('group') }},
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
