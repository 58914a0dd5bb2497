-- Foreign invoices or receipts of a month without a rate would be worth nothing in it.
with summed as (

    select * from {{ ref('int_cash_months_summed') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

)

select
    summed.month,
    summed.currency
from summed
left join rates on summed.month = rates.month and summed.currency = rates.currency
where
    rates.rate is null
    and (
        summed.billed_3m_native <> 0
        or summed.collected_native <> 0
        or summed.receivable_native <> 0
    )
