-- Contract, 0 to 100, the worst that is true: asked to leave 0, carried in grace 20, pays less than
-- three months before 50, a term ends within 90 days 60, else 100.
with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

segments as (

    select * from {{ ref('int_subscriptions_bounded') }}

),

terms as (

    select * from {{ ref('int_renewal_terms_succeeded') }}

),

leaving as (

    select distinct
        observed.customer_key,
        observed.observed_date
    from observed
    inner join segments on observed.customer_key = segments.customer_key
    where
        segments.cancel_requested_date <= observed.observed_date
        and segments.service_end_excl > observed.observed_date
        and segments.segment_start_date <= observed.observed_date

),

ending as (

    select distinct
        observed.customer_key,
        observed.observed_date
    from observed
    inner join terms on observed.customer_key = terms.customer_key
    where
        terms.term_start_date <= observed.observed_date
        and terms.term_end_excl > observed.observed_date
        and terms.term_end_excl <= {{ add_days('observed.observed_date', 91) }}

),

before as (

    select
        customer_key,
        {{ add_months('observed_month', 3) }} as observed_month,
        max(mrr) as mrr
    from observed
    where observed_date = {{ add_days(add_months('observed_month', 1), -1) }}
    group by customer_key, observed_month

),

scored as (

    select
        observed.customer_key,
        observed.observed_date,
        cast('contract' as string) as component,
        cast(
            case
                when leaving.customer_key is not null then 0
                when observed.is_in_grace then 20
                when observed.mrr < before.mrr then 50
                when ending.customer_key is not null then 60
                else 100
            end as decimal(18, 6)
        ) as score,
        cast(
            case
                when leaving.customer_key is not null then 'asked_to_leave'
                when observed.is_in_grace then 'in_grace'
                when observed.mrr < before.mrr then 'pays_less'
                when ending.customer_key is not null then 'term_ends_soon'
                else 'running'
            end as string
        ) as reason_code
    from observed
    left join leaving
        on
            observed.customer_key = leaving.customer_key
            and observed.observed_date = leaving.observed_date
    left join ending
        on
            observed.customer_key = ending.customer_key
            and observed.observed_date = ending.observed_date
    left join before
        on
            observed.customer_key = before.customer_key
            and observed.observed_month = before.observed_month

)

select * from scored
