-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'crm__deals') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'crm__deals'),
            ref('stg_control__deliveries'),
            'crm.deals',
            coverage_dates={
                'stage_changed_date': 'landed.stage_changed_date',
                'expected_close_date': 'landed.expected_close_date',
                'closed_date': 'landed.closed_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.deal_id as string) as deal_id,
        cast(landed.account_id as string) as account_id,
        cast(landed.deal_type as string) as deal_type,
        cast(landed.name as string) as name,
        cast(landed.stage as string) as stage,
        cast(landed.stage_changed_date as date) as stage_changed_date,
        cast(landed.probability as decimal(18, 6)) as probability,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
        cast(landed.currency as string) as currency,
        cast(landed.expected_close_date as date) as expected_close_date,
        cast(landed.closed_date as date) as closed_date,
        cast(landed.outcome as string) as outcome,
        cast(landed.lost_reason as string) as lost_reason,
        cast(landed.contract_id as string) as contract_id,
        cast(landed.owner as string) as owner,
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
