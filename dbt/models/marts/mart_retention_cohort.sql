-- Cohort x months since first payment, for everybody ('all') and cut by each attribute. Mature
-- cells only: a cell exists when the month is complete, so an immature cell can never be read as 0 %.
with changes as (

    select * from {{ ref('int_cohort_changes_listed') }}

),

segments as (

    select * from {{ ref('bridge_customer_segment') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

changes_summed as (

    select
        segments.segment_attribute,
        segments.segment_value,
        changes.cohort_month,
        changes.month,
        sum(changes.mrr_change) as mrr_change,
        sum(changes.active_change) as active_change,
        sum(changes.size_change) as size_change,
        sum(changes.lapse_change) as lapse_change
    from changes
    inner join segments on changes.customer_key = segments.customer_key
    group by
        segments.segment_attribute, segments.segment_value, changes.cohort_month, changes.month

),

starts as (

    select
        segment_attribute,
        segment_value,
        cohort_month,
        sum(size_change) as cohort_customer_count,
        sum(case when month = cohort_month then mrr_change else 0 end) as initial_mrr
    from changes_summed
    group by segment_attribute, segment_value, cohort_month

),

grid as (

    select
        starts.*,
        months.month,
        months.history_start_month
    from starts
    inner join months on starts.cohort_month <= months.month

),

running as (

    select
        grid.*,
        sum(coalesce(changes_summed.mrr_change, 0)) over (
            partition by grid.segment_attribute, grid.segment_value, grid.cohort_month
            order by grid.month nulls last
            rows between unbounded preceding and current row
        ) as mrr,
        sum(coalesce(changes_summed.active_change, 0)) over (
            partition by grid.segment_attribute, grid.segment_value, grid.cohort_month
            order by grid.month nulls last
            rows between unbounded preceding and current row
        ) as active_customer_count,
        grid.cohort_customer_count - sum(coalesce(changes_summed.lapse_change, 0)) over (
            partition by grid.segment_attribute, grid.segment_value, grid.cohort_month
            order by grid.month nulls last
            rows between unbounded preceding and current row
        ) as surviving_customer_count
    from grid
    left join changes_summed
        on
            grid.segment_attribute = changes_summed.segment_attribute
            and grid.segment_value = changes_summed.segment_value
            and grid.cohort_month = changes_summed.cohort_month
            and grid.month = changes_summed.month

),

cohorts as (

    select
        cast(cohort_month as date) as cohort_month,
        cast({{ months_between('cohort_month', 'month') }} as bigint) as months_since_first,
        cast(month as date) as month,
        cast(segment_attribute as string) as segment_attribute,
        cast(segment_value as string) as segment_value,
        cast(cohort_month = history_start_month as boolean) as is_opening_cohort,
        cast(cohort_customer_count as bigint) as cohort_customer_count,
        cast(active_customer_count as bigint) as active_customer_count,
        cast(surviving_customer_count as bigint) as surviving_customer_count,
        {{ total('mrr') }} as mrr,
        {{ total('initial_mrr') }} as initial_mrr,
        {{ divide('active_customer_count', 'cohort_customer_count') }} as logo_retention_rate,
        {{ divide('surviving_customer_count', 'cohort_customer_count') }} as survival_rate,
        {{ divide('mrr', 'initial_mrr') }} as mrr_retention_rate,
        {{ policy_columns() }}
    from running

)

select * from cohorts
