-- The rate of a month: the last one on or before its last day, no older than 31 days (D18). Under
-- fx_mode = constant every month uses the last complete month's rate. A missing rate is missing:
-- the audit assert_every_foreign_amount_has_a_rate stops the publish rather than let an amount
-- become zero.
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

dated_months as (

    select
        months.month,
        currencies.currency,
        {% if var('fx_mode') == 'constant' -%}
            {{ add_days(add_months('months.last_completed_month', 1), -1) }}
        {%- else -%}
            months.month_end
        {%- endif %} as rate_date
    from months
    cross join currencies

),

candidates as (

    select
        dated_months.month,
        dated_months.currency,
        rates.rate,
        row_number() over (
            partition by dated_months.month, dated_months.currency
            order by rates.date desc nulls last, rates.record_key nulls last
        ) as pick
    from dated_months
    inner join rates on dated_months.currency = rates.from_currency
    where
        rates.date <= dated_months.rate_date
        and rates.date > {{ add_days('dated_months.rate_date', -31) }}

),

monthly as (

    select
        month,
        cast(currency as string) as currency,
        {{ money('rate') }} as rate
    from candidates
    where pick = 1
    union all
    select
        month,
        cast('{{ var("reporting_currency") }}' as string) as currency,
        {{ money('1') }} as rate
    from months

)

select * from monthly
