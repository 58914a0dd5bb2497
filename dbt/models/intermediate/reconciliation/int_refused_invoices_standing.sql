-- Invoices whose last word was kept back at landing: the source has them, we do not count them, or
-- still count what was said before. A later readable version, or a later complete export without
-- the invoice, ends it.
with statements as (

    select * from {{ ref('stg_billing__invoice_statements') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}
    where entity = 'billing.invoices'

),

newest_deliveries as (

    select
        source_system,
        feed_id,
        max(delivery_order) as newest_order
    from deliveries
    group by source_system, feed_id

),

placed as (

    select
        statements.*,
        row_number() over (
            -- a number that cannot be read is no reason to take two rows for one invoice
            partition by
                statements.source_system,
                coalesce(statements.record_key, statements.delivery_id),
                case when statements.record_key is null then statements.source_sheet end,
                case when statements.record_key is null then statements.source_row end
            order by
                statements.delivery_order desc nulls last,
                statements.source_row desc nulls last
        ) as pick
    from statements
    inner join newest_deliveries
        on
            statements.source_system = newest_deliveries.source_system
            and statements.feed_id = newest_deliveries.feed_id
    where
        statements.is_refused
        and statements.next_full_order is null
        -- what cannot be recognised again in the next complete export counts in the newest only
        and (
            statements.record_key is not null
            or statements.coverage <> 'full'
            or statements.delivery_order = newest_deliveries.newest_order
        )

),

read_later as (

    select distinct placed.record_key
    from placed
    inner join statements on placed.record_key = statements.record_key
    where
        placed.pick = 1
        and not statements.is_refused
        and statements.delivery_order >= placed.delivery_order

),

standing as (

    select
        cast(placed.delivery_id as string) as delivery_id,
        cast(placed.source_system as string) as source_system,
        cast(placed.source_sheet as string) as source_sheet,
        cast(placed.source_row as bigint) as source_row,
        cast(placed.record_key as string) as record_key,
        cast(placed.invoice_id as string) as invoice_id,
        cast(placed.issue_date as date) as issue_date,
        cast(placed.currency as string) as currency,
        cast(placed.total_native as decimal(28, 6)) as total_native,
        cast(placed.document_type as string) as document_type,
        -- enough was read to say in which month which amount is missing
        placed.record_key is not null
        and placed.issue_date is not null
        and placed.currency is not null
        and placed.total_native is not null
        and placed.document_type is not null as is_amount_known
    from placed
    left join read_later on placed.record_key = read_later.record_key
    where
        placed.pick = 1
        and read_later.record_key is null
        and {{ counts_as_invoice('placed.document_type', 'placed.status') }}

)

select * from standing
