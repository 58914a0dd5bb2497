-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'inquiry__ticket_events') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'inquiry__ticket_events'),
            ref('stg_control__deliveries'),
            'inquiry.ticket_events',
            coverage_dates={
                'event_at': local_date('landed.event_at'),
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.ticket_id as string) as ticket_id,
        cast(landed.event_at as timestamp) as event_at,
        cast(landed.kind as string) as kind,
        cast(landed.actor as string) as actor,
        cast(landed.value as string) as value,
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
