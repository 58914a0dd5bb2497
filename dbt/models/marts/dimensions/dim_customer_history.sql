{%- set attributes = {
    'kind': 'string',
    'corporate_number': 'string',
    'industry': 'string',
    'capital': 'decimal(18, 6)',
    'employees': 'bigint',
    'listed': 'boolean',
    'fiscal_month': 'bigint',
    'prefecture': 'string',
    'region': 'string',
    'owner': 'string',
    'acquisition_channel': 'string',
    'payment_method': 'string',
} -%}
{%- set said = ['stated.customer_key'] -%}
{%- for attribute in attributes -%}{%- do said.append('stated.' ~ attribute) -%}{%- endfor -%}
with records as (

    select * from {{ ref('int_customer_records_dated') }}

),

days as (

    select
        customer_key,
        valid_from as day
    from records
    union
    select
        customer_key,
        valid_to as day
    from records
    where valid_to is not null

),

in_force as (

    select
        days.day,
        records.*
    from days
    inner join records
        on
            days.customer_key = records.customer_key
            and days.day >= records.valid_from
            and (records.valid_to is null or days.day < records.valid_to)

),

stated as (

    select
        customer_key,
        day,
        {%- for attribute in attributes %}
        {{ best_stated(attribute, ['customer_key', 'day']) }} as {{ attribute }},
        {%- endfor %}
        row_number() over (
            partition by customer_key, day
            order by source_rank nulls last, source_system nulls last, source_id nulls last
        ) as pick
    from in_force

),

hashed as (

    select
        days.customer_key,
        days.day,
        {%- for attribute in attributes %}
        stated.{{ attribute }},
        {%- endfor %}
        stated.customer_key is not null as is_known,
        {{ hash_key(said) }} as said_hash
    from days
    left join stated
        on
            days.customer_key = stated.customer_key
            and days.day = stated.day
            and stated.pick = 1

),

compared as (

    select
        hashed.*,
        lag(said_hash) over (partition by customer_key order by day nulls last) as said_before
    from hashed

),

changed as (

    select
        compared.*,
        lead(day) over (partition by customer_key order by day nulls last) as next_day
    from compared
    where said_before is null or said_hash <> said_before

),

history as (

    select
        cast(customer_key as string) as customer_key,
        cast(day as date) as valid_from,
        cast(next_day as date) as valid_to,
        next_day is null as is_current,
        cast(
            case
                when kind = 'company' or corporate_number is not null then 'b2b'
                when kind = 'person' then 'b2c'
            end as string
        ) as customer_type,
        {%- for attribute, data_type in attributes.items() if attribute != 'kind' %}
        cast({{ attribute }} as {{ data_type }}) as {{ attribute }},
        {%- endfor %}
        {{ policy_columns() }}
    from changed
    where is_known

)

select * from history
