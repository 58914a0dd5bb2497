-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__credit_notes') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__credit_notes'),
            ref('stg_control__deliveries'),
            'billing.credit_notes',
            coverage_dates={
                'issue_date': 'landed.issue_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.credit_note_id as string) as credit_note_id,
        cast(landed.invoice_id as string) as invoice_id,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.issue_date as date) as issue_date,
        cast(landed.amount_native as decimal(18, 6)) as amount_native,
        cast(landed.tax_native as decimal(18, 6)) as tax_native,
        cast(landed.reason as string) as reason,
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
