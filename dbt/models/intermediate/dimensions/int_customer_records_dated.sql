-- What each source record said of its customer, from when to when (no personal columns). Records
-- are joined to the customer they belong to now: a merge rewrites whose history it is, not what
-- was said.
with identified as (

    select * from {{ ref('int_customers_identified') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts_dated') }}

),

billing_customers as (

    select * from {{ ref('stg_billing__billing_customers_dated') }}

),

records as (

    select
        record_key,
        1 as source_rank,
        kind,
        corporate_number,
        industry,
        capital,
        employees,
        listed,
        fiscal_month,
        prefecture,
        region,
        owner,
        acquisition_channel,
        cast(null as string) as payment_method,
        created_date,
        valid_from,
        valid_to
    from accounts
    union all
    select
        record_key,
        2 as source_rank,
        cast(null as string) as kind,
        corporate_number,
        cast(null as string) as industry,
        cast(null as decimal(18, 6)) as capital,
        cast(null as bigint) as employees,
        cast(null as boolean) as listed,
        cast(null as bigint) as fiscal_month,
        cast(null as string) as prefecture,
        cast(null as string) as region,
        cast(null as string) as owner,
        cast(null as string) as acquisition_channel,
        payment_method,
        created_date,
        valid_from,
        valid_to
    from billing_customers

),

dated as (

    select
        identified.customer_key,
        identified.source_system,
        identified.source_id,
        records.*
    from records
    inner join identified on records.record_key = identified.record_key

)

select * from dated
