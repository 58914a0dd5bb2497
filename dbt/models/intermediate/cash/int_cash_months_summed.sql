-- What was billed and collected in each month shown, and what was owed at its end, per currency.
with months as (

    select * from {{ ref('int_months_bounded') }}

),

invoices as (

    select * from {{ ref('int_invoices_identified') }}

),

receipts as (

    select * from {{ ref('int_receipts_applied') }}

),

moved as (

    select * from {{ ref('int_receivables_moved') }}

),

booked as (

    select
        {{ month_start('issue_date') }} as month,
        currency,
        total_native as billed_native,
        -- what the invoice says of its tax; who says nothing is counted, never guessed
        coalesce(subtotal_native, total_native - coalesce(tax_native, 0)) as billed_ex_tax_native,
        case when subtotal_native is null and tax_native is null then 1 else 0 end
            as tax_unknown_count,
        0 as collected_native,
        0 as receivable_change_native
    from invoices
    union all
    select
        {{ month_start('received_date') }} as month,
        currency,
        0 as billed_native,
        0 as billed_ex_tax_native,
        0 as tax_unknown_count,
        amount_native as collected_native,
        0 as receivable_change_native
    from receipts
    union all
    select
        {{ month_start('entry_date') }} as month,
        currency,
        0 as billed_native,
        0 as billed_ex_tax_native,
        0 as tax_unknown_count,
        0 as collected_native,
        change_native as receivable_change_native
    from moved

),

booked_summed as (

    select
        month,
        currency,
        sum(billed_native) as billed_native,
        sum(billed_ex_tax_native) as billed_ex_tax_native,
        sum(tax_unknown_count) as tax_unknown_count,
        sum(collected_native) as collected_native,
        sum(receivable_change_native) as receivable_change_native
    from booked
    group by month, currency

),

first_months as (

    select min(month) as first_month from booked_summed
    where billed_native <> 0

),

summed as (

    select
        months.month,
        booked_summed.currency,
        first_months.first_month as first_billed_month,
        {{ total('sum(case when booked_summed.month = months.month then booked_summed.billed_native else 0 end)') }}
            as billed_native,
        {{ total('sum(case when booked_summed.month = months.month then booked_summed.billed_ex_tax_native else 0 end)') }}
            as billed_ex_tax_native,
        cast(
            sum(
                case when booked_summed.month = months.month then booked_summed.tax_unknown_count
                    else 0
                end
            ) as bigint
        ) as tax_unknown_count,
        {{ total('sum(case when booked_summed.month >= ' ~ add_months('months.month', -2) ~ ' then booked_summed.billed_native else 0 end)') }}
            as billed_3m_native,
        {{ total('sum(case when booked_summed.month = months.month then booked_summed.collected_native else 0 end)') }}
            as collected_native,
        {{ total('sum(booked_summed.receivable_change_native)') }} as receivable_native
    from months
    inner join booked_summed on booked_summed.month <= months.month
    cross join first_months
    group by months.month, booked_summed.currency, first_months.first_month

)

select * from summed
