-- Cohort x month, mature cells only: a cell exists when the month is complete (G-16), so an
-- immature cell can never be read as 0 %.
with changes as (

    select * from {{ ref('int_cohort_changes_summed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

cohorts as (

    select
        cohort_month,
        sum(size_change) as cohort_customer_count
    from changes
    group by cohort_month

),

grid as (

    select
        cohorts.cohort_month,
        cohorts.cohort_customer_count,
        months.month,
        months.history_start_month
    from cohorts
    inner join months on cohorts.cohort_month <= months.month

),

running as (

    select
        grid.cohort_month,
        grid.month,
        grid.history_start_month,
        grid.cohort_customer_count,
        {%- for change, column in [
            ('mrr_change', 'mrr'),
            ('mrr_incl_tax_change', 'mrr_incl_tax'),
            ('tax_rate_missing_lines_change', 'tax_rate_missing_line_count'),
            ('active_change', 'active_customer_count'),
        ] %}
        sum(coalesce(changes.{{ change }}, 0)) over (
            partition by grid.cohort_month order by grid.month nulls last
            rows between unbounded preceding and current row
        ) as {{ column }},
        {%- endfor %}
        grid.cohort_customer_count - sum(coalesce(changes.lapse_change, 0)) over (
            partition by grid.cohort_month order by grid.month nulls last
            rows between unbounded preceding and current row
        ) as surviving_customer_count
    from grid
    left join changes
        on grid.cohort_month = changes.cohort_month and grid.month = changes.month

),

typed as (

    select
        cohort_month,
        month,
        {{ months_between('cohort_month', 'month') }} as months_since_first,
        cast(cohort_month = history_start_month as boolean) as is_opening_cohort,
        cast(cohort_customer_count as bigint) as cohort_customer_count,
        cast(active_customer_count as bigint) as active_customer_count,
        cast(surviving_customer_count as bigint) as surviving_customer_count,
        {{ total('mrr') }} as mrr,
        {{ total('mrr_incl_tax') }} as mrr_incl_tax,
        cast(tax_rate_missing_line_count as bigint) as tax_rate_missing_line_count
    from running

)

select * from typed
