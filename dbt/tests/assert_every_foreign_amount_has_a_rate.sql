-- An amount in a currency without a rate for the month would silently be worth nothing.
with levels as (

    select * from {{ ref('int_customer_mrr_levels') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

)

select
    levels.currency,
    levels.month,
    count(*) as customer_count
from levels
left join rates on levels.month = rates.month and levels.currency = rates.currency
where
    rates.rate is null
    and (levels.mrr_native <> 0 or levels.mrr_native_before <> 0)
group by levels.currency, levels.month
