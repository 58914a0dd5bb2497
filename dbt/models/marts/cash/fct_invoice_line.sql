with lines as (

    select * from {{ ref('stg_billing__invoice_lines') }}

),

invoices as (

    select * from {{ ref('int_invoices_identified') }}

),

facts as (

    select
        {{ hash_key(['invoices.invoice_key', 'lines.line_no']) }} as invoice_line_key,
        invoices.invoice_key,
        cast(lines.line_no as bigint) as line_no,
        invoices.customer_key,
        coalesce(lines.contract_id, invoices.contract_id) as contract_id,
        lines.plan_id,
        lines.line_type,
        invoices.issue_date,
        invoices.currency,
        {{ money('lines.amount_native') }} as amount_native,
        {{ money('lines.tax_rate') }} as tax_rate,
        lines.service_start_date,
        cast({{ add_days('lines.service_end_date', 1) }} as date) as service_end_excl,
        {{ policy_columns() }}
    from lines
    inner join invoices
        on
            lines.source_system = invoices.source_system
            and lines.invoice_id = invoices.invoice_id

)

select * from facts
