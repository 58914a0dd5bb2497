-- The invoices that are billed and owed, what every figure of billing and cash starts from. Delivery
-- notes and receipts are none, and neither is an invoice whose state says it is void or a draft.
with documents as (

    select * from {{ ref('stg_billing__invoices') }}

),

counted as (

    select documents.*
    from documents
    where {{ counts_as_invoice('document_type', 'status') }}

)

select * from counted
