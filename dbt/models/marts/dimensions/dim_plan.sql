with versions as (

    select * from {{ ref('stg_billing__plans_dated') }}

),

plans as (

    select
        cast({{ hash_key(['record_key', 'valid_from']) }} as string) as plan_key,
        cast(source_system as string) as source_system,
        cast(plan_id as string) as plan_id,
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to,
        valid_to is null as is_current,
        cast(name as string) as plan_name,
        cast(product as string) as product,
        cast(plan_rank as bigint) as plan_rank,
        cast(is_addon as boolean) as is_addon,
        cast(interval_unit as string) as interval_unit,
        cast(interval_count as bigint) as interval_count,
        cast(list_price_native as decimal(18, 6)) as list_price_native,
        cast(currency as string) as currency,
        cast(tax_rate as decimal(18, 6)) as tax_rate,
        {{ policy_columns() }}
    from versions

)

select * from plans
