-- Why our billed total of a month may not be the one the billing system reports: what is certain
-- (part of the bridge) and what only may be (shown, never added). Signed like ours - theirs.
with totals as (

    select * from {{ ref('int_control_totals_picked') }}

),

compared as (

    select * from {{ ref('int_billing_documents_compared') }}

),

standing as (

    select * from {{ ref('int_refused_invoices_standing') }}

),

documents as (

    select * from {{ ref('stg_billing__invoices') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}

),

counted as (

    select * from {{ ref('int_invoices_identified') }}

),

taxed as (

    select
        source_system,
        {{ month_start('issue_date') }} as month,
        currency,
        sum(total_native) as billed_native,
        sum(coalesce(tax_native, total_native - subtotal_native, 0)) as tax_native
    from counted
    group by source_system, {{ month_start('issue_date') }}, currency

),

listed as (

    select
        compared.source_system,
        compared.month,
        compared.currency,
        compared.reason_code,
        compared.is_certain,
        compared.amount_native,
        'billing.invoices' as entity,
        compared.record_key,
        compared.invoice_id as document_id,
        compared.issue_date,
        compared.delivery_id,
        compared.source_sheet,
        compared.source_row
    from compared
    union all
    -- the report says how much of the credit notes it has taken off; our total is before them
    select
        source_system,
        month,
        currency,
        'credit_notes_taken_off' as reason_code,
        true as is_certain,
        credited_native as amount_native,
        'billing.control_totals' as entity,
        cast(null as string) as record_key,
        cast(null as string) as document_id,
        cast(null as date) as issue_date,
        delivery_id,
        source_sheet,
        source_row
    from totals
    where credited_native <> 0
    union all
    -- the report does not say whether it has
    select
        credit_notes.source_system,
        {{ month_start('credit_notes.issue_date') }} as month,
        documents.currency,
        'credit_note' as reason_code,
        false as is_certain,
        credit_notes.amount_native + coalesce(credit_notes.tax_native, 0) as amount_native,
        'billing.credit_notes' as entity,
        credit_notes.record_key,
        credit_notes.credit_note_id as document_id,
        credit_notes.issue_date,
        credit_notes.delivery_id,
        credit_notes.source_sheet,
        credit_notes.source_row
    from credit_notes
    left join documents
        on
            credit_notes.source_system = documents.source_system
            and credit_notes.invoice_id = documents.invoice_id
    left join totals
        on
            credit_notes.source_system = totals.source_system
            and {{ month_start('credit_notes.issue_date') }} = totals.month
            and documents.currency = totals.currency
    where totals.credited_native is null
    union all
    -- kept back, and too little could be read, or nothing was exported by the day of the report
    select
        standing.source_system,
        {{ month_start('standing.issue_date') }} as month,
        standing.currency,
        'refused_row_unclear' as reason_code,
        false as is_certain,
        -standing.total_native as amount_native,
        'billing.invoices' as entity,
        standing.record_key,
        standing.invoice_id as document_id,
        standing.issue_date,
        standing.delivery_id,
        standing.source_sheet,
        standing.source_row
    from standing
    left join compared
        on
            standing.record_key = compared.record_key
            and standing.delivery_id = compared.delivery_id
            and standing.source_row = compared.source_row
    left join documents
        on
            standing.record_key = documents.record_key
            and standing.total_native = documents.total_native
    -- a cell beside the amount of an invoice we count from before does not change the total
    where compared.record_key is null and documents.record_key is null
    union all
    -- delivery notes, receipts and the like are not billed; the report may count them
    select
        source_system,
        {{ month_start('issue_date') }} as month,
        currency,
        'other_document' as reason_code,
        false as is_certain,
        -total_native as amount_native,
        'billing.invoices' as entity,
        record_key,
        invoice_id as document_id,
        issue_date,
        delivery_id,
        source_sheet,
        source_row
    from documents
    where document_type <> 'invoice' and total_native <> 0
    union all
    -- no claim by its state; the report may count it
    select
        source_system,
        {{ month_start('issue_date') }} as month,
        currency,
        'void_or_draft' as reason_code,
        false as is_certain,
        -total_native as amount_native,
        'billing.invoices' as entity,
        record_key,
        invoice_id as document_id,
        issue_date,
        delivery_id,
        source_sheet,
        source_row
    from documents
    where
        coalesce(document_type, 'invoice') = 'invoice'
        and total_native <> 0
        and {{ is_void_or_draft('status') }}
    union all
    -- the report is our total before tax, to the yen
    select
        totals.source_system,
        totals.month,
        totals.currency,
        'tax_left_out' as reason_code,
        false as is_certain,
        taxed.tax_native as amount_native,
        'billing.control_totals' as entity,
        cast(null as string) as record_key,
        cast(null as string) as document_id,
        cast(null as date) as issue_date,
        totals.delivery_id,
        totals.source_sheet,
        totals.source_row
    from totals
    inner join taxed
        on
            totals.source_system = taxed.source_system
            and totals.month = taxed.month
            and totals.currency = taxed.currency
    where
        taxed.tax_native <> 0
        and totals.control_native + taxed.tax_native = taxed.billed_native

),

typed as (

    select
        cast(source_system as string) as source_system,
        cast(month as date) as month,
        cast(currency as string) as currency,
        cast(reason_code as string) as reason_code,
        cast(is_certain as boolean) as is_certain,
        cast(amount_native as decimal(28, 6)) as amount_native,
        cast(entity as string) as entity,
        cast(record_key as string) as record_key,
        cast(document_id as string) as document_id,
        cast(issue_date as date) as issue_date,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row
    from listed

)

select * from typed
