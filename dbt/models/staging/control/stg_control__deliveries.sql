-- The deliveries known to this run, in the order in which they count.
with deliveries as (

    select * from {{ source('landed', 'control__deliveries') }}

),

known as (

    select
        deliveries.*,
        -- Absence says something only in a delivery that was read whole: the row that is missing
        -- may be the one in quarantine, and a bad cell must not end a contract.
        coalesce(rows_quarantined, 0) = 0 as is_read_whole
    from deliveries
    {%- if var('known_at') is not none %}
    where received_at <= cast('{{ var("known_at") }}' as timestamp)
    {%- endif %}

),

ordered as (

    select
        known.*,
        row_number() over (
            partition by entity
            order by exported_at nulls first, content_sha256 nulls first, delivery_id nulls first
        ) as delivery_order
    from known

),

followed as (

    select
        ordered.*,
        min(case when coverage = 'full' and is_read_whole then delivery_order end) over (
            partition by entity, source_system, feed_id
            order by delivery_order nulls last
            rows between 1 following and unbounded following
        ) as next_full_order
    from ordered

),

typed as (

    select
        cast(delivery_id as string) as delivery_id,
        cast(entity as string) as entity,
        cast(feed_id as string) as feed_id,
        cast(source_system as string) as source_system,
        cast(mapping_hash as string) as mapping_hash,
        cast(content_sha256 as string) as content_sha256,
        cast(file_name as string) as file_name,
        cast(encoding as string) as encoding,
        cast(exported_at as timestamp) as exported_at,
        {{ local_date('exported_at') }} as exported_date,
        cast(is_exported_at_assumed as boolean) as is_exported_at_assumed,
        cast(received_at as timestamp) as received_at,
        cast(coverage as string) as coverage,
        cast(coverage_column as string) as coverage_column,
        cast(covers_from as date) as covers_from,
        cast(covers_to as date) as covers_to,
        cast(history as string) as history,
        cast(rows_read as bigint) as rows_read,
        cast(rows_landed as bigint) as rows_landed,
        cast(rows_quarantined as bigint) as rows_quarantined,
        cast(rows_repeated as bigint) as rows_repeated,
        cast(rows_filtered as bigint) as rows_filtered,
        cast(is_read_whole as boolean) as is_read_whole,
        cast(delivery_order as bigint) as delivery_order,
        cast(next_full_order as bigint) as next_full_order
    from followed

)

select * from typed
