-- The list behind a difference: what is certain, one row for what nothing explains, and, where
-- something is left unexplained, what may be behind it.
with reconciliations as (

    select * from {{ ref('mart_billing_reconciliation') }}

),

reasons as (

    select * from {{ ref('int_billing_reasons_listed') }}

),

listed as (

    select
        reconciliations.reconciliation_key,
        reconciliations.month,
        reconciliations.source_system,
        reconciliations.currency,
        case when reasons.is_certain then 'certain' else 'possible' end as item_kind,
        reasons.reason_code,
        reasons.amount_native,
        reasons.entity,
        reasons.record_key,
        reasons.document_id,
        reasons.issue_date,
        reasons.delivery_id,
        reasons.source_sheet,
        reasons.source_row
    from reasons
    inner join reconciliations
        on
            reasons.source_system = reconciliations.source_system
            and coalesce(reasons.month, reconciliations.month) = reconciliations.month
            and coalesce(reasons.currency, reconciliations.currency) = reconciliations.currency
    where
        reconciliations.control_native is not null
        and (reasons.is_certain or reconciliations.unexplained_native <> 0)
    union all
    select
        reconciliation_key,
        month,
        source_system,
        currency,
        'unexplained' as item_kind,
        'unexplained' as reason_code,
        unexplained_native as amount_native,
        'billing.control_totals' as entity,
        cast(null as string) as record_key,
        cast(null as string) as document_id,
        cast(null as date) as issue_date,
        delivery_id,
        source_sheet,
        source_row
    from reconciliations
    where unexplained_native <> 0

),

items as (

    select
        {{ hash_key([
            'reconciliation_key', 'reason_code', 'record_key', 'delivery_id', 'source_sheet',
            'source_row',
        ]) }} as item_key,
        reconciliation_key,
        month,
        source_system,
        currency,
        cast(item_kind as string) as item_kind,
        cast(case item_kind when 'certain' then 1 when 'unexplained' then 2 else 3 end as bigint)
            as kind_order,
        cast(reason_code as string) as reason_code,
        cast(amount_native as decimal(28, 6)) as amount_native,
        cast(case when amount_native is null then 'amount_unreadable' end as string)
            as amount_native_null_reason,
        cast(entity as string) as entity,
        cast(record_key as string) as document_key,
        cast(document_id as string) as document_id,
        cast(issue_date as date) as issue_date,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row,
        {{ policy_columns() }}
    from listed

)

select * from items
