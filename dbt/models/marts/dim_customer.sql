with identified as (

    select * from {{ ref('int_customers_identified') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

billing_customers as (

    select * from {{ ref('stg_billing__billing_customers') }}

),

movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

records as (

    select
        identified.customer_key,
        1 as source_rank,
        accounts.created_date,
        identified.source_system,
        identified.source_id,
        accounts.name,
        accounts.name_kana,
        accounts.email,
        accounts.kind,
        accounts.corporate_number,
        accounts.industry,
        accounts.prefecture,
        accounts.acquisition_channel
    from identified
    inner join accounts on identified.record_key = accounts.record_key
    union all
    select
        identified.customer_key,
        2 as source_rank,
        billing_customers.created_date,
        identified.source_system,
        identified.source_id,
        billing_customers.name,
        billing_customers.name_kana,
        billing_customers.email,
        cast(null as string) as kind,
        billing_customers.corporate_number,
        cast(null as string) as industry,
        cast(null as string) as prefecture,
        cast(null as string) as acquisition_channel
    from identified
    inner join billing_customers on identified.record_key = billing_customers.record_key

),

{%- set attributes = [
    'name', 'name_kana', 'email', 'kind', 'corporate_number', 'industry', 'prefecture',
    'acquisition_channel',
] %}
ranked as (

    select
        customer_key,
        {%- for attribute in attributes %}
        {{ best_stated(attribute, ['customer_key']) }} as {{ attribute }},
        {%- endfor %}
        row_number() over (
            partition by customer_key
            order by source_rank nulls last, source_system nulls last, source_id nulls last
        ) as pick
    from records

),

counted as (

    select
        customer_key,
        count(*) as source_record_count,
        min(source_id) as any_source_id
    from identified
    group by customer_key

),

first_paid as (

    select
        customer_key,
        min(cohort_month) as first_paid_month
    from movements
    group by customer_key

),

customers as (

    select
        counted.customer_key,
        cast(
            case
                when ranked.kind = 'company' or ranked.corporate_number is not null then 'b2b'
                when ranked.kind = 'person' then 'b2c'
            end as string
        ) as customer_type,
        -- a customer known only by an id in a contract is shown by that id, never dropped
        cast(coalesce(ranked.name, counted.any_source_id) as string) as display_name,
        cast(ranked.name_kana as string) as display_name_kana,
        cast(ranked.email as string) as email,
        cast(ranked.corporate_number as string) as corporate_number,
        cast(ranked.industry as string) as industry,
        cast(ranked.prefecture as string) as prefecture,
        cast(ranked.acquisition_channel as string) as acquisition_channel,
        cast(first_paid.first_paid_month as date) as first_paid_month,
        cast(counted.source_record_count as bigint) as source_record_count,
        {{ policy_columns() }}
    from counted
    left join ranked on counted.customer_key = ranked.customer_key and ranked.pick = 1
    left join first_paid on counted.customer_key = first_paid.customer_key

)

select * from customers
