-- Invariant 5: GRR is at most 1 and at most NRR; a cohort starts at 100 %.
with kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

cohorts as (

    select * from {{ ref('mart_retention_cohort') }}

),

impossible as (

    select
        month,
        'grr' as rule
    from kpis
    where
        grr_rate > 1 or grr_rate > nrr_rate
        or grr_12m_rate > 1 or grr_12m_rate > nrr_12m_rate
    union all
    select
        cohort_month as month,
        'cohort' as rule
    from cohorts
    where
        surviving_customer_count > cohort_customer_count
        or active_customer_count > cohort_customer_count
        or (
            months_since_first = 0
            and (
                surviving_customer_count <> cohort_customer_count
                or active_customer_count <> cohort_customer_count
                or mrr_retention_rate <> 1
            )
        )

)

select * from impossible
