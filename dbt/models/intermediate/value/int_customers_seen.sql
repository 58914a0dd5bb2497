-- The last days a customer was seen paying and using, up to as_of_date.
with identified as (

    select * from {{ ref('int_customers_identified') }}

),

documents as (

    select * from {{ ref('int_revenue_documents_valued') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

),

payments as (

    select * from {{ ref('stg_billing__payments') }}

),

usage_days as (

    select * from {{ ref('stg_usage__usage_days') }}

),

-- an id points into its own system, else into the only system that has it
lone_ids as (

    select
        source_entity,
        source_id,
        min(customer_key) as customer_key
    from identified
    group by source_entity, source_id
    having count(distinct source_system) = 1

),

paid as (

    select
        identified.customer_key,
        payments.paid_date
    from payments
    left join invoices
        on
            payments.source_system = invoices.source_system
            and payments.invoice_id = invoices.invoice_id
    inner join identified
        on
            payments.source_system = identified.source_system
            and coalesce(payments.billing_customer_id, invoices.billing_customer_id)
            = identified.source_id
            and identified.source_entity = 'billing.billing_customers'
    where payments.amount_native > 0
    union all
    select
        identified.customer_key,
        invoices.paid_date
    from invoices
    inner join identified
        on
            invoices.source_system = identified.source_system
            and invoices.billing_customer_id = identified.source_id
            and identified.source_entity = 'billing.billing_customers'

),

last_paid as (

    select
        customer_key,
        max(paid_date) as last_payment_date
    from paid
    where paid_date <= {{ as_of() }}
    group by customer_key

),

used as (

    select
        coalesce(
            own_accounts.customer_key,
            own_billing.customer_key,
            lone_accounts.customer_key,
            lone_billing.customer_key
        ) as customer_key,
        usage_days.date as used_date
    from usage_days
    left join identified as own_accounts
        on
            usage_days.source_system = own_accounts.source_system
            and usage_days.account_id = own_accounts.source_id
            and own_accounts.source_entity = 'crm.accounts'
    left join identified as own_billing
        on
            usage_days.source_system = own_billing.source_system
            and usage_days.billing_customer_id = own_billing.source_id
            and own_billing.source_entity = 'billing.billing_customers'
    left join lone_ids as lone_accounts
        on
            usage_days.account_id = lone_accounts.source_id
            and lone_accounts.source_entity = 'crm.accounts'
    left join lone_ids as lone_billing
        on
            usage_days.billing_customer_id = lone_billing.source_id
            and lone_billing.source_entity = 'billing.billing_customers'
    where
        usage_days.date <= {{ as_of() }}
        and coalesce(usage_days.active_users, usage_days.events, usage_days.quantity, 1) > 0

),

last_used as (

    select
        customer_key,
        max(used_date) as last_usage_date,
        count(distinct case when used_date > {{ add_months(as_of(), -12) }} then used_date end)
            as active_day_12m_count
    from used
    group by customer_key

),

customers as (

    select distinct customer_key from identified

),

paid_invoices as (

    select
        customer_key,
        count(*) as paid_invoice_12m_count
    from documents
    where
        document_kind = 'invoice'
        and settled_date is not null
        and document_date > {{ add_months(as_of(), -12) }}
    group by customer_key

),

seen as (

    select
        customers.customer_key,
        cast(last_paid.last_payment_date as date) as last_payment_date,
        cast(last_used.last_usage_date as date) as last_usage_date,
        cast(coalesce(last_used.active_day_12m_count, 0) as bigint) as active_day_12m_count,
        cast(coalesce(paid_invoices.paid_invoice_12m_count, 0) as bigint)
            as paid_invoice_12m_count
    from customers
    left join last_paid on customers.customer_key = last_paid.customer_key
    left join last_used on customers.customer_key = last_used.customer_key
    left join paid_invoices on customers.customer_key = paid_invoices.customer_key

)

select * from seen
