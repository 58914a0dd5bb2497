-- The rows of live deliveries that were kept back: where they stand, why, and what to do.
with quarantine as (

    select * from {{ source('landed', 'control__quarantine') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}

),

known_deliveries as (

    select
        delivery_id,
        max(received_at) as received_at
    from deliveries
    group by delivery_id

),

known as (

    select
        quarantine.*,
        known_deliveries.received_at
    from quarantine
    inner join known_deliveries on quarantine.delivery_id = known_deliveries.delivery_id

),

numbered as (

    select
        known.*,
        -- a damaged row names no column, and may give the same reason twice
        row_number() over (
            partition by delivery_id, entity, source_sheet, source_row, column_name, reason_code
            order by raw_value nulls first, message_en nulls first
        ) as reason_no
    from known

),

typed as (

    select
        cast({{ hash_key([
            'delivery_id', 'entity', 'source_sheet', 'source_row', 'column_name', 'reason_code',
            'reason_no',
        ]) }} as string) as quarantine_key,
        cast(delivery_id as string) as delivery_id,
        cast(entity as string) as entity,
        cast(source_system as string) as source_system,
        cast(file_name as string) as file_name,
        cast(source_sheet as string) as source_sheet,
        cast(source_row as bigint) as source_row,
        cast(column_name as string) as column_name,
        cast(raw_value as string) as raw_value,
        cast(reason_code as string) as reason_code,
        cast(message_ja as string) as message_ja,
        cast(message_en as string) as message_en,
        cast(remedy_ja as string) as remedy_ja,
        cast(remedy_en as string) as remedy_en,
        cast(received_at as timestamp) as received_at,
        {{ policy_columns() }}
    from numbered

)

select * from typed
