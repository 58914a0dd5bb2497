-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__subscription_discounts') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__subscription_discounts'),
            ref('stg_control__deliveries'),
            'billing.subscription_discounts',
            coverage_dates={
                'start_date': 'landed.start_date',
                'end_date': 'landed.end_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.contract_id as string) as contract_id,
        cast(landed.line_id as string) as line_id,
        cast(landed.discount_id as string) as discount_id,
        cast(landed.percent as decimal(18, 6)) as percent,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
        cast(landed.start_date as date) as start_date,
        cast(landed.end_date as date) as end_date,
        cast(landed.max_invoices as bigint) as max_invoices,
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
