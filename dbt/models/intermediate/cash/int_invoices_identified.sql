-- Invoices issued by as_of_date with their customer, what is owed of them, and how they are paid.
with settled as (

    select * from {{ ref('int_invoices_settled') }}
    where issue_date <= {{ as_of() }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

),

billing_customers as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

identified as (

    select
        settled.invoice_key,
        settled.source_system,
        settled.invoice_id,
        billing_customers.customer_key,
        settled.contract_id,
        settled.issue_date,
        settled.due_date,
        settled.currency,
        invoices.subtotal_native,
        invoices.tax_native,
        settled.total_native,
        settled.allocated_native,
        settled.fee_diff_native,
        settled.credited_native,
        {{ money('greatest(settled.balance_native, 0)') }} as balance_native,
        settled.settled_date,
        cast(coalesce(invoices.payment_method, 'unknown') as string) as payment_method,
        invoices.delivery_id,
        invoices.source_sheet,
        invoices.source_row
    from settled
    inner join invoices on settled.invoice_key = invoices.record_key
    left join billing_customers
        on
            settled.source_system = billing_customers.source_system
            and settled.billing_customer_id = billing_customers.source_id

)

select * from identified
