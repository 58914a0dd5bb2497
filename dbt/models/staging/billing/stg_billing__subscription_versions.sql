-- Every landed row of a contract line as a version: of the line itself where each delivery holds
-- one current row per line (history: snapshot), else of the dated segment the row stands for.
with versions as (

    {{
        landed_versions(
            source('landed', 'billing__subscriptions'),
            ref('stg_control__deliveries'),
            'billing.subscriptions',
            coverage_dates={
                'segment_start_date': 'landed.segment_start_date',
                'segment_end_date': add_days('landed.segment_end_excl', -1),
                'term_end_date': 'landed.term_end_date',
            },
            columns={
                'source_system': 'landed.source_system',
                'contract_id': 'landed.contract_id',
                'line_id': 'landed.line_id',
                'segment_start_date': 'landed.segment_start_date',
                'segment_end_excl': 'landed.segment_end_excl',
                'terms_hash': hash_key([
                    'landed.plan_id', 'landed.quantity', 'landed.unit_price_native',
                    'landed.price_includes_tax', 'landed.tax_rate', 'landed.currency',
                    'landed.interval_unit', 'landed.interval_count',
                    'coalesce(landed.is_trial, false)', 'landed.committed_minimum_native',
                ]),
                'said_hash': said_hash([
                    'contract_id', 'line_id', 'segment_start_date', 'segment_end_excl',
                    'billing_customer_id', 'plan_id', 'quantity', 'unit_price_native',
                    'price_includes_tax', 'tax_rate', 'currency', 'interval_unit', 'interval_count',
                    'is_trial', 'committed_minimum_native', 'term_months', 'term_end_date',
                    'notice_days', 'auto_renew', 'status', 'campaign_id', 'extra', 'is_tombstone',
                ]),
            },
        ) | indent(4)
    }}

),

-- A line is read the way of the delivery that named it last: dated segments and snapshots of one
-- line would overlap, and an overlap counts its price twice.
histories as (

    select
        versions.*,
        first_value(history) over (
            partition by source_system, contract_id, line_id
            order by {{ version_order_desc() }}
            rows between unbounded preceding and unbounded following
        ) as line_history
    from versions

),

typed as (

    select
        cast(record_key as string) as record_key,
        cast(delivery_id as string) as delivery_id,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row,
        cast(source_updated_at as timestamp) as source_updated_at,
        cast(is_tombstone as boolean) as is_tombstone,
        cast(source_system as string) as source_system,
        cast(contract_id as string) as contract_id,
        cast(line_id as string) as line_id,
        cast(segment_start_date as date) as segment_start_date,
        cast(segment_end_excl as date) as segment_end_excl,
        cast(case when history = 'snapshot' then null else segment_start_date end as date)
            as record_start_date,
        cast(terms_hash as string) as terms_hash,
        cast(said_hash as string) as said_hash,
        cast(feed_system as string) as feed_system,
        cast(feed_id as string) as feed_id,
        cast(content_sha256 as string) as content_sha256,
        cast(exported_at as timestamp) as exported_at,
        cast(exported_date as date) as exported_date,
        cast(delivery_order as bigint) as delivery_order,
        cast(history = 'snapshot' as boolean) as is_snapshot,
        cast((history = 'snapshot') <> (line_history = 'snapshot') as boolean) as is_other_history,
        cast(covered_date as date) as covered_date
    from histories

)

select * from typed
