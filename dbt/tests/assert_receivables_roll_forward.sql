-- Opening + everything between = what is owed at the month-end, the closing balance opens the next
-- month, and it is the one every other page shows. An amount in currency times a rate is rounded to
-- a millionth.
with rollforward as (

    select
        rolled.*,
        lag(rolled.ar_balance) over (order by rolled.month nulls last) as last_ar_balance
    from {{ ref('mart_receivables_rollforward') }} as rolled

),

monthly as (

    select * from {{ ref('mart_cash_monthly') }}

)

select
    rollforward.month,
    rollforward.opening_ar_balance,
    rollforward.last_ar_balance,
    rollforward.ar_balance,
    monthly.ar_balance as monthly_ar_balance
from rollforward
left join monthly on rollforward.month = monthly.month
where
    monthly.month is null
    or rollforward.ar_balance <> monthly.ar_balance
    or rollforward.billed_incl_tax <> monthly.billed_incl_tax
    or abs(
        rollforward.opening_ar_balance
        + rollforward.billed_incl_tax
        + rollforward.collected_applied
        + rollforward.fee_diff
        + rollforward.credited
        + rollforward.settled_elsewhere
        + rollforward.overpaid
        + rollforward.fx_revaluation
        - rollforward.ar_balance
    ) > 0.01
    or abs(rollforward.opening_ar_balance - rollforward.last_ar_balance) > 0.01
