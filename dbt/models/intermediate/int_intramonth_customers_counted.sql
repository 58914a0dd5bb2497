-- Memo beside the waterfall (D11): customers who paid only between two month-ends. They move no
-- month-end MRR and would otherwise leave no trace.
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

levels as (

    select * from {{ ref('int_customer_mrr_levels') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

within_month as (

    select distinct
        pieces.customer_key,
        months.month
    from pieces
    inner join months on pieces.first_month = months.month
    where
        pieces.mrr_native > 0
        and pieces.last_month_excl = pieces.first_month

),

paying_around as (

    select distinct
        within_month.customer_key,
        within_month.month
    from within_month
    inner join levels on within_month.customer_key = levels.customer_key
    where
        levels.mrr_native > 0
        and levels.month <= within_month.month
        -- in force at this month-end, or at the one before
        and (levels.next_month is null or levels.next_month >= within_month.month)

),

counted as (

    select
        within_month.month,
        cast(count(*) as bigint) as customer_count
    from within_month
    left join paying_around
        on
            within_month.customer_key = paying_around.customer_key
            and within_month.month = paying_around.month
    where paying_around.customer_key is null
    group by within_month.month

)

select * from counted
