-- NRR and GRR over 12 months (G-12) of everybody together: running sums over what each customer
-- changes.
with changes as (

    select * from {{ ref('int_closed_cohort_changes_listed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

month_changes as (

    select
        month,
        sum(cohort_change) as cohort_change,
        sum(current_change) as current_change,
        sum(retained_change) as retained_change
    from changes
    group by month

),

running as (

    select
        months.month,
        months.history_start_month,
        sum(coalesce(month_changes.cohort_change, 0)) over (
            order by months.month nulls last rows between unbounded preceding and current row
        ) as cohort_mrr,
        sum(coalesce(month_changes.current_change, 0)) over (
            order by months.month nulls last rows between unbounded preceding and current row
        ) as current_mrr,
        sum(coalesce(month_changes.retained_change, 0)) over (
            order by months.month nulls last rows between unbounded preceding and current row
        ) as retained_mrr
    from months
    left join month_changes on months.month = month_changes.month

),

summed as (

    select
        month,
        {{ total('cohort_mrr') }} as cohort_mrr,
        {{ total('current_mrr') }} as current_mrr,
        {{ total('retained_mrr') }} as retained_mrr
    from running
    where {{ months_between('history_start_month', 'month') }} >= 12

)

select * from summed
