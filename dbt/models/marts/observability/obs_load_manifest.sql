-- What every delivery brought, and what became of its rows in this run.
with deliveries as (

    select * from {{ ref('stg_control__deliveries') }}

),

outcomes as (

    select * from {{ ref('obs_row_outcome') }}

),

counted as (

    select
        delivery_id,
        entity,
        sum(case when outcome = 'current' then row_count else 0 end) as rows_current,
        sum(case when outcome = 'unchanged' then row_count else 0 end) as rows_unchanged,
        sum(case when outcome = 'superseded' then row_count else 0 end) as rows_superseded,
        sum(case when outcome = 'deleted' then row_count else 0 end) as rows_deleted,
        sum(case when outcome = 'recomputed' then row_count else 0 end) as rows_recomputed
    from outcomes
    group by delivery_id, entity

),

typed as (

    select
        cast(deliveries.delivery_id as string) as delivery_id,
        cast(deliveries.entity as string) as entity,
        cast(deliveries.feed_id as string) as feed_id,
        cast(deliveries.source_system as string) as source_system,
        cast(deliveries.mapping_hash as string) as mapping_hash,
        cast(deliveries.content_sha256 as string) as content_sha256,
        cast(deliveries.file_name as string) as file_name,
        cast(deliveries.encoding as string) as encoding,
        cast(deliveries.exported_at as timestamp) as exported_at,
        cast(deliveries.is_exported_at_assumed as boolean) as is_exported_at_assumed,
        cast(deliveries.received_at as timestamp) as received_at,
        cast(deliveries.coverage as string) as coverage,
        cast(deliveries.coverage_column as string) as coverage_column,
        cast(deliveries.covers_from as date) as covers_from,
        cast(deliveries.covers_to as date) as covers_to,
        cast(deliveries.history as string) as history,
        cast(deliveries.is_read_whole as boolean) as is_read_whole,
        cast(deliveries.rows_read as bigint) as rows_read,
        cast(deliveries.rows_landed as bigint) as rows_landed,
        cast(deliveries.rows_quarantined as bigint) as rows_quarantined,
        cast(deliveries.rows_repeated as bigint) as rows_repeated,
        cast(deliveries.rows_filtered as bigint) as rows_filtered,
        cast(coalesce(counted.rows_current, 0) as bigint) as rows_current,
        cast(coalesce(counted.rows_unchanged, 0) as bigint) as rows_unchanged,
        cast(coalesce(counted.rows_superseded, 0) as bigint) as rows_superseded,
        cast(coalesce(counted.rows_deleted, 0) as bigint) as rows_deleted,
        cast(coalesce(counted.rows_recomputed, 0) as bigint) as rows_recomputed,
        {{ policy_columns() }}
    from deliveries
    left join counted
        on
            deliveries.delivery_id = counted.delivery_id
            and deliveries.entity = counted.entity

)

select * from typed
