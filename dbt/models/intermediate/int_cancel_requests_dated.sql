-- One rule, two readers (the end of a segment, the reason of a churn): which cancel requests are
-- in force, and on which local day they were made. A withdrawn request never counts (DECISIONS:
-- Withdrawn requests).
with cancel_requests as (

    select * from {{ ref('stg_billing__cancel_requests') }}

),

dated as (

    select
        source_system,
        contract_id,
        {{ local_date('requested_at') }} as requested_date,
        cast(effective_date as date) as effective_date,
        cast(reason_code as string) as reason_code,
        cast(reason_text as string) as reason_text,
        cast(initiated_by as string) as initiated_by
    from cancel_requests
    where withdrawn_at is null

)

select * from dated
