with summed as (

    select * from {{ ref('int_receivable_months_summed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

valued as (

    select
        summed.*,
        rates.rate,
        -- what was owed before the first month shown is valued by that month: no rate goes further
        coalesce(earlier.rate, rates.rate) as opening_rate,
        summed.closing_native - summed.change_native as opening_native,
        summed.change_native - summed.billed_native - summed.collected_native
        - summed.fee_diff_native - summed.credited_native - summed.reported_native
            as overpaid_native
    from summed
    inner join rates on summed.month = rates.month and summed.currency = rates.currency
    left join rates as earlier
        on
            {{ add_months('summed.month', -1) }} = earlier.month
            and summed.currency = earlier.currency

),

converted as (

    select
        months.month,
        {{ total('sum(coalesce(' ~ valued('valued.opening_native', 'valued.opening_rate') ~ ', 0))') }}
            as opening_ar_balance,
        {{ total('sum(coalesce(' ~ valued('valued.billed_native', 'valued.rate') ~ ', 0))') }}
            as billed_incl_tax,
        {{ total('sum(coalesce(' ~ valued('valued.collected_native', 'valued.rate') ~ ', 0))') }}
            as collected_applied,
        {{ total('sum(coalesce(' ~ valued('valued.fee_diff_native', 'valued.rate') ~ ', 0))') }}
            as fee_diff,
        {{ total('sum(coalesce(' ~ valued('valued.credited_native', 'valued.rate') ~ ', 0))') }}
            as credited,
        {{ total('sum(coalesce(' ~ valued('valued.reported_native', 'valued.rate') ~ ', 0))') }}
            as settled_elsewhere,
        {{ total('sum(coalesce(' ~ valued('valued.overpaid_native', 'valued.rate') ~ ', 0))') }}
            as overpaid,
        {{ total('sum(coalesce(' ~ valued('valued.opening_native', '(valued.rate - valued.opening_rate)') ~ ', 0))') }}
            as fx_revaluation,
        {{ total('sum(coalesce(' ~ valued('valued.closing_native', 'valued.rate') ~ ', 0))') }}
            as ar_balance
    from months
    left join valued on months.month = valued.month
    group by months.month

),

rollforward as (

    select
        month,
        opening_ar_balance,
        billed_incl_tax,
        collected_applied,
        fee_diff,
        credited,
        settled_elsewhere,
        overpaid,
        fx_revaluation,
        ar_balance,
        {{ policy_columns() }}
    from converted

)

select * from rollforward
