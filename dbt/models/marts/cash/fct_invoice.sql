with invoices as (

    select * from {{ ref('int_invoices_identified') }}

),

facts as (

    select
        invoice_key,
        source_system,
        invoice_id,
        customer_key,
        contract_id,
        issue_date,
        due_date,
        currency,
        {{ money('coalesce(subtotal_native, total_native - coalesce(tax_native, 0))') }}
            as subtotal_native,
        {{ money('coalesce(tax_native, total_native - subtotal_native, 0)') }} as tax_native,
        total_native,
        allocated_native,
        fee_diff_native,
        credited_native,
        balance_native,
        {{ money('total_native - allocated_native - fee_diff_native - credited_native - balance_native') }}
            as settled_otherwise_native,
        settled_date,
        payment_method,
        delivery_id,
        source_sheet,
        source_row,
        {{ policy_columns() }}
    from invoices

)

select * from facts
