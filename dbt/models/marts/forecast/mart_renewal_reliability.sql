with bins as (

    select * from {{ source('forecast', 'renewal_reliability_bins') }}

),

curve as (

    select
        cast(days_window as string) as days_window,
        cast(bin as bigint) as bin,
        cast(row_count as bigint) as term_count,
        cast(event_count as bigint) as renewed_count,
        cast(mean_p as decimal(18, 6)) as mean_p_renew,
        cast(event_rate as decimal(18, 6)) as renewed_rate,
        {{ policy_columns() }}
    from bins

)

select * from curve
