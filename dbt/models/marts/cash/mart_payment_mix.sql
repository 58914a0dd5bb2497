{%- set shares = [
    ('customer_share_rate', 'customer_count', 'all_customer_count', 'no_customer_at_end'),
    ('mrr_share_rate', 'mrr', 'all_mrr', 'no_mrr_at_end'),
    ('collected_share_rate', 'collected', 'all_collected', 'nothing_collected'),
] %}
with held as (

    select * from {{ ref('int_customer_methods_held') }}

),

receipts as (

    select * from {{ ref('int_receipts_applied') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

changes as (

    select
        payment_method,
        month,
        mrr as mrr_change,
        1 as customer_change
    from held
    union all
    select
        payment_method,
        next_month as month,
        -mrr as mrr_change,
        -1 as customer_change
    from held
    where next_month is not null

),

changes_summed as (

    select
        payment_method,
        month,
        sum(mrr_change) as mrr_change,
        sum(customer_change) as customer_change
    from changes
    group by payment_method, month

),

held_monthly as (

    select
        months.month,
        changes_summed.payment_method,
        sum(changes_summed.mrr_change) as mrr,
        sum(changes_summed.customer_change) as customer_count,
        cast(0 as decimal(28, 6)) as collected
    from months
    inner join changes_summed on changes_summed.month <= months.month
    group by months.month, changes_summed.payment_method

),

received as (

    select
        {{ month_start('received_date') }} as month,
        payment_method,
        currency,
        sum(amount_native) as amount_native
    from receipts
    group by {{ month_start('received_date') }}, payment_method, currency

),

collected_monthly as (

    select
        received.month,
        received.payment_method,
        0 as mrr,
        0 as customer_count,
        sum({{ valued('received.amount_native', 'rates.rate') }}) as collected
    from received
    inner join months on received.month = months.month
    inner join rates on received.month = rates.month and received.currency = rates.currency
    group by received.month, received.payment_method

),

held_and_collected as (

    select * from held_monthly
    union all
    select * from collected_monthly

),

mixed as (

    select
        month,
        payment_method,
        sum(mrr) as mrr,
        sum(customer_count) as customer_count,
        sum(collected) as collected
    from held_and_collected
    group by month, payment_method

),

compared as (

    select
        mixed.*,
        sum(mrr) over (partition by month) as all_mrr,
        sum(customer_count) over (partition by month) as all_customer_count,
        sum(collected) over (partition by month) as all_collected
    from mixed
    where mrr <> 0 or customer_count <> 0 or collected <> 0

),

shared as (

    select
        month,
        payment_method,
        cast(customer_count as bigint) as customer_count,
        {{ total('mrr') }} as mrr,
        {{ total('collected') }} as collected,
        {%- for rate, numerator, denominator, missing in shares %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(case when {{ denominator }} = 0 then '{{ missing }}' end as string)
            as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from compared

)

select * from shared
