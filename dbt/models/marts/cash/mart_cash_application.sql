with receipts as (

    select * from {{ source('cash', 'receipts') }}

),

payments as (

    select * from {{ ref('fct_payment') }}

),

allocations as (

    select * from {{ ref('fct_payment_allocation') }}

),

invoices as (

    select * from {{ ref('fct_invoice') }}

),

settled as (

    select
        allocations.receipt_key,
        {{ distinct_list('invoices.invoice_id') }} as settled_invoice_ids,
        count(*) as settled_invoice_count
    from allocations
    inner join invoices on allocations.invoice_key = invoices.invoice_key
    group by allocations.receipt_key

),

applied as (

    select
        payments.receipt_key,
        payments.source_system,
        payments.source_id,
        payments.bank_transaction_id,
        payments.customer_key,
        payments.payer_name,
        payments.received_date,
        payments.currency,
        payments.amount_native,
        cast(receipts.application_status as string) as application_status,
        cast(receipts.match_rule as string) as match_rule,
        cast(receipts.reason as string) as reason,
        cast(settled.settled_invoice_ids as string) as settled_invoice_ids,
        cast(coalesce(settled.settled_invoice_count, 0) as bigint) as settled_invoice_count,
        payments.allocated_native,
        payments.fee_diff_native,
        payments.unapplied_native,
        payments.unmatched_native,
        cast(receipts.proposal_invoice_keys as string) as proposal_invoice_keys,
        cast(receipts.proposal_invoice_ids as string) as proposal_invoice_ids,
        cast(receipts.decided_by as string) as decided_by,
        cast(receipts.decided_at as timestamp) as decided_at,
        cast(receipts.decision_reason as string) as decision_reason,
        {{ policy_columns() }}
    from payments
    inner join receipts on payments.receipt_key = receipts.receipt_key
    left join settled on payments.receipt_key = settled.receipt_key

)

select * from applied
