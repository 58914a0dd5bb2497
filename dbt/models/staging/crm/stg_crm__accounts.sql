-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'crm__accounts') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'crm__accounts'),
            ref('stg_control__deliveries'),
            'crm.accounts',
            coverage_dates={
                'birth_date': 'landed.birth_date',
                'created_date': 'landed.created_date',
            },
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.account_id as string) as account_id,
        cast(landed.kind as string) as kind,
        cast(landed.name as string) as name,
        cast(landed.name_kana as string) as name_kana,
        cast(landed.corporate_number as string) as corporate_number,
        cast(landed.invoice_registration_number as string) as invoice_registration_number,
        cast(landed.parent_account_id as string) as parent_account_id,
        cast(landed.industry as string) as industry,
        cast(landed.capital as decimal(18, 6)) as capital,
        cast(landed.employees as bigint) as employees,
        cast(landed.listed as boolean) as listed,
        cast(landed.fiscal_month as bigint) as fiscal_month,
        cast(landed.url as string) as url,
        cast(landed.phone as string) as phone,
        cast(landed.email as string) as email,
        cast(landed.postal_code as string) as postal_code,
        cast(landed.prefecture as string) as prefecture,
        cast(landed.address as string) as address,
        cast(landed.birth_date as date) as birth_date,
        cast(landed.gender as string) as gender,
        cast(landed.region as string) as region,
        cast(landed.owner as string) as owner,
        cast(landed.acquisition_channel as string) as acquisition_channel,
        cast(landed.campaign_id as string) as campaign_id,
        cast(landed.billing_customer_id as string) as billing_customer_id,
        cast(landed.created_date as date) as created_date,
        cast(landed.is_deleted as boolean) as is_deleted,
        cast(landed.name_folded as string) as name_folded,
        cast(landed.name_kana_folded as string) as name_kana_folded,
        cast(landed.phone_folded as string) as phone_folded,
        cast(landed.email_folded as string) as email_folded,
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
