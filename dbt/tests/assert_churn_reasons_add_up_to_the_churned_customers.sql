-- A churn without a reason, or with a code nobody listed, must be counted somewhere: the reasons
-- of a month are exactly its churned customers and their MRR.
with reasons as (

    select * from {{ ref('mart_churn_reason') }}

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

summed as (

    select
        month,
        sum(churned_customer_count) as churned_customer_count,
        sum(mrr_lost) as mrr_lost
    from reasons
    group by month

)

select
    kpis.month,
    kpis.churned_customer_count,
    summed.churned_customer_count as churned_customers_of_reasons,
    kpis.churn_mrr,
    summed.mrr_lost
from kpis
left join summed on kpis.month = summed.month
where
    kpis.churned_customer_count <> coalesce(summed.churned_customer_count, 0)
    or kpis.churn_mrr <> -coalesce(summed.mrr_lost, 0)
