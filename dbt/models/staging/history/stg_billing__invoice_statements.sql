-- Every delivered row of an invoice, read or kept back, and when it was exported: what the billing
-- system said of the invoice, version by version.
with landed as (

    select * from {{ source('landed', 'billing__invoices') }}

),

refused as (

    select * from {{ source('landed', 'control__refused_invoices') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}
    where entity = 'billing.invoices'

),

stated as (

    select
        record_key,
        source_system,
        delivery_id,
        source_sheet,
        source_row,
        source_updated_at,
        invoice_id,
        issue_date,
        currency,
        total_native,
        coalesce(document_type, 'invoice') as document_type,
        status,
        coalesce(is_tombstone, false) as is_tombstone,
        false as is_refused
    from landed
    union all
    select
        record_key,
        source_system,
        delivery_id,
        source_sheet,
        source_row,
        cast(null as timestamp) as source_updated_at,
        invoice_id,
        issue_date,
        currency,
        total_native,
        document_type,
        status,
        false as is_tombstone,
        true as is_refused
    from refused

),

dated as (

    select
        cast(stated.record_key as string) as record_key,
        cast(stated.source_system as string) as source_system,
        cast(stated.delivery_id as string) as delivery_id,
        cast(stated.source_sheet as string) as source_sheet,
        cast(stated.source_row as bigint) as source_row,
        cast(stated.source_updated_at as timestamp) as source_updated_at,
        cast(stated.invoice_id as string) as invoice_id,
        cast(stated.issue_date as date) as issue_date,
        cast(stated.currency as string) as currency,
        cast(stated.total_native as decimal(18, 6)) as total_native,
        cast(stated.document_type as string) as document_type,
        cast(stated.status as string) as status,
        cast(stated.is_tombstone as boolean) as is_tombstone,
        cast(stated.is_refused as boolean) as is_refused,
        deliveries.feed_id,
        deliveries.exported_at,
        deliveries.exported_date,
        deliveries.content_sha256,
        deliveries.coverage,
        deliveries.delivery_order,
        deliveries.next_full_order
    from stated
    inner join deliveries
        on
            stated.delivery_id = deliveries.delivery_id
            and stated.source_system = deliveries.source_system

)

select * from dated
