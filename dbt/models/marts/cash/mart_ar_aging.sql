{#- edges [0, 30, 60, 90]: not due up to 0 days, then 1-30, 31-60, 61-90, 91+ -#}
{%- set edges = var('ar_aging_buckets') %}
with invoices as (

    select * from {{ ref('fct_invoice') }}
    where balance_native > 0

),

rates as (

    select * from {{ ref('int_fx_rates_as_of') }}

),

aged as (

    select
        invoices.*,
        rates.rate,
        {{ days_between('invoices.due_date', as_of()) }} as overdue_days
    from invoices
    left join rates on invoices.currency = rates.currency

),

bucketed as (

    select
        invoice_key,
        invoice_id,
        customer_key,
        issue_date,
        due_date,
        cast(overdue_days as bigint) as overdue_days,
        cast(
            case
                when overdue_days is null then {{ edges | length + 1 }}
                {%- for edge in edges %}
                when overdue_days <= {{ edge }} then {{ loop.index0 }}
                {%- endfor %}
                else {{ edges | length }}
            end as bigint
        ) as bucket_no,
        cast(
            case
                when overdue_days is null then 'no_due_date'
                {%- for edge in edges %}
                when overdue_days <= {{ edge }}
                    then '{{ 'not_due' if loop.first else (edges[loop.index0 - 1] + 1) ~ '-' ~ edge }}'
                {%- endfor %}
                else '{{ edges[-1] + 1 }}+'
            end as string
        ) as bucket,
        currency,
        total_native,
        balance_native,
        {{ total(times('balance_native', 'rate')) }} as balance,
        {{ policy_columns() }}
    from aged

)

select * from bucketed
