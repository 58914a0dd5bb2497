with aging as (

    select * from {{ ref('mart_ar_aging') }}

),

rolled_up as (

    select
        customer_key,
        bucket_no,
        bucket,
        cast(count(*) as bigint) as invoice_count,
        {{ total('sum(balance)') }} as balance,
        cast(max(overdue_days) as bigint) as longest_overdue_days,
        {{ policy_columns() }}
    from aging
    group by customer_key, bucket_no, bucket

)

select * from rolled_up
