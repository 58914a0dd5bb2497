-- Written by dbt/generate.py from sources/entities.yml: change the entity, then `make generate`.
with landed as (

    select * from {{ source('landed', 'billing__plans') }}

),

current_versions as (

    {{
        current_versions(
            source('landed', 'billing__plans'),
            ref('stg_control__deliveries'),
            'billing.plans',
        ) | indent(4)
    }}

),

typed as (

    select
        cast(landed.plan_id as string) as plan_id,
        cast(landed.name as string) as name,
        cast(landed.product as string) as product,
        cast(landed.plan_rank as bigint) as plan_rank,
        cast(landed.is_addon as boolean) as is_addon,
        cast(landed.interval_unit as string) as interval_unit,
        cast(landed.interval_count as bigint) as interval_count,
        cast(landed.list_price_native as decimal(18, 6)) as list_price_native,
        cast(landed.currency as string) as currency,
        cast(landed.tax_rate as decimal(18, 6)) as tax_rate,
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
