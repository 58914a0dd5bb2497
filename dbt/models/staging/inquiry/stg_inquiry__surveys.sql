-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'inquiry__surveys') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'inquiry__surveys'),
            ref('stg_control__deliveries'),
            'inquiry.surveys',
            coverage_dates={
                'answered_at': local_date('landed.answered_at'),
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.response_id as string) as response_id,
        cast(landed.account_id as string) as account_id,
        cast(landed.email as string) as email,
        cast(landed.survey as string) as survey,
        cast(landed.answered_at as timestamp) as answered_at,
        cast(landed.nps as bigint) as nps,
        cast(landed.csat as decimal(18, 6)) as csat,
        cast(landed.comment as string) as comment,
        cast(landed.email_folded as string) as email_folded,
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
