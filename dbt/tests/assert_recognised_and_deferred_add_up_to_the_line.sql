-- Revenue that is recognised in pieces must end as exactly the amount that was billed.
with deferred as (

    select * from {{ ref('mart_deferred_revenue') }}

),

lines as (

    select * from {{ ref('fct_invoice_line') }}

),

months as (

    select min(month) as first_month from {{ ref('int_months_bounded') }}

),

numbered as (

    select
        deferred.*,
        row_number() over (
            partition by invoice_line_key order by month desc nulls last
        ) as months_from_last
    from deferred

),

summed as (

    select
        invoice_line_key,
        sum(recognised_native) as recognised_native,
        sum(case when months_from_last = 1 then deferred_native else 0 end) as deferred_native
    from numbered
    group by invoice_line_key

)

select
    lines.invoice_line_key,
    lines.amount_native,
    summed.recognised_native,
    summed.deferred_native
from summed
inner join lines on summed.invoice_line_key = lines.invoice_line_key
cross join months
where
    -- of an older line the months before the history are not shown
    lines.issue_date >= months.first_month
    and lines.amount_native <> summed.recognised_native + summed.deferred_native
