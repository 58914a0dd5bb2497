-- The movements of billed MRR (D1), named like those of the contract. What tells new from returning
-- and churn from pause is the same rule; what moves is what was invoiced. A month is open until its
-- invoices are written, so the newest months of a company that bills in arrears show leavers who
-- are only not invoiced yet: billed MRR cannot know better.
with lines as (

    select * from {{ ref('int_invoice_lines_allocated') }}
    where allocation_state = 'allocated' and customer_key is not null

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

levels as (

    select * from {{ ref('int_customer_mrr_levels') }}

),

-- the months a line covers, and the one after, where what it carried is seen to have gone
line_months as (

    select
        lines.customer_key,
        months.month,
        lines.first_month < months.month as was_covered,
        lines.last_month_excl > months.month as is_covered,
        {{ times('lines.monthly_native', 'lines.issue_rate') }} as mrr_at_issue,
        {{ times('lines.monthly_native', 'coalesce(rates.rate, lines.issue_rate)') }} as mrr
    from lines
    inner join months
        on lines.first_month <= months.month and lines.last_month_excl >= months.month
    left join rates on months.month = rates.month and lines.currency = rates.currency
    where lines.first_month < lines.last_month_excl

),

summed as (

    select
        customer_key,
        month,
        sum(case when was_covered then mrr else 0 end) as mrr_carried,
        sum(case when is_covered then mrr else 0 end) as mrr_moved,
        sum(case when is_covered then mrr_at_issue else 0 end) as mrr_after
    from line_months
    group by customer_key, month

),

start as (

    select min(month) as first_billed_month
    from line_months
    where is_covered

),

paused as (

    select
        summed.customer_key,
        summed.month,
        sum(levels.paused_lines) as paused_lines
    from summed
    inner join levels
        on
            summed.customer_key = levels.customer_key
            and levels.month <= summed.month
            and (levels.next_month is null or levels.next_month > summed.month)
    group by summed.customer_key, summed.month

),

compared as (

    select
        summed.customer_key,
        summed.month,
        start.first_billed_month,
        summed.mrr_carried,
        summed.mrr_moved,
        summed.mrr_after,
        coalesce(
            lag(summed.mrr_after) over (
                partition by summed.customer_key order by summed.month nulls last
            ), 0
        ) as mrr_before,
        coalesce(
            max(summed.mrr_moved) over (
                partition by summed.customer_key order by summed.month nulls last
                rows between unbounded preceding and 1 preceding
            ), 0
        ) > 0 as has_paid_before,
        coalesce(paused.paused_lines, 0) as paused_lines,
        coalesce(
            lag(paused.paused_lines) over (
                partition by summed.customer_key order by summed.month nulls last
            ), 0
        ) as paused_lines_before
    from summed
    cross join start
    left join paused
        on summed.customer_key = paused.customer_key and summed.month = paused.month

),

moved as (

    select
        customer_key,
        month,
        first_billed_month,
        {{ movement_type(
            is_opening='month = first_billed_month',
            before='mrr_carried',
            after='mrr_moved',
            is_paused='paused_lines > 0',
            was_paused='paused_lines_before > 0',
            has_paid_before='has_paid_before'
        ) }} as movement_type,
        mrr_moved - mrr_carried as mrr_change
    from compared
    union all
    -- invoices are valued on their day, movements at the month's rate: the rest is the currency
    select
        customer_key,
        month,
        first_billed_month,
        'fx' as movement_type,
        mrr_after - mrr_before - (mrr_moved - mrr_carried) as mrr_change
    from compared

),

classified as (

    select
        customer_key,
        cast(month as date) as month,
        cast(movement_type as string) as movement_type,
        {{ money('mrr_change') }} as mrr_change,
        month = first_billed_month as is_opening_month
    from moved
    where movement_type is not null and mrr_change <> 0

)

select * from classified
