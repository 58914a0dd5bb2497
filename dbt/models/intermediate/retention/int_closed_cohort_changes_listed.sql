-- The parts of NRR and GRR over 12 months (G-12): the customers paying twelve month-ends ago, then
-- and now, both at this month's rates. The minimum is taken per customer: taken on the total, one
-- customer's growth would hide another's loss. Kept in event form (a customer's pair changes when
-- the level changes, and again twelve months later); a row per customer and month took 12 times
-- as long.
with levels as (

    select * from {{ ref('int_customer_mrr_levels') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

events as (

    select
        customer_key,
        currency,
        month,
        mrr_native - mrr_native_before as now_change,
        cast(0 as decimal(18, 6)) as then_change
    from levels
    union all
    select
        customer_key,
        currency,
        {{ add_months('month', 12) }} as month,
        cast(0 as decimal(18, 6)) as now_change,
        mrr_native - mrr_native_before as then_change
    from levels

),

events_summed as (

    select
        events.customer_key,
        events.currency,
        events.month,
        sum(events.now_change) as now_change,
        sum(events.then_change) as then_change
    from events
    inner join months on events.month = months.month
    group by events.customer_key, events.currency, events.month

),

currencies as (

    select distinct
        customer_key,
        currency
    from events_summed

),

customer_months as (

    select distinct
        customer_key,
        month
    from events_summed

),

pairs as (

    select
        customer_months.customer_key,
        customer_months.month,
        currencies.currency,
        sum(coalesce(events_summed.now_change, 0)) over (
            partition by customer_months.customer_key, currencies.currency
            order by customer_months.month nulls last
            rows between unbounded preceding and current row
        ) as now_native,
        sum(coalesce(events_summed.then_change, 0)) over (
            partition by customer_months.customer_key, currencies.currency
            order by customer_months.month nulls last
            rows between unbounded preceding and current row
        ) as then_native
    from customer_months
    inner join currencies on customer_months.customer_key = currencies.customer_key
    left join events_summed
        on
            customer_months.customer_key = events_summed.customer_key
            and customer_months.month = events_summed.month
            and currencies.currency = events_summed.currency

),

customers as (

    select
        pairs.customer_key,
        pairs.month,
        sum({{ times('pairs.then_native', 'rates.rate') }}) as mrr_then,
        sum({{ times('pairs.now_native', 'rates.rate') }}) as mrr_now
    from pairs
    inner join rates on pairs.month = rates.month and pairs.currency = rates.currency
    group by pairs.customer_key, pairs.month

),

parts as (

    select
        customer_key,
        month,
        mrr_then as cohort_part,
        case when mrr_then > 0 then mrr_now else 0 end as current_part,
        least(mrr_then, mrr_now) as retained_part
    from customers

),

changes as (

    select
        customer_key,
        month,
        cohort_part - coalesce(
            lag(cohort_part) over (partition by customer_key order by month nulls last), 0
        ) as cohort_change,
        current_part - coalesce(
            lag(current_part) over (partition by customer_key order by month nulls last), 0
        ) as current_change,
        retained_part - coalesce(
            lag(retained_part) over (partition by customer_key order by month nulls last), 0
        ) as retained_change
    from parts

),

typed as (

    select
        customer_key,
        cast(month as date) as month,
        {{ money('cohort_change') }} as cohort_change,
        {{ money('current_change') }} as current_change,
        {{ money('retained_change') }} as retained_change
    from changes

)

select * from typed
