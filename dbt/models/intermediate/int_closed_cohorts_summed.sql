-- NRR and GRR over 12 months (G-12): the customers paying twelve month-ends ago, then and now, both at this
-- month's rates. The minimum is taken per customer: taken on the total, one customer's growth would hide
-- another's loss.
with levels as (

    select * from {{ ref('int_customer_mrr_levels') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

pairs as (

    select
        month,
        {{ add_months('month', -12) }} as month_before
    from months
    where {{ add_months('month', -12) }} >= history_start_month

),

amounts as (

    select
        pairs.month,
        levels.customer_key,
        levels.currency,
        case
            when
                levels.month <= pairs.month_before
                and (levels.next_month is null or pairs.month_before < levels.next_month)
                then levels.mrr_native
            else 0
        end as mrr_native_then,
        case
            when levels.next_month is null or pairs.month < levels.next_month
                then levels.mrr_native
            else 0
        end as mrr_native_now
    from pairs
    inner join levels on levels.month <= pairs.month
    where
        levels.mrr_native > 0
        and (levels.next_month is null or pairs.month_before < levels.next_month)

),

customers as (

    select
        amounts.month,
        amounts.customer_key,
        sum({{ times('amounts.mrr_native_then', 'rates.rate') }}) as mrr_then,
        sum({{ times('amounts.mrr_native_now', 'rates.rate') }}) as mrr_now
    from amounts
    inner join rates
        on amounts.month = rates.month and amounts.currency = rates.currency
    group by amounts.month, amounts.customer_key

),

summed as (

    select
        month,
        {{ total('sum(mrr_then)') }} as cohort_mrr,
        {{ total('sum(mrr_now)') }} as current_mrr,
        {{ total('sum(least(mrr_then, mrr_now))') }} as retained_mrr
    from customers
    where mrr_then > 0
    group by month

)

select * from summed
