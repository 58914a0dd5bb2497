-- Invoices that our figures and the export their control total was made beside say differently: of
-- each the last version exported by the day of the control total (kept back or not) against the
-- one that counts now. Certain when an export of that very day says it, or when the row that was
-- kept back is still the last word; else it only may explain a difference.
with totals as (

    select * from {{ ref('int_control_totals_picked') }}

),

statements as (

    select
        versions.*,
        {{ month_start('versions.issue_date') }} as month,
        {{ counts_as_invoice('versions.document_type', 'versions.status') }}
        and not versions.is_tombstone as is_counted
    from {{ ref('stg_billing__invoice_statements') }} as versions
    -- a row that was kept back says something where enough of it could be read
    where
        not versions.is_refused
        or (
            versions.record_key is not null
            and versions.issue_date is not null
            and versions.currency is not null
            and versions.total_native is not null
            and versions.document_type is not null
        )

),

standing as (

    select * from {{ ref('int_refused_invoices_standing') }}
    where is_amount_known

),

current_invoices as (

    select * from {{ ref('stg_billing__counted_invoices') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}
    where entity = 'billing.invoices'

),

-- every document that stood, at any time, in a month somebody reported
documents as (

    select distinct
        statements.record_key,
        totals.source_system,
        totals.month,
        totals.currency,
        totals.exported_date as control_date,
        totals.is_exported_at_assumed
    from statements
    inner join totals
        on
            statements.source_system = totals.source_system
            and statements.month = totals.month
            and statements.currency = totals.currency
    where statements.is_counted

),

said_by_then as (

    select
        documents.month as reported_month,
        documents.currency as reported_currency,
        documents.control_date,
        statements.*,
        row_number() over (
            partition by
                documents.source_system,
                documents.record_key,
                documents.month,
                documents.currency
            order by
                statements.exported_at desc nulls last,
                statements.source_updated_at desc nulls last,
                statements.content_sha256 desc nulls last,
                statements.source_row desc nulls last,
                statements.source_sheet desc nulls last,
                statements.delivery_id desc nulls last
        ) as pick
    from documents
    inner join statements
        on
            documents.record_key = statements.record_key
            and documents.source_system = statements.source_system
    where statements.exported_date <= documents.control_date

),

said_then as (

    select
        said_by_then.*,
        next_exports.exported_date <= said_by_then.control_date as is_taken_back
    from said_by_then
    left join deliveries as next_exports
        on
            said_by_then.next_full_order = next_exports.delivery_order
            and said_by_then.source_system = next_exports.source_system
    where said_by_then.pick = 1

),

export_days as (

    select
        source_system,
        exported_date,
        min(case when coverage = 'full_within' then 0 else 1 end) as is_plain
    from deliveries
    group by source_system, exported_date

),

-- the last day before the control total on which the month was exported whole
month_exports as (

    select
        totals.source_system,
        totals.month,
        totals.currency,
        max(export_days.exported_date) as last_export_date
    from totals
    inner join export_days
        on
            totals.source_system = export_days.source_system
            and totals.exported_date >= export_days.exported_date
            and export_days.exported_date >= {{ add_days(add_months('totals.month', 1), -1) }}
    group by totals.source_system, totals.month, totals.currency

),

sides as (

    select
        documents.*,
        coalesce(said_then.invoice_id, current_invoices.invoice_id) as invoice_id,
        coalesce(said_then.issue_date, current_invoices.issue_date) as issue_date,
        case
            when
                said_then.is_counted
                and not coalesce(said_then.is_taken_back, false)
                and said_then.month = documents.month
                and said_then.currency = documents.currency
                then said_then.total_native
            else 0
        end as then_native,
        case
            when
                {{ month_start('current_invoices.issue_date') }} = documents.month
                and current_invoices.currency = documents.currency
                then current_invoices.total_native
            else 0
        end as now_native,
        said_then.record_key is not null as is_said_then,
        coalesce(said_then.is_refused, false) as is_refused_then,
        -- null where there is no such version: neither here nor elsewhere
        said_then.month = documents.month
        and said_then.currency = documents.currency as is_here_then,
        {{ month_start('current_invoices.issue_date') }} = documents.month
        and current_invoices.currency = documents.currency as is_here_now,
        current_invoices.record_key is not null as is_counted_now,
        standing.record_key is not null
        and standing.delivery_id = said_then.delivery_id
        and standing.source_row = said_then.source_row as is_refused_still,
        coalesce(export_days.is_plain = 1, false)
        and not documents.is_exported_at_assumed as is_state_known,
        month_exports.last_export_date is not null as is_month_exported,
        coalesce(said_then.delivery_id, current_invoices.delivery_id) as delivery_id,
        coalesce(said_then.source_sheet, current_invoices.source_sheet) as source_sheet,
        coalesce(said_then.source_row, current_invoices.source_row) as source_row
    from documents
    left join said_then
        on
            documents.source_system = said_then.source_system
            and documents.record_key = said_then.record_key
            and documents.month = said_then.reported_month
            and documents.currency = said_then.reported_currency
    left join current_invoices on documents.record_key = current_invoices.record_key
    left join standing on documents.record_key = standing.record_key
    left join export_days
        on
            documents.source_system = export_days.source_system
            and documents.control_date = export_days.exported_date
    left join month_exports
        on
            documents.source_system = month_exports.source_system
            and documents.month = month_exports.month
            and documents.currency = month_exports.currency

),

compared as (

    select
        cast(source_system as string) as source_system,
        cast(month as date) as month,
        cast(currency as string) as currency,
        cast(record_key as string) as record_key,
        cast(invoice_id as string) as invoice_id,
        cast(issue_date as date) as issue_date,
        cast(
            case
                when is_refused_then and is_refused_still then 'refused_row'
                when not is_said_then then 'added_since'
                when not is_here_now or not is_here_then then 'moved_since'
                when not is_counted_now then 'removed_since'
                else 'changed_since'
            end as string
        ) as reason_code,
        coalesce(is_refused_still or is_state_known, false) as is_certain,
        {{ total('now_native - then_native') }} as amount_native,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row
    from sides
    where
        now_native <> then_native
        -- what no export by then could have told us says nothing about what was there then
        and (is_said_then or is_month_exported)

)

select * from compared
