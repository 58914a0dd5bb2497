-- Per cohort and month of change: what its MRR, its paying customers and its never-lapsed
-- customers change by. Layer cake and retention are running sums over this; no customer x month
-- table is built (DESIGN 6).
with changes as (

    select * from {{ ref('int_cohort_changes_listed') }}

),

summed as (

    select
        cast(cohort_month as date) as cohort_month,
        cast(month as date) as month,
        {{ total('sum(mrr_change)') }} as mrr_change,
        {{ total('sum(mrr_incl_tax_change)') }} as mrr_incl_tax_change,
        cast(sum(tax_rate_missing_lines_change) as bigint) as tax_rate_missing_lines_change,
        cast(sum(active_change) as bigint) as active_change,
        cast(sum(size_change) as bigint) as size_change,
        cast(sum(lapse_change) as bigint) as lapse_change
    from changes
    group by cohort_month, month

)

select * from summed
