-- Invariant 2, segments. A customer in two segments of one attribute, or in none, would make the
-- parts larger or smaller than the whole, and the missing ones are exactly those nobody looked at.
with segments as (

    select * from {{ ref('mart_revenue_retention') }}

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

cohorts as (

    select * from {{ ref('mart_retention_cohort') }}

),

layers as (

    select * from {{ ref('mart_layer_cake') }}

),

summed as (

    select
        month,
        segment_attribute,
        sum(begin_mrr) as begin_mrr,
        sum(mrr) as mrr,
        sum(churn_mrr) as churn_mrr,
        sum(expansion_mrr) as expansion_mrr,
        sum(customer_count) as customer_count,
        sum(churned_customer_count) as churned_customer_count,
        sum(grr_12m_rate_numerator) as retained_12m_mrr,
        sum(nrr_12m_rate_numerator) as current_12m_mrr,
        sum(nrr_12m_rate_denominator) as cohort_12m_mrr
    from segments
    group by month, segment_attribute

),

cohorts_summed as (

    select
        cohort_month,
        month,
        segment_attribute,
        sum(cohort_customer_count) as cohort_customer_count,
        sum(active_customer_count) as active_customer_count,
        sum(surviving_customer_count) as surviving_customer_count,
        sum(mrr) as mrr
    from cohorts
    group by cohort_month, month, segment_attribute

),

cohorts_of_all as (

    select * from cohorts
    where segment_attribute = 'all'

),

unequal as (

    select
        summed.month,
        summed.segment_attribute,
        'month' as rule
    from summed
    inner join kpis on summed.month = kpis.month
    where
        summed.begin_mrr <> kpis.begin_mrr
        or summed.mrr <> kpis.mrr
        or summed.churn_mrr <> kpis.churn_mrr
        or summed.expansion_mrr <> kpis.expansion_mrr
        or summed.customer_count <> kpis.customer_count
        or summed.churned_customer_count <> kpis.churned_customer_count
        or summed.retained_12m_mrr <> kpis.grr_12m_rate_numerator
        or summed.current_12m_mrr <> kpis.nrr_12m_rate_numerator
        or summed.cohort_12m_mrr <> kpis.nrr_12m_rate_denominator
    union all
    select
        cohorts_summed.cohort_month as month,
        cohorts_summed.segment_attribute,
        'cohort' as rule
    from cohorts_summed
    left join cohorts_of_all
        on
            cohorts_summed.cohort_month = cohorts_of_all.cohort_month
            and cohorts_summed.month = cohorts_of_all.month
    where
        cohorts_of_all.cohort_month is null
        or cohorts_summed.cohort_customer_count <> cohorts_of_all.cohort_customer_count
        or cohorts_summed.active_customer_count <> cohorts_of_all.active_customer_count
        or cohorts_summed.surviving_customer_count <> cohorts_of_all.surviving_customer_count
        or cohorts_summed.mrr <> cohorts_of_all.mrr
    union all
    -- the layer cake adds up the same cohorts another way
    select
        layers.month,
        'all' as segment_attribute,
        'layer' as rule
    from layers
    left join cohorts_of_all
        on
            layers.cohort_month = cohorts_of_all.cohort_month
            and layers.month = cohorts_of_all.month
    where
        cohorts_of_all.cohort_month is null
        or layers.mrr <> cohorts_of_all.mrr
        or layers.active_customer_count <> cohorts_of_all.active_customer_count

)

select * from unequal
