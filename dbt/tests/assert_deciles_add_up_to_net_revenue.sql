-- Invariant 2, deciles. A customer in two groups or in none would make the table add up to
-- another revenue than the customers brought.
with deciles as (

    select * from {{ ref('mart_decile') }}

),

documents as (

    select * from {{ ref('int_revenue_documents_valued') }}
    where
        customer_key is not null
        and document_date > {{ add_months(as_of(), -12) }}

),

of_deciles as (

    select
        coalesce(sum(net_revenue_12m), 0) as net_revenue_12m,
        coalesce(sum(customer_count), 0) as customer_count
    from deciles

),

of_documents as (

    select
        coalesce(sum(net_revenue), 0) as net_revenue_12m,
        count(distinct customer_key) as customer_count
    from documents

)

select
    of_deciles.net_revenue_12m as net_revenue_12m_of_deciles,
    of_documents.net_revenue_12m
from of_deciles
cross join of_documents
where
    of_deciles.net_revenue_12m <> of_documents.net_revenue_12m
    or of_deciles.customer_count <> of_documents.customer_count
