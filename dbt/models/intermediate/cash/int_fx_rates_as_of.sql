-- What a unit of each currency is worth on as_of_date: the last rate on or before it, no older than
-- 31 days (D18). What is owed today is valued today.
with rates as (

    select * from {{ ref('stg_reference__fx_rates') }}
    where
        to_currency = '{{ var("reporting_currency") }}'
        and from_currency <> '{{ var("reporting_currency") }}'
        and date <= {{ as_of() }}
        and date > {{ add_days(as_of(), -31) }}

),

ranked as (

    select
        from_currency as currency,
        rate,
        row_number() over (
            partition by from_currency
            order by date desc nulls last, record_key nulls last
        ) as pick
    from rates

),

valued as (

    select
        cast(currency as string) as currency,
        {{ money('rate') }} as rate
    from ranked
    where pick = 1
    union all
    select
        cast('{{ var("reporting_currency") }}' as string) as currency,
        {{ money('1') }} as rate

)

select * from valued
