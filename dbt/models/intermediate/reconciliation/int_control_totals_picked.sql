-- What each billing system itself reports as billed in a month. A month is one statement whatever
-- day of it was written: where two days were, the export that was made last counts.
with totals as (

    select * from {{ ref('stg_billing__control_totals') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}
    where entity = 'billing.control_totals'

),

dated as (

    select
        totals.*,
        {{ month_start('totals.month') }} as billed_month,
        deliveries.exported_date,
        deliveries.is_exported_at_assumed,
        row_number() over (
            partition by
                totals.source_system, totals.currency, {{ month_start('totals.month') }}
            order by
                deliveries.exported_at desc nulls last,
                totals.month desc nulls last,
                totals.source_row desc nulls last
        ) as pick
    from totals
    inner join deliveries
        on
            totals.delivery_id = deliveries.delivery_id
            and totals.source_system = deliveries.source_system

),

picked as (

    select
        cast(source_system as string) as source_system,
        cast(billed_month as date) as month,
        cast(currency as string) as currency,
        {{ total('total_native') }} as control_native,
        cast(document_count as bigint) as control_document_count,
        cast(credited_native as decimal(28, 6)) as credited_native,
        cast(exported_date as date) as exported_date,
        cast(is_exported_at_assumed as boolean) as is_exported_at_assumed,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row
    from dated
    where pick = 1

)

select * from picked
