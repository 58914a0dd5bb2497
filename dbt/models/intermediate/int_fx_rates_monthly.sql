-- The rate of a month: the last one on or before its last day, no older than 31 days (D18). The
-- fixed rate is the one of the first month shown that has one; under fx_mode = constant every
-- month uses it. A missing rate is missing: the audit assert_every_foreign_amount_has_a_rate stops
-- the publish rather than let an amount become zero.
with rates as (

    select * from {{ ref('stg_reference__fx_rates') }}
    where to_currency = '{{ var("reporting_currency") }}'

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

currencies as (

    select distinct from_currency as currency from rates
    where from_currency <> '{{ var("reporting_currency") }}'

),

candidates as (

    select
        months.month,
        currencies.currency,
        rates.rate,
        row_number() over (
            partition by months.month, currencies.currency
            order by rates.date desc nulls last, rates.record_key nulls last
        ) as pick
    from months
    cross join currencies
    inner join rates on currencies.currency = rates.from_currency
    where
        rates.date <= months.month_end
        and rates.date > {{ add_days('months.month_end', -31) }}

),

picked as (

    select
        month,
        currency,
        rate,
        first_value(rate) over (
            partition by currency order by month nulls last
            rows between unbounded preceding and unbounded following
        ) as fixed_rate
    from candidates
    where pick = 1

),

{% if var('fx_mode') == 'constant' -%}
fixed as (

    select distinct
        currency,
        fixed_rate
    from picked

),

foreign_rates as (

    select
        months.month,
        fixed.currency,
        fixed.fixed_rate as rate,
        fixed.fixed_rate
    from months
    cross join fixed

),
{%- else -%}
foreign_rates as (

    select
        month,
        currency,
        rate,
        fixed_rate
    from picked

),
{%- endif %}

monthly as (

    select
        month,
        cast(currency as string) as currency,
        {{ money('rate') }} as rate,
        {{ money('fixed_rate') }} as fixed_rate
    from foreign_rates
    union all
    select
        month,
        cast('{{ var("reporting_currency") }}' as string) as currency,
        {{ money('1') }} as rate,
        {{ money('1') }} as fixed_rate
    from months

)

select * from monthly
