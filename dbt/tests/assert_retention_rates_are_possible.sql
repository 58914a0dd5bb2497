-- Invariant 5: GRR is at most 1 and at most NRR, in total and in every segment; a cohort starts at
-- 100 %; survival lies in its interval.
with kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

cohorts as (

    select * from {{ ref('mart_retention_cohort') }}

),

segments as (

    select * from {{ ref('mart_revenue_retention') }}

),

survival as (

    select * from {{ ref('mart_survival') }}

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
    union all
    select
        month,
        'segment' as rule
    from segments
    where
        grr_rate > 1 or grr_rate > nrr_rate
        or grr_12m_rate > 1 or grr_12m_rate > nrr_12m_rate
        or churned_customer_count > begin_customer_count
    union all
    select
        as_of_date as month,
        'survival' as rule
    from survival
    where
        survival_rate < 0 or survival_rate > 1
        or survival_lower_rate > survival_rate or survival_upper_rate < survival_rate
        or survival_upper_rate > 1
        or lapsed_count > at_risk_count

)

select * from impossible
