with cohort_months as (

    select * from {{ ref('int_cohort_months_summed') }}

),

starts as (

    select
        cohort_month,
        mrr as initial_mrr
    from cohort_months
    where months_since_first = 0

),

cohorts as (

    select
        cohort_months.cohort_month,
        cast(cohort_months.months_since_first as bigint) as months_since_first,
        cast('all' as string) as segment,
        cohort_months.is_opening_cohort,
        cohort_months.cohort_customer_count,
        cohort_months.active_customer_count,
        cohort_months.surviving_customer_count,
        cohort_months.mrr,
        starts.initial_mrr,
        {{ divide('cohort_months.active_customer_count', 'cohort_months.cohort_customer_count') }}
            as logo_retention_rate,
        {{ divide(
            'cohort_months.surviving_customer_count', 'cohort_months.cohort_customer_count') }}
            as survival_rate,
        {{ divide('cohort_months.mrr', 'starts.initial_mrr') }} as mrr_retention_rate,
        {{ policy_columns() }}
    from cohort_months
    inner join starts on cohort_months.cohort_month = starts.cohort_month

)

select * from cohorts
