-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__invoice_lines') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__invoice_lines'),
            ref('stg_control__deliveries'),
            'billing.invoice_lines',
            coverage_dates={
                'service_start_date': 'landed.service_start_date',
                'service_end_date': 'landed.service_end_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.invoice_id as string) as invoice_id,
        cast(landed.line_no as bigint) as line_no,
        cast(landed.contract_id as string) as contract_id,
        cast(landed.plan_id as string) as plan_id,
        cast(landed.line_type as string) as line_type,
        cast(landed.description as string) as description,
        cast(landed.quantity as decimal(18, 6)) as quantity,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
        cast(landed.tax_rate as decimal(18, 6)) as tax_rate,
        cast(landed.service_start_date as date) as service_start_date,
        cast(landed.service_end_date as date) as service_end_date,
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
