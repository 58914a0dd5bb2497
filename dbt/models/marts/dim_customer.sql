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
        accounts.acquisition_channel,
        accounts.region,
        accounts.owner,
        accounts.capital,
        accounts.employees,
        accounts.listed,
        accounts.fiscal_month,
        accounts.gender,
        accounts.birth_date,
        accounts.postal_code,
        case when parents.customer_key <> identified.customer_key then parents.customer_key end
            as parent_customer_key
    from identified
    inner join accounts on identified.record_key = accounts.record_key
    left join identified as parents
        on
            accounts.source_system = parents.source_system
            and accounts.parent_account_id = parents.source_id
            and parents.source_entity = 'crm.accounts'
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
        cast(null as string) as acquisition_channel,
        cast(null as string) as region,
        cast(null as string) as owner,
        cast(null as decimal(18, 6)) as capital,
        cast(null as bigint) as employees,
        cast(null as boolean) as listed,
        cast(null as bigint) as fiscal_month,
        cast(null as string) as gender,
        cast(null as date) as birth_date,
        billing_customers.postal_code,
        cast(null as string) as parent_customer_key
    from identified
    inner join billing_customers on identified.record_key = billing_customers.record_key

),

{%- set attributes = [
    'name', 'name_kana', 'email', 'kind', 'corporate_number', 'industry', 'prefecture',
    'acquisition_channel', 'region', 'owner', 'capital', 'employees', 'listed', 'fiscal_month',
    'gender', 'birth_date', 'postal_code', 'parent_customer_key',
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

ages as (

    select
        customer_key,
        year({{ as_of() }}) - year(birth_date)
        - case
            when
                month({{ as_of() }}) * 100 + day({{ as_of() }})
                < month(birth_date) * 100 + day(birth_date) then 1
            else 0
        end as age
    from ranked
    where pick = 1

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
        cast(ranked.region as string) as region,
        cast(ranked.owner as string) as owner,
        cast(round(ranked.capital, 0) as bigint) as capital,
        cast(ranked.employees as bigint) as employees,
        cast(ranked.listed as boolean) as is_listed,
        cast(ranked.fiscal_month as bigint) as fiscal_month,
        cast(ranked.gender as string) as gender,
        cast(ranked.postal_code as string) as postal_code,
        -- the decade, never the day of birth
        cast(
            case
                when ages.age < 20 then '0-19'
                {%- for decade in range(20, 80, 10) %}
                when ages.age < {{ decade + 10 }} then '{{ decade }}-{{ decade + 9 }}'
                {%- endfor %}
                when ages.age >= 80 then '80+'
            end as string
        ) as age_band,
        cast(ranked.parent_customer_key as string) as parent_customer_key,
        cast(first_paid.first_paid_month as date) as first_paid_month,
        cast(counted.source_record_count as bigint) as source_record_count,
        {{ policy_columns() }}
    from counted
    left join ranked on counted.customer_key = ranked.customer_key and ranked.pick = 1
    left join ages on counted.customer_key = ages.customer_key
    left join first_paid on counted.customer_key = first_paid.customer_key

)

select * from customers
