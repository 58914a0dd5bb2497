-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'crm__interactions') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'crm__interactions'),
            ref('stg_control__deliveries'),
            'crm.interactions',
            coverage_dates={
                'at': local_date('landed.at'),
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.interaction_id as string) as interaction_id,
        cast(landed.account_id as string) as account_id,
        cast(landed.contact_id as string) as contact_id,
        cast(landed.kind as string) as kind,
        cast(landed.direction as string) as direction,
        cast(landed.at as timestamp) as at,
        cast(landed.owner as string) as owner,
        cast(landed.note as string) as note,
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
