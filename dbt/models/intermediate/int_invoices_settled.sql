-- What is owed of an invoice as of as_of_date, and when it stopped being owed: the one rule for
-- "unpaid". Null settled_date = still owed. Past due (D8) and every receivable read it from here.
-- A balance reported by the billing system wins over our own sum, except where the cash application
-- found money that billing does not report, and where the report tells of a day after as_of. A
-- payment date wins over the lack of payments.
with invoices as (

    select * from {{ ref('stg_billing__counted_invoices') }}

),

allocations as (

    select * from {{ ref('int_payments_allocated') }}

),

payments as (

    select * from {{ ref('stg_billing__payments') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}

),

allocations_summed as (

    select
        invoice_key,
        sum(allocated_native) as allocated_native,
        sum(fee_diff_native) as fee_diff_native,
        max(cast(not is_reported as int)) as is_found_by_us,
        max(allocated_date) as last_allocated_date
    from allocations
    group by invoice_key

),

credit_notes_summed as (

    select
        source_system,
        invoice_id,
        sum(amount_native + coalesce(tax_native, 0)) as credited_native,
        max(issue_date) as last_credited_date
    from credit_notes
    where
        invoice_id is not null
        and issue_date <= {{ as_of() }}
    group by source_system, invoice_id

),

-- what came in for an invoice, payment or credit note, in order of days
receipts as (

    select
        invoice_key,
        allocated_date as received_date,
        allocated_native + coalesce(fee_diff_native, 0) as received_native
    from allocations
    union all
    select
        invoices.record_key as invoice_key,
        credit_notes.issue_date as received_date,
        credit_notes.amount_native + coalesce(credit_notes.tax_native, 0) as received_native
    from credit_notes
    inner join invoices
        on
            credit_notes.source_system = invoices.source_system
            and credit_notes.invoice_id = invoices.invoice_id
    where credit_notes.issue_date <= {{ as_of() }}

),

receipts_run as (

    select
        invoice_key,
        received_date,
        sum(received_native) over (
            partition by invoice_key
            order by received_date nulls last
            range between unbounded preceding and current row
        ) as received_by_then_native
    from receipts

),

-- the first day nothing was open: what is credited or paid later does not make it later
covered as (

    select
        invoices.record_key as invoice_key,
        min(receipts_run.received_date) as covered_date
    from invoices
    inner join receipts_run on invoices.record_key = receipts_run.invoice_key
    where receipts_run.received_by_then_native >= invoices.total_native
    group by invoices.record_key

),

-- a reported balance knows of these already
told_later as (

    select distinct
        source_system,
        invoice_id
    from payments
    where invoice_id is not null and paid_date > {{ as_of() }}
    union distinct
    select distinct
        source_system,
        invoice_id
    from credit_notes
    where invoice_id is not null and issue_date > {{ as_of() }}
    union distinct
    select distinct
        source_system,
        invoice_id
    from invoices
    where paid_date > {{ as_of() }}

),

joined as (

    select
        invoices.*,
        coalesce(allocations_summed.allocated_native, 0) as allocated_native,
        coalesce(allocations_summed.fee_diff_native, 0) as fee_diff_native,
        coalesce(allocations_summed.is_found_by_us, 0) as is_found_by_us,
        coalesce(credit_notes_summed.credited_native, 0) as credited_native,
        case when told_later.invoice_id is null then invoices.balance_native end
            as reported_balance_native,
        -- money we know of says more than the day the source noted
        case
            when
                invoices.paid_date <= {{ as_of() }}
                and (
                    allocations_summed.invoice_key is null
                    or (invoices.balance_native is not null and told_later.invoice_id is null)
                )
                then invoices.paid_date
        end as reported_paid_date,
        covered.covered_date,
        greatest(
            allocations_summed.last_allocated_date,
            credit_notes_summed.last_credited_date
        ) as last_received_date
    from invoices
    left join allocations_summed on invoices.record_key = allocations_summed.invoice_key
    left join credit_notes_summed
        on
            invoices.source_system = credit_notes_summed.source_system
            and invoices.invoice_id = credit_notes_summed.invoice_id
    left join covered on invoices.record_key = covered.invoice_key
    left join told_later
        on
            invoices.source_system = told_later.source_system
            and invoices.invoice_id = told_later.invoice_id

),

summed as (

    select
        joined.*,
        total_native - allocated_native - fee_diff_native - credited_native as summed_balance_native
    from joined

),

balanced as (

    select
        summed.*,
        case
            when reported_balance_native is null and reported_paid_date is not null then 0
            when reported_balance_native is null then summed_balance_native
            when is_found_by_us = 1 then least(reported_balance_native, summed_balance_native)
            else reported_balance_native
        end as owed_native
    from summed

),

settled as (

    select
        cast(record_key as string) as invoice_key,
        cast(source_system as string) as source_system,
        cast(invoice_id as string) as invoice_id,
        cast(billing_customer_id as string) as billing_customer_id,
        cast(contract_id as string) as contract_id,
        cast(issue_date as date) as issue_date,
        cast(due_date as date) as due_date,
        cast(currency as string) as currency,
        {{ money('total_native') }} as total_native,
        {{ money('allocated_native') }} as allocated_native,
        {{ money('fee_diff_native') }} as fee_diff_native,
        {{ money('credited_native') }} as credited_native,
        {{ money('owed_native') }} as balance_native,
        -- paid, but nobody says when: taken as paid when due, so that it is never past due
        cast(
            case
                when owed_native <= 0
                    then coalesce(
                        reported_paid_date, covered_date, last_received_date, due_date, issue_date
                    )
            end as date
        ) as settled_date
    from balanced

)

select * from settled
