-- Net revenue (ex tax, credit notes taken off) per customer and calendar month, rows only where
-- something was invoiced or credited. The running month is in it up to as_of_date; months before
-- the history shown are in it too, because revenue to date starts with the first invoice.
with documents as (

    select * from {{ ref('int_revenue_documents_valued') }}
    where customer_key is not null

),

summed as (

    select
        customer_key,
        {{ month_start('document_date') }} as month,
        {{ total('sum(net_revenue)') }} as net_revenue,
        cast(sum(case when document_kind = 'invoice' then 1 else 0 end) as bigint)
            as invoice_count,
        -- a total that skipped an amount without a rate would be a wrong total
        cast(sum(case when net_revenue is null then 1 else 0 end) as bigint)
            as document_without_rate_count
    from documents
    group by customer_key, {{ month_start('document_date') }}

)

select * from summed
