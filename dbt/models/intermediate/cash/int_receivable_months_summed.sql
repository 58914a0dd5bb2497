-- How the receivables of a month-end came out of those of the last one, per currency. What the
-- entries of the month take off beyond what was owed of an invoice is `overpaid`.
{%- set kinds = ['billed', 'collected', 'fee_diff', 'credited', 'reported'] %}
with months as (  -- noqa: PRS

    select * from {{ ref('int_months_bounded') }}

),

entries as (

    select * from {{ ref('int_receivable_entries') }}

),

moved as (

    select * from {{ ref('int_receivables_moved') }}

),

booked as (

    select
        {{ month_start('entry_date') }} as month,
        currency,
        {%- for kind in kinds %}
        case when entry_kind = '{{ kind }}' then entry_native else 0 end as {{ kind }}_native,
        {%- endfor %}
        0 as change_native
    from entries
    union all
    select
        {{ month_start('entry_date') }} as month,
        currency,
        {%- for kind in kinds %}
        0 as {{ kind }}_native,
        {%- endfor %}
        change_native
    from moved

),

booked_summed as (

    select
        month,
        currency,
        {%- for kind in kinds %}
        sum({{ kind }}_native) as {{ kind }}_native,
        {%- endfor %}
        sum(change_native) as change_native
    from booked
    group by month, currency

),

summed as (

    select
        months.month,
        booked_summed.currency,
        {%- for kind in kinds %}
        {{ total('sum(case when booked_summed.month = months.month then booked_summed.' ~ kind ~ '_native else 0 end)') }}
            as {{ kind }}_native,
        {%- endfor %}
        {{ total('sum(case when booked_summed.month = months.month then booked_summed.change_native else 0 end)') }}
            as change_native,
        {{ total('sum(booked_summed.change_native)') }} as closing_native
    from months
    inner join booked_summed on booked_summed.month <= months.month
    group by months.month, booked_summed.currency

)

select * from summed
