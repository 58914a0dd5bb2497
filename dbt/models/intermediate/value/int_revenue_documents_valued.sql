-- What a customer was charged, ex tax, in reporting currency: an invoice counts on its day of
-- issue, a credit note takes away on its own. Nothing dated after as_of_date counts.
with invoices as (

    select * from {{ ref('stg_billing__invoices') }}

),

invoice_lines as (

    select * from {{ ref('stg_billing__invoice_lines') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}

),

settled as (

    select * from {{ ref('int_invoices_settled') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

-- one row also when no month is shown
edges as (

    select
        min(history_start_month) as history_start_month,
        max(last_completed_month) as last_completed_month
    from months

),

lines_summed as (

    select
        source_system,
        invoice_id,
        sum(amount_native) as amount_native
    from invoice_lines
    where line_type <> 'tax'
    group by source_system, invoice_id

),

documents as (

    select
        invoices.source_system,
        invoices.invoice_id as document_id,
        invoices.record_key as document_key,
        'invoice' as document_kind,
        invoices.billing_customer_id,
        invoices.issue_date as document_date,
        invoices.currency,
        -- the stated subtotal, else the lines, else the total less its tax
        coalesce(
            invoices.subtotal_native,
            lines_summed.amount_native,
            invoices.total_native - coalesce(invoices.tax_native, 0)
        ) as net_revenue_native,
        settled.settled_date
    from invoices
    inner join settled
        on
            invoices.source_system = settled.source_system
            and invoices.invoice_id = settled.invoice_id
    left join lines_summed
        on
            invoices.source_system = lines_summed.source_system
            and invoices.invoice_id = lines_summed.invoice_id
    union all
    select
        credit_notes.source_system,
        credit_notes.credit_note_id as document_id,
        credit_notes.record_key as document_key,
        'credit_note' as document_kind,
        coalesce(invoices.billing_customer_id, credit_notes.billing_customer_id)
            as billing_customer_id,
        credit_notes.issue_date as document_date,
        -- a credit note states no currency: that of its invoice
        coalesce(invoices.currency, '{{ var("reporting_currency") }}') as currency,
        -credit_notes.amount_native as net_revenue_native,
        cast(null as date) as settled_date
    from credit_notes
    left join invoices
        on
            credit_notes.source_system = invoices.source_system
            and credit_notes.invoice_id = invoices.invoice_id

),

dated as (

    select
        documents.*,
        -- the month still running has no rate of its own yet, months before the history have none
        -- any more: the nearest month shown
        least(
            greatest({{ month_start('documents.document_date') }}, edges.history_start_month),
            edges.last_completed_month
        ) as rate_month
    from documents
    cross join edges
    where documents.document_date <= {{ as_of() }}

),

converted as (

    select
        dated.*,
        case
            when dated.currency = '{{ var("reporting_currency") }}' then dated.net_revenue_native
            else {{ times('dated.net_revenue_native', 'rates.rate') }}
        end as net_revenue
    from dated
    left join rates on dated.rate_month = rates.month and dated.currency = rates.currency

),

valued as (

    select
        cast(converted.document_key as string) as document_key,
        cast(converted.source_system as string) as source_system,
        cast(converted.document_id as string) as document_id,
        cast(converted.document_kind as string) as document_kind,
        cast(identified.customer_key as string) as customer_key,
        cast(converted.document_date as date) as document_date,
        cast(converted.currency as string) as currency,
        {{ money('converted.net_revenue') }} as net_revenue,
        cast(
            case when converted.settled_date <= {{ as_of() }} then converted.settled_date end
            as date
        ) as settled_date
    from converted
    left join identified
        on
            converted.source_system = identified.source_system
            and converted.billing_customer_id = identified.source_id

)

select * from valued
