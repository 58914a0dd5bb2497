-- How much MRR a customer paid by which method, from month to month: the method of the last invoice
-- issued by the month-end, before the first invoice the one billing has on file.
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

invoices as (

    select * from {{ ref('int_invoices_identified') }}
    where payment_method <> 'unknown'

),

billing_customers as (

    select * from {{ ref('stg_billing__billing_customers') }}
    where payment_method is not null

),

identified as (

    select * from {{ ref('int_customers_identified') }}

),

levels as (

    select
        customer_key,
        month,
        lead(month) over (partition by customer_key order by month nulls last) as next_month,
        mrr_after as mrr
    from movements

),

invoices_ranked as (

    select
        customer_key,
        payment_method,
        {{ month_start('issue_date') }} as month,
        row_number() over (
            partition by customer_key, {{ month_start('issue_date') }}
            order by issue_date desc nulls last, invoice_key desc nulls last
        ) as pick
    from invoices

),

on_file as (

    select
        identified.customer_key,
        billing_customers.payment_method,
        row_number() over (
            partition by identified.customer_key
            order by
                billing_customers.created_date nulls last,
                billing_customers.record_key nulls last
        ) as pick
    from billing_customers
    inner join identified on billing_customers.record_key = identified.record_key

),

customers as (

    select distinct customer_key from levels

),

methods as (

    select
        customer_key,
        month,
        payment_method
    from invoices_ranked
    where pick = 1
    union all
    -- before every invoice
    select
        customers.customer_key,
        cast('1900-01-01' as date) as month,
        coalesce(on_file.payment_method, 'unknown') as payment_method
    from customers
    left join on_file on customers.customer_key = on_file.customer_key and on_file.pick = 1

),

methods_bounded as (

    select
        methods.*,
        lead(month) over (partition by customer_key order by month nulls last) as next_month
    from methods

),

held as (

    select
        levels.customer_key,
        cast(greatest(levels.month, methods_bounded.month) as date) as month,
        cast(least(levels.next_month, methods_bounded.next_month) as date) as next_month,
        cast(methods_bounded.payment_method as string) as payment_method,
        {{ money('levels.mrr') }} as mrr
    from levels
    inner join methods_bounded
        on
            levels.customer_key = methods_bounded.customer_key
            and (levels.next_month is null or methods_bounded.month < levels.next_month)
            and (methods_bounded.next_month is null or levels.month < methods_bounded.next_month)
    where levels.mrr > 0

)

select * from held
