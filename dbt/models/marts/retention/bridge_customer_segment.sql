{#- attribute: where its value comes from. A new attribute is one line here. -#}
{%- set attributes = {
    'customer_type': 'customers.customer_type',
    'industry': 'customers.industry',
    'prefecture': 'customers.prefecture',
    'acquisition_channel': 'customers.acquisition_channel',
    'campaign': 'attributed.campaign_name',
    'first_plan': 'first_paid.plan_name',
    'first_product': 'first_paid.product',
    'first_billing_interval': 'first_paid.billing_interval',
    'first_payment_method': 'first_paid.payment_method',
} %}
with customers as (

    select * from {{ ref('dim_customer') }}

),

first_paid as (

    select * from {{ ref('int_customers_first_paid') }}

),

attributed as (

    select * from {{ ref('int_customers_attributed') }}

),

described as (

    select
        customers.customer_key,
        {%- for attribute, column in attributes.items() %}
        {{ column }} as {{ attribute }}{{ ',' if not loop.last }}
        {%- endfor %}
    from customers
    left join first_paid on customers.customer_key = first_paid.customer_key
    left join attributed on customers.customer_key = attributed.customer_key

),

listed as (

    select
        customer_key,
        'all' as segment_attribute,
        'all' as segment_value
    from described
    {%- for attribute in attributes %}
    union all
    select
        customer_key,
        '{{ attribute }}' as segment_attribute,
        coalesce({{ attribute }}, '未設定') as segment_value
    from described
    {%- endfor %}

),

segments as (

    select
        cast(customer_key as string) as customer_key,
        cast(segment_attribute as string) as segment_attribute,
        cast(segment_value as string) as segment_value,
        {{ policy_columns() }}
    from listed

)

select * from segments
