-- A customer missing from the one-page view, or with an old MRR, would make its total another MRR
-- than the one of the last complete month.
with customers as (

    select * from {{ ref('mart_customer_360') }}

),

kpis as (

    select * from {{ ref('mart_kpi_monthly') }}

),

placed as (

    select
        mrr,
        customer_count,
        row_number() over (order by month desc nulls last) as place
    from kpis

),

of_customers as (

    select
        coalesce(sum(mrr), 0) as mrr,
        coalesce(sum(case when mrr > 0 then 1 else 0 end), 0) as customer_count
    from customers

)

select
    placed.mrr,
    of_customers.mrr as mrr_of_customers,
    placed.customer_count,
    of_customers.customer_count as customer_count_of_customers
from placed
cross join of_customers
where
    placed.place = 1
    and (placed.mrr <> of_customers.mrr or placed.customer_count <> of_customers.customer_count)
