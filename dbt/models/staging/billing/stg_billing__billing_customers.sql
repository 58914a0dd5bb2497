-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__billing_customers') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__billing_customers'),
            ref('stg_control__deliveries'),
            'billing.billing_customers',
            coverage_dates={
                'created_date': 'landed.created_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.account_id as string) as account_id,
        cast(landed.name as string) as name,
        cast(landed.name_kana as string) as name_kana,
        cast(landed.email as string) as email,
        cast(landed.phone as string) as phone,
        cast(landed.postal_code as string) as postal_code,
        cast(landed.address as string) as address,
        cast(landed.corporate_number as string) as corporate_number,
        cast(landed.payment_method as string) as payment_method,
        cast(landed.payment_terms as string) as payment_terms,
        cast(landed.created_date as date) as created_date,
        cast(landed.name_folded as string) as name_folded,
        cast(landed.name_kana_folded as string) as name_kana_folded,
        cast(landed.email_folded as string) as email_folded,
        cast(landed.phone_folded as string) as phone_folded,
        cast(landed.address_folded as string) as address_folded,
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
