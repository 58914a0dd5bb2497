-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__cancel_requests') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__cancel_requests'),
            ref('stg_control__deliveries'),
            'billing.cancel_requests',
            coverage_dates={
                'requested_at': local_date('landed.requested_at'),
                'effective_date': 'landed.effective_date',
                'withdrawn_at': local_date('landed.withdrawn_at'),
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.contract_id as string) as contract_id,
        cast(landed.requested_at as timestamp) as requested_at,
        cast(landed.effective_date as date) as effective_date,
        cast(landed.withdrawn_at as timestamp) as withdrawn_at,
        cast(landed.reason_code as string) as reason_code,
        cast(landed.reason_text as string) as reason_text,
        cast(landed.initiated_by as string) as initiated_by,
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
