-- Invariant 2 for currencies: gross less discount is MRR, and the currencies of a month add up to
-- its MRR, with and without tax. Otherwise the table of currencies shows another company than the
-- waterfall.
with revenue as (

    select
        month,
        sum(mrr) as mrr,
        sum(mrr_incl_tax) as mrr_incl_tax,
        sum(tax_rate_missing_line_count) as tax_rate_missing_line_count,
        sum(gross_mrr_native - recurring_discount_mrr_native - mrr_native) as native_difference
    from {{ ref('mart_revenue_monthly') }}
    group by month

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

waterfall as (

    select
        month,
        max(end_mrr) as mrr,
        max(end_customer_count) as customer_count
    from {{ ref('mart_mrr_waterfall') }}
    where basis = 'contract' and view = 'as_restated'
    group by month

)

select
    waterfall.month,
    waterfall.mrr,
    revenue.mrr as mrr_of_currencies,
    kpis.mrr_incl_tax,
    revenue.mrr_incl_tax as mrr_incl_tax_of_currencies,
    revenue.native_difference
from waterfall
inner join kpis on waterfall.month = kpis.month
left join revenue on waterfall.month = revenue.month
where
    revenue.mrr is null
    or revenue.native_difference <> 0
    or kpis.tax_rate_missing_line_count <> revenue.tax_rate_missing_line_count
    -- a foreign amount is rounded per customer there and in total here
    or abs(waterfall.mrr - revenue.mrr)
    > cast(0.000001 as decimal(18, 6)) * (waterfall.customer_count + 1)
    or abs(coalesce(kpis.mrr_incl_tax, 0) - revenue.mrr_incl_tax)
    > cast(0.000001 as decimal(18, 6)) * (waterfall.customer_count + 1)
