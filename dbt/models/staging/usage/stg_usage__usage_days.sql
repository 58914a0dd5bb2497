-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'usage__usage_days') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'usage__usage_days'),
            ref('stg_control__deliveries'),
            'usage.usage_days',
            coverage_dates={
                'date': 'landed.date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.account_id as string) as account_id,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.date as date) as date,
        cast(landed.feature as string) as feature,
        cast(landed.active_users as bigint) as active_users,
        cast(landed.events as bigint) as events,
        cast(landed.seats_used as bigint) as seats_used,
        cast(landed.quantity as decimal(18, 6)) as quantity,
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
