with summed as (

    select * from {{ ref('int_cash_months_summed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

converted as (

    select
        months.month,
        max(months.month_end) as month_end,
        min(summed.first_billed_month) as first_billed_month,
        {{ total('sum(coalesce(' ~ valued('summed.billed_native', 'rates.rate') ~ ', 0))') }}
            as billed_incl_tax,
        {{ total('sum(coalesce(' ~ valued('summed.billed_ex_tax_native', 'rates.rate') ~ ', 0))') }}
            as billed,
        sum(coalesce(summed.tax_unknown_count, 0)) as billed_tax_unknown_count,
        {{ total('sum(coalesce(' ~ valued('summed.billed_3m_native', 'rates.rate') ~ ', 0))') }}
            as billed_3m_incl_tax,
        {{ total('sum(coalesce(' ~ valued('summed.collected_native', 'rates.rate') ~ ', 0))') }}
            as collected,
        {{ total('sum(coalesce(' ~ valued('summed.receivable_native', 'rates.rate') ~ ', 0))') }}
            as ar_balance
    from months
    left join summed on months.month = summed.month
    left join rates on summed.month = rates.month and summed.currency = rates.currency
    group by months.month

),

counted as (

    select
        converted.*,
        {{ days_between(add_months('month', -2), add_days('month_end', 1)) }} as days_3m,
        -- fewer than three months of invoices would make the days too many
        first_billed_month is null or first_billed_month > {{ add_months('month', -2) }} as is_short
    from converted

),

monthly as (

    select
        month,
        billed_incl_tax,
        billed,
        cast(billed_tax_unknown_count as bigint) as billed_tax_unknown_count,
        billed_3m_incl_tax,
        collected,
        ar_balance,
        cast(days_3m as bigint) as billed_3m_days,
        cast(
            case when not is_short then {{ divide('ar_balance * days_3m', 'billed_3m_incl_tax') }} end
            as decimal(18, 6)
        ) as dso_days,
        {{ total('ar_balance * days_3m') }} as dso_days_numerator,
        {{ total('billed_3m_incl_tax') }} as dso_days_denominator,
        cast(
            case
                when is_short then 'less_than_3_months_billed'
                when billed_3m_incl_tax = 0 then 'nothing_billed'
            end as string
        ) as dso_days_null_reason,
        {{ policy_columns() }}
    from counted

)

select * from monthly
