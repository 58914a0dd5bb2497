-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__invoices') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__invoices'),
            ref('stg_control__deliveries'),
            'billing.invoices',
            coverage_dates={
                'issue_date': 'landed.issue_date',
                'due_date': 'landed.due_date',
                'paid_date': 'landed.paid_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.invoice_id as string) as invoice_id,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.contract_id as string) as contract_id,
        cast(landed.issue_date as date) as issue_date,
        cast(landed.due_date as date) as due_date,
        cast(landed.currency as string) as currency,
        cast(landed.subtotal_native as decimal(18, 6)) as subtotal_native,
        cast(landed.tax_native as decimal(18, 6)) as tax_native,
        cast(landed.total_native as decimal(18, 6)) as total_native,
        cast(landed.balance_native as decimal(18, 6)) as balance_native,
        cast(landed.paid_date as date) as paid_date,
        cast(landed.status as string) as status,
        cast(landed.payment_method as string) as payment_method,
        cast(landed.document_type as string) as document_type,
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
