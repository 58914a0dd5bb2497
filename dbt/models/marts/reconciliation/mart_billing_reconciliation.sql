-- Our billed total against what the billing system reports, month by month. Same invoices as
-- mart_cash_monthly.billed_incl_tax, in their own currency.
with months as (

    select * from {{ ref('int_months_bounded') }}

),

invoices as (

    select * from {{ ref('int_invoices_identified') }}

),

totals as (

    select * from {{ ref('int_control_totals_picked') }}

),

reasons as (

    select * from {{ ref('int_billing_reasons_listed') }}
    where is_certain

),

billed as (

    select
        source_system,
        {{ month_start('issue_date') }} as month,
        currency,
        sum(total_native) as billed_native,
        count(*) as invoice_count
    from invoices
    group by source_system, {{ month_start('issue_date') }}, currency

),

explained as (

    select
        source_system,
        month,
        currency,
        sum(amount_native) as explained_native,
        count(*) as explained_item_count
    from reasons
    group by source_system, month, currency

),

named as (

    select
        source_system,
        month,
        currency
    from billed
    union distinct
    select
        source_system,
        month,
        currency
    from totals

),

compared as (

    select
        named.month,
        named.source_system,
        named.currency,
        coalesce(billed.billed_native, 0) as billed_native,
        coalesce(billed.invoice_count, 0) as invoice_count,
        totals.control_native,
        totals.control_document_count,
        totals.month is not null as is_reported,
        coalesce(billed.billed_native, 0) - totals.control_native as difference_native,
        case when totals.month is null then 0 else coalesce(explained.explained_native, 0) end
            as explained_native,
        case when totals.month is null then 0 else coalesce(explained.explained_item_count, 0) end
            as explained_item_count,
        totals.delivery_id,
        totals.source_sheet,
        totals.source_row
    from named
    inner join months on named.month = months.month
    left join billed
        on
            named.source_system = billed.source_system
            and named.month = billed.month
            and named.currency = billed.currency
    left join totals
        on
            named.source_system = totals.source_system
            and named.month = totals.month
            and named.currency = totals.currency
    left join explained
        on
            named.source_system = explained.source_system
            and named.month = explained.month
            and named.currency = explained.currency

),

reconciled as (

    select
        {{ hash_key(['month', 'source_system', 'currency']) }} as reconciliation_key,
        month,
        cast(source_system as string) as source_system,
        cast(currency as string) as currency,
        {{ total('billed_native') }} as billed_native,
        cast(invoice_count as bigint) as invoice_count,
        cast(control_native as decimal(28, 6)) as control_native,
        cast(case when not is_reported then 'no_control_total' end as string)
            as control_native_null_reason,
        cast(control_document_count as bigint) as control_document_count,
        cast(
            case
                when not is_reported then 'no_control_total'
                when control_document_count is null then 'count_not_reported'
            end as string
        ) as control_document_count_null_reason,
        cast(difference_native as decimal(28, 6)) as difference_native,
        cast(case when not is_reported then 'no_control_total' end as string)
            as difference_native_null_reason,
        {{ total('explained_native') }} as explained_native,
        cast(explained_item_count as bigint) as explained_item_count,
        cast(difference_native - explained_native as decimal(28, 6)) as unexplained_native,
        cast(case when not is_reported then 'no_control_total' end as string)
            as unexplained_native_null_reason,
        cast(
            case
                when not is_reported then 'no_control_total'
                when difference_native = explained_native and explained_item_count = 0
                    then 'matched'
                when difference_native = explained_native then 'explained'
                when invoice_count = 0 then 'no_invoices'
                else 'unexplained'
            end as string
        ) as reconciliation_status,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row,
        {{ policy_columns() }}
    from compared

)

select * from reconciled
