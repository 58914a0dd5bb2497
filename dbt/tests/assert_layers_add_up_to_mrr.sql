-- Invariant 2, layers. A customer in no cohort or in two would make the layer cake higher or
-- lower than MRR.
with layers as (

    select * from {{ ref('mart_layer_cake') }}

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

summed as (

    select
        month,
        sum(mrr) as mrr,
        sum(mrr_incl_tax) as mrr_incl_tax,
        sum(tax_rate_missing_line_count) as tax_rate_missing_line_count,
        sum(active_customer_count) as customer_count
    from layers
    group by month

)

select
    kpis.month,
    kpis.mrr,
    summed.mrr as mrr_of_layers,
    kpis.mrr_incl_tax,
    summed.mrr_incl_tax as mrr_incl_tax_of_layers,
    kpis.customer_count,
    summed.customer_count as customers_of_layers
from kpis
left join summed on kpis.month = summed.month
where
    kpis.mrr <> coalesce(summed.mrr, 0)
    or coalesce(kpis.mrr_incl_tax, 0) <> coalesce(summed.mrr_incl_tax, 0)
    or kpis.tax_rate_missing_line_count <> coalesce(summed.tax_rate_missing_line_count, 0)
    {%- if not var('cohort_count_paused') %}
    or kpis.customer_count <> coalesce(summed.customer_count, 0)
    {%- endif %}
